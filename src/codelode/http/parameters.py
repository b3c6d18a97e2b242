"""Checks of the parameters in the query of a URL."""

from __future__ import annotations

from codelode.errors import UsageError


def whole_number(name: str, value: str, most: int) -> int:
    """Return a whole number from 1 to `most`. Raises `UsageError` for anything else."""
    if not value.isascii() or not value.isdecimal() or len(value) > 10:
        raise UsageError(f"{name} must be a whole number")
    if not 1 <= int(value) <= most:
        raise UsageError(f"{name} must be from 1 to {most:,}")
    return int(value)
