"""Every exception that codelode raises on purpose.

CodelodeError
├── UsageError            an invalid argument: root, glob, language, query, option
├── ModelError            an embedding model is unknown, unreadable or incompatible with the index
├── IndexingError         an update had to stop; earlier commits are intact
│   └── MemoryCapError    the memory cap could not be kept
├── LockedError           another process is writing to the index
├── ClusterError          a cluster cannot answer, or cannot give the complete answer asked for
├── ObjectStoreError      a bucket or a shared folder cannot be used
│   ├── NoObjectError     it has no such object
│   ├── UnfitStoreError   it lacks a property that commits need
│   └── StaleWriterError  a commit took too long
└── StoreError            the index cannot be used as it is
    ├── NoIndexError      there is no index
    ├── FormatError       another version of codelode wrote the index, or it is no index
    ├── DamagedError      a checksum does not match, or a file is missing or truncated
    └── MismatchError     the index was made with another model, tokenizer or chunker

Each message is one line and says what to do. The command line prints it and exits with 2.
"""

from __future__ import annotations

_LINE_ENDS = str.maketrans({"\n": r"\n", "\r": r"\r"})


class CodelodeError(Exception):
    """The base class of every exception that codelode raises on purpose."""

    def __str__(self) -> str:
        """Return the message; an end of line in it, from a name or an argument, is escaped."""
        return super().__str__().translate(_LINE_ENDS)


class UsageError(CodelodeError):
    """An invalid argument, such as a missing folder, a bad glob or an empty query."""


class ModelError(CodelodeError):
    """An embedding model that is unknown, unreadable, or needs a package that is not installed."""


class IndexingError(CodelodeError):
    """An update that had to stop; earlier commits are intact."""


class MemoryCapError(IndexingError):
    """A memory cap that could not be kept; the message names the stage and the file."""


class LockedError(CodelodeError):
    """An index that another process is writing to."""


class ObjectStoreError(CodelodeError):
    """A bucket or a shared folder that cannot be used, with its place and the key in question."""

    def __init__(self, place: str, key: str, problem: str) -> None:
        super().__init__(place, key, problem)
        self.place = place
        self.key = key
        self.problem = problem

    def __str__(self) -> str:
        key = f" {self.key}:" if self.key else ""
        return f"{self.place}:{key} {self.problem}".translate(_LINE_ENDS)


class NoObjectError(ObjectStoreError):
    """A key without an object."""


class UnfitStoreError(ObjectStoreError):
    """A store that lacks a property that commits need."""


class StaleWriterError(ObjectStoreError):
    """A commit that took so long that the generation it began from may be gone; start again."""


class ClusterError(CodelodeError):
    """A cluster that cannot answer, or cannot give the complete answer that was asked for."""


class StoreError(CodelodeError):
    """An index that cannot be used as it is."""


class NoIndexError(StoreError):
    """A place without an index."""


class FormatError(StoreError):
    """A file written by another version of codelode, or not by codelode at all."""


class DamagedError(StoreError):
    """A file with a wrong checksum, or a file that is missing or truncated.

    The message consists of the `problem` and advice.
    """

    def __init__(self, problem: str, advice: str = "run `lode verify --repair`") -> None:
        super().__init__(problem, advice)
        self.problem = problem

    def __str__(self) -> str:
        return "{} ({})".format(*self.args).translate(_LINE_ENDS)


class MismatchError(StoreError):
    """An index made with another model, tokenizer or chunker than the one asked for."""
