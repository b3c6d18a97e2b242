"""Decode raw bytes to UTF-8 text, or find that they are not text.

Valid UTF-8, byte order marks and the escapes of ISO-2022 are trusted. All else is a guess: the most
plausible text wins (see `charset`).
"""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

from codelode.discover.charset import letter_bits, readings
from codelode.types import SkipReason

_LOOKED_AT = 1 << 13
"""A NUL or too many control characters in this many first bytes make a file binary."""
_CONTROLS = bytes({*range(0x20), 0x7F} - set(b"\t\n\v\f\r\b\x1b"))
_MAX_CONTROLS = 0.05
_MAX_CONTROLS_UNKNOWN = 0.01  # the same limit for a text in an unknown encoding
_SAMPLE = 1 << 12
_MAX_BITS = 8.0  # per byte, in the best encoding: languages have 4 to 6, noise 9 and more
_MAX_HIGH = 0.3  # with no more than this share of bytes beyond ASCII, even noise counts as text
_MAX_WIDE_BITS = 12.0  # per character of UTF-16 or UTF-32 without a BOM: noise has 15 and more
_WIDE_LANGUAGES = ("gb18030", "big5hkscs", "cp932", "cp949", "cp1251", "cp1252", "cp1253")

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
_MARKS = (  # UTF-32 first: its byte order mark begins with the UTF-16 mark
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_MARK_STARTS = tuple(mark for mark, _ in _MARKS)

_ABOVE_ASCII = bytes(range(0x80, 0x100))
_HIGH = re.compile(rb"[\x80-\xff]+")
_ESCAPES = {  # escapes of ISO-2022, where all bytes are ASCII
    b"\x1b$B": "iso2022_jp_ext",
    b"\x1b$@": "iso2022_jp_ext",
    b"\x1b$(D": "iso2022_jp_ext",
    b"\x1b$)C": "iso2022_kr",
}
_CLEAN_CUT = re.compile(rb"\n|[\x00-\x7f]{2}")
"""Ends between two characters in every encoding in which some bytes below 0x80 are half of one."""


class Text(NamedTuple):
    """A text in UTF-8 without a byte order mark, and the name of its original encoding."""

    text: bytes
    encoding: str


class NoText(NamedTuple):
    """The reason why there is no text (`BINARY` or `ENCODING`), with details."""

    reason: SkipReason
    detail: str


def decode(data: bytes) -> Text | NoText:
    """Return the text of a file's bytes, or the reason why they are not text.

    Line ends stay as they are; UTF-8 is not copied. UTF-8 with few invalid bytes stays UTF-8, with
    U+FFFD in their place.
    """
    if data.startswith(_MARK_STARTS):
        return _marked(data)
    if data.startswith(_MAGIC_STARTS):
        return NoText(SkipReason.BINARY, next(_MAGIC[m] for m in _MAGIC if data.startswith(m)))
    if b"\0" in data[:_LOOKED_AT]:
        return _wide_without_mark(data) or NoText(SkipReason.BINARY, "a NUL byte")
    text = data[3:] if data.startswith(codecs.BOM_UTF8) else data
    if text.isascii():
        # A search for one byte takes a tenth of the time of a search for two bytes.
        escaped = _escaped(text) if b"\x1b" in text and b"\x1b$" in text else None
        return escaped or _unless_binary(text, "utf-8")
    if _is_utf8(text):
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


def _escaped(data: bytes) -> Text | None:
    """Decode ISO-2022; None if the bytes are not in it.

    Its escapes switch between one-byte and two-byte characters.
    """
    for escape, encoding in _ESCAPES.items():
        if escape in data:
            try:
                text = data.decode(encoding).encode()
            except UnicodeDecodeError:
                continue
            if not text.isascii() and _share_of_controls(text) == 0:
                return Text(text, encoding.replace("_", "-"))
    return None


def _wide_without_mark(data: bytes) -> Text | None:
    """Decode UTF-32 or UTF-16 without a BOM, whichever is more plausible; None if neither is."""
    start = data[:_LOOKED_AT]
    best, bits = "", _MAX_WIDE_BITS
    for encoding in ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be"):
        try:
            beginning = codecs.getincrementaldecoder(encoding)().decode(start)
        except UnicodeDecodeError:
            continue
        found = _wide_bits(beginning)
        if found < bits:
            best, bits = encoding, found
    try:
        text = data.decode(best).encode() if best else b"\0"
    except UnicodeDecodeError:
        return None
    return Text(text, best) if _share_of_controls(text) == 0 else None


def _wide_bits(text: str) -> float:
    """Return the bits per non-ASCII character; 0 if at most a quarter of the text is non-ASCII.

    Returns infinity if the text is empty or has control characters.
    """
    if not text or _share_of_controls(text.encode("utf-8", "replace")) > 0:
        return float("inf")
    foreign = sum(character > "\x7f" for character in text)
    return letter_bits(text, _WIDE_LANGUAGES) if 4 * foreign > len(text) else 0.0


def _damaged_utf8(text: bytes) -> Text | None:
    """Decode UTF-8 with invalid bytes; None unless most non-ASCII characters are valid."""
    repaired = text.decode("utf-8", "replace")
    invalid = repaired.count("\ufffd")
    ascii_bytes = len(text.translate(None, _ABOVE_ASCII))
    valid = len(repaired) - ascii_bytes - invalid
    return Text(repaired.encode(), "utf-8") if valid > 4 * invalid else None


def _legacy(data: bytes) -> Text | NoText:
    sample = _telling_part(data)
    found = readings(sample)
    if not found or found[0].bits > _MAX_BITS * len(sample):
        high = sum(map(len, _HIGH.findall(sample)))
        if high > _MAX_HIGH * len(sample):
            return NoText(SkipReason.ENCODING, "")
    for reading in found:
        try:
            text = data.decode(reading.encoding).encode()
        except UnicodeDecodeError:  # the encoding fits the sample, but not the rest
            continue
        return Text(text, reading.encoding.replace("_", "-"))
    return Text(data.decode("latin-1").encode(), "latin-1")


def _telling_part(data: bytes) -> bytes:
    """Return some kilobytes around the bytes beyond ASCII; more where no cut is safe."""
    pieces: list[bytes] = []
    size = at = 0
    while size < _SAMPLE and (run := _HIGH.search(data, at)):
        start = max(at, run.start() - 40)
        cut = _CLEAN_CUT.search(data, run.end())
        at = cut.end() if cut else len(data)
        pieces.append(data[start:at])
        size += at - start
    return b"".join(pieces)
