"""How fast the networks run and learn, and what their design saves: `make bench`."""
