"""The types that the stages exchange.

discover yields `SourceFile` and `Skip`; read turns a source file into a `Document`; chunk makes
`Chunk` and `Definition` of it; embed encodes a batch of `Passages`; search returns an `Answer` with
its `Hit`s.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codelode.text.word_counts import WordCounts


class SkipReason(StrEnum):
    """The reason why a file or folder below the root is not in the index."""

    IGNORED = "ignored"  # by an ignore rule; the detail names the rule and its file
    HIDDEN = "hidden"
    TOO_LARGE = "too large"
    BINARY = "binary"
    EMPTY = "empty"
    SYMLINK = "symlink"
    SPECIAL = "not a regular file"  # FIFO, socket, device
    UNREADABLE = "unreadable"
    ENCODING = "unknown encoding"
    VANISHED = "vanished"  # deleted, or changed while being read
    INSTALLED = "installed"  # packages that others wrote, caches
    SECRET = "secret"  # private keys and credentials, by the name of the file


@dataclass(frozen=True, slots=True)
class Skip:
    """A file or folder that was left out, with the reason."""

    path: str
    reason: SkipReason
    detail: str = ""


class SourceFile(NamedTuple):  # a tuple, because every search makes one for every file
    """A file that discovery selected for reading.

    `path` is POSIX and relative to the root. Bytes that are not UTF-8 are kept as surrogate
    escapes, so `os.fsencode(path)` restores the name. `size` is in bytes, times are in ns.
    """

    path: str
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    language: str | None


@dataclass(frozen=True, slots=True)
class Task:
    """A file to read; if it is indexed, with the hash and the language of its indexed content.

    The language may have changed although the content is the same: the language of a header depends
    on its folder. `skip` is the reason why a known file is not indexed, else None.
    """

    file: SourceFile
    content_hash: bytes | None = None
    language: str | None = None
    skip: SkipReason | None = None

    @property
    def may_change_language(self) -> bool:
        """Whether this is a header whose folder gives it another language than the indexed one."""
        return self.file.path.endswith(".h") and self.file.language != self.language

    def is_as_indexed(self, document: Document) -> bool:
        """Return whether a document of the file has the indexed content and language."""
        same = document.content_hash == self.content_hash
        return same and document.language == self.language


@dataclass(frozen=True, slots=True)
class Document:
    """The text of one file: UTF-8 without a byte order mark, with the original line endings.

    `content_hash` is the 16-byte xxh3-128 of the raw bytes on disk.
    """

    path: str
    language: str | None
    text: bytes
    encoding: str
    content_hash: bytes


class Symbol(NamedTuple):  # a tuple like `Chunk`, because there are hundreds of thousands
    """The name of a definition, and its kind, such as function, method, class or interface."""

    name: str
    kind: str


class Definition(NamedTuple):
    """A named definition in a document, on 1-based inclusive lines.

    `start_line` to `end_line` includes decorators, attributes and the template head, but not the
    comments before the definition; `name_line` is the line of the name. `parent` is the index of
    the innermost enclosing definition in the document's list, or -1. `declaration` marks a
    definition without a body here (a prototype, a member of an interface, a variant of an enum): it
    is found like any other and ranked below an implementation. `owner` is the type that the
    definition belongs to, if that type does not enclose it: `Foo` of `void Foo::bar() {}`, `Server`
    of `func (s *Server) Run() {}`; usually empty.
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
    """The bytes `[start, end)` of a document's text, and the 1-based lines they cover.

    `symbol` is the definition that the chunk is or lies in.
    """

    start: int
    end: int
    start_line: int
    end_line: int
    symbol: Symbol | None = None


@dataclass(frozen=True, slots=True)
class Passages:
    """A batch of n chunks for an encoder: their paths, texts and word counts."""

    paths: Sequence[str]
    texts: Sequence[bytes]
    words: WordCounts


