"""Queries that name a file: `Dockerfile`, `config/settings.yml`, `strong_parameters.rb:512`."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from codelode.segment.schema import FILE_NAME
from codelode.text.tokens import folded_name, term_hash

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codelode.segment.reader import Segment

MENTIONED = 0.3
"""How much it counts that a longer query mentions a file; the whole query being its path: 1."""
OTHER_LINES = 0.8
"""The weight of the other chunks of a file, relative to the one with the requested line."""

_MAX_MENTIONS = 16
_MENTION = re.compile(r"[^\s\"'`()<>\[\]{},;|*?=:]+(?::\d{1,9}){0,2}")
_LINE = re.compile(r"(.*?)(?::(\d{1,9}))?(?::\d{1,9})?\Z", re.DOTALL)
_ENDING = re.compile(r"\.[A-Za-z][A-Za-z0-9_+-]{0,11}\Z|\.[0-9]\Z")


@dataclass(frozen=True, slots=True)
class FileMention:
    """A file named in a query: the end of its path, in lower case if it has an extension.

    `line` is 1-based, 0 if the query names none. `weight` is 1 if the whole query is the path.
    """

    path: str
    line: int
    weight: float

    @property
    def term(self) -> int:
        """The term hash of the file's name."""
        return term_hash(folded_name(self.path.rpartition("/")[2]), FILE_NAME)

    def match(self, path: bytes) -> float:
        """Return how well an indexed path matches: 1 if it ends with `self.path`, 0 for no match.

        If `self.path` (which may be absolute) ends with the indexed path, the result grows with the
        number of names that they share.
        """
        decoded = os.fsdecode(path)
        found = decoded if _has_no_ending(self.path) else folded_name(decoded)
        if f"/{found}".endswith(f"/{self.path}"):
            return 1.0
        if f"/{self.path}".endswith(f"/{found}"):
            return 0.5 + 0.4 * (1 + found.count("/")) / (1 + self.path.count("/"))
        return 0.0


def files_in(text: str) -> tuple[FileMention, ...]:
    """Return the files named in a query, at most 16.

    A name without an extension (`Dockerfile`) counts only as the whole query, exactly as written.
    """
    found: dict[FileMention, None] = {}
    mentions = _MENTION.findall(text)
    for mention in mentions[: 4 * _MAX_MENTIONS]:
        whole = len(mentions) == 1
        if (match := _LINE.match(mention)) is None:
            continue
        path = match[1].replace("\\", "/").rstrip("/.:").removeprefix("./").lstrip("/")
        name = path.rpartition("/")[2]
        if not name or not (whole or _ENDING.search(name)):
            continue
        plain = _has_no_ending(path)
        sure = whole and not (plain and name == name.lower() and "/" not in path)
        weight = 1.0 if sure else MENTIONED
        found[FileMention(path if plain else folded_name(path), int(match[2] or 0), weight)] = None
    return tuple(found)[:_MAX_MENTIONS]


def _has_no_ending(path: str) -> bool:
    return "." not in path.rpartition("/")[2]


def line_asked(mentions: tuple[FileMention, ...], path: bytes) -> int:
    """Return the line that a query names in a file: 1 for the file alone, 0 if it names neither."""
    for mention in mentions:
        if (mention.line or mention.weight == 1) and mention.match(path):
            return max(mention.line, 1)
    return 0


def chunks_of_files(segment: Segment, mention: FileMention) -> NDArray[np.int64]:
    """Return the chunk with the requested line of each file that a mention matches, ascending."""
    if not segment.document_frequency(mention.term):
        return np.zeros(0, np.int64)
    firsts = segment.posting(mention.term)[0].astype(np.int64)
    files = segment.files[segment.chunks["file"][firsts]]
    if "/" in mention.path:
        paths = segment.pieces("paths", files["path_start"], files["path_length"])
        kept = np.array([mention.match(path) for path in paths]) > 0
        firsts, files = firsts[kept], files[kept]
    if mention.line < 2:
        return firsts
    stops = firsts + files["chunks"]
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

    Row i of `chunks`, of the chunk table, belongs to the file with the path `paths[files[i]]`.
    """
    weights = np.zeros(len(chunks), np.float32)
    first, last = chunks["start_line"], chunks["start_line"] + chunks["more_lines"]
    for mention in mentions:
        matching = np.array([mention.match(path) for path in paths], np.float32)[files]
        line = max(mention.line, 1)
        here = np.where((first <= line) & (line <= last), 1, OTHER_LINES) * matching
        np.maximum(weights, mention.weight * here, out=weights, casting="same_kind")
    return weights
