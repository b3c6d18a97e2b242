"""The head of a chunk: the name of its definition, and the first sentence of the comment on it.

A head says what the chunk is for, mostly in the words that people search with. The vector of a
static model gives these few words no more weight than any others; so a chunk's vector is turned
toward the vector of its head.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from codelode.embed.encoder import HasVocabulary
from codelode.text.word_counts import count_words
from codelode.types import Passages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from codelode.embed.encoder import Encoder
    from codelode.text.word_counts import WordCounts

HEAD_WEIGHT = 0.4
"""The weight of the vector of the head, relative to that of the whole text."""

_NEAR_BYTES = 500
"""The comment on a definition begins at most this far from the beginning of its chunk."""

_SENTENCE_BYTES = 300

_QUOTES = (b'"""', b"'''")
_LINES = (b"//", b"# ", b"-- ", b";; ", b"%% ")
_FIRST_LINE = re.compile(
    rb"[ \t]*+(%s)" % b"|".join(map(re.escape, (*_QUOTES, b"/*", b"{-", *_LINES)))
)
_OTHER_LINE = re.compile(rb"\n" + _FIRST_LINE.pattern)

_BLANK_LINE = re.compile(rb"\n[ \t]*+[*/#;%-]*+[ \t]*+\n")
_NEXT_LINE = re.compile(rb"\n(?:\s*\n)?[ \t]*+(?:\*+|//+|#+|--+|;+|%+)?[ \t!|]*+")
_SENTENCE_END = re.compile(rb"[.:!?;@\\](?:(?<=[.:!?;])(?=\s|\Z)|(?<=[@:\\])\w)")
"""It begins with one set of bytes, so that a text is searched fast."""


class Headed(NamedTuple):
    """A batch of n chunks and their heads: `passages` are the chunks, then the heads.

    Passage n + i is the head of the chunk `turned[i]`. Counting and encoding all of them at once
    takes half as long as counting and encoding the heads after the chunks.
    """

    passages: Passages
    turned: list[int]

    @property
    def chunks(self) -> int:
        """The number of chunks."""
        return len(self.passages.texts) - len(self.turned)

    @property
    def words(self) -> WordCounts:
        """The words of the chunks."""
        return self.passages.words.first(self.chunks)


def with_heads(
    encoder: Encoder, paths: Sequence[str], texts: Sequence[bytes], names: Sequence[bytes]
) -> Headed:
    """Find the heads of chunks, and count the words of chunks and heads.

    `names` has the name of each chunk's definition, empty for a chunk without one. There are no
    heads for a model without a vocabulary of words: such a model reads a text in order.
    """
    heads: list[bytes] = []
    if isinstance(encoder, HasVocabulary):
        heads = [head(name, text) for name, text in zip(names, texts, strict=True)]
    turned = [row for row, each in enumerate(heads) if each]
    texts = [*texts, *filter(None, heads)]
    return Headed(Passages([*paths, *[""] * len(turned)], texts, count_words(texts)), turned)


def encode_chunks(encoder: Encoder, found: Headed) -> NDArray[np.float32]:
    """Return unit rows, float32[n, dimensions]: vectors of chunks, turned toward their heads."""
    encoded = encoder.encode_passages(found.passages)
    turned, vectors = found.turned, encoded[: found.chunks]
    if turned:
        toward = encoded[found.chunks :].astype(np.float64)
        sums = vectors[turned].astype(np.float64) + HEAD_WEIGHT * toward
        norms = np.sqrt(np.einsum("ij,ij->i", sums, sums))[:, None]
        vectors[turned] = sums / np.maximum(norms, 1e-9)
    return vectors


def head(name: bytes, text: bytes) -> bytes:
    """Return the head of a chunk with this text; empty without a name or a sentence about it."""
    sentence = first_sentence(text) if name else b""
    return b"%s\n%s" % (name, sentence) if sentence else b""


def first_sentence(text: bytes) -> bytes:
    """Return the first sentence of the first comment near the beginning of a text, or b"".

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
    if b"copyright" in lower or b"license" in lower or b"spdx" in lower:
        return b""
    if (blank := _BLANK_LINE.search(comment)) is not None:
        comment = comment[: blank.start()]
    return _sentence(comment)


def _sentence(comment: bytes) -> bytes:
    """Return the first sentence of a comment as one line; few comments are read to their end."""
    sentence, start = b"", 0
    while True:
        end = comment.find(b"\n", start)
        sentence += comment[start:end].rstrip() if end >= 0 else comment[start:]
        stop = _SENTENCE_END.search(sentence, 3)
        if stop is not None:
            return sentence[: stop.start()]
        line = _NEXT_LINE.match(comment, end) if end >= 0 else None
        if line is None:
            return sentence
        sentence, start = sentence + b" ", line.end()


def _end_of_lines(comment: bytes, start: bytes) -> int:
    """Return where a comment whose lines begin with `start` ends, or -1 if it does not end."""
    at = comment.find(b"\n")
    while at >= 0 and comment[at + 1 :].lstrip(b" \t").startswith(start):
        at = comment.find(b"\n", at + 1)
    return at
