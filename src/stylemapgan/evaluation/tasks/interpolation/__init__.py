"""Whether pictures between two photos are like photos."""
