"""How good pictures are, in figures with a definition."""
