"""Maintainers' commands, not part of the package."""
