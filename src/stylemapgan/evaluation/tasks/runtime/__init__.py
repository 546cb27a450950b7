"""The task that measures time, memory and operations."""
