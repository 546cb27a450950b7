"""What computes: the processor or GPU, its kind, and which arithmetic is quick on it."""
