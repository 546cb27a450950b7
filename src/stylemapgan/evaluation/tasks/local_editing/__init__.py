"""The task that measures local edits."""
