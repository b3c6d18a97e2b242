"""Freshness: random histories, the time from an edit to its hit, whole search processes."""
