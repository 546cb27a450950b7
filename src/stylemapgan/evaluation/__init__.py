"""How good a model is, measured in one go: tasks, figures with intervals, pictures."""
