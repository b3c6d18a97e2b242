"""Frames of stack traces, and the places that compilers and test runners name."""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_FRAMES = 64

_PATH = r"[^\s\"'`()\[\]{}<>,;|*?=]+"
_PYTHON = re.compile(r'\s*File "(?P<path>[^"\n]+)", line (?P<line>\d+)(?:, in (?P<function>\S+))?')
_FORMS = tuple(
    re.compile(form)
    for form in (
        # Java, Kotlin, Scala: at org.example.Client.send(Client.java:12)
        r"\s*at (?:\w+(?:\.\w+)*/)?(?P<symbol>[\w$.<>]+)\((?P<path>[\w$]+\.\w+):(?P<line>\d+)\)",
        # C#: at Client.Send(String name) in C:\src\Client.cs:line 12
        r"\s*at (?P<symbol>[\w.`<>|\[\],]+)\(.*\) in (?P<path>.+):line (?P<line>\d+)",
        # PHP: #0 /var/www/src/Client.php(12): Client->send()
        r"\s*#\d+ (?P<path>\S+)\((?P<line>\d+)\): (?P<symbol>[\w\\:>{}-]+)",
        r".*?\b(?P<path>[\w./\\-]+\.php)(?: on line |:)(?P<line>\d+)",
        # JavaScript: at send (/srv/client.js:12:5)
        r"\s*at (?:async )?(?:new )?(?P<symbol>[\w$.<>#]+)(?: \[as \w+\])? \((?:file://)?(?P<path>[^()\n]+?):(?P<line>\d+)(?::\d+)?\)",
        # javac of Maven, TypeScript, MSBuild: Client.java:[12,5], client.ts(12,5), Client.cs(12,5)
        rf".*?(?P<path>{_PATH}\.\w+):?[(\[](?P<line>\d+),\d+[)\]]",
        # gdb, ASan: #0 0x55 in send (...) at client.c:12, in send client.c:12:5
        rf"\s*#\d+\s.*? in (?P<symbol>[\w:~<>]+).*?(?: at)? (?P<path>{_PATH}\.\w+):(?P<line>\d+)",
        # Haskell: send, called at src/Client.hs:12:5
        rf"\s*(?P<symbol>[\w'.]+), called at (?P<path>{_PATH}\.\w+):(?P<line>\d+)",
        # Ruby, Lua, Elixir, gcc, rustc, go, pytest, ...: client.rb:12:in `send'
        rf".*?(?P<path>{_PATH}\.[A-Za-z]\w{{0,9}}):(?P<line>\d+)(?::\d+)?"
        r"(?::?\s*in (?:function |method |block (?:\(\d+ levels\) )?in )?[`'\"<]?(?P<function>[\w.:?!#]+))?"
        r"(?::? (?P<symbol>(?:\w+\.)+\w+[?!]?)/\d+)?",
    )
)
_LEADS = ("file://", "webpack:///", "./")
_LAST_NAME = re.compile(r"(\w+[?!]?)[^\w]*\Z")
_PLACE = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class Frame:
    """A place in a trace: a path as printed, a 1-based line, and a function's name or ""."""

    path: str
    line: int
    function: str


@dataclass(frozen=True, slots=True)
class Frames:
    """Frames, the one of the error first, and the numbers of the lines that they stand on, from 0."""

    frames: tuple[Frame, ...]
    lines: frozenset[int]


def frames_in(text: str) -> Frames:
    """Return the frames of a text: of Python's traces, which end with the error, the last first."""
    groups: list[list[Frame]] = []
    outside_in: list[Frame] | None = None
    lines = set()
    before = ""
    for number, line in enumerate(text.split("\n")):
        if len(line) > 1000 or not _PLACE.search(line):
            before = line
            continue
        match = _PYTHON.match(line)
        if match is not None:
            if outside_in is None:
                outside_in = []
                groups.append(outside_in)
            outside_in.insert(0, _frame(match, before))
        else:
            match = next(filter(None, (form.match(line) for form in _FORMS)), None)
            if match is not None:
                outside_in = None
                groups.append([_frame(match, before)])
        if match is not None:
            lines.add(number)
        before = line
    found = dict.fromkeys(frame for group in groups for frame in group)
    return Frames(tuple(found)[:MAX_FRAMES], frozenset(lines))


def _frame(match: re.Match[str], before: str) -> Frame:
    groups = match.groupdict()
    path, symbol = groups["path"].strip(), groups.get("function") or groups.get("symbol") or ""
    if (
        "." in symbol
        and "/" not in path
        and "\\" not in path
        and path.rpartition(".")[2] in ("java", "kt", "scala", "groovy")
    ):
        *package, _ = symbol.split("$")[0].split(".")
        folders = [name for name in package if name[:1].islower()]
        path = "/".join([*folders, path])
    for lead in _LEADS:
        path = path.removeprefix(lead)
    last = _LAST_NAME.search(symbol)
    return Frame(path, int(groups["line"][:9]), last[1] if last else "")
