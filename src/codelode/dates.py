"""Points in time as people write them: `2026-11-01`, `2 weeks ago`, `yesterday`, `36h`.

The forms are those of git's `--since`, with two differences: a date without a time means
midnight, not the current time of day, and a text that is not understood is an error, not "now".
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import datetime, timedelta

from codelode.errors import UsageError

_UNITS = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}
_SHORT = {
    **{"s": "second", "sec": "second", "m": "minute", "min": "minute", "h": "hour", "hr": "hour"},
    **{"d": "day", "w": "week", "mo": "month", "y": "year", "yr": "year"},
}
_NUMBERS = "zero one two three four five six seven eight nine ten".split()
_MONTHS = (
    "january february march april may june july august september october november december"
).split()
_DAYS = "monday tuesday wednesday thursday friday saturday sunday".split()

_AGO = re.compile(r"(\d{1,9}|[a-z]+) ?([a-z]+?)s?(?: ago)?")
_STAMP = re.compile(r"@?(\d{9,11})")
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?=\D|\Z)")
_DAY_FIRST = re.compile(r"(\d{1,2}) ([a-z]{3,9})(?: (\d{4}))?")
_MONTH_FIRST = re.compile(r"([a-z]{3,9}) (\d{1,2})(?: (\d{4}))?")


def parse_date(text: str, now: datetime | None = None) -> datetime:
    """Return a point in time in the local time zone.

    A text without a time zone is in local time. `now` is the time that relative dates count from
    (default: now). Raises `UsageError` for a text that is no date, or a date that does not exist.
    """
    now = (now or datetime.now()).astimezone()
    words = " ".join(re.split(r"[\s.,_]+", text.strip().lower())).strip()
    try:
        found = _absolute(text.strip()) or _relative(words, now) or _named(words, now)
    except (OverflowError, ValueError, OSError):  # such as February 31, or the year 0
        found = None
    if found is None:
        raise UsageError(
            f"{text[:80]!r} is not a date such as 2026-11-01, '2026-11-01 14:30',"
            " yesterday, monday, '2 weeks ago' or 36h"
        )
    return found


def _absolute(text: str) -> datetime | None:
    """Read a date in ISO 8601, or seconds since the epoch; return None for other texts."""
    stamp = _STAMP.fullmatch(text)
    if stamp:
        return datetime.fromtimestamp(int(stamp[1])).astimezone()
    date = _ISO.match(text)
    if date is None:
        return None
    year, month, day = date.groups()
    time = re.sub(r"\s+(?=[+-]\d)", "", text[date.end() :])
    return datetime.fromisoformat(f"{year}-{month:0>2}-{day:0>2}{time}").astimezone()


def _relative(words: str, now: datetime) -> datetime | None:
    """Read a distance from `now`: `2 weeks ago`, `last month`, `36h`; None for other texts."""
    match = _AGO.fullmatch(re.sub(r"\A(?:last|an?) ", "one ", words))
    if match is None:
        return None
    word, unit = match[1], _SHORT.get(match[2], match[2])
    if not word.isdecimal() and word not in _NUMBERS:
        return None
    number = int(word) if word.isdecimal() else _NUMBERS.index(word)
    if unit in ("month", "year"):
        return _months_before(now, number * (12 if unit == "year" else 1))
    return now - _UNITS[unit] * number if unit in _UNITS else None


def _months_before(now: datetime, months: int) -> datetime:
    """Return the same day some months earlier, or the last day of a month without that day."""
    year, month = divmod(now.year * 12 + now.month - 1 - months, 12)
    day = min(now.day, monthrange(year, month + 1)[1])
    return now.replace(year=year, month=month + 1, day=day, tzinfo=None).astimezone()


def _named(words: str, now: datetime) -> datetime | None:
    """Read a day by its name: `yesterday`, `monday`, `1 nov`, `november 1 2026`.

    Returns None for other texts.
    """
    today = now.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    if words == "now":
        return now
    if words in ("today", "midnight", "yesterday"):
        return (today - timedelta(days=words == "yesterday")).astimezone()
    weekday = _place(words.removeprefix("last "), _DAYS)
    if weekday is not None:
        return (today - timedelta(days=(today.weekday() - weekday - 1) % 7 + 1)).astimezone()
    if match := _DAY_FIRST.fullmatch(words):
        day, name, year = match.groups()
    elif match := _MONTH_FIRST.fullmatch(words):
        name, day, year = match.groups()
    else:
        return None
    month = _place(name, _MONTHS)
    if month is None:
        return None
    found = datetime(int(year or now.year), month + 1, int(day))
    if year is None and found > today:
        found = datetime(now.year - 1, month + 1, int(day))
    return found.astimezone()


def _place(name: str, names: list[str]) -> int | None:
    """Return the index in `names` of a full name, or of its first three letters; else None."""
    return next((n for n, each in enumerate(names) if name in (each, each[:3])), None)
