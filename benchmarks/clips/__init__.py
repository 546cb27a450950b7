"""Clips made of portraits, and how steady edits of them are."""
