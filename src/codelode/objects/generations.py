"""Commits on an object store: generations, numbered objects that are created if absent.

A commit reads the newest generation g, makes a new body from the body of g, and creates g + 1. If
another writer was faster, it reads again and makes its body from the newer one. This needs one
property of the store: of several creates of the same key, one succeeds. S3, Google, Azure
and folders have it; `probe` refuses a store without it. Delta Lake, Lance and SlateDB commit like
this.

Each generation names its parent by a cryptographic hash. Old generations are removed, but never the
newest, and none that was the newest within the last day. A writer that slept longer could create
the key of a removed generation. So after each create the writer checks that every newer generation
descends from its own; otherwise it deletes what it created and begins again.
"""

from __future__ import annotations

import random
import re
import time
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from itertools import pairwise
from typing import TYPE_CHECKING

from codelode.errors import NoObjectError, ObjectStoreError, StaleWriterError, UnfitStoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from codelode.objects.store import ObjectInfo, ObjectStore

KEPT_SECONDS = 24 * 3600
"""A generation stays for this long after a newer one was committed."""
WRITER_SECONDS = 3600
"""A commit gives up after this time: well before the generation it began from may be removed."""

_MAX_GENERATION = 64 << 20
_HEAD = re.compile(
    rb"(codelode-generation 1 (\d{12}) ([0-9a-f]{64}|-) [0-9a-f]{32}) ([0-9a-f]{64})\Z"
)
_KEY = re.compile(r"\d{12}\Z")
_LONGEST_WAIT = 1.0


@dataclass(frozen=True, slots=True)
class Generation:
    """One committed generation.

    `digest` is the hash of the whole object, `parent` the digest of the generation before it (empty
    for the first). `body` is what the caller committed.
    """

    number: int
    parent: str
    digest: str
    body: bytes


