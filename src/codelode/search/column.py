"""The column of a hit in its line: the number of a UTF-8 byte, from 1, as in ripgrep and Vim."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from codelode.segment.reader import Segment


def column_in(line: bytes, symbol: str | None, terms: Iterable[str]) -> int:
    """Return the column of the name of a definition in a line, else of the first matching word.

    `symbol` is the qualified name, `terms` are the query's terms. If the line holds neither,
    return the column of the first character that is not blank.
    """
    text = line.decode("latin-1")  # one character per byte: offsets are in bytes
    last = as_bytes((symbol or "").rpartition(".")[2])
    named = _whole_word(text, last) if last else -1
    if named >= 0:
        return named + 1
    at = min(_places(text, terms), default=None)
    return (len(text) - len(text.lstrip()) if at is None else at) + 1


def _whole_word(text: str, word: str) -> int:
    """Return the first offset at which `word` is not part of a longer word, or -1."""
    at = text.find(word)
    while at >= 0:
        stop = at + len(word)
        before, after = text[at - 1 : at], text[stop : stop + 1]
        if not (before == "_" or before.isalnum() or after == "_" or after.isalnum()):
            break
        at = text.find(word, at + 1)
    return at


def _places(text: str, terms: Iterable[str]) -> Iterator[int]:
    """Yield the offset at which each term first begins a word, or a part of an identifier."""
    lower = text.lower()
    for term in terms:
        needle = as_bytes(term).lower()
        at = lower.find(needle)
        while at >= 0 and not begins_word(text, at):
            at = lower.find(needle, at + 1)
        if at >= 0:
            yield at


def begins_word(text: str, at: int) -> bool:
    """Return whether a word, or a part of an identifier, begins at an offset."""
    if not at or not (before := text[at - 1]).isalnum():
        return True
    return text[at].isupper() and not before.isupper()


def cut_off_before(segment: Segment, ordinal: int) -> int:
    """Return how many bytes of a chunk's first line lie before the chunk: 0 except in huge lines.

    Only a line that is longer than a chunk is split. The tables show whether this line is so long;
    the text is read only if it is.
    """
    file, start, _, first_line, *_ = segment.chunks[ordinal].item()
    if not start:
        return 0
    _, _, _, line, more, *_ = segment.chunks[ordinal - 1].item()
    if line + more < first_line:
        return 0
    text = segment.text(file, 0, start)
    return len(text) - line_begin(text, len(text))


def line_begin(text: bytes, at: int) -> int:
    """Return the offset at which the line around an offset begins."""
    return max(text.rfind(b"\n", 0, at), text.rfind(b"\r", 0, at)) + 1


def as_bytes(text: str) -> str:
    """Return the UTF-8 of a text as characters, one for each byte."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("latin-1")
