"""Find the files below a root that are worth indexing, and read them as text."""
