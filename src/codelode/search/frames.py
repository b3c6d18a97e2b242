"""Frames of stack traces, and the places that compilers and test runners name."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import takewhile

MAX_FRAMES = 64
_MAX_LINE = 1000

_PLAIN = r"[^\s\"'`()\[\]{}<>,;|*?=:]"
_NAME = rf"(?<!{_PLAIN}){_PLAIN}{{1,400}}\.[A-Za-z]\w{{0,11}}"  # begins a run of `_PLAIN`
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
        # Firefox, Safari: send@https://example.org/js/client.js:12:5
        rf"\s*(?P<function>[\w$./<*]*)@(?P<path>(?:https?|file|webpack)://[^\s()]+?):{_LINE}"
        r"(?::\d+)?\s*\Z",
        # Dart: #0 Client.send (package:client/client.dart:12:5)
        rf"\s*#\d+\s+(?P<function>[\w$.<> ]{{1,200}}?)\s\((?P<path>[^()\s]+?):{_LINE}(?::\d+)?\)",
        # gdb, ASan: #0 0x55 in send (...) at client.c:12, #0 0x55 in send client.c:12:5
        # Swift: #1 0x55 in closure #1 in Client.send(_:) at /src/Client.swift:12:5
        rf"\s*#\d+\s.{{0,80}}?\bin (?:closure #\d+ in )*(?P<function>[\w:~.]+)\b"
        rf".{{0,200}}? {_FILE}:{_LINE}",
        # Haskell: send, called at src/Client.hs:12:5
        rf"\s*(?P<function>[\w'.]+), called at {_FILE}:{_LINE}",
        # Perl: Client::send("x") called at lib/Client.pm line 12
        rf"\s*(?P<function>[\w:]+)\(.{{0,300}}\) called at (?P<path>\S+) line {_LINE}",
        # OCaml: Called from Client.send in file "src/client.ml" (inlined), line 12, characters 4-9
        r"\s*(?:Raised|Called|Re-raised) [a-z ]{1,40}? (?:(?P<function>[\w.']+) in )?"
        rf'file "(?P<path>[^"]+)"(?: \(inlined\))?, lines? {_LINE}',
        # Erlang: {client,send,2,[{file,"src/client.erl"},{line,12}]}
        r".{0,80}?\{\w+,(?P<function>\w+),[^{}]{0,200}\[\{file,"
        rf'"(?P<path>[^"]+)"\}},\{{line,{_LINE}\}}\]',
        # Erlang: in function client:send/2 (src/client.erl, line 12)
        rf".{{0,80}}?\bin (?:function|call from) +(?:\w+:)?(?P<function>\w+)/\d+ "
        rf"\((?P<path>[^(),]+), line {_LINE}\)",
    )
)
_ANYWHERE = re.compile(
    # Ruby, Lua, Elixir, Go, gcc, rustc, pytest, ...: client.rb:12:in `send'
    rf"{_FILE}:{_LINE}(?::\d+)?"
    r"(?::?\s*in (?:(?:function|method|upvalue|local|field|global)\b[^`'\"<]{0,20})?[`'\"<]?"
    r"(?:(?:block|rescue|ensure)(?: \(\d+ levels\))? in ){0,8}+(?P<function>[\w.:?!#]+))?"
    r"(?::? (?P<symbol>[A-Z][\w.]*\.\w+[?!]?)/\d)?"
    # javac of Maven, TypeScript, Kotlin: Client.java:[12,5], client.ts(12,5), Client.kt: (12, 5)
    # Visual C++: client.c(12): error
    rf"|(?P<file>{_NAME}):? ?[(\[](?P<row>\d{{1,9}})"
    r"(?:, ?\d+[)\]]|\) ?: (?=(?:fatal )?error|warning|note))"
    # PHP, Swift: client.php on line 12, client.swift, line 12
    rf"|(?P<named>{_NAME}),? (?:on )?line (?P<at>\d{{1,9}})"
)
_ABOVE = re.compile(
    # Go: example.org/client.(*Client).send(0xc0, {0x0})
    r"(?P<go>(?=[^()\s]*\.)[\w./~@%-]{1,300}(?:\(\*?\w+(?:\[\.\.\.\])?\)[\w.]+)?"
    r"(?:\[\.\.\.\][\w.]*)?)\((?!\*).*\)\s*\Z"
    # Go: created by example.org/client.Run in goroutine 1
    r"|created by (?P<by>[^\s]{1,400})(?: in goroutine \d+)?\s*\Z"
    # Tests in Go: --- FAIL: TestSend (0.00s)
    r"|\s*--- FAIL: (?P<test>\w+)"
    # Rust: 3: client::Client::send
    r"|\s*\d+:\s+(?:0x[0-9a-f]+ - )?(?P<rust>[\w<][^()\s]*(?: as [^()\s]+)?)\s*\Z"
    # Julia: [2] send(client::Client)
    r"|\s*\[\d+\] (?P<julia>[\w.!]+)\("
)
"""A line with the name of a function, above an indented line with the place."""

_DIGIT = re.compile(r"[0-9]")
_LEAD = re.compile(r"(?:file://|webpack://(?:/|[^/]+/)|https?://[^/]+/|package:[^/]+/)?")
_PACKAGED = (".java", ".kt", ".scala", ".groovy")
_GENERATED = re.compile(
    r"(?:(?:\$\d+){1,4}(?:\.(?:invoke|invokeSuspend))?"  # Java, Kotlin: lambda$send$0
    r"|\.func\d+|\.\d+"  # Go: send.func1
    r"|::\{\{[\w-]+\}\}|::h[0-9a-f]{16}){1,8}\Z"  # Rust: send::{{closure}}
)
"""What compilers append to the name of a function for the functions inside."""

_ASYNC = re.compile(r"<(\w+)>[a-z]__\w+(?:\.MoveNext\Z)?")
"""C#: `<Send>d__5.MoveNext`."""

