"""Draw random stack traces and outputs of tools; both refer to real lines of a tree.

At random, the module draws a line of the tree that raises an error with a message, the definition
around the line, and a chain of callers in other files. It prints them as the tools of the language
do, between frames of other code, in a report whose title and prose reveal little.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.quality.trace_formats import (
    ENDINGS,
    ERRORS,
    LOG,
    OUTPUTS,
    PROSE,
    TITLES,
    TRACES,
    TraceFormat,
)
from benchmarks.quality.tree_files import is_aside, is_program, is_test

if TYPE_CHECKING:
    from codelode import Index, SymbolHit

_CALLERS = 3
_BLANKS = re.compile(r"#?\$?\{[^}]*\}|%[-\d.]*[a-zA-Z]|\$\w+|\\n.*")
_CALLABLE = ("function", "method", "macro")


class TraceQuery(NamedTuple):
    """A report: its kind, its text, and the place that raised the error."""

    kind: str
    query: str
    path: str
    line: int


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame of a stack trace: a line, and the definition that it lies in."""

    definition: SymbolHit
    line: int
    code: str


def draw_traces(index: Index, language: str, lead: str, seed: str) -> list[TraceQuery]:
    """Draw two reports, a trace and a tool's output; fewer if the tree raises too few errors.

    Only errors with messages count. `lead` is the path of the tree in its repository.
    """
    source = Source(index, language)
    chance = random.Random(seed)
    errors = source.errors()
    chance.shuffle(errors)
    queries = []
    for kind, (frame, match) in zip(("trace", "output"), errors, strict=False):
        groups = match.groupdict()
        error = (groups["error"] or "RuntimeError").rpartition(".")[2]
        message = _BLANKS.sub("cart", groups["message"]).strip()
        details = {"error": error, "message": message}
        if kind == "trace":
            callers = source.callers(frame, chance)
            text = _trace(TRACES[language], [frame, *callers], details, lead)
        else:
            shown = chance.choice(OUTPUTS[language])
            text = _filled(shown, frame, details, lead, 0)
        report = _report(text, details, chance)
        queries.append(TraceQuery(kind, report, frame.definition.path, frame.line))
    return queries


class Source:
    """The definitions in an index's program files (no tests or examples), and the files' lines."""

    def __init__(self, index: Index, language: str) -> None:
        self.definitions: dict[str, list[SymbolHit]] = {}
        for hit in index.symbols(limit=1_000_000):
            if is_program(hit.path) and not is_test(hit.path) and not is_aside(hit.path):
                self.definitions.setdefault(hit.path, []).append(hit)
        self.lines = {
            path: (index.root / path).read_text("utf-8", "replace").splitlines()
            for path in sorted(self.definitions)
        }
        self._error = re.compile(ERRORS[language])

    def errors(self) -> list[tuple[Frame, re.Match[str]]]:
        """Return, for each definition, the first line that raises an error with a message, if any.

        Each line comes as a frame, with the match that found the error. The lines are ordered by
        path, then by number.
        """
        found: dict[tuple[str, str], tuple[Frame, re.Match[str]]] = {}
        for path, lines in self.lines.items():
            for number, line in enumerate(lines, 1):
                following = lines[number].strip() if number < len(lines) else ""
                match = self._error.search(f"{line.rstrip()} {following}")
                if match is None or match.start() > len(line):
                    continue
                holder = self._around(path, number)
                if holder is not None:
                    frame = Frame(holder, number, line.strip())
                    found.setdefault((path, holder.symbol), (frame, match))
        return list(found.values())

    def callers(self, frame: Frame, chance: random.Random) -> list[Frame]:
        """Return a chain of callers of a frame; each calls the definition of the previous frame."""
        chain = [frame]
        while len(chain) <= _CALLERS:
            call = re.compile(rf"(?<![\w$]){re.escape(chain[-1].definition.name)}\s*\(")
            used = {each.definition.path for each in chain}
            found = [
                Frame(holder, number, line.strip())
                for path, lines in self.lines.items()
                if path not in used
                for number, line in enumerate(lines, 1)
                if call.search(line) and (holder := self._around(path, number)) is not None
            ]
            if not found or chain[-1].definition.name.startswith("__"):
                break
            chain.append(chance.choice(found))
        return chain[1:]

    def _around(self, path: str, line: int) -> SymbolHit | None:
        holding = [
            hit
            for hit in self.definitions[path]
            if hit.kind in _CALLABLE and hit.start_line <= line <= hit.end_line
        ]
        return min(holding, key=lambda hit: hit.end_line - hit.start_line, default=None)


def _trace(form: TraceFormat, frames: list[Frame], details: dict[str, str], lead: str) -> str:
    lead = form.lead + lead
    shown = [_filled(form.frame, frame, details, lead, at) for at, frame in enumerate(frames)]
    shown += reversed(form.others)
    if form.outside_in:
        shown.reverse()
    head = _filled(form.head, frames[0], details, lead, 0)
    tail = _filled(form.tail, frames[0], details, lead, 0)
    return "\n".join(filter(None, (head, *shown, tail)))


def _filled(form: str, frame: Frame, details: dict[str, str], lead: str, number: int) -> str:
    path = lead + frame.definition.path
    values = {
        **details,
        "path": path,
        "file": Path(path).name,
        "backslashed": path.replace("/", "\\"),
        "line": frame.line,
        "function": frame.definition.name,
        "symbol": frame.definition.symbol,
        "code": frame.code,
        "number": number,
    }
    return form.replace("{main}", "{{main}}").format_map(values)


def _report(text: str, details: dict[str, str], chance: random.Random) -> str:
    title = chance.choice(TITLES).format_map(details)
    body = f"```\n{chance.choice(LOG)}{text}\n```"
    return "\n\n".join(filter(None, (title, chance.choice(PROSE), body, chance.choice(ENDINGS))))
