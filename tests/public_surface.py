"""The public interface as text: `python -m tests.public_surface > tests/public_surface.txt`.

Users notice every change of this text, so it must be described in CHANGELOG.md and docs/api.md.
"""

from __future__ import annotations

import dataclasses
import enum
import inspect
import re
import sys
from collections.abc import Callable, Iterator
from typing import Any, get_args

import codelode
from codelode import metrics

METRICS = ("enable", "disable")
"""The public functions of `codelode.metrics`; the others are for codelode itself."""

INTERNAL = {"answer_request", "around", "encoder", "reader", "refresh", "snapshot"}
"""Members of `Index` for other modules of codelode; docs/api.md does not list them."""


def members(kind: type) -> Iterator[tuple[str, object]]:
    """Yield the public members of a type and of its bases in codelode, except `INTERNAL` ones."""
    seen: set[str] = set()
    for base in kind.__mro__:
        if base.__module__.startswith("codelode"):
            for name, value in vars(base).items():
                if not name.startswith("_") and name not in seen | INTERNAL:
                    seen.add(name)
                    yield name, value


def fields(kind: type) -> list[str]:
    """Return the names of the fields of a dataclass."""
    return [field.name for field in dataclasses.fields(kind)]


def describe(name: str, value: object) -> Iterator[str]:
    """Yield a line for a public name, and one for each public member."""
    if not isinstance(value, type):
        yield f"{name} = {' | '.join(map(repr, get_args(value))) or type(value).__name__}"
        return
    bases = ", ".join(base.__name__ for base in value.__bases__)
    yield f"class {name}({bases})"
    if issubclass(value, enum.Enum):
        yield from (f"    {member.name} = {member.value!r}" for member in value)
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            optional = " = ..." if _has_default(field) else ""
            yield f"    {field.name}: {field.type}{optional}"
    for method, function in sorted(members(value), key=lambda member: member[0]):
        if isinstance(function, property):
            yield f"    {method} -> {inspect.signature(_getter(function)).return_annotation}"
        elif isinstance(function, classmethod) or inspect.isfunction(function):
            yield from _callable(f"    {method}", getattr(value, method))


def _has_default(field: dataclasses.Field[object]) -> bool:
    missing = dataclasses.MISSING
    return field.default is not missing or field.default_factory is not missing


def _getter(value: property) -> Callable[[Any], Any]:
    assert value.fget is not None
    return value.fget


def _callable(label: str, function: object) -> Iterator[str]:
    """Yield a line per parameter, so that a change of one is a change of one line."""
    assert callable(function)
    signature = inspect.signature(function)
    yield f"{label} -> {signature.return_annotation}"
    for parameter in signature.parameters.values():
        if parameter.name != "self":
            keyword = "*, " if parameter.kind is parameter.KEYWORD_ONLY else ""
            yield f"        {keyword}{parameter}"
            if name := re.fullmatch(r"Unpack\[(\w+)\]", str(parameter.annotation)):
                settings: dict[str, str] = getattr(codelode, name[1]).__annotations__
                yield from (f"        *, {key}: {_text(kind)}" for key, kind in settings.items())


def _text(annotation: object) -> str:
    return repr(getattr(annotation, "__forward_arg__", annotation))


def surface() -> str:
    """Return the public names, their members and their signatures."""
    lines: list[str] = []
    for name in sorted(codelode.__all__):
        lines += describe(name, getattr(codelode, name))
    for name in METRICS:
        lines += _callable(f"metrics.{name}", getattr(metrics, name))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(surface())
