"""Buckets of S3, Google, Azure and stores that speak the protocol of S3, by obstore."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codelode.errors import NoObjectError, ObjectStoreError, UsageError
from codelode.objects.folder import pieces
from codelode.objects.pace import Pace
from codelode.objects.store import MAX_OBJECT, Content, ObjectInfo, check_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_ALLOW_HTTP = {"s3": "AWS_ALLOW_HTTP", "gs": "GOOGLE_ALLOW_HTTP", "az": "AZURE_ALLOW_HTTP"}
RETRY_SECONDS = 30
"""How long a failing request is tried again."""
_WHOLE_UPLOAD = 8 << 20
"""Larger files are uploaded in parts of this many bytes."""
_PARTS_AT_ONCE = 4
_LISTED_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class BucketStore:
    """A bucket, or a folder in a bucket. `store` is a store object of the package obstore."""

    place: str
    store: Any = field(repr=False)  # the `repr` of an Azure store fails without an account

    @classmethod
    def open(cls, url: str) -> BucketStore:
        """Return the store at a checked URL. Raises `UsageError` without the extra `bucket`."""
        try:
            from obstore.exceptions import BaseError
            from obstore.store import from_url
        except ModuleNotFoundError as error:
            raise UsageError(
                f"{url}: buckets need the package {error.name!r}: pip install 'codelode[bucket]'"
            ) from None
        allow_http = os.environ.get(_ALLOW_HTTP[url.partition(":")[0]], "").lower()
        try:
            store = from_url(
                url,
                client_options={
                    "allow_http": allow_http in ("1", "true", "yes"),
                    "connect_timeout": timedelta(seconds=10),
                    "timeout": timedelta(minutes=5),  # for one request, including its body
                },
                retry_config={"max_retries": 6, "retry_timeout": timedelta(seconds=RETRY_SECONDS)},
            )
        except (BaseError, ValueError) as error:
            raise UsageError(f"{url}: {_reason(error)}") from None
        return cls(url, store)

    def get(self, key: str, most: int = MAX_OBJECT) -> bytes:
        """Fetch an object after checking its size."""
        import obstore

        with self._explained(key):
            result = obstore.get(self.store, check_key(key))
            size = int(result.meta["size"])
            if size > most:
                raise ObjectStoreError(self.place, key, f"it has {size:,} bytes, at most {most:,}")
            return bytes(result.bytes())

    def get_range(self, key: str, start: int, length: int) -> bytes:
        """Fetch a part of an object."""
        import obstore

        if length <= 0:
            return b""
        with self._explained(key):
            return bytes(obstore.get_range(self.store, check_key(key), start=start, length=length))

    def put(self, key: str, content: Content, pace: Pace | None = None) -> None:
        """Upload an object; a large one in parts."""
        import obstore

        pace = pace or Pace()

        def paced() -> Iterator[bytes]:
            for piece in pieces(content, pace.piece):
                pace.add(len(piece))
                yield piece

        size = content.stat().st_size if isinstance(content, Path) else len(content)
        with self._explained(key):
            if size <= _WHOLE_UPLOAD:
                obstore.put(self.store, check_key(key), b"".join(paced()))
            else:
                obstore.put(
                    self.store,
                    check_key(key),
                    paced(),
                    chunk_size=_WHOLE_UPLOAD,
                    max_concurrency=_PARTS_AT_ONCE,
                )

    def create(self, key: str, data: bytes) -> bool:
        """Upload an object unless there is one with this key; return whether it was uploaded."""
        import obstore
        from obstore.exceptions import AlreadyExistsError, PreconditionError

        with self._explained(key):
            try:
                obstore.put(self.store, check_key(key), data, mode="create")
            except (AlreadyExistsError, PreconditionError):
                return False
        return True

    def list(self, prefix: str = "", after: str = "") -> Iterator[ObjectInfo]:
        """List objects, a thousand at a time."""
        import obstore

        folder = f"{check_key(prefix)}/" if prefix else None
        with self._explained(prefix):
            for part in obstore.list(
                self.store, folder, offset=after or None, chunk_size=_LISTED_AT_ONCE
            ):
                for found in part:
                    modified = found["last_modified"].timestamp()
                    yield ObjectInfo(found["path"], int(found["size"]), modified)

    def delete(self, keys: Iterable[str]) -> None:
        """Delete objects, many with one request if the store can do that."""
        import obstore

        chosen = [check_key(key) for key in keys]
        if not chosen:
            return
        with self._explained(chosen[0]):
            try:
                obstore.delete(self.store, chosen)
            except FileNotFoundError:
                for key in chosen:
                    with suppress(FileNotFoundError):
                        obstore.delete(self.store, key)

    def size(self, key: str) -> int:
        """Ask the store for the size of an object, in bytes."""
        import obstore

        with self._explained(key):
            return int(obstore.head(self.store, check_key(key))["size"])

    @contextmanager
    def _explained(self, key: str) -> Iterator[None]:
        """Convert the exceptions of obstore to `ObjectStoreError`."""
        from obstore.exceptions import BaseError

        try:
            yield
        except FileNotFoundError:
            raise NoObjectError(self.place, key, "there is no such object or bucket") from None
        except (BaseError, OSError, NotImplementedError, ValueError) as error:
            raise ObjectStoreError(self.place, key, _reason(error)) from None


def _reason(error: BaseException) -> str:
    """Return the first line of an error; obstore appends pages of details."""
    text = str(error).strip().partition("\n")[0]
    return text if len(text) <= 300 else f"{text[:300]}…"
