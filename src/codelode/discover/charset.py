"""Detect the legacy encoding of a text: the encoding in which it looks most like a language.

A text is modeled as letters drawn from a language, in one of its encodings. Rare letters, letters
of two scripts in one word and capitals inside words cost bits. With a dozen letters or more,
the cheapest reading is usually right. The costs come from `letters.tsv` (see
`training/letters.py`).
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple
from unicodedata import category

_TABLE = Path(__file__).with_name("letters.tsv")

_ASCII_BITS = 4.5  # cost of an ASCII letter; two-byte encodings may read it as half a character
_SIGN_BITS, _PUNCTUATION_BITS = 5, 9
_RARE_BITS = 18
_CAPITAL_BITS = 5  # the cost of a capital after a small letter
_ALONE_BITS = 5  # the cost of a one-letter word in an alphabetic script
_SIGNS = frozenset("©®°±µ§")
_PUNCTUATION = frozenset("“”‘’‚„–—…™¶«»·×÷½¼¾€£¥†‡•²³¹¬¿¡\xa0")

_STANDARDS = {"gb18030": "gb2312", "big5hkscs": "big5", "cp932": "shift_jis", "euc_jp": "euc_jp"}
_STANDARDS["cp949"] = "euc_kr"
_COMMON_LEADS = {
    "gb2312": range(0xB0, 0xD8),
    "big5": range(0xA4, 0xC7),
    "shift_jis": range(0x88, 0x98),
    "euc_jp": range(0xB0, 0xD0),
    "euc_kr": range(0xB0, 0xC9),
}
"""First bytes of the characters that a national standard calls common."""
_COMMON_BITS, _UNCOMMON_BITS, _NON_STANDARD_BITS, _HALF_WIDTH_BITS = 13, 17, 20, 11

# Kinds of characters. The first three are letters beyond ASCII; the third kind has no case.
_SMALL, _CAPITAL, _CASELESS, _ASCII_SMALL, _ASCII_CAPITAL, _SIGN, _OTHER = "lucaAs."
_ALONE = re.compile(r"(?<![lucaA])[luc](?![lucaA])")
_FOREIGN = frozenset((_SMALL, _CAPITAL, _CASELESS))
_ASCII_LETTERS = frozenset((_ASCII_SMALL, _ASCII_CAPITAL))
_LETTERS = _FOREIGN | _ASCII_LETTERS
_LATIN = frozenset(("cp1252", "cp1250", "cp1254", "cp1257", "cp1258"))


class _Language(NamedTuple):
    """A language, as the costs in bits of reading a text in it: see `training/letters.py`."""

    encodings: dict[str, float]
    after_another: float
    beside_ascii: float
    letters: dict[str, int]


class Reading(NamedTuple):
    """An encoding, and the cost in bits of reading a text in it."""

    encoding: str
    bits: float


def readings(sample: bytes) -> list[Reading]:
    """Return the encodings in which some bytes can be read, the most plausible first.

    The sample must not begin or end within a character.
    """
    best: dict[str, float] = {}
    texts: dict[str, _Text | None] = {}
    for language in _languages():
        for encoding, prior in language.encodings.items():
            if encoding not in texts:
                texts[encoding] = _read(sample, encoding)
            text = texts[encoding]
            if text is not None:
                bits = prior + text.bits(language, encoding)
                best[encoding] = min(bits, best.get(encoding, bits))
    return sorted((Reading(*item) for item in best.items()), key=lambda reading: reading.bits)


def letter_bits(text: str, languages: tuple[str, ...]) -> float:
    """Return the mean cost of a non-ASCII character, in bits: the minimum over some languages.

    `languages` names each language by one of its encodings.
    """
    counts = Counter(character for character in text if character > "\x7f")
    found = [
        sum(n * _cost(character, language, encoding) for character, n in counts.items())
        for language in _languages()
        for encoding in languages
        if encoding in language.encodings
    ]
    return min(found) / max(1, counts.total())


class _Text(NamedTuple):
    """A decoded text: the counts of its non-ASCII characters and of pairs of character kinds.

    `alone` counts the non-ASCII letters without an adjacent letter.
    """

    counts: Counter[str]
    pairs: Counter[tuple[str, str]]
    alone: int
    ascii_characters: int

    def bits(self, language: _Language, encoding: str) -> float:
        latin = not _LATIN.isdisjoint(language.encodings)
        bits = _ASCII_BITS * self.ascii_characters + (
            0 if encoding in _STANDARDS else _ALONE_BITS * self.alone
        )
        for character, n in self.counts.items():
            bits += n * _cost(character, language, encoding)
        for (one, other), n in self.pairs.items():
            foreign = (one in _FOREIGN) + (other in _FOREIGN)
            if foreign == 2:
                bits += n * language.after_another
            elif foreign and not latin and (one in _ASCII_LETTERS or other in _ASCII_LETTERS):
                bits += n * (1.0 if encoding in _STANDARDS else language.beside_ascii)
            if _SIGN in (one, other) and (one in _LETTERS or other in _LETTERS):
                bits += n * _SIGN_BITS
            if foreign and one in (_SMALL, _ASCII_SMALL) and other in (_CAPITAL, _ASCII_CAPITAL):
                bits += n * _CAPITAL_BITS
        return bits


def _read(sample: bytes, encoding: str) -> _Text | None:
    """Decode a sample; return None if that fails or if the text has C1 control characters."""
    try:
        text = sample.decode(encoding)
    except UnicodeDecodeError:
        return None
    counts = Counter(character for character in text if character > "\x7f")
    if any("\x80" <= character < "\xa0" for character in counts):
        return None
    kinds = text.translate({ord(character): _kind(character) for character in set(text)})
    alone = len(_ALONE.findall(kinds))
    return _Text(counts, Counter(pairwise(kinds)), alone, len(text) - counts.total())


def _kind(character: str) -> str:
    if not character.isalpha():
        kind = _SIGN if character in _SIGNS else _OTHER
        return _CASELESS if category(character)[0] == "M" else kind
    if character.isascii():
        return _ASCII_CAPITAL if character.isupper() else _ASCII_SMALL
    if character.isupper():
        return _CAPITAL
    return _SMALL if character.islower() else _CASELESS


def _cost(character: str, language: _Language, encoding: str) -> float:
    known = language.letters.get(character)
    if known is not None:
        return known
    standard = _STANDARDS.get(encoding)
    if standard is not None:
        return _standard_cost(character, standard)
    if character in _SIGNS:
        return _SIGN_BITS
    return _PUNCTUATION_BITS if character in _PUNCTUATION else _RARE_BITS


@lru_cache(1 << 14)
def _standard_cost(character: str, standard: str) -> float:
    """Return the cost of an unlisted character, by its level in the national standard."""
    try:
        encoded = character.encode(standard)
    except UnicodeEncodeError:
        return _NON_STANDARD_BITS
    if len(encoded) == 1 or encoded[0] == 0x8E:
        return _HALF_WIDTH_BITS
    return _COMMON_BITS if encoded[0] in _COMMON_LEADS[standard] else _UNCOMMON_BITS


@cache
def _languages() -> tuple[_Language, ...]:
    rows = _TABLE.read_text("utf-8").splitlines()
    return tuple(_language(*row.split("\t")) for row in rows)


def _language(
    _name: str, encodings: str, prior: str, after_another: str, beside_ascii: str, *cells: str
) -> _Language:
    priors = (encoding.partition("+") for encoding in encodings.split())
    return _Language(
        encodings={name: float(prior) + float(more or 0) for name, _, more in priors},
        after_another=float(after_another),
        beside_ascii=float(beside_ascii),
        letters={
            letter: int(bits)
            for bits, _, letters in (cell.partition(":") for cell in cells)
            for letter in letters
        },
    )
