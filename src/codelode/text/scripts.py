"""Text beyond ASCII as words: normalized by NFKC, and cut by script.

The tokenizer proper works on ASCII bytes and takes every byte above them for a letter. `segment`
rewrites a text so that this is right: separators become spaces, full-width letters become ASCII,
invisible characters and the vowel points of Arabic and Hebrew are removed, and text in scripts that
are written without spaces becomes overlapping words. The result only serves to make terms; it is
never shown.

Han, kana, hangul and bopomofo give pairs of neighboring characters, and each Han character also by
itself, because it can be a word or a part of one. Thai, Lao, Khmer, Myanmar and similar scripts
give pairs of clusters; a cluster is a letter with its marks. A query is cut in the same way, so
text of a query that occurs in a document has the same pairs there.
"""

from __future__ import annotations

import re
from operator import add
from unicodedata import category, normalize

_PIECE = re.compile(rb"[\x80-\xff]+")
_PIECE_AND_LETTER = re.compile(rb"[A-Za-z]?[\x80-\xff]+")
"""The runs rewritten together. A combining accent may belong to a preceding ASCII letter."""
_ACCENT_LEADS = b"\xcc", b"\xcd"  # the first bytes of combining accents in UTF-8

_CACHED_PIECES = 1 << 12
_CACHED_BYTES = 64  # longer pieces rarely recur
_CACHED_CHARACTERS = 1 << 15

_MAX_MARKS = 30  # the limit of the Stream-Safe Text Format of UAX #15
_LONG_PIECE = 200
"""Normalizing orders the marks on a letter in quadratic time: long pieces are checked first."""

# Shapes: regular expressions see one of these ASCII characters for each character of a text.
_HAN, _PAIRED, _CLUSTERED = "H", "K", "T"
_UPPER, _LOWER, _UNCASED, _DIGIT, _MARK = "A", "a", "@", "0", "m"
_DROPPED, _SEPARATOR = "-", " "

_RUNS = re.compile(r"([HK][HKm]*)|(T[Tm]*)|[Aa@0_m]+| +")
_TOO_MANY_MARKS = re.compile(rf"([m-]{{{_MAX_MARKS}}})[m-]+")
_CLUSTER = re.compile(".m*")
_MARKED = re.compile("([^m])m+")
_UNCASED_SCRIPTS = str.maketrans(_HAN + _PAIRED + _CLUSTERED, 3 * _UNCASED)
_ZERO_WIDTH_SPACE = 0x200B  # separates words of Khmer and Thai
_INVISIBLE = frozenset((0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0, 0x0640))
"""Dropped besides format characters: fillers, and the tatweel that stretches Arabic."""

_RANGES = (
    (0x0591, 0x05C7, _DROPPED),  # points and accents of Hebrew; its letters come after them
    (0x0610, 0x061A, _DROPPED),  # marks on Arabic letters
    (0x064B, 0x0652, _DROPPED),
    (0x0670, 0x0670, _DROPPED),
    (0x06D6, 0x06DC, _DROPPED),
    (0x0E00, 0x0EFF, _CLUSTERED),  # Thai, Lao
    (0x1000, 0x109F, _CLUSTERED),  # Myanmar
    (0x1100, 0x11FF, _PAIRED),  # hangul, as are the jamo below
    (0x1780, 0x17FF, _CLUSTERED),  # Khmer
    (0x180B, 0x180F, _DROPPED),  # variation selectors, here and below
    (0x1950, 0x19FF, _CLUSTERED),  # Tai Le, New Tai Lue, Khmer symbols
    (0x1A20, 0x1AAF, _CLUSTERED),  # Tai Tham
    (0x1B00, 0x1B7F, _CLUSTERED),  # Balinese
    (0x2E80, 0x2FDF, _HAN),  # radicals
    (0x3005, 0x3007, _HAN),
    (0x3021, 0x3029, _HAN),
    (0x3038, 0x303B, _HAN),
    (0x3041, 0x312F, _PAIRED),  # kana, bopomofo
    (0x3131, 0x318E, _PAIRED),
    (0x31A0, 0x31BF, _PAIRED),
    (0x31F0, 0x31FF, _PAIRED),
    (0x3400, 0x4DBF, _HAN),
    (0x4E00, 0x9FFF, _HAN),
    (0xA960, 0xA97F, _PAIRED),
    (0xA980, 0xA9FF, _CLUSTERED),  # Javanese, Myanmar
    (0xAA60, 0xAA7F, _CLUSTERED),
    (0xAC00, 0xD7FF, _PAIRED),
    (0xF900, 0xFAFF, _HAN),
    (0xFE00, 0xFE0F, _DROPPED),
    (0x1AFF0, 0x1B16F, _PAIRED),
    (0x20000, 0x3FFFF, _HAN),
    (0xE0100, 0xE01EF, _DROPPED),
)
"""Scripts by code point, both ends included. Only letters have a script, marks stay marks."""

