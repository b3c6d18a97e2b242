"""Sizes, counts and times for people."""

from __future__ import annotations


def size(amount: float) -> str:
    """Format a number of bytes in decimal units: `1.2 MB`."""
    for unit in ("B", "kB", "MB", "GB"):
        if abs(amount) < 999.5:
            return f"{amount:.0f} B" if unit == "B" else f"{amount:.3g} {unit}"
        amount /= 1000
    return f"{amount:.4g} TB"


def count(number: int, noun: str) -> str:
    """Format a count of things: `1 file`, `12,345 files`."""
    if number == 1:
        return f"1 {noun}"
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        plural = noun[:-1] + "ies"
    else:
        plural = noun + ("es" if noun.endswith(("s", "x", "ch", "sh")) else "s")
    return f"{number:,} {plural}"


def seconds(duration: float) -> str:
    """Format a duration: `12 ms`, `3.4 s`, `2 min 05 s`."""
    if duration < 0.9995:
        return f"{duration * 1000:.0f} ms"
    if duration < 59.95:
        return f"{duration:.1f} s"
    minutes, rest = divmod(round(duration), 60)
    return f"{minutes} min {rest:02} s"


def age(duration: float) -> str:
    """Format the age of something in its largest unit: `5 min ago`, `12 days ago`."""
    for noun, length in (("year", 31_557_600), ("month", 2_629_800), ("day", 86_400)):
        if duration >= length:
            return f"{count(int(duration // length), noun)} ago"
    for unit, length in (("h", 3600), ("min", 60)):
        if duration >= length:
            return f"{int(duration // length)} {unit} ago"
    return "just now"


def fine_seconds(duration: float) -> str:
    """Format a duration to three digits: `85 µs`, `3.14 ms`, `1.23 s`."""
    for unit, factor in (("µs", 1e6), ("ms", 1e3)):
        if duration * factor < 999.5:
            return f"{_three_digits(duration * factor)} {unit}"
    return f"{_three_digits(duration)} s"


def _three_digits(number: float) -> str:
    """Format a number to three digits, never in exponential notation."""
    digits = 2 if number < 9.995 else 1 if number < 99.95 else 0
    return f"{number:,.{digits}f}"
