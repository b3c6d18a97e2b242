"""Parsers of sizes and ages, for flags and settings."""

from __future__ import annotations

import re

# Compiled at their first use: most commands parse no size and no age.
_SIZE = r"(\d{1,15}(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?"
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_AGE = r"(\d{1,6})\s*([dwmy]?)"
_DAYS = {"": 1, "d": 1, "w": 7, "m": 30, "y": 365}


def parse_size(text: str) -> int:
    """Parse a size in bytes, such as `500K`, `1M` or `65536`. K, M, G, T are powers of 1024.

    Raises `ValueError` with a message for users.
    """
    match = re.fullmatch(_SIZE, text.strip(), re.IGNORECASE)
    amount = int(float(match[1]) * 1024 ** _POWERS[match[2].lower()]) if match else 0
    if amount < 1:
        raise ValueError(f"{text!r} is not a size such as 500K, 1M or 65536")
    return amount


def parse_days(text: str) -> int:
    """Parse an age in days, such as `90`, `90d`, `12w`, `3m` or `1y`.

    Raises `ValueError` with a message for users.
    """
    match = re.fullmatch(_AGE, text.strip())
    if not match:
        raise ValueError(f"{text!r} is not an age such as 90d, 12w, 3m or 1y")
    return int(match[1]) * _DAYS[match[2]]
