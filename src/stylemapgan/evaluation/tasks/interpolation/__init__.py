"""The task that measures pictures between photos."""
