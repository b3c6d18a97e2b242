"""Frames of stack traces, and the places that compilers and test runners name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import takewhile

MAX_FRAMES = 64
_MAX_LINE = 1000

_PLAIN = r"[^\s\"'`()\[\]{}<>,;|*?=:]"
_NAME = rf"(?<!{_PLAIN}){_PLAIN}{{1,400}}\.[A-Za-z]\w{{0,11}}"  # begins where a word begins
_FILE = rf"(?P<path>{_NAME})"
_LINE = r"(?P<line>\d{1,9})"
_OUTSIDE_IN = re.compile(rf'\s*File "(?P<path>[^"]+)", line {_LINE}(?:, in (?P<function>\S+))?')
"""Python: the only traces that end with the error."""

_FORMS = tuple(
    re.compile(form)
    for form in (
        # Java, Kotlin, Scala: at java.base/org.example.Client.send(Client.java:12)
        rf"\s*at (?:[\w.@]*/){{0,3}}(?P<function>[\w$.<>]+)\((?P<path>[\w$]+\.\w+):{_LINE}\)",
        # C#: at Client.Send(String name) in C:\src\Client.cs:line 12
        rf"\s*at (?P<function>[\w.`<>\[\],|]+)\(.{{0,300}}\) in (?P<path>.{{1,300}}):line {_LINE}",
        # PHP: #0 /var/www/src/Client.php(12): Client->send()
        rf"\s*#\d+ (?P<path>\S+)\({_LINE}\): (?P<function>[\w\\:>{{}}-]+)",
        # JavaScript: at async send (file:///srv/client.js:12:5)
        rf"\s*at (?:async )?(?:new )?(?P<function>[\w$.<>#]+)(?: \[as \w+\])?"
        rf" \((?P<path>[^()]+?):{_LINE}(?::\d+)?\)",
        # gdb, ASan: #0 0x55 in send (...) at client.c:12, #0 0x55 in send client.c:12:5
        rf"\s*#\d+\s.{{0,80}}?\bin (?P<function>[\w:~]+)\b.{{0,200}}? {_FILE}:{_LINE}",
        # Haskell: send, called at src/Client.hs:12:5
        rf"\s*(?P<function>[\w'.]+), called at {_FILE}:{_LINE}",
    )
)
_ANYWHERE = re.compile(
    # Ruby, Lua, Elixir, Go, gcc, rustc, pytest, ...: client.rb:12:in `send'
    rf"{_FILE}:{_LINE}(?::\d+)?"
    r"(?::?\s*in (?:(?:function|method|block|rescue|ensure)\b[^`'\"<]{0,20})?"
    r"[`'\"<]?(?P<function>[\w.:?!#]+))?"
    r"(?::? (?P<symbol>[A-Z][\w.]*\.\w+[?!]?)/\d)?"
    # javac of Maven, TypeScript, MSBuild: Client.java:[12,5], client.ts(12,5)
    rf"|(?P<file>{_NAME}):?[(\[](?P<row>\d{{1,9}}),\d+[)\]]"
    # PHP, Swift: client.php on line 12, client.swift, line 12
    rf"|(?P<named>{_NAME}),? (?:on )?line (?P<at>\d{{1,9}})"
)
_DIGIT = re.compile(r"[0-9]")
_LEAD = re.compile(r"(?:file://|webpack://(?:/|[^/]+/))?")
_PACKAGED = (".java", ".kt", ".scala", ".groovy")
_TYPE_ARGUMENTS = re.compile(r"\[.*?\]|<.*?>")
_LAST_NAME = re.compile(r"(\w+[?!]?)\W*\Z")


@dataclass(frozen=True, slots=True)
class Frame:
    """A place in a trace: a path as printed, a 1-based line, and a function's name or ""."""

    path: str
    line: int
    function: str


@dataclass(frozen=True, slots=True)
class Frames:
    """The frames of a text, the frame of the error first.

    `lines` are the lines of the text, counted from 0, in which frames were found.
    """

    frames: tuple[Frame, ...]
    lines: frozenset[int]


def frames_in(text: str) -> Frames:
    """Return the frames of a text, in linear time."""
    groups: list[list[Frame]] = []
    lines: set[int] = set()
    outside_in = False  # whether the last frame is in a trace that ends with the error
    for number, line in enumerate(text.split("\n")):
        if len(line) > _MAX_LINE or not _DIGIT.search(line):
            continue
        match = _OUTSIDE_IN.match(line)
        if match is not None:
            if not outside_in:
                groups.append([])
            groups[-1].insert(0, _frame(match))
            outside_in = True
        else:
            match = next(filter(None, (form.match(line) for form in _FORMS)), None)
            match = match or _ANYWHERE.search(line)
            if match is not None:
                outside_in = False
                groups.append([_frame(match)])
        if match is not None:
            lines.add(number)
            if len(lines) == MAX_FRAMES:
                break
    return Frames(tuple(dict.fromkeys(f for group in groups for f in group)), frozenset(lines))


def _frame(match: re.Match[str]) -> Frame:
    groups = {name: value for name, value in match.groupdict().items() if value is not None}
    path = groups.get("path") or groups.get("file") or groups["named"]
    line = groups.get("line") or groups.get("row") or groups["at"]
    function = groups.get("function") or groups.get("symbol", "")
    if path.endswith(_PACKAGED) and "." in function and "/" not in path and "\\" not in path:
        # The folders of a package are the lower-case names before the class.
        package = takewhile(lambda name: name[:1].islower(), function.split(".")[:-1])
        path = "/".join((*package, path))
    last = _LAST_NAME.search(_TYPE_ARGUMENTS.sub("", function))
    return Frame(_LEAD.sub("", path.strip(), count=1), int(line), last[1] if last else "")
