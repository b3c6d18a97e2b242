"""Decode raw bytes to UTF-8 text, or find that they are not text.

Valid UTF-8 and byte order marks are trusted. All other encodings are guesses: single accented
letters between ASCII letters are Windows-1252 (a superset of Latin-1), because detectors often get
these wrong; charset-normalizer decides about the rest, given only the lines with non-ASCII bytes.
"""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

from codelode.types import SkipReason

_LOOKED_AT = 1 << 13
"""A NUL or too many control characters in this many first bytes make a file binary."""
_CONTROLS = bytes({*range(0x20), 0x7F} - set(b"\t\n\v\f\r\b\x1b"))
_MAX_CONTROLS = 0.05
_MAX_CONTROLS_UNKNOWN = 0.01  # stricter if the encoding is uncertain too
_SAMPLE = 1 << 12
_MIN_SAMPLE = 1 << 9  # the detector works better if a short text is repeated
_CANDIDATES = ["cp932", "euc_jp", "gb18030", "big5", "cp949", "cp1251", "koi8_r", "cp866"]
_CANDIDATES += ["cp1250", "cp1253", "cp1255"]
"""Encodings of legacy source code, apart from Western ones. With all its hundred encodings, the
detector is wrong more often."""
_TOLERANCE = 0.4  # for the detector's measure of noise: comments among code look noisy to it

_MAGIC = {
    b"%PDF-": "PDF",
    b"\x89PNG\r\n": "PNG",
    b"GIF87a": "GIF",
    b"GIF89a": "GIF",
    b"\xff\xd8\xff": "JPEG",
    b"PK\x03\x04": "zip",
    b"\x1f\x8b\x08": "gzip",
    b"BZh91AY&SY": "bzip2",
    b"\xfd7zXZ": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"\x7fELF": "ELF",
    b"!<arch>\n": "ar archive",
    b"\xca\xfe\xba\xbe": "Java class",
    b"OggS": "Ogg",
    b"wOFF": "font",
    b"wOF2": "font",
}
_MAGIC_STARTS = tuple(_MAGIC)
_MARKS = (  # UTF-32 first: its mark begins with the mark of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_MARK_STARTS = tuple(mark for mark, _ in _MARKS)

_ABOVE_ASCII = bytes(range(0x80, 0x100))
_HIGH = re.compile(rb"[\x80-\xff]+")
_WESTERN = re.compile(
    rb"(?<![\x80-\xff])(?:[\x80\x85\x91-\x97\x99\xa0-\xff]|(?<=[A-Za-z])[\xc0-\xff]{2}"
    rb"|[\xc0-\xff]{2}(?=[A-Za-z]))(?![\x80-\xff])"
)
_CLEAN_CUT = re.compile(rb"\n|[\x00-\x7f]{2}")
"""Matches where a cut is safe in every encoding that uses bytes below 0x80 inside characters."""


class Text(NamedTuple):
    """UTF-8 text without a byte order mark, and the name of the original encoding."""

    text: bytes
    encoding: str


class NoText(NamedTuple):
    """The reason why there is no text (`BINARY` or `ENCODING`), with details."""

    reason: SkipReason
    detail: str


def decode(data: bytes) -> Text | NoText:
    """Return the text of a file's bytes. Line endings are preserved; UTF-8 is not copied.

    UTF-8 with few invalid bytes remains UTF-8, with U+FFFD in their place.
    """
    if data.startswith(_MARK_STARTS):
        return _marked(data)
    if data.startswith(_MAGIC_STARTS):
        return NoText(SkipReason.BINARY, next(_MAGIC[m] for m in _MAGIC if data.startswith(m)))
    if b"\0" in data[:_LOOKED_AT]:
        return _utf16_without_mark(data) or NoText(SkipReason.BINARY, "a NUL byte")
    text = data[3:] if data.startswith(codecs.BOM_UTF8) else data
    if text.isascii() or _is_utf8(text):
        return _unless_binary(text, "utf-8")
    if _share_of_controls(text) > _MAX_CONTROLS_UNKNOWN:
        return NoText(SkipReason.BINARY, "control characters")
    return _damaged_utf8(text) or _legacy(text)


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _share_of_controls(text: bytes) -> float:
    start = text[:_LOOKED_AT]
    return 1 - len(start.translate(None, _CONTROLS)) / max(1, len(start))


def _unless_binary(text: bytes, encoding: str) -> Text | NoText:
    if _share_of_controls(text) > _MAX_CONTROLS:
        return NoText(SkipReason.BINARY, "control characters")
    return Text(text, encoding)


def _marked(data: bytes) -> Text | NoText:
    mark, encoding = next(found for found in _MARKS if data.startswith(found[0]))
    try:
        text = data[len(mark) :].decode(encoding)
    except UnicodeDecodeError:
        return NoText(SkipReason.ENCODING, f"not the {encoding} that it is marked as")
    return _unless_binary(text.encode(), encoding)


def _utf16_without_mark(data: bytes) -> Text | None:
    """Decode as UTF-16 if every other byte is mostly NUL and the result reads like text."""
    start = data[:_LOOKED_AT]
    for encoding, high, low in (("utf-16-le", 1, 0), ("utf-16-be", 0, 1)):
        if start[high::2].count(0) > len(start) // 4 and start[low::2].count(0) == 0:
            try:
                text = data.decode(encoding).encode()
            except UnicodeDecodeError:
                return None
            return Text(text, encoding) if _share_of_controls(text) == 0 else None
    return None


def _damaged_utf8(text: bytes) -> Text | None:
    """Decode as UTF-8 if most non-ASCII bytes are valid UTF-8."""
    repaired = text.decode("utf-8", "replace")
    invalid = repaired.count("\ufffd")
    ascii_bytes = len(text.translate(None, _ABOVE_ASCII))
    valid = len(repaired) - ascii_bytes - invalid
    return Text(repaired.encode(), "utf-8") if valid > 4 * invalid else None


def _legacy(data: bytes) -> Text | NoText:
    sample = _telling_part(data)
    high = sum(map(len, _HIGH.findall(sample)))
    western = sum(map(len, _WESTERN.findall(sample)))
    if western < 0.8 * high:
        from charset_normalizer import from_bytes  # takes 30 ms, and few trees need it

        enough = sample * (1 + _MIN_SAMPLE // len(sample))
        found = from_bytes(enough, cp_isolation=_CANDIDATES, threshold=_TOLERANCE)
        best = found.best()
        if best is not None:
            try:
                return Text(data.decode(best.encoding).encode(), best.encoding.replace("_", "-"))
            except UnicodeDecodeError:
                pass  # correct for the sample, but not for the rest
        if high > 0.3 * len(sample):
            return NoText(SkipReason.ENCODING, "")
    try:
        return Text(data.decode("cp1252").encode(), "cp1252")
    except UnicodeDecodeError:  # five bytes are undefined in Windows-1252
        return Text(data.decode("latin-1").encode(), "latin-1")


def _telling_part(data: bytes) -> bytes:
    """Return some kilobytes around the non-ASCII bytes; more if there is no safe place to cut."""
    pieces: list[bytes] = []
    size = at = 0
    while size < _SAMPLE and (run := _HIGH.search(data, at)):
        start = max(at, run.start() - 40)
        cut = _CLEAN_CUT.search(data, run.end())
        at = cut.end() if cut else len(data)
        pieces.append(data[start:at])
        size += at - start
    return b"".join(pieces)
