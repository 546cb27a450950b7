"""The task that measures swaps of a part against their true result."""
