"""Whether random pictures are like photos, and as varied."""
