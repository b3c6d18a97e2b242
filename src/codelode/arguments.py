"""Checks of arguments: a value of a wrong type raises a `UsageError` that names the argument."""

from __future__ import annotations

import math
import operator
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

from codelode.errors import UsageError

T = TypeVar("T")


def refusal(name: str, wanted: str, value: object) -> UsageError:
    """Return the error `NAME must be WANTED, not VALUE`."""
    return UsageError(f"{name} must be {wanted}, not {shown(value)}")


def shown(value: object) -> str:
    """Return a value as errors quote it: its `repr`, cut to 80 characters."""
    if isinstance(value, str):
        value = value[:81]  # a query may be megabytes long
    try:
        text = repr(value)
    except ValueError:  # Python does not write integers of thousands of digits
        return "a number of thousands of digits"
    return text if len(text) <= 80 else f"{text[:77]}..."


def string(name: str, value: object) -> str:
    """Return `value`, which must be a string."""
    if isinstance(value, str):
        return str(value)
    raise refusal(name, "a string", value)


def strings(name: str, value: object) -> tuple[str, ...]:
    """Return the strings of an iterable; a single string is one item, and None gives no items."""
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    if isinstance(value, Iterable):
        items = tuple(value)
        if all(isinstance(item, str) for item in items):
            return items
    raise refusal(name, "a string or a list of strings", value)


def whole_number(name: str, value: Any, least: int = 0, most: int = sys.maxsize) -> int:
    """Return `value` as an int from `least` to `most`; accept NumPy's integers, but not bools."""
    wanted = f"a whole number of at least {least}"
    if not isinstance(value, bool):
        try:
            number = operator.index(value)
        except TypeError:
            pass
        else:
            if least <= number <= most:
                return number
            if number > most:
                wanted = f"a whole number from {least} to {most}"
    raise refusal(name, wanted, value)


def seconds(name: str, value: object) -> float:
    """Return `value` as a number of seconds: at least 0, and possibly infinite."""
    found = _real(value)
    if found is not None and found >= 0:
        return found
    raise refusal(name, "a number of seconds", value)


def number(name: str, value: object) -> float:
    """Return `value` as a float; it must be a finite number. Bools are not accepted."""
    found = _real(value)
    if found is not None and math.isfinite(found):
        return found
    raise refusal(name, "a number", value)


def _real(value: object) -> float | None:
    """Return a real number as a float; None for a bool, too large a number, or anything else."""
    if isinstance(value, bool):
        return None
    if not isinstance(value, int | float):
        from numbers import Real  # also NumPy's numbers and fractions; few callers give them

        if not isinstance(value, Real):
            return None
    try:
        return float(value)
    except OverflowError:
        return None


def flag(name: str, value: object) -> bool:
    """Return `value`, which must be a bool."""
    if isinstance(value, bool):
        return value
    raise refusal(name, "True or False", value)


def choice(name: str, value: object, choices: tuple[str, ...]) -> None:
    """Check that a value is one of the given strings."""
    if not isinstance(value, str) or value not in choices:
        raise refusal(name, f"one of {', '.join(choices)}", value)


def path(name: str, value: object) -> Path:
    """Return `value`, a string or a path object, as a path."""
    if sys.getfilesystemencoding() != "utf-8":
        raise UsageError(
            "this process does not read file names as UTF-8: start Python with -X utf8,"
            " or with PYTHONUTF8=1 in its environment"
        )
    if isinstance(value, str | os.PathLike):
        decoded = os.fsdecode(value)
        if "\0" in decoded:
            raise refusal(name, "a path without NUL characters", decoded)
        try:
            os.fsencode(decoded)
        except UnicodeEncodeError:
            raise refusal(name, "a path that a file can have", decoded) from None
        return Path(decoded)
    raise refusal(name, "a path", value)


def expanded(given: str | os.PathLike[str]) -> Path:
    """Return a path with the home folder in place of `~` or `~user`.

    Raises `UsageError` if no home folder is known. `Path.expanduser` and `Path.home` raise a
    `RuntimeError` then, so callers of these must catch it.
    """
    try:
        return Path(given).expanduser()
    except RuntimeError:
        home = Path(given).parts[0]
        reason = "this user has none: set HOME" if home == "~" else f"there is no {home}"
        raise UsageError(f"{shown(os.fspath(given))}: no home folder: {reason}") from None


def paths(name: str, value: object) -> tuple[Path, ...]:
    """Return the paths in any iterable; a single path is one item."""
    if isinstance(value, str | os.PathLike):
        return (path(name, value),)
    if isinstance(value, Iterable) and not isinstance(value, bytes):
        return tuple(path(f"each item of {name}", item) for item in value)
    raise refusal(name, "a path or a list of paths", value)


def function(name: str, value: T) -> T:
    """Return `value`, which must be None or callable."""
    if value is not None and not callable(value):
        raise refusal(name, "a function", value)
    return value


def has(name: str, value: object, wanted: str, members: Iterable[str]) -> None:
    """Check that a value is an object, not a class, and has the members of a protocol."""
    if isinstance(value, type):
        raise refusal(name, wanted, value)
    for member in members:
        if not hasattr(value, member):
            raise UsageError(f"{name} must be {wanted}: it has no {member!r}")
