"""Code blocks in documents: Markdown, reStructuredText, AsciiDoc, Org."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from codelode.chunk.hosts.model import Region, blank, language_named

_FENCE: Final = re.compile(rb"^([ \t>]*)(```+|~~~+)([^\n]*)", re.MULTILINE)
_INFO: Final = re.compile(
    rb"[ \t]*(?:\{code(?:-cell|-block)?\}[ \t]*|\{[ \t]*\.?|\.)?([A-Za-z][\w+#-]*)"
)
_DIRECTIVE: Final = re.compile(
    rb"^([ \t]*)\.\.[ \t]+(?:code-block|code|sourcecode|code-cell|highlight-block)::"
    rb"[ \t]*([\w+#-]+)[ \t]*\r?\n",
    re.MULTILINE,
)
_OPTION: Final = re.compile(rb"[ \t]+:[\w-]+:[^\n]*\n|[ \t]*\r?\n")
_LISTING: Final = re.compile(
    rb"^\[(?:source)?[%\w]{0,30},[ \t]{0,9}([\w+#-]{1,40})[^\]\n]{0,300}\][ \t]{0,99}\r?\n"
    rb"(?:\.[^\n]*\n)?(----+|\.\.\.\.+)[ \t]{0,99}\r?\n",
    re.MULTILINE,
)
_ORG: Final = re.compile(rb"^[ \t]*#\+begin_src[ \t]+([\w+#-]+)[^\n]*\n", re.MULTILINE | re.I)
_ORG_END: Final = re.compile(rb"^[ \t]*#\+end_src", re.MULTILINE | re.IGNORECASE)
_PREFIX: Final = re.compile(rb"[ \t>]*")


def fences(text: bytes, path: str) -> Iterator[Region]:
    """Yield the fenced code blocks of Markdown that name a language.

    As in CommonMark, a block ends at a fence of the same character that is at least as long and
    has nothing after it, or at the end of the text.
    """
    opened, info, start = b"", b"", 0
    for fence in _FENCE.finditer(text):
        _, marks, rest = fence.groups()
        if not opened:
            if marks[:1] not in rest:  # otherwise, this is inline code, not a fence
                opened, info, start = marks, rest, fence.end() + 1
        elif marks.startswith(opened) and not rest.strip():
            yield from _block(text, info, start, fence.start())
            opened = b""
    if opened:
        yield from _block(text, info, start, len(text))


def _block(text: bytes, info: bytes, start: int, end: int) -> Iterator[Region]:
    named = _INFO.match(info)
    if named is not None:
        yield from _code(text, named[1], start, end)


def _code(text: bytes, name: bytes, start: int, end: int) -> Iterator[Region]:
    """Yield `text[start:end]` as a region, if `name` names a known language."""
    language = language_named(name)
    if language is not None and start < end:
        yield Region(language, start, *_outdented(text[start:end]))


def _outdented(code: bytes) -> tuple[bytes, int]:
    """Return code without the prefix that all of its lines share, and the prefix's length in bytes.

    A prefix is indentation and quote marks. Spaces at the end of a line replace its prefix, so that
    the line keeps its length.
    """
    prefix = min(_prefixes(code), key=len, default=b"")
    if not prefix or any(not each.startswith(prefix) for each in _prefixes(code)):
        return code, 0
    pad = b" " * len(prefix)
    lines = code.splitlines(keepends=True)
    return b"".join(
        line.removeprefix(prefix).rstrip(b"\r\n") + pad + line[len(line.rstrip(b"\r\n")) :]
        if line.startswith(prefix)
        else line
        for line in lines
    ), len(prefix)


def _prefixes(code: bytes) -> Iterator[bytes]:
    """Yield the prefix, perhaps empty, of every line that has text after it."""
    for line in code.splitlines():
        prefix = _PREFIX.match(line)
        if prefix is not None and prefix.end() < len(line):
            yield prefix[0]


def directives(text: bytes, path: str) -> Iterator[Region]:
    """Yield the code blocks of reStructuredText: the indented text after a directive."""
    at = 0
    while (directive := _DIRECTIVE.search(text, at)) is not None:
        start = directive.end()
        while (option := _OPTION.match(text, start)) is not None:
            start = option.end()
        at = end = _indented_end(text, start, len(directive[1]))
        yield from _code(text, directive[2], start, end)


def _indented_end(text: bytes, at: int, indent: int) -> int:
    """Return the end of the lines from `at` on that are empty or indented beyond `indent`."""
    while at < len(text):
        prefix = _PREFIX.match(text, at)
        stop = at if prefix is None else prefix.end()
        if stop - at <= indent and text[stop : stop + 1] not in (b"\n", b"\r", b""):
            return at
        line_end = text.find(b"\n", stop)
        at = len(text) if line_end < 0 else line_end + 1
    return at


def listings(text: bytes, path: str) -> Iterator[Region]:
    """Yield the listings of AsciiDoc that name a language, and fences as in Markdown."""
    at = 0
    while (listing := _LISTING.search(text, at)) is not None:
        end = text.find(b"\n" + listing[2], listing.end() - 1)
        at = end = len(text) if end < 0 else end + 1
        yield from _code(text, listing[1], listing.end(), end)
    yield from fences(text, path)


def source_blocks(text: bytes, path: str) -> Iterator[Region]:
    """Yield the source blocks of Org."""
    at = 0
    while (block := _ORG.search(text, at)) is not None:
        closing = _ORG_END.search(text, block.end())
        at = end = len(text) if closing is None else closing.start()
        yield from _code(text, block[1], block.end(), end)


def literate(text: bytes, path: str) -> Iterator[Region]:
    """Yield the code of literate Haskell as one region: lines marked by `>`, and code blocks."""
    pieces: list[bytes] = []
    is_code = False
    for line in text.splitlines(keepends=True):
        if line.startswith(b"\\begin{code}"):
            is_code = True
        elif line.startswith(b"\\end{code}"):
            is_code = False
        elif line.startswith(b">"):
            pieces.append(b" " + line[1:])
            continue
        elif is_code:
            pieces.append(line)
            continue
        pieces.append(blank(line))
    if pieces:
        yield Region("haskell", 0, b"".join(pieces))
