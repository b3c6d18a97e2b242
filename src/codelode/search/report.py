"""Bug reports, stack traces, the output of tools and pasted code as queries.

Most words of such a text say nothing about the cause. What does: the title, the error's message, the
names in the prose, and the frames. A line of a report has a *salience* by its kind, and a term the
sum over the lines that it stands on; `condensed` is the text for the model, which would drown in the
rest. Everything takes linear time, and of a very long text only the beginning and the end are read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from codelode.search.frames import Frame, frames_in
from codelode.text.tokens import query_terms

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_WORDS = 40
"""A query of one line and more words is a report."""
MAX_BYTES = 1 << 16
"""Of a longer report, the first and the last half of this are read."""
CANDIDATE_TERMS = 192
"""So many terms are looked up, of which those that say most are searched for."""
CONDENSED_CHARACTERS = 400

_TITLE = 3.0
_MESSAGE = 2.0
_PROSE = 1.0
_QUOTED = 1.5
_CODE = 0.25
_FRAME = 0.5
_ASIDE = 0.0

_MAX_TITLE = 300
_MAX_LINE = 2000
_FENCE = re.compile(r"\s*(```|~~~)")
_HEADING = re.compile(r"\s*(?:#{1,6}\s+|\*\*)(.{1,80}?)(?:\*\*)?:?\s*\Z")
_MESSAGE_LINE = re.compile(
    r"\s*(?:E\s+|[\d:. -]*)?(?:[\w.$]+\.)?(?:\w*(?:Error|Exception|Warning|Panic|Failure|Fault)\b|error|fatal|panic|fatal error)"
    r"(?:\[\w+\])?\s*[:(].{3,}|thread '.*' panicked at.*|\*\* \(\w.*|E\s{2,}\S.*|Caused by:.*",
)
_VERSION = re.compile(
    r"\s*[-*|]?\s*[\w.\[\]-]+\s*(?:[=:|@<>~^-]{1,2}|\s{2,}|\s)\s*v?\d+(?:\.\w+)+\S*[\s|]*\Z"
)
_RULE = re.compile(r"[\W_]*\Z")
_CHECK = re.compile(r"\s*[-*] \[[ xX]\]")
_URL = re.compile(r"(?:https?://|www\.)\S+")
_INLINE = re.compile(r"`([^`\n]{2,80})`")
_LOG_STAMP = re.compile(r"\s*\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d|\s*\[?\d\d:\d\d:\d\d")
_ASIDE_HEADINGS = re.compile(
    r"(?i)environment|versions?\b|system info|platform|screenshots?|additional context|checklist"
    r"|os\b|python version|sphinx version|your project|tools|extensions|dependencies"
)
_CODE_LINE = re.compile(r"(?: {4}|\t)\S|>>> |\.\.\. |\$ |> ")


@dataclass(frozen=True, slots=True)
class Report:
    """A report, read.

    `salience` of each term, the highest first; `condensed` is the title with the error's message;
    `names` are the words that may be names of definitions, from the telling places.
    """

    salience: dict[str, float]
    condensed: str
    telling: str
    frames: tuple[Frame, ...]


def is_report(query: str) -> bool:
    """Return whether a query is more than a question: of several lines, or very long."""
    query = query.strip()
    return "\n" in query or (len(query) > 4 * MAX_WORDS and len(query.split()) > MAX_WORDS)


def read_report(text: str) -> Report:
    """Read a report."""
    if len(text) > MAX_BYTES:
        half = MAX_BYTES // 2
        text = f"{text[:half]}\n{text[-half:]}"
    frames = frames_in(text)
    salience: dict[str, float] = {}
    title = message = ""
    prose: list[str] = []
    seen: set[str] = set()
    for line, worth in _lines(text, frames.lines):
        if line in seen:
            continue
        seen.add(line)
        title = title or (line if worth == _TITLE else "")
        if worth == _MESSAGE:
            message = line
        if worth == _PROSE:
            prose.append(line)
            for part in _INLINE.findall(line):
                _add(salience, part, _QUOTED - _PROSE)
        _add(salience, line, worth)
    if message:
        _add(salience, message, _MESSAGE)
    condensed = " ".join(filter(None, (title, message.strip())))
    telling = "\n".join(
        filter(None, (title, message, *chain.from_iterable(map(_INLINE.findall, prose))))
    )
    order = sorted(salience, key=lambda term: -salience[term])
    kept = {term: salience[term] for term in order[:CANDIDATE_TERMS]}
    return Report(kept, condensed[:CONDENSED_CHARACTERS], telling, frames.frames)


def _add(salience: dict[str, float], line: str, worth: float) -> None:
    if worth:
        for term in dict.fromkeys(query_terms(line)):
            salience[term] = salience.get(term, 0.0) + worth


def _lines(text: str, frames: frozenset[int]) -> Iterator[tuple[str, float]]:
    """Yield the lines that say something, each with its salience."""
    fenced = aside = False
    titled = False
    for number, whole in enumerate(text.split("\n")):
        line = _URL.sub(" ", whole[:_MAX_LINE])
        if _FENCE.match(line):
            fenced = not fenced
            continue
        if not line.strip() or _RULE.match(line) or _CHECK.match(line):
            continue
        if number in frames:
            yield line, _FRAME
            continue
        if not titled and not fenced:
            titled = True
            yield line.strip()[:_MAX_TITLE], _TITLE
            continue
        heading = _HEADING.match(line)
        if heading is not None and not fenced:
            aside = _ASIDE_HEADINGS.match(heading[1]) is not None
            yield heading[1], _ASIDE
            continue
        if _MESSAGE_LINE.match(line):
            yield line, _MESSAGE
        elif aside or _VERSION.match(line):
            yield line, _ASIDE
        elif fenced or _CODE_LINE.match(line) or _LOG_STAMP.match(line):
            yield line, _CODE
        else:
            yield line, _PROSE
