"""The positions of the indexed words of a text: runs of identifier characters, and compounds."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from codelode.text.csr import group_starts
from codelode.text.tokens import (
    JOINERS,
    MAX_COMPOUND_BYTES,
    MAX_NUMBER_DIGITS,
    MAX_WORD_BYTES,
    WORD_CHARACTERS,
)

MAX_EXACT = 64
"""The maximum of numbers, and of compounds, per text. A chunk of source has fewer; the limit keeps
tables of data out of the dictionary."""

_WORD, _JOINER, _NEITHER = 1, 2, 0
_CLASSES = bytes(
    _WORD if byte in WORD_CHARACTERS else _JOINER if byte in JOINERS else _NEITHER
    for byte in range(256)
)
_IS_QUOTE = np.array([byte in b"\"'`<>" for byte in range(256)])
_IS_IN_QUOTES = np.array([byte in b"\"'`<> ./*-@~," for byte in range(256)])
_LINE_END, _DOT, _LAST_DIGIT = ord("\n"), ord("."), ord("9")
_IS_ASSIGNMENT = np.array([byte in b"=:" for byte in range(256)])

_Bytes = NDArray[np.uint8]
_Places = NDArray[np.int64]


class Spans(NamedTuple):
    """The words of texts in one buffer: each word's start, length in bytes, and text number.

    All arrays are int64[n].
    """

    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]
    owners: NDArray[np.int64]


def word_spans(joined: bytes, ends: NDArray[np.int64]) -> Spans:
    """Return the words of the texts in `joined`; text i ends before `ends[i]`.

    A byte that is no letter comes before and after each text. The result omits
    - words and compounds that are too long;
    - numbers and compounds beyond the first `MAX_EXACT` of a text;
    - compounds of two words with a dot between them, unless quoted or a key at the beginning of a
      line: in code, the second word is an attribute of the first.
    """
    codes = np.frombuffer(joined, np.uint8)
    classes = np.frombuffer(joined.translate(_CLASSES), np.uint8)
    is_word = classes == _WORD
    edges = np.flatnonzero(is_word[1:] != is_word[:-1]) + 1
    starts, stops = edges[::2], edges[1::2]
    compounds = _compounds(codes, _joints(classes, is_word), starts, stops)
    lengths = stops - starts
    kept = lengths <= MAX_WORD_BYTES
    numbers = np.flatnonzero((lengths > MAX_NUMBER_DIGITS) & (codes[starts] <= _LAST_DIGIT))
    kept[numbers[~_among_first(starts[numbers], ends)]] = False
    if not kept.all():
        starts, lengths = starts[kept], lengths[kept]
    per_text = np.diff(np.searchsorted(starts, ends), prepend=0)
    owners = np.repeat(np.arange(len(ends), dtype=np.int64), per_text)
    if not len(compounds):
        return Spans(starts, lengths, owners)
    compounds = compounds[_among_first(compounds[:, 0], ends)]
    begins = compounds[:, 0]
    return Spans(
        np.concatenate((starts, begins)),
        np.concatenate((lengths, compounds[:, 1] - begins)),
        np.concatenate((owners, np.searchsorted(ends, begins, "right"))),
    )


def _joints(classes: _Bytes, is_word: NDArray[np.bool_]) -> _Places:
    """Return the positions of the bytes in `JOINERS` between two words, ascending."""
    between = is_word[:-2] & is_word[2:]
    between &= classes[1:-1] == _JOINER
    return np.flatnonzero(between) + 1


def _compounds(codes: _Bytes, joints: _Places, starts: _Places, stops: _Places) -> _Places:
    """Return the start and end of each compound, int64[n, 2].

    `starts` and `stops` are the starts and stops of the words.
    """
    words = np.searchsorted(stops, joints)  # the word before each joint
    heads = group_starts(words - np.arange(len(words)))
    tails = np.append(heads[1:], len(words))[: len(heads)] - 1
    begins, ends = starts[words[heads]], stops[words[tails] + 1]
    kept = (tails > heads) | (codes[joints[heads]] != _DOT)
    before, after = codes[begins - 1], codes[ends]
    kept |= _IS_QUOTE[before] & _IS_IN_QUOTES[after]
    kept |= _IS_IN_QUOTES[before] & _IS_QUOTE[after]
    kept |= (before == _LINE_END) & _IS_ASSIGNMENT[after]
    kept &= ends - begins <= MAX_COMPOUND_BYTES
    return np.stack((begins[kept], ends[kept]), axis=1)


def _among_first(starts: _Places, ends: _Places) -> NDArray[np.bool_]:
    """Return which `starts` are among the first `MAX_EXACT` of their text; texts end at `ends`."""
    if len(starts) <= MAX_EXACT:
        return np.ones(len(starts), bool)
    owners = np.searchsorted(ends, starts, "right")
    ranks = np.arange(len(owners)) - np.searchsorted(owners, owners)
    among: NDArray[np.bool_] = ranks < MAX_EXACT
    return among
