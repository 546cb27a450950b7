"""How well a classifier tells edits from photos."""
