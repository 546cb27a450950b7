"""Teach the networks: a run from its first update to its last, and back from a crash."""
