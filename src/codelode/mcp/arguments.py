"""Check the arguments of a tool call. Models send numbers as text and null for absent values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from codelode.errors import UsageError

MAX_TEXT = 4000
"""The number of characters of a text that are used; no real query is longer."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text parameter. `choices`, if there are any, are its allowed values."""

    description: str
    choices: tuple[str, ...] = ()
    required: bool = False


@dataclass(frozen=True, slots=True)
class Number:
    """A whole-number parameter. Values outside `least` to `most` become the nearer bound."""

    description: str
    default: int
    least: int
    most: int


Parameter = Text | Number


def checked(
    parameters: Mapping[str, Parameter], given: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """Return a value for every parameter, and the names of unknown arguments.

    An absent text becomes empty, an absent number its default. Raises `UsageError` for a value that
    is not of the type or not among the choices, and for a required text that is absent.
    """
    values = {name: _value(name, parameter, given.get(name)) for name, parameter in
              parameters.items()}  # fmt: skip
    return values, [name for name in given if name not in parameters]


def _value(name: str, parameter: Parameter, given: Any) -> str | int:
    if isinstance(parameter, Number):
        return parameter.default if given in (None, "") else _number(name, parameter, given)
    if given is None:
        given = ""
    if not isinstance(given, str):
        raise UsageError(f"{name} must be a string")
    if parameter.required and not given.strip():
        raise UsageError(f"{name} is required: {parameter.description}")
    if given and parameter.choices and given not in parameter.choices:
        raise UsageError(f"{name} must be one of {', '.join(parameter.choices)}")
    return given[:MAX_TEXT]


def _number(name: str, parameter: Number, given: Any) -> int:
    if isinstance(given, str) and given.strip().lstrip("-").isdecimal() and len(given) < 20:
        given = int(given)
    if isinstance(given, float) and given.is_integer():
        given = int(given)
    if not isinstance(given, int) or isinstance(given, bool):
        raise UsageError(f"{name} must be a whole number")
    return min(max(given, parameter.least), parameter.most)
