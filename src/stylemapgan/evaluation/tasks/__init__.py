"""What an evaluation asks of a method, one folder for each task."""
