"""Freshness: checks by random histories; the time until an edit is found; `lode search` times."""
