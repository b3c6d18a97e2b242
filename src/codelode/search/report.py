"""Bug reports, stack traces, the output of tools and pasted code as queries.

Most words of such a text say nothing about the cause. Only the title, the message of the error,
names in the prose, and frames point to it. Each line has a kind, and each kind has a salience; the
salience of a term is the sum over the lines that it occurs in. The terms that say most, by salience
and rarity, are searched for. The model reads the title and the message alone: the rest would drown
them.

Reading takes linear time. Only the beginning and the end of a very long text are read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from codelode.search.frames import Frame, frames_in
from codelode.search.pointers import linked_path, pointers_in
from codelode.text.tokens import query_terms

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_CHARACTERS = 1 << 16
"""Of a longer report, the first and the last half of this are read."""
CANDIDATE_TERMS = 192
"""The number of terms looked up, of which those that say most are searched for."""
TELLING_CHARACTERS = 400
PASTED_CHARACTERS = 2000

TITLE_REPEATED = 2
"""How many times the title occurs in the text for the model, besides its own place."""
LAST_MESSAGE = 1.0
"""The further salience of the last message: in many traces it is the error itself."""
INLINE_CODE = 0.5
"""The further salience of text between backticks in prose."""


class Kind(Enum):
    """The kind of a line of a report."""

    TITLE = auto()
    MESSAGE = auto()
    PROSE = auto()
    CODE = auto()
    FRAME = auto()
    LOG = auto()
    ASIDE = auto()  # versions, headings, the environment


SALIENCE = {
    Kind.TITLE: 3.0,
    Kind.MESSAGE: 1.0,
    Kind.PROSE: 1.0,
    Kind.CODE: 1.0,
    Kind.FRAME: 0.5,
    Kind.LOG: 0.25,
    Kind.ASIDE: 0.0,
}

_MAX_TITLE = 300
_MAX_LINE = 2000
_MAX_INLINE = 64

_ERROR = r"(?:\w*(?:Error|Exception|Warning|Panic|Failure|Fault)\b|(?:fatal )?error|fatal|panic)"
_FENCE = re.compile(r"^[ \t]*(?:```|~~~)", re.MULTILINE)
_RULE = re.compile(r"[\W_]*\Z")
_CHECK_BOX = re.compile(r"\s*[-*] \[[ xX]\]")
_TRACE_HEAD = re.compile(
    r"\s*(?:Traceback \(most recent|stack ?(?:back)?trace\b|goroutine \d)", re.I
)
_HEADING = re.compile(r"\s*(?:#{1,6}\s+|\*\*)(.{1,80}?)(?:\*\*)?:?\s*\Z")
_ASIDE_HEADING = re.compile(
    r"environment|versions?\b|system info|platform|screenshots?|additional context|checklist|os\b"
    r"|\w+ versions?\b|your project|tools|extensions|dependencies",
    re.I,
)
_VERSION = re.compile(
    r"\s*(?:[-*|]\s*)?[\w.\[\]-]{1,80}\s*(?:[=:|@<>~^-]{1,2}\s*|\s)v?\d{1,9}(?:\.\w{1,20})+\S{0,80}[\s|]*\Z"
)
_MESSAGE = re.compile(
    rf"\s*(?:E\s+)?(?:[\w.$]{{1,200}}\.)?{_ERROR}(?:\[\w+\])?\s*[:(]\s*\S"
    r"|thread '.*' panicked at|\*\* \(\w|E\s{2,}\S|Caused by:"
)
_LOG = re.compile(r"\s*\[?(?:\d{4}-\d\d-\d\d[T ])?\d\d:\d\d:\d\d")
_CODE = re.compile(r"(?: {4}|\t)\S|>>> |\.\.\. |\$ |> ")
_LIKE_CODE = re.compile(
    r"[;{}\[(=]\s*\Z|^\s*(?:[)}\]@*]|//|--|#\w|/\*)|^(?: {2,}|\t)\S"
    r"| [:=!<>]?=[=>]? |->|::|\w\(\S|\w\(\)"
    r"|^\s*(?:import|from|use|using|package|module|require|return|def|class|const|let|var|val|fn"
    r"|func|public|private|static|end|else|type|struct|interface|instance|where|local|if|for|while)"
    r"\b"
)
_URL = re.compile(r"(?:https?://|www\.)\S+")
_INLINE = re.compile(r"`([^`\n]{2,80})`")


@dataclass(frozen=True, slots=True)
class Report:
    """The parts of a report that a search uses.

    `salience` has the most salient terms, the highest first; `telling` is the title, the
    message and names in the prose; `meaning` is the text for the model. `frames` are the places
    that the report points at, and the frames of traces.
    """

    salience: dict[str, float]
    telling: str
    meaning: str
    frames: tuple[Frame, ...]


def read_report(text: str) -> Report:
    """Read a report."""
    if len(text) > MAX_CHARACTERS:
        half = MAX_CHARACTERS // 2
        text = f"{text[:half]}\n{text[-half:]}"
    frames = frames_in(text)
    places = tuple(dict.fromkeys((*pointers_in(text), *frames.frames)))
    lines = dict.fromkeys(_lines(text, frames.lines))  # a repeated line says nothing more
    if not places and not _FENCE.search(text) and _is_code([line for line, _ in lines]):
        return _pasted(text, [line for line, _ in lines])
    salience: dict[str, float] = {}
    last: dict[Kind, str] = {}
    inline: list[str] = []
    for line, kind in lines:
        _add(salience, line, SALIENCE[kind])
        last[kind] = line.strip()
        if kind in (Kind.TITLE, Kind.PROSE) and len(inline) < _MAX_INLINE:
            inline += _INLINE.findall(line)
    title, message = last.get(Kind.TITLE, ""), last.get(Kind.MESSAGE, "")
    _add(salience, message, LAST_MESSAGE)
    for part in inline:
        _add(salience, part, INLINE_CODE)
    telling = "\n".join(filter(None, dict.fromkeys((title, message, *inline))))[:TELLING_CHARACTERS]
    meaning = "\n".join(filter(None, (*[title] * TITLE_REPEATED, telling)))
    return Report(_most_salient(salience), telling, meaning, places)


def _is_code(lines: list[str]) -> bool:
    """Return whether at least two thirds of the lines look like code."""
    return 3 * sum(1 for line in lines if _LIKE_CODE.search(line)) >= 2 * len(lines)


def _pasted(text: str, lines: list[str]) -> Report:
    """Return pasted code as a report: all its terms have the same salience."""
    salience = {term: 1.0 for line in lines for term in query_terms(line)}
    text = text[:PASTED_CHARACTERS]
    return Report(_most_salient(salience), text, text, ())


def _most_salient(salience: dict[str, float]) -> dict[str, float]:
    order = sorted(salience, key=lambda term: -salience[term])
    return {term: salience[term] for term in order[:CANDIDATE_TERMS]}


def _add(salience: dict[str, float], line: str, worth: float) -> None:
    if worth:
        for term in dict.fromkeys(query_terms(line)):
            salience[term] = salience.get(term, 0.0) + worth


def _lines(text: str, frames: frozenset[int]) -> Iterator[tuple[str, Kind]]:
    """Yield the lines with words, each with its kind; long lines are cut."""
    fenced = aside = titled = False
    for number, whole in enumerate(text.split("\n")):
        line = _URL.sub(lambda url: f" {linked_path(url[0])} ", whole[:_MAX_LINE])
        if _FENCE.match(line):
            fenced = not fenced
        elif _RULE.match(line) or _CHECK_BOX.match(line) or _TRACE_HEAD.match(line):
            continue
        elif number in frames:
            yield line, Kind.FRAME
        elif not titled and not fenced and not _MESSAGE.match(line):
            titled = True
            line = line.strip()
            yield line[:_MAX_TITLE], Kind.TITLE
            if len(line) > _MAX_TITLE:
                yield line[_MAX_TITLE:], Kind.PROSE
        elif (heading := _HEADING.match(line)) is not None and not fenced:
            aside = _ASIDE_HEADING.match(heading[1]) is not None
            yield line, Kind.ASIDE
        else:
            yield line, _kind_of(line, fenced, aside)


def _kind_of(line: str, fenced: bool, aside: bool) -> Kind:
    if _MESSAGE.match(line):
        return Kind.MESSAGE
    if aside or _VERSION.match(line):
        return Kind.ASIDE
    if _LOG.match(line):
        return Kind.LOG
    return Kind.CODE if fenced or _CODE.match(line) else Kind.PROSE
