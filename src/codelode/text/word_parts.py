"""Split the words of a vocabulary into terms, vectorized: `tokens.terms` for many words.

Only distinct parts become Python objects. Some words are rare and processed one by one by the
functions of `tokens`: non-ASCII words, long words, and long numbers with a character other than
hexadecimal digits and `x` (`1_000`, `1000UL`).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from codelode.lazy import cached_property
from codelode.text.csr import ranges
from codelode.text.identifiers import spans_of_parts
from codelode.text.interning import PADDING, number_spans, spell
from codelode.text.tokens import (
    JOINERS,
    MAX_NUMBER_DIGITS,
    MAX_PART_BYTES,
    MIN_HASH_BYTES,
    is_number,
    parts,
    term_hashes,
    whole_term,
)

WORD_END = b"\n"

_LAST_DIGIT = ord("9")
_IS_FOREIGN = bytes(byte > 0x7F for byte in range(256))
_IS_JOINER = bytes(byte in JOINERS for byte in range(256))
_IS_HEX = bytes(byte in b"0123456789abcdefABCDEFxX" for byte in range(256))


@dataclass(frozen=True)
class WordParts:
    """The parts of each word of a vocabulary, as compressed sparse rows.

    `parts` holds each distinct part once. The parts of word i are those numbered
    `ids[starts[i]:starts[i+1]]`, in order. `whole_words` are the words that are terms as a whole,
    and `wholes` these terms in UTF-8, in the same order.
    Dtypes: starts int64[n+1], ids int64, whole_words int64.
    """

    parts: list[str]
    starts: NDArray[np.int64]
    ids: NDArray[np.int64]
    whole_words: NDArray[np.int64]
    wholes: list[bytes]

    @cached_property
    def hashes(self) -> NDArray[np.uint64]:
        """The `term_hash` of each of `parts`, which identifies a row of the model and a term."""
        return term_hashes(map(str.encode, self.parts))


def split_words(spelled: bytes) -> WordParts:
    """Return the parts and wholes of the words in `spelled`; `WORD_END` follows each word."""
    ends = np.flatnonzero(np.frombuffer(spelled, np.uint8) == ord(WORD_END))
    begins = np.concatenate(([0], ends + 1))[:-1]
    foreign = np.zeros(0, np.int64)
    if not spelled.isascii():
        foreign = _having(spelled, ends, _IS_FOREIGN).nonzero()[0]
    exact, odd = _exact(spelled, begins, ends)
    exact[foreign] = False
    silent = exact.copy()
    silent[[*odd, *foreign]] = True
    starts, stops = spans_of_parts(spelled, begins[silent], ends[silent])
    text = spelled.lower() + PADDING
    ids, firsts = number_spans(text, starts, stops - starts)
    rows = np.concatenate(([0], np.searchsorted(starts, ends)))
    several, wholly = np.flatnonzero(np.diff(rows) > 1), np.flatnonzero(exact)
    split = WordParts(
        parts=_spelled(text, starts[firsts], stops[firsts]).decode("ascii").split("\n")[:-1],
        starts=rows,
        ids=ids,
        whole_words=np.concatenate((several, wholly, np.array(list(odd), np.int64))),
        wholes=[
            *_cut(text, starts[rows[several]], stops[rows[several + 1] - 1]),
            *_cut(text, begins[wholly], ends[wholly]),
            *odd.values(),
        ],
    )
    words = {i: spelled[begins[i] : ends[i]] for i in foreign.tolist()}
    return _with_words(split, words) if words else split


def _exact(
    spelled: bytes, begins: NDArray[np.int64], ends: NDArray[np.int64]
) -> tuple[NDArray[np.bool_], dict[int, bytes]]:
    """Return the words that have no parts, only a whole term.

    The mask marks the words whose term is the word in lower case. The dictionary has all other
    terms, by the number of the word.
    """
    exact = _having(spelled, ends, _IS_JOINER)
    plain, others = _numbers(spelled, begins, ends)
    exact[plain] = True
    odd: dict[int, bytes] = {}
    for i in [*others.tolist(), *np.flatnonzero(ends - begins > MAX_PART_BYTES).tolist()]:
        word = spelled[begins[i] : ends[i]]
        if word.isascii() and not exact[i] and not parts(word):
            odd[i] = whole_term(word).encode()
    return exact, {i: whole for i, whole in odd.items() if whole}


def _having(spelled: bytes, ends: NDArray[np.int64], table: bytes) -> NDArray[np.bool_]:
    """Return a mask of the words with a byte that `table` maps to 1."""
    found = np.zeros(len(ends), bool)
    found[np.searchsorted(ends, np.flatnonzero(_mapped(spelled, table)))] = True
    return found


def _mapped(spelled: bytes, table: bytes) -> NDArray[np.bool_]:
    return np.frombuffer(spelled.translate(table), np.bool_)


def _cut(text: bytes, starts: NDArray[np.int64], stops: NDArray[np.int64]) -> list[bytes]:
    """Return the pieces `text[start:stop]`."""
    return _spelled(text, starts, stops).split(WORD_END)[:-1]


def _spelled(text: bytes, starts: NDArray[np.int64], stops: NDArray[np.int64]) -> bytes:
    """Return the pieces `text[start:stop]`, each followed by `WORD_END`."""
    return spell(text, starts, stops - starts, WORD_END)


def _numbers(
    spelled: bytes, begins: NDArray[np.int64], ends: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the words that are numbers, in two groups.

    The first group has the words whose term is the word in lower case, the second has the others.
    """
    codes, is_hex = np.frombuffer(spelled, np.uint8), _mapped(spelled, _IS_HEX)
    lengths, led_by_digit = ends - begins, codes[begins] <= _LAST_DIGIT
    likely = np.flatnonzero(~led_by_digit & (lengths >= MIN_HASH_BYTES))
    for i in range(4):  # this leaves few words to check
        likely = likely[is_hex[begins[likely] + i]]
    likely = np.append(np.flatnonzero(led_by_digit & (lengths > MAX_NUMBER_DIGITS)), likely)
    digits, lengths = ranges(begins[likely], lengths[likely]), lengths[likely]
    plain = np.logical_and.reduceat(is_hex[digits], np.cumsum(lengths) - lengths)
    sure = plain & led_by_digit[likely]
    unsure = likely[~sure]
    spans = zip(begins[unsure].tolist(), ends[unsure].tolist(), strict=True)
    sure[~sure] = [is_number(spelled[begin:end]) for begin, end in spans]
    return likely[sure & plain], likely[sure & ~plain]


def _with_words(split: WordParts, words: dict[int, bytes]) -> WordParts:
    """Add the parts and wholes of more words, whose numbers ascend."""
    numbering = dict(zip(split.parts, range(len(split.parts)), strict=True))
    rows = {i: parts(word) for i, word in words.items()}
    wholes = {i: whole_term(words[i]) for i, row in rows.items() if len(row) != 1}
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
        whole_words=np.concatenate((split.whole_words, np.array(list(wholes), np.int64))),
        wholes=[*split.wholes, *map(str.encode, wholes.values())],
    )
