"""The networks that judge pictures."""
