"""Edit JSON with comments and trailing commas in place: the bytes around an edit stay."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from codelode.errors import UsageError

_BLANK = re.compile(r"(?:[ \t\r\n\ufeff]|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"')
_SCALAR = re.compile(r"-?\d[\d.eE+-]*|true|false|null")
_MAX_DEPTH = 200


@dataclass(slots=True)
class _Value:
    """The place of a value in a text, with the members of an object or the items of an array."""

    start: int
    end: int = 0
    is_object: bool = False
    members: list[_Member] = field(default_factory=list)
    items: list[_Value] = field(default_factory=list)

    def member(self, name: str) -> _Member | None:
        """Return the last member called `name`, as JSON parsers do, or None if there is none."""
        return next((each for each in reversed(self.members) if each.name == name), None)


@dataclass(slots=True)
class _Member:
    name: str
    start: int
    value: _Value


def get(text: str, path: Sequence[str]) -> Any:
    """Return the value at a path of keys, or None. Raises `UsageError` for invalid JSON."""
    value = _parse(text) if _BLANK.sub("", text) else None
    for name in path:
        member = value.member(name) if value and value.is_object else None
        value = member.value if member else None
    return _plain(text, value) if value else None


def put(text: str, path: Sequence[str], new: Any) -> str:
    """Return the text with a value set at a path of keys. Missing objects are made.

    Raises `UsageError` for invalid JSON, or if the path leads through a value that is no object.
    """
    newline = "\r\n" if "\r\n" in text else "\n"
    if not _BLANK.sub("", text):
        for name in reversed(path):
            new = {name: new}
        rendered = json.dumps(new, indent=2, ensure_ascii=False).replace("\n", newline)
        return f"{text.rstrip()}{newline if text.strip() else ''}{rendered}{newline}"
    value = _parse(text)
    unit = _indentation(text, value)
    for depth, name in enumerate(path):
        if not value.is_object:
            raise UsageError(f"{'.'.join(path[:depth]) or 'the top'} is not an object")
        member = value.member(name)
        if member is None:
            for inner in reversed(path[depth + 1 :]):
                new = {inner: new}
            rendered = _rendered(new, unit, depth + 1, newline)
            return _inserted(text, value, f"{json.dumps(name)}: {rendered}", unit * depth, unit)
        value = member.value
    return text[: value.start] + _rendered(new, unit, len(path), newline) + text[value.end :]


def remove(text: str, path: Sequence[str]) -> str:
    """Return the text without the member at a path, if there is one; comments around it stay.

    Raises `UsageError` for invalid JSON.
    """
    value = _parse(text)
    for name in path[:-1]:
        member = value.member(name)
        if member is None:
            return text
        value = member.value
    gone = value.member(path[-1])
    if gone is None:
        return text
    at = _blank_end(text, gone.value.end)
    start, end = gone.start, gone.value.end
    if text[at] == ",":
        text = text[:at] + text[at + 1 :]
    elif value.members[0] is not gone:
        before = value.members[value.members.index(gone) - 1].value.end
        comma = _blank_end(text, before)
        text = text[:comma] + text[comma + 1 :]
        start, end = start - 1, end - 1
    text, begin = text[:start] + text[end:], text.rfind("\n", 0, start) + 1
    line_end = text.find("\n", start)
    if line_end >= 0 and not text[begin:line_end].strip():
        text = text[:begin] + text[line_end + 1 :]
    return text


def _inserted(text: str, value: _Value, member: str, outer: str, unit: str) -> str:
    """Return the text with `member` added at the end of `value`, an object in the text.

    `outer` is the indentation of the object; `unit` is the indentation of one level.
    """
    newline = "\r\n" if "\r\n" in text else "\n"
    if not value.members:
        close = value.end - 1
        kept = text[value.start + 1 : close].rstrip()
        start = value.start + 1 + len(kept)
        return f"{text[:start]}{newline}{outer}{unit}{member}{newline}{outer}{text[close:]}"
    last = value.members[-1].value.end
    comma = _blank_end(text, last)
    inline = "\n" not in text[value.start : value.end]
    gap = " " if inline else f"{newline}{_line_indentation(text, value.members[-1].start)}"
    if text[comma] == ",":  # this trailing comma now separates the members
        return f"{text[: comma + 1]}{gap}{member}{text[comma + 1 :]}"
    return f"{text[:last]},{gap}{member}{text[last:]}"


def _rendered(value: Any, unit: str, depth: int, newline: str) -> str:
    text = json.dumps(value, indent=unit, ensure_ascii=False)
    return text.replace("\n", f"{newline}{unit * depth}")


def _line_indentation(text: str, at: int) -> str:
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return line[: len(line) - len(line.lstrip())]


def _indentation(text: str, root: _Value) -> str:
    """Return the indentation of the first member, or two spaces."""
    first = root.members[0].start if root.members else 0
    return _line_indentation(text, first) or "  "


def _plain(text: str, value: _Value) -> Any:
    """Return a value as a Python object. Raises `UsageError` for an invalid number."""
    if value.is_object:
        return {member.name: _plain(text, member.value) for member in value.members}
    if text[value.start] == "[":
        return [_plain(text, item) for item in value.items]
    try:
        return json.loads(text[value.start : value.end])
    except ValueError:
        raise _error(text, value.start) from None


def _parse(text: str) -> _Value:
    """Return the outermost value of a text. Raises `UsageError` with the line of an error."""
    value = _value(text, _blank_end(text, 0), 0)
    end = _blank_end(text, value.end)
    if end < len(text):
        raise _error(text, end)
    return value


def _value(text: str, at: int, depth: int) -> _Value:
    value = _Value(at)
    opening = text[at : at + 1]
    if depth > _MAX_DEPTH:
        raise _error(text, at)
    if opening in ("{", "["):
        value.is_object = opening == "{"
        value.end = _inside(text, value, "}" if value.is_object else "]", depth)
        return value
    match = _STRING.match(text, at) or _SCALAR.match(text, at)
    if match is None:
        raise _error(text, at)
    value.end = match.end()
    return value


def _inside(text: str, value: _Value, close: str, depth: int) -> int:
    """Read the members of an object or the items of an array; return the position after it."""
    at = _blank_end(text, value.start + 1)
    while text[at : at + 1] != close:
        name, start = "", at
        if value.is_object:
            match = _STRING.match(text, at)
            colon = _blank_end(text, match.end()) if match else at
            if match is None or text[colon : colon + 1] != ":":
                raise _error(text, at)
            name, at = _name(text, match), _blank_end(text, colon + 1)
        item = _value(text, at, depth + 1)
        if value.is_object:
            value.members.append(_Member(name, start, item))
        else:
            value.items.append(item)
        at = _blank_end(text, item.end)
        if text[at : at + 1] == ",":
            at = _blank_end(text, at + 1)
        elif text[at : at + 1] != close:
            raise _error(text, at)
    return at + 1


def _name(text: str, match: re.Match[str]) -> str:
    try:
        name: str = json.loads(match[0])
    except ValueError:
        raise _error(text, match.start()) from None
    return name


def _blank_end(text: str, at: int) -> int:
    """Return the end of the white space and comments that begin at a place."""
    match = _BLANK.match(text, at)
    return match.end() if match else at


def _error(text: str, at: int) -> UsageError:
    return UsageError(f"line {text.count(chr(10), 0, at) + 1} is not valid JSON")
