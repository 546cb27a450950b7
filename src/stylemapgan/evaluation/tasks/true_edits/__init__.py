"""The task that measures edits of portraits whose true result is a photograph."""
