"""Queries made from a tree: the same tree always gives the same queries.

Three kinds alternate: the name of something (`tcp_v4_rcv`), a few words of a comment, and words
that are common in the tree, which have the longest posting lists.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from pathlib import Path

from codelode.discover.walk import walk
from codelode.types import SourceFile

COUNT = 30
_LOOKED_AT = 120  # files read to make queries
_MOST = 100_000  # bytes read of each file
_NAME = re.compile(rb"\b(?:[a-z]+(?:_[a-z]+)+|[a-z]+(?:[A-Z][a-z]+)+)\b")
_COMMENT = re.compile(rb"^\s*(?:\*|//|#|/\*+)\s+([A-Za-z][a-z]+(?: [a-z]{2,}){3,7})\b", re.M)
_WORD = re.compile(rb"\b[a-z]{4,12}\b")
_FALLBACK = ("read the configuration", "close the connection", "parse a date", "sort a list")


def questions(root: Path, count: int = COUNT) -> list[str]:
    """Return `count` different queries, or fewer if the tree does not yield enough."""
    names: list[str] = []
    comments: list[str] = []
    words: Counter[bytes] = Counter()
    for text in _texts(root):
        found = sorted(set(_NAME.findall(text)), key=_order)
        names.extend(name.decode() for name in found[:2])
        said = sorted(set(_COMMENT.findall(text)), key=_order)
        comments.extend(line.decode() for line in said[:2])
        words.update(set(_WORD.findall(text)))
    common = [word.decode() for word, _ in sorted(words.items(), key=lambda w: (-w[1], w[0]))]
    together = [" ".join(common[i : i + 3]) for i in range(0, min(len(common), count + 2), 3)]
    kinds = [iter(names), iter(comments or _FALLBACK), iter(together)]
    chosen: dict[str, None] = {}
    while kinds and len(chosen) < count:
        for kind in list(kinds):
            question = next(kind, None)
            if question is None:
                kinds.remove(kind)
            else:
                chosen[question] = None
    return list(chosen)[:count]


def _texts(root: Path) -> list[bytes]:
    """Return the beginnings of some files, selected by the hashes of their paths."""
    files = [item for item in walk(root) if isinstance(item, SourceFile) and item.language]
    files.sort(key=lambda file: _order(file.path.encode("utf-8", "surrogateescape")))
    texts = []
    for file in files[:_LOOKED_AT]:
        with open(root / file.path, "rb") as source:
            texts.append(source.read(_MOST))
    return texts


def _order(name: bytes) -> bytes:
    return hashlib.sha256(name).digest()
