"""The paper's ablation, with small networks on freely available data."""
