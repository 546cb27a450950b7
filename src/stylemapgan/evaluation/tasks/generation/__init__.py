"""The task that measures random pictures."""
