"""Everything that can edit a photo, behind one interface; one file and one registry line each."""
