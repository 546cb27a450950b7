"""Make the bundled model of faces from a weights file: `python -m tools.faces`."""
