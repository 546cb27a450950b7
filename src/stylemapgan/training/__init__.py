"""Training: a run from its first update to its last, and resumed after a crash."""