@dataclass(frozen=True, slots=True)
class Hit:
    """One hit of a search. Lines are 1-based and inclusive; `path` is POSIX, relative to the root.

    `line` is the line to jump to: the line with the name of the definition that answers the query,
    else the line that matches best. `column` is the 1-based position in that line, in bytes of
    UTF-8, of the match, of the definition's name, or of the first word that matches. `symbol` is
    the qualified name of the innermost definition that holds the line, and `kind` is the kind of
    this definition. `start_line` to `end_line` are the lines of the definition if it fits in a
    chunk, else the lines of the chunk; `text` is the text of these lines.

    `stale` is True if the file on disk no longer has the indexed content, `deleted` if it is gone;
    a deleted file is stale too. `excluded` is True if the file exists, but the rules leave it out
    now; this is looked at only if `Freshness` counts deleted files. `features` holds the parts of
    the score by name, if the search was asked to explain itself.
    """

    path: str
    line: int
    start_line: int
    end_line: int
    score: float
    text: str
    language: str | None
    symbol: str | None = None
    kind: str | None = None
    stale: bool = False
    features: dict[str, float] | None = None
    deleted: bool = False
    column: int = 1
    excluded: bool = False

    def __repr__(self) -> str:
        """Return the place and the symbol, without the text, which may be long."""
        symbol = f" {self.symbol} ({self.kind})" if self.symbol else ""
        stale = " stale" if self.stale else ""
        place = f"{self.path}:{self.line}"
        return f"<Hit {place}{symbol} score={self.score:.3f}{stale}>"


@dataclass(frozen=True, slots=True)
class WatchState:
    """The state of the watcher of an index, as it last reported it.

    `mode` is "events" while the system reports changes, "scanning" while the tree is walked every
    `interval` seconds, "waiting" while the root is gone. `reason` says why `mode` is not "events".
    `problem` is the error of the last update, if it failed. `folders` is the number of watched
    folders, `since` the time when the watcher took over, in seconds since the epoch.
    """

    pid: int
    mode: str
    reason: str = ""
    interval: float = 0.0
    folders: int = 0
    updates: int = 0
    since: float = 0.0
    problem: str = ""


Fresh = Literal["always", "auto", "never"]
"""Whether a search brings the index up to date first: at any cost, if that is cheap, or not."""

FRESH: tuple[Fresh, ...] = ("always", "auto", "never")


@dataclass(frozen=True, slots=True)
class Freshness:
    """How the snapshot of an answer compares with the tree on disk.

    `age` is the time since the commit of the snapshot, in seconds. `changed`, `added` and `deleted`
    count the files that differ from the snapshot; they are None if no look was made or possible.
    Files that the rules leave out now count as `deleted`: an update removes them too.
    `coverage` is the share of the tree's files whose current content is in the index; it is None in
    the same cases. `updated` says that the search brought the index up to date first, `updating`
    that an update is under way. `problem` gives the reason why files differ or why no look was
    possible; otherwise it is empty.
    """

    age: float = 0.0
    changed: int | None = None
    added: int | None = None
    deleted: int | None = None
    coverage: float | None = None
    updated: bool = False
    updating: bool = False
    problem: str = ""

    @property
    def differing(self) -> int | None:
        """The number of files that differ; None if no look was made or possible."""
        if self.changed is None or self.added is None or self.deleted is None:
            return None
        return self.changed + self.added + self.deleted


@dataclass(frozen=True, slots=True)
class SymbolHit:
    """A definition of the index. Lines are 1-based and inclusive; `path` is as in `Hit`.

    `line` is the line of the name; `start_line` to `end_line` is the definition with its
    decorators. `symbol` is the qualified name, `depth` the number of definitions that enclose it.
    `declaration` marks a definition without a body, such as a prototype.

    `match` says how the name matches the requested name: "exact" as written, "case" in another
    case, "joined" with its words joined in another way, "unqualified" as written but under another
    qualifier, "prefix" if the name begins with the requested one, "glob" if that is a glob which
    matches the name, "fuzzy" with one or two typing errors; None if no name was requested. `stale`
    is as in `Hit`.
    """

    path: str
    line: int
    start_line: int
    end_line: int
    name: str
    symbol: str
    kind: str
    language: str | None
    depth: int = 0
    declaration: bool = False
    match: str | None = None
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """The hits of a search, best first, and the snapshot they come from.

    `complete` is False until the index covers the whole tree. `stale_files` counts the files
    among the hits that have changed on disk since they were indexed; `freshness` covers the whole
    tree. `missing` are the repositories that a cluster could not search in time. `left_out` is 0
    unless there are fewer hits than the search asked for: then it counts the candidates that are
    no hits, because they are hardly related to the query or score below the threshold. `matching`
    is the number of chunks that match the text that must occur; it is None if there is no such
    text, and for a roster or a cluster.
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
    freshness: Freshness = Freshness()
    missing: tuple[str, ...] = ()
    left_out: int = 0
    matching: int | None = None
