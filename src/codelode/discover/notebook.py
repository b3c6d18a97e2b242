"""Jupyter notebooks as the text of their cells, each line at its line number in the file.

A line `# %%` stands where the source of a cell begins, if the cell is code in Python; other cells
name their language or type (`# %% [julia]`, `# %% [markdown]`). The lines of outputs, attachments
and metadata are empty. Lines of cells that stand on the same line of the file are joined by
`JOINER`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

JOINER: Final = "⏎".encode()

_TOKEN: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[\[\]{},:"]', re.DOTALL)
_QUOTE, _BRACE, _COMMA = b'"{,'
_MIN_DATA: Final = 100
_DATA: Final = re.compile(rb"(;base64,)[A-Za-z0-9+/=]{100,}")
_SOURCES: Final = (b'"source"', b'"input"')
_TEXTS: Final = (b"markdown", b"raw", b"heading")
_LANGUAGE_KEYS: Final = (  # of these paths of keys, the last that is present counts
    (b'"metadata"', b'"kernelspec"', b'"name"'),
    (b'"metadata"', b'"kernelspec"', b'"language"'),
    (b'"metadata"', b'"language_info"', b'"name"'),
)
_KERNELS: Final = {b"ir": b"r", b"ipython": b"python", b"": b"python"}
_NAME: Final = re.compile(rb"([a-z][\w+#]*?)[-.\d]*\Z")
_LINE_END: Final = re.compile("\r\n?|\n")


@dataclass(slots=True)
class _Cell:
    """A cell: the offset of its source's key, its type, its language, and its lines.

    Each line is a pair: the offset of a JSON string in the file, and the string with its quotes.
    """

    offset: int = 0
    kind: bytes = b"code"
    language: bytes = b""
    lines: list[tuple[int, bytes]] = field(default_factory=list)


class _NoJsonError(Exception):
    """The error for a text that is not JSON."""


def notebook_text(file: bytes) -> bytes | None:
    """Return the text of a notebook, or None if the file is not one. File and text are UTF-8."""
    if b"\r" in file:
        file = file.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    reader = _Reader()
    try:
        reader.read(file)
    except _NoJsonError:
        return None
    if not reader.is_notebook:
        return None
    return b"".join(_laid_out(file, reader.cells, reader.language()))


class _Reader:
    """Reads the cells of a notebook in one pass over the strings and brackets of its JSON."""

    def __init__(self) -> None:
        self.cells: list[_Cell] = []
        self.is_notebook = False
        self._called: dict[tuple[bytes, ...], bytes] = {}
        self._open = bytearray()  # the brackets that are open
        self._keys: list[bytes] = []  # for each open bracket, the latest key in it
        self._cell: _Cell | None = None
        self._cell_depth = 0

    def read(self, file: bytes) -> None:
        """Read the JSON of a notebook. Raises `_NoJsonError`."""
        opened, keys = self._open, self._keys
        is_key = False
        for token in _TOKEN.finditer(file):
            first = file[token.start()]
            if first == _QUOTE:
                if token.end() - token.start() < 2:
                    raise _NoJsonError
                if is_key:
                    keys[-1] = token[0]
                    self._note_key(token.start())
                else:
                    self._note_string(token)
            elif first in b"{[":
                self._note_opening(first)
                opened.append(first)
                keys.append(b"")
                is_key = first == _BRACE
            elif first in b"}]":
                if not opened:
                    raise _NoJsonError
                if len(opened) == self._cell_depth:
                    self._cell, self._cell_depth = None, 0
                opened.pop()
                keys.pop()
                is_key = False
            else:
                is_key = first == _COMMA and bool(opened) and opened[-1] == _BRACE
        if opened:
            raise _NoJsonError

    def language(self) -> bytes:
        """Return the language of the kernel; Python if the notebook names none."""
        known = [self._called[keys] for keys in _LANGUAGE_KEYS if keys in self._called]
        return known[-1] if known else b"python"

    def _note_opening(self, bracket: int) -> None:
        """Begin a cell if the bracket opens one: an object in a list at the key `cells`."""
        depth = len(self._open)
        if self._cell is not None or bracket != _BRACE or depth < 2:
            return
        if self._open[-1] != _BRACE and self._keys[-2] == b'"cells"':
            self._cell, self._cell_depth = _Cell(), depth + 1
            self.cells.append(self._cell)
            self.is_notebook = True

    def _note_key(self, offset: int) -> None:
        depth = len(self._open)
        if depth == 1 and self._keys[0] == b'"nbformat"':
            self.is_notebook = True
        if depth == self._cell_depth and self._cell is not None and self._keys[-1] in _SOURCES:
            self._cell.offset = offset

    def _note_string(self, token: re.Match[bytes]) -> None:
        depth, cell = len(self._open), self._cell
        if cell is None:
            if depth == 3 and (keys := tuple(self._keys)) in _LANGUAGE_KEYS:
                self._called[keys] = _language(token[0])
        elif depth == self._cell_depth:
            if self._keys[-1] in _SOURCES:
                cell.lines.append((token.start(), token[0]))
            elif self._keys[-1] == b'"cell_type"':
                cell.kind = token[0][1:-1]
            elif self._keys[-1] == b'"language"':
                cell.language = _language(token[0])
        elif depth == self._cell_depth + 1 and self._keys[-2] in _SOURCES:
            cell.lines.append((token.start(), token[0]))


def _language(written: bytes) -> bytes:
    """Normalize the name of a language in a notebook: in lower case and without a version."""
    name = _NAME.match(written[1:-1].lower())
    return b"" if name is None else _KERNELS.get(name[1], name[1])


def _laid_out(file: bytes, cells: list[_Cell], language: bytes) -> Iterator[bytes]:
    """Yield the pieces of the text: marks and lines of cells, and line ends between them."""
    at, is_first = 0, True
    for cell in cells:
        if not cell.lines:
            continue
        for offset, content in [(cell.offset, _mark(cell, language)), *map(_line, cell.lines)]:
            ends = file.count(b"\n", at, offset)
            if ends:
                yield b"\n" * ends
            elif not is_first:
                yield JOINER
            yield content
            at, is_first = offset, False
    if not is_first:
        yield b"\n"


def _mark(cell: _Cell, language: bytes) -> bytes:
    if cell.kind in _TEXTS:
        called = cell.kind if cell.kind == b"raw" else b"markdown"
    else:
        called = cell.language or language
    return b"# %%" if called == b"python" else b"# %% [" + called + b"]"


def _line(string: tuple[int, bytes]) -> tuple[int, bytes]:
    """Return the offset of a string, and its text without the line end and long base64 data."""
    offset, written = string
    try:
        text: str = json.loads(written, strict=False)
    except ValueError:  # an invalid escape
        text = written[1:-1].decode("utf-8", "replace")
    line = text.removesuffix("\n").removesuffix("\r")
    content = _LINE_END.sub(JOINER.decode(), line).encode("utf-8", "replace")
    return offset, _DATA.sub(rb"\1...", content) if len(content) > _MIN_DATA else content
