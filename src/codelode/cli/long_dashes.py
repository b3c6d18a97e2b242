"""Flags whose dashes an editor or a web page has replaced by typographic ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container

_LONG = dict.fromkeys([*range(0x2010, 0x2016), 0x2212], "-")
"""Hyphens, dashes, bars and the minus sign of Unicode, as `str.translate` takes them."""


def flag_meant(argument: str, flags: Container[str]) -> str:
    """Return an argument with ASCII dashes if it is then one of the flags, else "".

    One long dash may stand for one or two dashes. A value may follow: `=3`, or a number.
    """
    name, equals, value = argument.partition("=")
    plain = name.translate(_LONG)
    if plain == name or not plain.startswith("-"):
        return ""
    word = plain.lstrip("-")
    for flag in (f"--{word}", f"-{word}"):
        if flag in flags:
            return f"{flag}{equals}{value}"
    return f"-{word}" if word[1:].isdecimal() and f"-{word[0]}" in flags else ""


def refusal(argument: str, flag: str, command: str) -> str:
    """Return the message that an argument has a long dash, with the flag and command to type."""
    verb = "begins with" if ord(argument[0]) in _LONG else "has"
    return f"{argument} {verb} a long dash: write {flag}: `{command}`"
