"""The protocol of an object store.

Keys are relative POSIX paths of plain names: `segments/0f3a`. Objects are written whole: a reader
never sees half of one. All methods may be called by several threads at once.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from codelode.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from codelode.objects.pace import Pace

MAX_OBJECT = 256 << 20
"""The largest object, in bytes, that `get` reads into memory unless told otherwise."""

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._=+@,-]{0,199}\Z")


Content = bytes | memoryview | Path
"""The content of an object: bytes, or a file."""


class ObjectInfo(NamedTuple):
    """An object in a listing: its size in bytes, and when it was last written.

    `modified` is in seconds since the epoch, by the clock of the store.
    """

    key: str
    size: int
    modified: float


class ObjectStore(Protocol):
    """Objects by key.

    Every method raises `ObjectStoreError` if the store cannot be used. The methods that read
    an object or its size raise `NoObjectError` if there is no such object.
    """

    @property
    def place(self) -> str:
        """The URL or the path of the store, for messages. It has no credentials."""

    def get(self, key: str, most: int = MAX_OBJECT) -> bytes:
        """Return an object. Raises `ObjectStoreError` if it has more than `most` bytes."""

    def get_range(self, key: str, start: int, length: int) -> bytes:
        """Return `length` bytes from `start`, fewer at the end of the object, none beyond it."""

    def put(self, key: str, content: Content, pace: Pace | None = None) -> None:
        """Write an object, or replace it; a file is streamed.

        `pace` limits the bandwidth and counts the bytes.
        """

    def create(self, key: str, data: bytes) -> bool:
        """Write an object unless there is one with this key; return whether it was written.

        Atomic: of several concurrent calls, exactly one returns True. If the reply of a store is
        lost, a retry may return False although this very call wrote the object; a caller that must
        know reads the object (as `Generations` does).
        """

    def list(self, prefix: str = "", after: str = "") -> Iterator[ObjectInfo]:
        """Yield the objects below a folder, in no particular order.

        `prefix` names the folder, such as `segments` (empty: the whole store). With `after`,
        yield only objects whose keys sort after it.
        """

    def delete(self, keys: Iterable[str]) -> None:
        """Delete objects; a missing object is no error."""

    def size(self, key: str) -> int:
        """Return the size of an object in bytes."""


def is_key(key: str) -> bool:
    """Return whether a key consists of plain names."""
    return all(_NAME.match(part) for part in key.split("/"))


def check_key(key: str) -> str:
    """Return `key`. Raises `UsageError` unless it consists of plain names."""
    if not is_key(key):
        raise UsageError(f"{key!r} is not the key of an object")
    return key
