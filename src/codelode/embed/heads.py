"""The head of a chunk: the name of its definition, and the first sentence of the comment on it.

A head says what the chunk is for, mostly in the words that people search with. The vector of a
static model gives these few words no more weight than any others; so it is turned toward the vector
of the head.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from codelode.embed.encoder import HasVocabulary
from codelode.text.word_counts import count_words
from codelode.types import Passages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from codelode.embed.encoder import Encoder

HEAD_WEIGHT = 0.4
"""The weight of the vector of the head, relative to that of the whole text."""

_NEAR_BYTES = 500
"""The comment on a definition begins at most this far from the beginning of its chunk."""

_SENTENCE_BYTES = 300

_QUOTES = (b'"""', b"'''")
_LINES = (b"//", b"# ", b"-- ", b";; ", b"%% ")
_FIRST_LINE = re.compile(
    rb"[ \t]*(%s)" % b"|".join(map(re.escape, (*_QUOTES, b"/*", b"{-", *_LINES)))
)
_OTHER_LINE = re.compile(rb"\n" + _FIRST_LINE.pattern)

_NEXT_LINE = re.compile(rb"\s*\n[ \t]*(?:\*+|//+|#+|--+|;+|%+)?[ \t!|]*")
_BLANK_LINE = re.compile(rb"\n[ \t]*[*/#;%-]*[ \t]*\n")
_SENTENCE_END = re.compile(rb"[.:!?;](?=\s|\Z)|[@:\\]\w")
_LEGAL = (b"copyright", b"license", b"spdx")


def encode_chunks(
    encoder: Encoder, passages: Passages, names: Sequence[bytes]
) -> NDArray[np.float32]:
    """Return unit rows, float32[n, dimensions]: the vectors of passages, turned toward their heads.

    `names` has the name of each chunk's definition, empty for a chunk without one. Models without a
    vocabulary of words read a text in order: their vectors are not turned.
    """
    vectors = encoder.encode_passages(passages)
    if not isinstance(encoder, HasVocabulary):
        return vectors
    heads = [head(name, text) for name, text in zip(names, passages.texts, strict=True)]
    turned = [row for row, each in enumerate(heads) if each]
    heads = [heads[row] for row in turned]
    if not heads:
        return vectors
    toward = encoder.encode_passages(Passages([""] * len(heads), heads, count_words(heads)))
    sums = vectors[turned].astype(np.float64) + HEAD_WEIGHT * toward.astype(np.float64)
    norms = np.sqrt(np.einsum("ij,ij->i", sums, sums))[:, None]
    vectors[turned] = sums / np.maximum(norms, 1e-9)
    return vectors


def head(name: bytes, text: bytes) -> bytes:
    """Return the head of a chunk with this text; empty without a name or a sentence about it."""
    sentence = first_sentence(text) if name else b""
    return b"%s\n%s" % (name, sentence) if sentence else b""


def first_sentence(text: bytes) -> bytes:
    """Return the first sentence of the first comment near the beginning of a text, or nothing.

    A docstring counts as a comment; a license does not.
    """
    found = _FIRST_LINE.match(text) or _OTHER_LINE.search(text, 0, _NEAR_BYTES)
    if found is None:
        return b""
    start = found[1]
    comment = text[found.end() : found.end() + _SENTENCE_BYTES]
    end = comment.find(start if start in _QUOTES else b"*/" if start == b"/*" else b"-}")
    if start in _LINES:
        end = _end_of_lines(comment, start.strip())
    comment = comment[:end] if end >= 0 else comment
    comment = comment.lstrip(b"*/#;%!|-<= \t\r\n")
    lower = comment.lower()
    if any(word in lower for word in _LEGAL):
        return b""
    if (blank := _BLANK_LINE.search(comment)) is not None:
        comment = comment[: blank.start()]
    sentence = _NEXT_LINE.sub(b" ", comment)
    stop = _SENTENCE_END.search(sentence, 3)
    return sentence if stop is None else sentence[: stop.start()]


def _end_of_lines(comment: bytes, start: bytes) -> int:
    """Return the offset of the line end after which the comment does not continue, or -1."""
    at = comment.find(b"\n")
    while at >= 0 and comment[at + 1 :].lstrip(b" \t").startswith(start):
        at = comment.find(b"\n", at + 1)
    return at
