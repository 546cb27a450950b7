"""The task that measures reconstructions."""
