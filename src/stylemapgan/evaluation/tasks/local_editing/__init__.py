"""Local edits: what they keep, what they take, and whether the border shows."""
