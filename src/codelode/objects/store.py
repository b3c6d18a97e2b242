"""The protocol of an object store, and how one is opened by its URL.

Keys are relative POSIX paths of plain names: `segments/0f3a`. Objects are written whole: a reader
never sees half of one. All methods may be called by several threads at once.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol
from urllib.parse import unquote, urlsplit

from codelode.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from codelode.objects.pace import Pace

MAX_OBJECT = 256 << 20
"""The largest object, in bytes, that `get` reads into memory unless told otherwise."""

BUCKET_SCHEMES = ("s3", "gs", "az")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._=+@,-]{0,199}\Z")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


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

    Every method raises `ObjectStoreError` if the store cannot be used, and `NoObjectError` if there
    is no such object.
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

        Atomic: of several concurrent calls, exactly one returns True. If the answer of a store is
        lost, a retry may return False although this very call wrote the object; whoever must know
        reads it (as `Generations` does).
        """

    def list(self, prefix: str = "", after: str = "") -> Iterator[ObjectInfo]:
        """Yield the objects below a folder, in no particular order.

        `prefix` names the folder, such as `segments` (empty: the whole store). With `after`, only
        keys that sort after this one.
        """

    def delete(self, keys: Iterable[str]) -> None:
        """Delete objects; those that do not exist are no error."""

    def size(self, key: str) -> int:
        """Return the size of an object in bytes."""


def check_key(key: str) -> str:
    """Return a key if it consists of plain names. Raises `UsageError`."""
    if not all(_NAME.match(part) for part in key.split("/")):
        raise UsageError(f"{key!r} is not the key of an object")
    return key


def open_object_store(url: str | os.PathLike[str]) -> ObjectStore:
    """Return the object store at a URL: `s3://`, `gs://`, `az://`, `file://`, or a folder's path.

    A path after the bucket's name becomes a prefix of all keys. A folder is created by the first
    write; it may be shared by machines. Buckets need the extra `bucket`; credentials, regions and
    endpoints come from the environment (`AWS_…`, `GOOGLE_…`, `AZURE_…`) or from the machine.
    Nothing is contacted yet. Raises `UsageError`.
    """
    text = os.fspath(url)
    match = _SCHEME.match(text)
    scheme = match[1].lower() if match else "file"
    if scheme == "file":
        from codelode.objects.folder import FolderStore

        return FolderStore(_folder_of(text) if match else Path(text).expanduser().absolute())
    if scheme not in BUCKET_SCHEMES:
        raise UsageError(f"{_shown(text)}: a store is s3://, gs://, az://, file:// or a folder")
    parts = urlsplit(text)
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise UsageError(
            f"{_shown(text)}: a store is a bucket and a path; credentials come from the environment"
        )
    prefix = parts.path.strip("/")
    if not parts.netloc or (prefix and not all(_NAME.match(name) for name in prefix.split("/"))):
        raise UsageError(f"{_shown(text)}: expected {scheme}://BUCKET or {scheme}://BUCKET/PATH")
    from codelode.objects.bucket import BucketStore

    return BucketStore.open(f"{scheme}://{parts.netloc}{'/' if prefix else ''}{prefix}")


def _folder_of(text: str) -> Path:
    """Return the folder of a `file://` URL. Raises `UsageError`."""
    parts = urlsplit(text)
    if parts.netloc not in ("", "localhost") or not parts.path.startswith("/"):
        raise UsageError(f"{_shown(text)}: expected file:///PATH")
    return Path(unquote(parts.path))


def _shown(text: str) -> str:
    """Return a URL without what may be credentials."""
    return re.sub(r"//[^/]*@", "//…@", text.partition("?")[0])