class Generations:
    """The generations in one folder of an object store; the newest is the current one.

    Any number of writers in any number of processes may commit; none of their commits is lost.
    """

    def __init__(self, store: ObjectStore, prefix: str = "manifests") -> None:
        """Use the folder `prefix`. Nothing is read yet."""
        self.store = store
        self.prefix = prefix
        self._probed = False

    def newest(self, known: Generation | None = None) -> Generation | None:
        """Return the newest generation; None before the first commit.

        `known` is a generation that was read before: then only newer ones are listed, which is
        cheaper.
        """
        while True:
            number = max(self._numbers(known.number if known else 0), default=0)
            if known is not None and number <= known.number:
                return known
            if number == 0:
                return None
            try:
                return self.read(number)
            except NoObjectError:  # withdrawn, or removed after newer commits
                known = None

    def read(self, number: int) -> Generation:
        """Return a generation. Raises `NoObjectError`, and `ObjectStoreError` if it is damaged."""
        key = self._key(number)
        return self._decode(key, number, self.store.get(key, _MAX_GENERATION))

    def kept(self) -> list[ObjectInfo]:
        """Return every generation that exists, the oldest first."""
        return sorted(self._listed(0))

    def commit(self, change: Callable[[Generation | None], bytes | None]) -> Generation | None:
        """Commit the body that `change` makes from the newest generation (None before the first).

        If another writer was faster, `change` is called again, with the generation that is the
        newest by then, so `change` must not have side effects. If it returns None, nothing
        is committed. Returns the generation that this call committed, or the newest if it
        committed nothing. Raises `UnfitStoreError`, and `StaleWriterError` if it does not succeed
        within an hour.
        """
        self.probe()
        began = _Clock()
        newest, attempt = self.newest(), 0
        while True:
            body = change(newest)
            if body is None:
                return newest
            if began.seconds() > WRITER_SECONDS:
                raise StaleWriterError(self.store.place, self.prefix, "the commit took an hour")
            made = self._create(newest, body)
            if made is not None:
                return made
            attempt += 1
            time.sleep(random.uniform(0, min(_LONGEST_WAIT, 0.01 * 2 ** min(attempt, 10))))
            newest = self.newest(newest)

    def _create(self, parent: Generation | None, body: bytes) -> Generation | None:
        """Create the next generation; return None if another writer was faster."""
        number = parent.number + 1 if parent else 1
        data = encode(number, parent.digest if parent else "", body)
        key = self._key(number)
        if not self.store.create(key, data) and not self._is_ours(key, data):
            return None
        made = self._decode(key, number, data)
        if self._descends(made):
            return made
        self.store.delete([key])
        return None

    def _is_ours(self, key: str, data: bytes) -> bool:
        """Return whether this attempt created an object although the store's reply was lost.

        The bytes of every attempt differ, even for equal bodies.
        """
        try:
            return self.store.get(key, _MAX_GENERATION) == data
        except NoObjectError:
            return False

    def _descends(self, made: Generation) -> bool:
        """Return whether `made` is valid: every newer generation must descend from it.

        If there are newer ones, the next one must exist and name `made` as its parent: generations
        are removed oldest first, so a gap means that `made` takes the place of a removed one.
        """
        newer = set(self._numbers(made.number))
        if not newer:
            return True
        if made.number + 1 not in newer:
            return False
        return self.read(made.number + 1).parent == made.digest

    def remove_old(self, keep: int = 1, older_than: float = KEPT_SECONDS) -> list[int]:
        """Remove generations superseded over `older_than` seconds ago; return their numbers.

        The `keep` newest generations stay, and always at least the newest one. Time is measured by
        the clock of the store.
        """
        now = self.store_time()
        found = self.kept()
        old = [
            each
            for each, successor in list(pairwise(found))[: len(found) - max(keep, 1)]
            if now - successor.modified > older_than
        ]
        for each in old:  # one by one, the oldest first, so that no gap arises
            self.store.delete([each.key])
        return [number_of(each) for each in old]

    def probe(self) -> None:
        """Check that the store refuses to create a key twice; do nothing after the first success.

        Raises `UnfitStoreError` if the store creates it twice: two writers could then both believe
        that they have committed the same generation.
        """
        if self._probed:
            return
        with self._probe_object() as key:
            second = self.store.create(key, b"second")
            if second or self.store.get(key) != b"first":
                raise UnfitStoreError(
                    self.store.place,
                    key,
                    "the store lets an object be created twice, so commits could be lost;"
                    " use one with conditional writes (If-None-Match)",
                )
        self._probed = True

    def store_time(self) -> float:
        """Return the time by the clock of the store, in seconds since the epoch."""
        with self._probe_object() as key:
            return max(each.modified for each in self.store.list("probes") if each.key == key)

    @contextmanager
    def _probe_object(self) -> Iterator[str]:
        """Create an object and yield its key; delete the object after the block."""
        key = f"probes/{uuid.uuid4().hex}"
        self.store.create(key, b"first")
        try:
            yield key
        finally:
            self.store.delete([key])

    def _key(self, number: int) -> str:
        return f"{self.prefix}/{number:012d}"

    def _listed(self, after: int) -> Iterator[ObjectInfo]:
        for each in self.store.list(self.prefix, self._key(after)):
            if _KEY.match(each.key.removeprefix(f"{self.prefix}/")):
                yield each

    def _numbers(self, after: int) -> Iterator[int]:
        return map(number_of, self._listed(after))

    def _decode(self, key: str, number: int, data: bytes) -> Generation:
        head, _, body = data.partition(b"\n")
        match = _HEAD.match(head)
        if not match or int(match[2]) != number or _checksum(match[1], body) != match[4]:
            raise ObjectStoreError(self.store.place, key, "it is damaged, or no generation")
        parent = match[3].decode().removeprefix("-")
        return Generation(number, parent, digest_of(data), body)


class _Clock:
    """A stopwatch that counts suspended time if the monotonic or the wall clock counts it."""

    def __init__(self) -> None:
        self._monotonic, self._wall = time.monotonic(), time.time()

    def seconds(self) -> float:
        return max(time.monotonic() - self._monotonic, time.time() - self._wall)


def encode(number: int, parent: str, body: bytes) -> bytes:
    """Return the bytes of a generation; no two attempts to commit have the same bytes."""
    head = f"codelode-generation 1 {number:012d} {parent or '-'} {uuid.uuid4().hex}".encode()
    return head + b" " + _checksum(head, body) + b"\n" + body


def _checksum(head: bytes, body: bytes) -> bytes:
    return digest_of(head + b"\n" + body).encode()


def digest_of(data: bytes | memoryview) -> str:
    """Return the BLAKE2b-256 of bytes, or of a mapped file, in hexadecimal."""
    return blake2b(data, digest_size=32).hexdigest()


def number_of(kept: ObjectInfo) -> int:
    """Return the number of a generation that `Generations.kept` lists."""
    return int(kept.key.rpartition("/")[2])
