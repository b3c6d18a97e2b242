"""Text to terms: the same code for documents and queries, for BM25 and for the static model.

A *word* is a run of identifier characters. A *term* is what a word is looked up by: the parts of
an identifier (camelCase, snake_case, acronyms, digits) in lower case, and, where there is more
than one part, the whole identifier too, so that `getUserName` is found by `user` and by itself.

Words are cut from bytes in C (`translate` and `split`), and only words not seen before reach
Python code, because source code repeats its words: about 40 MB/s a core.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import TypeVar

import numpy as np
import xxhash
from numpy.typing import NDArray

T = TypeVar("T")

TOKENIZER = "identifier-parts-1"
"""Recorded in the manifest: an index made by another tokenizer cannot be queried by this one."""

MAX_WORD_BYTES = 64
MAX_NUMBER_DIGITS = 4

_SEPARATORS = bytes(
    c if (chr(c).isalnum() and c < 128) or c == ord("_") or c >= 128 else ord(" ")
    for c in range(256)
)
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|@+")
"""Over an ASCII word, or the shape of another: HTTP | Server, server | 256 | uncased letters."""
_WORD_END = "\n"
_PARTS_AND_ENDS = re.compile(_PARTS.pattern + "|" + _WORD_END)
_LAST_DIGIT, _LAST_ASCII = ord("9"), 0x7F
_NUMBER_LIKE = re.compile(r"[0-9][0-9a-fA-FxXoObBlLuU_]*\Z")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")  # kana, han, hangul


@dataclass(frozen=True, slots=True)
class WordParts:
    """The parts of each word of a vocabulary, as compressed sparse rows.

    `parts` holds each distinct part once. The parts of word i are those numbered
    `ids[starts[i]:starts[i+1]]`, in order. Dtypes: starts int64[n+1], ids int64.
    """

    parts: list[str]
    starts: NDArray[np.int64]
    ids: NDArray[np.int64]


@dataclass(frozen=True)
class WordCounts:
    """The bags of words of n texts, as compressed sparse rows.

    `vocabulary` holds each distinct word once, in order of first appearance. Row i is
    `ids[indptr[i]:indptr[i+1]]`, ascending, with as many `counts`.
    Dtypes: indptr int64[n+1], ids int32[nnz], counts int32[nnz].
    """

    vocabulary: list[bytes]
    indptr: NDArray[np.int64]
    ids: NDArray[np.int32]
    counts: NDArray[np.int32]

    @cached_property
    def parts(self) -> WordParts:
        """The parts of the words of the vocabulary."""
        return split_words(self.vocabulary)


class _Numbering(dict[T, int]):
    """Gives every new key the next number."""

    def __missing__(self, key: T) -> int:
        number = self[key] = len(self)
        return number


def words(text: bytes) -> list[bytes]:
    """The words of a UTF-8 text, in order."""
    return text.translate(_SEPARATORS).split()


def count_words(texts: Sequence[bytes]) -> WordCounts:
    """Count the words of every text, sharing one vocabulary."""
    numbering: _Numbering[bytes] = _Numbering()
    number = numbering.__getitem__
    rows = [list(map(number, words(text))) for text in texts]
    lengths = np.fromiter(map(len, rows), np.int64, len(rows))
    flat = np.fromiter(chain.from_iterable(rows), np.int64, int(lengths.sum()))
    flat += np.repeat(np.arange(len(rows), dtype=np.int64) << 32, lengths)
    keys, counts = np.unique(flat, return_counts=True)
    indptr = np.searchsorted(keys, np.arange(len(rows) + 1, dtype=np.int64) << 32)
    return WordCounts(
        vocabulary=list(numbering),
        indptr=indptr.astype(np.int64),
        ids=(keys & 0xFFFFFFFF).astype(np.int32),
        counts=counts.astype(np.int32),
    )


def parts(word: bytes) -> tuple[str, ...]:
    """The parts of a word in lower case: `b"getHTTPResponse_v2"` gives get, http, response, v, 2.

    Long runs (encoded data) and long numbers give nothing.
    """
    if len(word) > MAX_WORD_BYTES:
        return ()
    if word.isalpha() and (word.islower() or word.isupper()):
        return (word.decode("ascii").lower(),)
    text = word.decode("utf-8", "replace")
    if text.isascii():
        if len(text) > MAX_NUMBER_DIGITS and _NUMBER_LIKE.match(text):
            return ()
        return tuple(part.lower() for part in _PARTS.findall(text))
    spans = (match.span() for match in _PARTS.finditer("".join(map(_shape, text))))
    return tuple(chain.from_iterable(_fold(text[start:end]) for start, end in spans))


def split_words(vocabulary: Sequence[bytes]) -> WordParts:
    """`parts` of many words at once: one pass of a regular expression over all plain ones."""
    numbering: _Numbering[str] = _Numbering()
    number = numbering.__getitem__
    end = number(_WORD_END)
    odd = {i: parts(vocabulary[i]) for i in _odd_words(vocabulary)}
    plain = list(vocabulary)
    for i in odd:
        plain[i] = b""
    joined = b"\n".join([*plain, b""]).decode("ascii")
    found = " ".join(_PARTS_AND_ENDS.findall(joined)).lower().split(" ") if joined else []
    ids = np.fromiter(map(number, found), np.int64, len(found))
    ends = np.flatnonzero(ids == end)
    starts = np.concatenate(([0], ends - np.arange(len(ends))))
    ids = ids[ids != end]
    if odd:
        lengths = np.diff(starts)
        lengths[list(odd)] = [len(row) for row in odd.values()]
        places = starts[list(odd)]
        rows = [list(map(number, row)) for row in odd.values()]
        ids = np.insert(
            ids, np.repeat(places, [len(row) for row in rows]), list(chain.from_iterable(rows))
        )
        starts = np.concatenate(([0], np.cumsum(lengths)))
    return WordParts(list(numbering), starts, ids)


def _odd_words(vocabulary: Sequence[bytes]) -> list[int]:
    """Which words are exceptions to `parts`: not ASCII, or long, or led by a digit."""
    joined = np.frombuffer(b"\n".join([*vocabulary, b""]), np.uint8)
    ends = np.flatnonzero(joined == ord(_WORD_END))
    starts = np.concatenate(([0], ends[:-1] + 1)).astype(np.int64)[: len(ends)]
    odd = (ends - starts > MAX_WORD_BYTES) | (joined[starts] <= _LAST_DIGIT)
    foreign = np.flatnonzero(joined > _LAST_ASCII)
    odd[np.searchsorted(ends, foreign)] = True
    found: list[int] = np.flatnonzero(odd).tolist()
    return found


def _shape(character: str) -> str:
    """The ASCII character that stands for `character` in `_PARTS`: its case, or what it is."""
    if character.isupper():
        return "A"
    if character.islower() or unicodedata.category(character)[0] == "M":  # accents join a word
        return "a"
    if character.isdecimal():
        return "0"
    return "@" if character.isalpha() else " "


def _fold(part: str) -> Iterable[str]:
    """Lower case; scripts written without spaces are cut into overlapping pairs."""
    if _UNSPACED.fullmatch(part) and len(part) > 2:
        return (part[i : i + 2] for i in range(len(part) - 1))
    return (part.casefold(),)


def terms(word: bytes) -> tuple[str, ...]:
    """The terms of a word: its parts, then the whole in lower case if it has several parts."""
    found = parts(word)
    if len(found) < 2:
        return found
    whole = whole_term(word)
    return (*found, whole) if whole else found


def whole_term(word: bytes) -> str:
    """A word of several parts as one term; empty if it holds more than an identifier may."""
    whole = word.decode("utf-8", "replace").strip("_")
    return whole.casefold() if whole.isascii() or whole.isidentifier() else ""


def text_terms(text: str) -> list[str]:
    """All terms of a short text (a query, a path), in order, with repetitions."""
    return list(chain.from_iterable(map(terms, words(text.encode("utf-8", "replace")))))


def text_parts(text: str) -> list[str]:
    """All parts of a short text, in order, with repetitions."""
    return list(chain.from_iterable(map(parts, words(text.encode("utf-8", "replace")))))


def term_hash(term: str, field: str = "") -> int:
    """The 64-bit xxh3 by which a term of a field is filed (fields: see `segment.postings`)."""
    key = f"{field}:{term}" if field else term
    return xxhash.xxh3_64_intdigest(key.encode("utf-8", "surrogateescape"))