_BY_CATEGORY = {
    "Lu": _UPPER,
    "Lt": _UPPER,
    "Ll": _LOWER,
    "Lm": _UNCASED,
    "Lo": _UNCASED,
    "Nl": _UNCASED,
    "Nd": _DIGIT,
    "Mn": _MARK,
    "Mc": _MARK,
    "Me": _MARK,
    "Cf": _DROPPED,
}
_LETTERS = frozenset((_UPPER, _LOWER, _UNCASED))


class _Shapes(dict[int, str]):
    """A table for `str.translate`, filled as characters are met and emptied when it is large."""

    def __missing__(self, code: int) -> str:
        if len(self) >= _CACHED_CHARACTERS:
            self.clear()
        shape = self[code] = _shape_of(code)
        return shape


_shapes = _Shapes()
_cache: dict[bytes, bytes] = {}


def segment(text: bytes) -> bytes:
    """Return a UTF-8 text with all non-ASCII text rewritten as words of letters.

    Bytes that are not UTF-8 separate words. ASCII is unchanged.
    """
    if text.isascii():
        return text
    accented = any(lead in text for lead in _ACCENT_LEADS)
    return (_PIECE_AND_LETTER if accented else _PIECE).sub(_rewritten, text)


def shape(word: str) -> str:
    """Return one ASCII character for each character of a word: its case, or its class.

    `A` and `a` are letters with case, `0` digits, `@` letters without case; a mark has the class of
    the letter that it belongs to.
    """
    found = word.translate(_shapes).translate(_UNCASED_SCRIPTS)
    return _MARKED.sub(lambda match: match[1] * len(match[0]), found).replace(_MARK, _UNCASED)


def _shape_of(code: int) -> str:
    character = chr(code)
    if code < 0x80:
        return character if character == "_" else _ascii_shape(character)
    if code == _ZERO_WIDTH_SPACE:
        return _SEPARATOR
    script = next((kind for low, high, kind in _RANGES if low <= code <= high), None)
    kind = _BY_CATEGORY.get(category(character), _SEPARATOR)
    if code in _INVISIBLE or (script == _DROPPED and kind == _MARK):
        return _DROPPED
    return script if script not in (None, _DROPPED) and kind in _LETTERS else kind


def _ascii_shape(character: str) -> str:
    if character.isdigit():
        return _DIGIT
    if not character.isalpha():
        return _SEPARATOR
    return _UPPER if character.isupper() else _LOWER


def _rewritten(match: re.Match[bytes]) -> bytes:
    piece = match[0]
    found = _cache.get(piece)
    if found is None:
        found = _segmented(piece.decode("utf-8", "replace")).encode()
        if len(piece) <= _CACHED_BYTES:
            if len(_cache) >= _CACHED_PIECES:
                _cache.clear()
            _cache[piece] = found
    return found


def _segmented(text: str) -> str:
    if len(text) > _LONG_PIECE:
        text = _with_few_marks(text)
    text = normalize("NFKC", text)
    shapes = text.translate(_shapes)
    if _DROPPED in shapes:
        text = "".join(c for c, kind in zip(text, shapes, strict=True) if kind != _DROPPED)
        shapes = shapes.replace(_DROPPED, "")
    out: list[str] = []
    for run in _RUNS.finditer(shapes):
        start, end = run.span()
        found = text[start:end]
        if run.lastindex:
            out += _overlapping(found, shapes[start:end])
        elif shapes[start] == _SEPARATOR:
            out.append("".join(c if c < "\x80" else " " for c in found))
        else:
            out.append(found)
    return "".join(out)


def _with_few_marks(text: str) -> str:
    """Remove the marks on a letter beyond `_MAX_MARKS`, which is more than any language uses."""
    shapes = text.translate(_shapes)
    pieces: list[str] = []
    at = 0
    for match in _TOO_MANY_MARKS.finditer(shapes):
        pieces.append(text[at : match.end(1)])
        at = match.end()
    return "".join([*pieces, text[at:]])


def _overlapping(run: str, shapes: str) -> list[str]:
    """Return the overlapping pairs of neighbors in a run without spaces, then its Han characters.

    They are separated and surrounded by spaces.
    """
    if _MARK in shapes:
        units = [run[slice(*match.span())] for match in _CLUSTER.finditer(shapes)]
    else:
        units = list(run)
    pairs = list(map(add, units, units[1:])) or units
    if len(units) > 1 and _HAN in shapes:
        pairs += [c for c, kind in zip(run, shapes, strict=True) if kind == _HAN]
    return [" ", " ".join(pairs), " "]
