"""Text that occurs on exactly one line of a tree: messages, flags, keys, numbers, code, paths."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.quality.tree_files import is_test, read_text, tree_paths

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PER_KIND = 6
_WORDS = range(4, 13)
_LINE_LENGTHS = range(30, 101)

_LITERAL = re.compile(r"([\"'`])([A-Z][^\"'`\\]+)\1")
_PATTERNS = {
    "flag": re.compile(r"(?<![\w-])--[a-z0-9]+(?:-[a-z0-9]+)+(?![\w-])"),
    "key": re.compile(r"(?<![\w./-])[a-z][a-z0-9_]*(?:[-.][a-z][a-z0-9_]*){2,}(?![\w/(-]|\.\w)"),
    "number": re.compile(r"(?<![\w.])(?:0x[0-9A-Fa-f]{3,}|[0-9]{5,})(?![\w.])"),
}
_CALL = re.compile(r"\w\(")
KINDS = ("message", "code", "flag", "key", "number", "path")


class VerbatimQuery(NamedTuple):
    """A text and the only line that contains it; `line` is None if the text is a path."""

    kind: str
    query: str
    path: str
    line: int | None


def draw_verbatim(tree: Path, seed: str, count: int = PER_KIND) -> list[VerbatimQuery]:
    """Draw up to `count` texts of each kind from the files outside tests.

    The same tree and seed give the same texts.
    """
    texts = {path: text for path in tree_paths(tree) if (text := read_text(tree / path))}
    whole = "\n".join(texts.values())
    generator = random.Random(f"verbatim {seed}")
    found: dict[str, list[VerbatimQuery]] = {kind: [] for kind in KINDS}
    for path, text in texts.items():
        if is_test(path):
            continue
        if "/" in path:
            found["path"].append(VerbatimQuery("path", path, path, None))
        for number, line in enumerate(text.split("\n"), 1):
            for kind, query in candidates(line):
                found[kind].append(VerbatimQuery(kind, query, path, number))
    drawn = []
    for kind in KINDS:
        generator.shuffle(found[kind])
        drawn += _first_unique(found[kind], whole, count)
    return drawn


def _first_unique(queries: list[VerbatimQuery], whole: str, count: int) -> list[VerbatimQuery]:
    """Return the first `count` distinct texts that are paths or occur on exactly one line."""
    kept: dict[str, VerbatimQuery] = {}
    for query in queries:
        if len(kept) == count:
            break
        if query.line is None or _stands_once(query.query, whole):
            kept[query.query] = query
    return list(kept.values())


def _stands_once(text: str, whole: str) -> bool:
    first = whole.find(text)
    end = whole.find("\n", first)
    return first >= 0 and (end < 0 or whole.find(text, end) < 0)


def candidates(line: str) -> Iterator[tuple[str, str]]:
    """Yield the kind and the text of each part of a line that may be drawn as a query."""
    for match in _LITERAL.finditer(line):
        if len(match[2].split()) in _WORDS and match[2] == match[2].strip():
            yield "message", match[2]
    for kind, pattern in _PATTERNS.items():
        for match in pattern.finditer(line):
            yield kind, match[0]
    code = line.strip()
    if len(code) in _LINE_LENGTHS and _CALL.search(code):
        yield "code", code
