"""Every exception codelode raises on purpose.

CodelodeError
├── UsageError            what was asked for makes no sense (root, glob, language, query, option)
├── ModelError            an embedding model is unknown, unreadable or does not fit the index
├── IndexingError         indexing had to stop; what was committed before is intact
│   └── MemoryCapError    ... because the memory cap could not be kept
├── LockedError           another process is writing to this index
└── StoreError            the index on disk cannot be used as it is
    ├── NoIndexError      there is no index here
    ├── FormatError       written by another version of codelode, or not an index at all
    ├── DamagedError      bytes do not match their checksum, or a file is missing or cut short
    └── MismatchError     made with another model, tokenizer or chunker than asked for

Each message is one line and says what to do; the command line prints it and exits with 2.
"""

from __future__ import annotations


class CodelodeError(Exception):
    """The root of the tree: catch this to catch everything codelode raises on purpose."""


class UsageError(CodelodeError):
    """What was asked for makes no sense: no such folder, a bad glob, an empty query."""


class ModelError(CodelodeError):
    """An embedding model is unknown, unreadable, or its optional package is not installed."""


class IndexingError(CodelodeError):
    """Indexing had to stop. What was committed before is intact."""


class MemoryCapError(IndexingError):
    """The memory cap could not be kept; the message names the stage and the file."""


class LockedError(CodelodeError):
    """Another process is writing to this index."""


class StoreError(CodelodeError):
    """The index on disk cannot be used as it is."""


class NoIndexError(StoreError):
    """There is no index at this place."""


class FormatError(StoreError):
    """Written by another version of codelode, or not an index at all."""


class DamagedError(StoreError):
    """Bytes do not match their checksum, or a file is missing or cut short.

    The message is the `problem`, and then what to do about it.
    """

    def __init__(self, problem: str, advice: str = "run `lode verify --repair`") -> None:
        super().__init__(problem, advice)
        self.problem = problem

    def __str__(self) -> str:
        return "{} ({})".format(*self.args)


class MismatchError(StoreError):
    """The index was made with another model, tokenizer or chunker than the one asked for."""
