"""The task that pushes photos along directions."""
