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
    """Return the error `NAME must be WANTED, not VALUE`; a long value is shortened."""
    shown = repr(value)
    if len(shown) > 80:
        shown = f"{shown[:77]}..."
    return UsageError(f"{name} must be {wanted}, not {shown}")


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


def whole_number(name: str, value: Any, least: int = 0) -> int:
    """Return `value` as an int of at least `least`; accept NumPy's integers, but not bools."""
    if not isinstance(value, bool):
        try:
            number = operator.index(value)
        except TypeError:
            pass
        else:
            if number >= least:
                return number
    raise refusal(name, f"a whole number of at least {least}", value)


def seconds(name: str, value: Any) -> float:
    """Return `value` as a number of seconds: at least 0, and possibly infinite."""
    if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
        return float(value)
    raise refusal(name, "a number of seconds", value)


def number(name: str, value: object) -> float:
    """Return `value` as a float; it must be a finite number. Bools are not accepted."""
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    raise refusal(name, "a number", value)


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
        return Path(decoded)
    raise refusal(name, "a path", value)


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
