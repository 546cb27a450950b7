"""Whether photos survive being encoded and decoded."""
