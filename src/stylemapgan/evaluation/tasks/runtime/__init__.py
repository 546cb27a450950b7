"""How long a method takes."""