_TYPE_ARGUMENTS = re.compile(r"\[.*?\]|<.*?>")
_LAST_NAME = re.compile(r"([^\W\d]\w*[?!]?)\W*\Z")


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
    above = ""
    outside_in = False  # whether the last frame is in a trace that ends with the error
    for number, line in enumerate(text.split("\n")):
        before, above = above, line
        if len(line) > _MAX_LINE or not _DIGIT.search(line):
            continue
        if (match := _OUTSIDE_IN.match(line)) is not None:
            if not outside_in:
                groups.append([])
            groups[-1].insert(0, _frame(match))
            outside_in = True
        elif (match := _match(line)) is not None:
            outside_in = False
            frame = _frame(match)
            if not frame.function and (function := _function_above(before, line)):
                frame = replace(frame, function=function)
                lines.add(number - 1)
            groups.append([frame])
        if match is not None:
            lines.add(number)
            if sum(map(len, groups)) == MAX_FRAMES:
                break
    return Frames(tuple(dict.fromkeys(f for group in groups for f in group)), frozenset(lines))


def _match(line: str) -> re.Match[str] | None:
    """Return the match of a place in a line, in any form but that of Python's traces; else None."""
    match = next(filter(None, (form.match(line) for form in _FORMS)), None)
    return match or _ANYWHERE.search(line)


def _function_above(above: str, line: str) -> str:
    """Return the function that `above` names if `line`, with the place, is indented; else ""."""
    if not line[:1].isspace() or len(above) > _MAX_LINE:
        return ""
    match = _ABOVE.match(above)
    return _last_name(next(filter(None, match.groups()), "")) if match is not None else ""


def _frame(match: re.Match[str]) -> Frame:
    groups = {name: value for name, value in match.groupdict().items() if value is not None}
    path = groups.get("path") or groups.get("file") or groups["named"]
    line = groups.get("line") or groups.get("row") or groups["at"]
    function = groups.get("function") or groups.get("symbol", "")
    if path.endswith(_PACKAGED) and "." in function and "/" not in path and "\\" not in path:
        # The folders of a package are the lower-case names before the class.
        package = takewhile(lambda name: name[:1].islower(), function.split(".")[:-1])
        path = "/".join((*package, path))
    return Frame(_LEAD.sub("", path.strip(), count=1), int(line), _last_name(function))


def _last_name(function: str) -> str:
    """Return the last name in the full name of a function; empty if it has none.

    Type arguments, and what compilers append, do not count.
    """
    function = _ASYNC.sub(r"\1", _GENERATED.sub("", function))
    last = _LAST_NAME.search(_TYPE_ARGUMENTS.sub("", function).replace("$", "."))
    return last[1] if last else ""
