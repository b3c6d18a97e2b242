"""Queries that name a file: `Dockerfile`, `config/settings.yml`, `strong_parameters.rb:512`."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from codelode.segment.schema import FILE_NAME
from codelode.text.tokens import folded_name, term_hash

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codelode.search.shard import Shard

MENTIONED = 0.3
"""The weight of a file that a longer query mentions; it is 1 if the whole query is its path."""
OTHER_LINES = 0.8
"""The weight of the other chunks of a file, relative to the one with the requested line."""

_SAME_ENDS = (0.0, 0.25, 0.7, 0.8)
"""How well a path in a frame matches if only the last 0, 1, 2, or more names are equal."""

_MAX_MENTIONS = 16
_MENTION = re.compile(r"[^\s\"'`()<>\[\]{},;|*?=:]+(?::\d{1,9}){0,2}")
_LINE = re.compile(r"(.*?)(?::(\d{1,9}))?(?::\d{1,9})?\Z", re.DOTALL)
_ENDING = re.compile(r"\.[A-Za-z][A-Za-z0-9_+-]{0,11}\Z|\.[0-9]\Z")


@dataclass(frozen=True, slots=True)
class FileMention:
    """A file named in a query: the end of its path, in lower case if it has an extension.

    `line` is 1-based, 0 if the query names none. `weight` is 1 if the whole query is the path. A
    path in a stack trace (`is_frame`) may be the place where the file is installed, so it also
    matches an indexed path of which only the last name or names are the same. `alone` is the weight
    of a match of the file's name alone, if no folder tells which file is meant: the more files
    have this name, the lower it is.
    """

    path: str
    line: int
    weight: float
    is_frame: bool = False
    alone: float = 1.0

    @property
    def name(self) -> str:
        """The file's name, in the form of a term."""
        return folded_name(self.path.rpartition("/")[2])

    @property
    def term(self) -> int:
        """The term hash of the file's name."""
        return term_hash(self.name, FILE_NAME)

    def match(self, path: bytes) -> float:
        """Return how well an indexed path matches: 1 if it ends with `self.path`, 0 for no match.

        If `self.path` has no folder, `alone` takes the place of 1. If `self.path` (which may be
        absolute) ends with the indexed path, the result grows with the number of path components
        that they share. For a path in a stack trace, the result also grows with the number of
        components that are equal at the ends of both paths.
        """
        decoded = os.fsdecode(path)
        found = decoded if _has_no_ending(self.path) else folded_name(decoded)
        if f"/{found}".endswith(f"/{self.path}"):
            return 1.0 if "/" in self.path else self.alone
        if f"/{self.path}".endswith(f"/{found}"):
            return 0.5 + 0.4 * (1 + found.count("/")) / (1 + self.path.count("/"))
        if not self.is_frame:
            return 0.0
        names = zip(reversed(found.split("/")), reversed(self.path.split("/")), strict=False)
        same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], names))
        alone = self.alone if same == 1 else 1.0
        return alone * _SAME_ENDS[min(same, len(_SAME_ENDS) - 1)]


def files_in(text: str) -> tuple[FileMention, ...]:
    """Return the files named in a query, at most 16.

    A name without an extension (`Dockerfile`) counts only if it is the whole query, in the
    same case.
    """
    found: dict[FileMention, None] = {}
    mentions = _MENTION.findall(text)
    for mention in mentions[: 4 * _MAX_MENTIONS]:
        whole = len(mentions) == 1
        if (match := _LINE.match(mention)) is None:
            continue
        path = clean_path(match[1])
        name = path.rpartition("/")[2]
        if not name or not (whole or _ENDING.search(name)):
            continue
        plain = _has_no_ending(path)
        sure = whole and not (plain and name == name.lower() and "/" not in path)
        weight = 1.0 if sure else MENTIONED
        found[FileMention(path, int(match[2] or 0), weight)] = None
    return tuple(found)[:_MAX_MENTIONS]


def clean_path(path: str) -> str:
    """Return a path in the form of `FileMention.path`; empty if there is no name in it."""
    path = path.replace("\\", "/").rstrip("/.:").removeprefix("./").lstrip("/")
    return path if _has_no_ending(path) else folded_name(path)


def _has_no_ending(path: str) -> bool:
    return "." not in path.rpartition("/")[2]


def line_asked(mentions: tuple[FileMention, ...], path: bytes) -> int:
    """Return the line that a query names in a file, or 0.

    The result is 1 if the query consists of the file's path alone, without a line.
    """
    for mention in mentions:
        if (mention.line or mention.weight == 1) and mention.match(path):
            return max(mention.line, 1)
    return 0


def chunks_of_files(shard: Shard, number: int, mention: FileMention) -> NDArray[np.int64]:
    """Return the chunk with the requested line of each file that a mention matches, ascending.

    `number` is the number of a segment. If the mention has no line, each file's first chunk counts.
    """
    segment = shard.segment(number)
    if not segment.document_frequency(mention.term):
        return np.zeros(0, np.int64)
    firsts: NDArray[np.int64] = segment.posting(mention.term)[0].astype(np.int64)
    rows = segment.chunks["file"][firsts]
    if "/" in mention.path:
        kept = np.array([mention.match(path) for path in shard.paths(number, rows)]) > 0
        firsts, rows = firsts[kept], rows[kept]
    if mention.line < 2:
        return firsts
    stops = firsts + segment.files["chunks"][rows]
    lines = segment.chunks["start_line"]
    places = [
        first + int(np.searchsorted(lines[first:stop], mention.line, "right")) - 1
        for first, stop in zip(firsts.tolist(), stops.tolist(), strict=True)
    ]
    return np.array(places, np.int64)


def file_weights(
    mentions: tuple[FileMention, ...],
    paths: Sequence[bytes],
    chunks: NDArray[np.void],
    files: NDArray[np.int64],
) -> NDArray[np.float32]:
    """Return how well path and lines of each chunk match the files in the query, float32[n].

    `chunks` are rows of the chunk table; row i belongs to the file with the path `paths[files[i]]`.
    """
    weights = np.zeros(len(chunks), np.float32)
    first, last = chunks["start_line"], chunks["start_line"] + chunks["more_lines"]
    for mention in mentions:
        matching = np.array([mention.match(path) for path in paths], np.float32)[files]
        line = max(mention.line, 1)
        here = np.where((first <= line) & (line <= last), 1, OTHER_LINES) * matching
        np.maximum(weights, mention.weight * here, out=weights, casting="same_kind")
    return weights
