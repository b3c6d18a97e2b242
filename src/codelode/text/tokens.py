"""Text to terms: the same code for documents and queries, for BM25 and for the static model.

A *word* is a run of identifier characters. A *term* is what a word is looked up by: the parts of
an identifier (camelCase, snake_case, acronyms, digits) in lower case, and, where there is more
than one part, the whole identifier too, so that `getUserName` is found by `user` and by itself.

The words of many texts are found and compared in vectors (see `spans`), and so are their parts:
only distinct ones become Python objects, because source code repeats its words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import numpy as np
import xxhash
from numpy.typing import NDArray

from codelode.text.csr import group_starts, ranges
from codelode.text.identifiers import spans_of_parts
from codelode.text.interning import PADDING, number_spans, spell

TOKENIZER = "identifier-parts-1"
"""Recorded in the manifest: an index made by another tokenizer cannot be queried by this one."""

MAX_WORD_BYTES = 64
MAX_NUMBER_DIGITS = 4

_SEPARATORS = bytes(
    c if (chr(c).isalnum() and c < 128) or c == ord("_") or c >= 128 else ord(" ")
    for c in range(256)
)
PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|@+")
"""Over an ASCII word, or the shape of another: HTTP | Server, server | 256 | uncased letters."""
_LAST_DIGIT, _LAST_ASCII = ord("9"), 0x7F
_NUMBER_LIKE = re.compile(r"[0-9][0-9a-fA-FxXoObBlLuU_]*\Z")
WORD_END = b"\n"
_IN_WORD = bytes(byte != ord(" ") for byte in _SEPARATORS)
_IN_NUMBER = bytes(bool(_NUMBER_LIKE.match("0" + chr(byte))) for byte in range(256))
# A key of `part_counts` holds, from the top: text, part (26 bits), count (20 bits). One sort of
# such keys brings together what is to be added up.
_TEXT, _PART = 46, 20
_PART_MASK, _COUNT_MASK = (1 << 26) - 1, (1 << 20) - 1
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")  # kana, han, hangul


@dataclass(frozen=True)
class WordParts:
    """The parts of each word of a vocabulary, as compressed sparse rows.

    `parts` holds each distinct part once. The parts of word i are those numbered
    `ids[starts[i]:starts[i+1]]`, in order. `compounds` are the words that are terms as a whole,
    too, and `wholes` these terms in UTF-8, in the same order.
    Dtypes: starts int64[n+1], ids int64, compounds int64.
    """

    parts: list[str]
    starts: NDArray[np.int64]
    ids: NDArray[np.int64]
    compounds: NDArray[np.int64]
    wholes: list[bytes]

    @cached_property
    def hashes(self) -> NDArray[np.uint64]:
        """`term_hash` of each of `parts`: a row of the model, and a term of the index."""
        return term_hashes(map(str.encode, self.parts))


@dataclass(frozen=True, slots=True)
class PartCounts:
    """How often each part comes in each text: flat, by text and then by part; int64 all."""

    texts: NDArray[np.int64]
    parts: NDArray[np.int64]  # numbers in `WordParts.parts`
    counts: NDArray[np.int64]


@dataclass(frozen=True)
class WordCounts:
    """The bags of words of n texts, as compressed sparse rows.

    `spelled` holds each distinct word once, in order of first appearance, each followed by
    `WORD_END`. Row i is `ids[indptr[i]:indptr[i+1]]`, ascending, with as many `counts`.
    Dtypes: indptr int64[n+1], ids int32[nnz], counts int32[nnz].
    """

    spelled: bytes
    indptr: NDArray[np.int64]
    ids: NDArray[np.int32]
    counts: NDArray[np.int32]

    @cached_property
    def parts(self) -> WordParts:
        """The parts of the words of the vocabulary."""
        return split_words(self.spelled)

    @cached_property
    def texts(self) -> NDArray[np.int64]:
        """The row that each of `ids` lies in."""
        return np.repeat(np.arange(len(self.indptr) - 1), np.diff(self.indptr))

    @cached_property
    def part_counts(self) -> PartCounts:
        """The parts of all words, those of equal parts in a text added up."""
        split = self.parts
        lengths = np.diff(split.starts)[self.ids]
        keys = np.repeat((self.texts << _TEXT) | np.minimum(self.counts, _COUNT_MASK), lengths)
        keys |= split.ids[ranges(split.starts[self.ids], lengths)] << _PART
        keys.sort()
        pairs = keys >> _PART
        heads = group_starts(pairs)
        pairs = pairs[heads]
        return PartCounts(
            texts=pairs >> (_TEXT - _PART),
            parts=pairs & _PART_MASK,
            counts=np.add.reduceat(keys & _COUNT_MASK, heads) if len(heads) else heads,
        )

    @cached_property
    def vocabulary(self) -> list[bytes]:
        """The distinct words, in order of first appearance."""
        return self.spelled.split(WORD_END)[:-1]


def words(text: bytes) -> list[bytes]:
    """The words of a UTF-8 text, in order."""
    return text.translate(_SEPARATORS).split()


def spelled(vocabulary: Iterable[bytes]) -> bytes:
    """Some words, each followed by `WORD_END`: what `WordCounts.spelled` holds."""
    return b"".join(word + WORD_END for word in vocabulary)


def count_words(texts: Sequence[bytes]) -> WordCounts:
    """Count the words of every text, sharing one vocabulary.

    Words over `MAX_WORD_BYTES` are left out: they have no terms.
    """
    joined = b" ".join([b"", *texts, PADDING])
    is_word = np.frombuffer(joined.translate(_IN_WORD), np.bool_)
    edges = np.flatnonzero(is_word[1:] != is_word[:-1]) + 1
    starts, lengths = edges[::2], edges[1::2] - edges[::2]
    short = lengths <= MAX_WORD_BYTES
    if not short.all():
        starts, lengths = starts[short], lengths[short]
    numbers, firsts = number_spans(joined, starts, lengths)
    ends = np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)) + 1)
    per_text = np.diff(np.searchsorted(starts, ends), prepend=0)
    keys = np.repeat(np.arange(len(texts), dtype=np.int64) << 32, per_text) | numbers
    keys.sort()
    heads = group_starts(keys)
    counts = np.diff(heads, append=len(keys))
    keys = keys[heads]
    return WordCounts(
        spelled=spell(joined, starts[firsts], lengths[firsts], WORD_END),
        indptr=np.searchsorted(keys, np.arange(len(texts) + 1, dtype=np.int64) << 32),
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
        return tuple(map(str.lower, PARTS.findall(text)))
    spans = (match.span() for match in PARTS.finditer("".join(map(_shape, text))))
    return tuple(chain.from_iterable(_fold(text[start:end]) for start, end in spans))


def split_words(spelled: bytes) -> WordParts:
    """The `parts` and the `whole_term` of many words at once, each followed by `WORD_END`."""
    codes = np.frombuffer(spelled, np.uint8)
    ends = np.flatnonzero(codes == ord(WORD_END))
    begins = np.concatenate(([0], ends + 1))[:-1]
    foreign = np.zeros(len(ends), bool)
    foreign[np.searchsorted(ends, np.flatnonzero(codes > _LAST_ASCII))] = True
    silent = foreign | (ends - begins > MAX_WORD_BYTES) | _number_like(spelled, begins, ends)
    starts, stops = spans_of_parts(spelled, begins[silent], ends[silent])
    text = spelled.lower() + PADDING
    numbers, firsts = number_spans(text, starts, stops - starts)
    rows = np.concatenate(([0], np.searchsorted(starts, ends)))
    compounds = np.flatnonzero(np.diff(rows) > 1)
    split = WordParts(
        parts=[part.decode("ascii") for part in _cut(text, starts[firsts], stops[firsts])],
        starts=rows,
        ids=numbers,
        compounds=compounds,
        wholes=_cut(text, starts[rows[compounds]], stops[rows[compounds + 1] - 1]),
    )
    if not foreign.any():
        return split
    places = np.flatnonzero(foreign).tolist()
    return _with_foreign(split, {i: spelled[begins[i] : ends[i]] for i in places})


def _cut(text: bytes, starts: NDArray[np.int64], stops: NDArray[np.int64]) -> list[bytes]:
    """The pieces `text[start:stop]`."""
    return spell(text, starts, stops - starts, WORD_END).split(WORD_END)[:-1]


def _with_foreign(split: WordParts, found: dict[int, bytes]) -> WordParts:
    """Add the parts and wholes of words that are not all ASCII, which have no parts so far."""
    numbering = {part: number for number, part in enumerate(split.parts)}
    rows = {i: parts(word) for i, word in found.items()}
    wholes = {i: whole_term(found[i]) for i, row in rows.items() if len(row) > 1}
    wholes = {i: whole for i, whole in wholes.items() if whole}
    ids = [
        numbering.setdefault(part, len(numbering)) for part in chain.from_iterable(rows.values())
    ]
    lengths = np.diff(split.starts)
    widths = np.fromiter(map(len, rows.values()), np.int64, len(rows))
    lengths[list(rows)] = widths
    return WordParts(
        parts=list(numbering),
        starts=np.concatenate(([0], np.cumsum(lengths))),
        ids=np.insert(split.ids, np.repeat(split.starts[list(rows)], widths), ids),
        compounds=np.concatenate((split.compounds, np.array(list(wholes), np.int64))),
        wholes=[*split.wholes, *map(str.encode, wholes.values())],
    )


def _number_like(
    spelled: bytes, begins: NDArray[np.int64], ends: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Which words are long numbers, `_NUMBER_LIKE`."""
    codes = np.frombuffer(spelled, np.uint8)
    found = (ends - begins > MAX_NUMBER_DIGITS) & (codes[begins] <= _LAST_DIGIT)
    fitting = np.cumsum(np.frombuffer(spelled.translate(_IN_NUMBER), np.uint8), dtype=np.int64)
    found[found] = (fitting[ends - 1] - fitting[begins] == ends - begins - 1)[found]
    return found


def _shape(character: str) -> str:
    """The ASCII character that stands for `character` in `PARTS`: its case, or what it is."""
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


def term_hashes(terms: Iterable[bytes], field: str = "") -> NDArray[np.uint64]:
    """`term_hash` of many terms in UTF-8: uint64[n]."""
    keys = map(f"{field}:".encode().__add__, terms) if field else terms
    return np.fromiter(map(xxhash.xxh3_64_intdigest, keys), np.uint64)
