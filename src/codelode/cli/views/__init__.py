"""Text for people: what each command prints when nobody asked for JSON."""
