"""The types of settings."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codelode.settings.quantities import parse_days, parse_size

Check = Callable[[object], object]

_TRUE, _FALSE = ("1", "true", "yes", "on"), ("", "0", "false", "no", "off")


@dataclass(frozen=True, slots=True)
class Kind:
    """The type of a setting.

    `check` takes a value as TOML gives it and returns it as the program uses it; it raises
    `ValueError`. `wanted` describes the valid values; `words` lists them if they are words.
    `from_text` turns the value of an environment variable into one that `check` takes. `to_text`
    turns a checked value into a text that could be in a settings file.
    """

    wanted: str
    check: Check
    from_text: Callable[[str], object] = str
    to_text: Callable[[Any], str] = str
    words: tuple[str, ...] = ()


def flag() -> Kind:
    """Return the type of a setting that is on or off."""

    def check(raw: object) -> bool:
        if isinstance(raw, bool):
            return raw
        raise ValueError

    def from_text(text: str) -> object:
        word = text.strip().lower()
        return word in _TRUE if word in _TRUE + _FALSE else text

    words = ("true", "false")
    return Kind("true or false", check, from_text, lambda value: str(value).lower(), words)


def whole(least: int, most: int) -> Kind:
    """Return the type of whole numbers in a range."""

    def check(raw: object) -> int:
        if isinstance(raw, int) and not isinstance(raw, bool) and least <= raw <= most:
            return raw
        raise ValueError

    def from_text(text: str) -> object:
        return int(text) if re.fullmatch(r"\s*\d{1,12}\s*", text) else text

    return Kind(f"a whole number from {least} to {most}", check, from_text)


def number() -> Kind:
    """Return the type of finite numbers."""
    return _number("a number", -1e9, 1e9)


def seconds() -> Kind:
    """Return the type of durations in seconds."""
    return _number("a number of seconds", 0.0, 1e9)


def _number(wanted: str, least: float, most: float) -> Kind:
    def check(raw: object) -> float:
        if isinstance(raw, int | float) and not isinstance(raw, bool) and least <= raw <= most:
            return float(raw)
        raise ValueError

    def from_text(text: str) -> object:
        try:
            return float(text)
        except ValueError:
            return text

    return Kind(wanted, check, from_text)


def choice(*choices: str) -> Kind:
    """Return the type of a setting whose value is one of `choices`."""

    def check(raw: object) -> str:
        if isinstance(raw, str) and raw in choices:
            return raw
        raise ValueError

    return Kind(f"one of {', '.join(choices)}", check, words=choices)


def text(wanted: str) -> Kind:
    """Return the type of texts that are not empty and have no control characters."""

    def check(raw: object) -> str:
        if isinstance(raw, str) and raw and raw.isprintable():
            return raw
        raise ValueError

    return Kind(wanted, check)


def command() -> Kind:
    """Return the type of a command to run: a text, true for the usual command, false for none."""

    def check(raw: object) -> bool | str:
        if isinstance(raw, bool) or (isinstance(raw, str) and raw and raw.isprintable()):
            return raw
        raise ValueError

    def from_text(given: str) -> object:
        word = given.strip().lower()
        return word in _TRUE if word in _TRUE + _FALSE else given

    def to_text(value: bool | str) -> str:
        return str(value).lower() if isinstance(value, bool) else value

    return Kind("true, false or a command", check, from_text, to_text)


def folder() -> Kind:
    """Return the type of folders: in a file, absolute or below the home folder (`~`)."""

    def check(raw: object) -> str:
        if isinstance(raw, str) and raw.startswith(("/", "~")) and "\0" not in raw:
            return raw
        raise ValueError

    def from_text(given: str) -> object:
        place = os.path.expanduser(given)  # noqa: PTH111 (raises nothing)
        if place.startswith("~"):  # no such home folder: refused when it is used
            return place
        return str(Path(place).absolute())

    return Kind("an absolute path, or one that begins with ~", check, from_text)


def size(most: int) -> Kind:
    """Return the type of sizes in bytes."""

    def check(raw: object) -> int:
        amount = parse_size(raw) if isinstance(raw, str) else raw
        if isinstance(amount, int) and not isinstance(amount, bool) and 0 < amount <= most:
            return amount
        raise ValueError

    wanted = f"a size such as 500K, 2M or 65536, at most {shown_size(most)}"
    return Kind(wanted, check, to_text=shown_size)


def age() -> Kind:
    """Return the type of ages in days; None stands for `never`."""

    def check(raw: object) -> int | None:
        if raw == "never":
            return None
        if isinstance(raw, str):
            return parse_days(raw)
        if isinstance(raw, int) and not isinstance(raw, bool) and 0 <= raw < 1_000_000:
            return raw
        raise ValueError

    def to_text(value: int | None) -> str:
        return "never" if value is None else str(value)

    return Kind("an age such as 30d, 12w or 1y, or never", check, to_text=to_text)


def shown_size(amount: int) -> str:
    """Format a number of bytes in the largest unit that leaves a whole number: `2M`."""
    for power, unit in ((4, "T"), (3, "G"), (2, "M"), (1, "K")):
        if amount % 1024**power == 0:
            return f"{amount // 1024**power}{unit}"
    return str(amount)
