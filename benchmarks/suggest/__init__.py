"""Whether suggested references fit, and what a search costs."""
