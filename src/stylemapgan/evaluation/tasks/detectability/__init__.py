"""The task that trains detectors of edits."""
