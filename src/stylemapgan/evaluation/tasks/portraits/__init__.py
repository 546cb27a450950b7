"""The task that measures edits of portraits at full resolution."""
