"""The nouns that pass between the stages.

discover gives `SourceFile` and `Skip`; read turns a source file into a `Document`; chunk cuts it
into `Chunk` and finds each `Definition`; embed sees a batch of `Passages`; search answers with
`Hit`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codelode.text.tokens import WordCounts


class SkipReason(StrEnum):
    """Why a file or folder below the root is not in the index."""

    IGNORED = "ignored"  # by a rule; the detail names the rule and its file
    HIDDEN = "hidden"
    TOO_LARGE = "too large"
    BINARY = "binary"
    EMPTY = "empty"
    SYMLINK = "symlink"
    SPECIAL = "not a regular file"  # FIFO, socket, device
    UNREADABLE = "unreadable"
    ENCODING = "unknown encoding"
    VANISHED = "vanished"  # gone, or changed while it was read


@dataclass(frozen=True, slots=True)
class Skip:
    """One thing that was left out, and why."""

    path: str
    reason: SkipReason
    detail: str = ""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that discovery found worth reading.

    `path` is POSIX and relative to the root; bytes that are not UTF-8 are kept as surrogate
    escapes, so `os.fsencode(path)` gives the name back. `size` is in bytes, times are in ns.
    """

    path: str
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    language: str | None


@dataclass(frozen=True, slots=True)
class Task:
    """A file to read. `content_hash` is that of its indexed content, if it was indexed before."""

    file: SourceFile
    content_hash: bytes | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """The text of one file: UTF-8 without a byte order mark, line ends as they are on disk.

    `content_hash` is the 16-byte xxh3-128 of the raw bytes on disk.
    """

    path: str
    language: str | None
    text: bytes
    encoding: str
    content_hash: bytes


class Symbol(NamedTuple):  # a tuple, as is `Chunk`: they are made by the hundred thousand
    """A named definition: `kind` is one of function, method, class, interface, ... ."""

    name: str
    kind: str


class Definition(NamedTuple):
    """A named definition in a document, on 1-based inclusive lines.

    `start_line` to `end_line` is the definition with its decorators, attributes or template head,
    but without the comments before it; `name_line` is the line that holds the name. `parent` is the
    index, in the list of the document, of the innermost definition that encloses this one, or -1.
    `declaration` says that the body is elsewhere or nowhere (a prototype, a member of an interface,
    a variant of an enum): found like any other, ranked below an implementation.
    `owner` is the type that the source names where it does not enclose the definition: `Foo` of
    `void Foo::bar() {}`, `Server` of `func (s *Server) Run() {}`; usually empty.
    """

    name: str
    kind: str
    start_line: int
    end_line: int
    name_line: int
    parent: int = -1
    declaration: bool = False
    owner: str = ""


class Chunk(NamedTuple):
    """A run of bytes `[start, end)` of a document's text, on the 1-based lines it covers.

    `symbol` is the definition the chunk is, or lies in; `defines` are those that begin in it.
    """

    start: int
    end: int
    start_line: int
    end_line: int
    symbol: Symbol | None = None
    defines: tuple[Symbol, ...] = ()


class ChunkedDocument(NamedTuple):
    """The chunks of a document and its definitions, both in document order, outer before inner."""

    chunks: list[Chunk]
    definitions: list[Definition]


@dataclass(frozen=True, slots=True)
class Passages:
    """A batch of n chunks on their way to an encoder: path and text each, and their word counts."""

    paths: Sequence[str]
    texts: Sequence[bytes]
    words: WordCounts


@dataclass(frozen=True, slots=True)
class Hit:
    """One answer. Lines are 1-based and inclusive; `path` is POSIX, relative to the root.

    `stale` says that the file on disk no longer has the indexed content. `features` holds the
    parts of the score, by name, when the search was asked to explain itself.
    """

    path: str
    start_line: int
    end_line: int
    score: float
    text: str
    language: str | None
    symbol: str | None
    kind: str | None = None
    stale: bool = False
    features: dict[str, float] | None = None

    def __repr__(self) -> str:
        symbol = f" {self.symbol}" if self.symbol else ""
        stale = " stale" if self.stale else ""
        return (
            f"<Hit {self.path}:{self.start_line}-{self.end_line}{symbol} {self.score:.3f}{stale}>"
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """Hits, best first, and the snapshot they come from.

    `complete` is False while the index does not cover the whole tree yet. `stale_files` counts
    the files among the hits that have changed on disk since.
    """

    query: str
    root: str
    generation: int
    files: int
    chunks: int
    complete: bool
    stale_files: int
    hits: list[Hit]
    seconds: float
