"""Benchmarks of freshness: random histories, time until an edit is found, `lode search` times."""
