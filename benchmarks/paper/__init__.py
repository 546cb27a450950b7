"""The shape of the paper's tables, with small networks on data that anyone can have."""
