"""Object stores for tests: in memory, and with the faults of real ones."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from codelode.errors import NoObjectError, ObjectStoreError
from codelode.objects.pace import Pace
from codelode.objects.store import MAX_OBJECT, Content, ObjectInfo, check_key


@dataclass
class MemoryStore:
    """Objects in a dictionary: the plain reference. Its clock is `ahead` seconds fast."""

    objects: dict[str, tuple[bytes, float]] = field(default_factory=dict)
    place: str = "memory"
    ahead: float = 0.0
    lock: Lock = field(default_factory=Lock)

    def get(self, key: str, most: int = MAX_OBJECT) -> bytes:
        data = self._data(key)
        if len(data) > most:
            raise ObjectStoreError(self.place, key, "too large")
        return data

    def get_range(self, key: str, start: int, length: int) -> bytes:
        return self._data(key)[start : start + length]

    def put(self, key: str, content: Content, pace: Pace | None = None) -> None:
        data = content.read_bytes() if isinstance(content, Path) else bytes(content)
        self.objects[check_key(key)] = data, time.time() + self.ahead

    def create(self, key: str, data: bytes) -> bool:
        with self.lock:
            if check_key(key) in self.objects:
                return False
            self.put(key, data)
            return True

    def list(self, prefix: str = "", after: str = "") -> Iterator[ObjectInfo]:
        for key, (data, modified) in sorted(self.objects.items()):
            if key.startswith(f"{prefix}/" if prefix else "") and key > after:
                yield ObjectInfo(key, len(data), modified)

    def delete(self, keys: Iterable[str]) -> None:
        for key in keys:
            self.objects.pop(check_key(key), None)

    def size(self, key: str) -> int:
        return len(self._data(key))

    def _data(self, key: str) -> bytes:
        if check_key(key) not in self.objects:
            raise NoObjectError(self.place, key, "missing")
        return self.objects[key][0]


class OverwritingStore(MemoryStore):
    """A store that ignores the condition of a create, as some S3 servers do."""

    def create(self, key: str, data: bytes) -> bool:
        self.put(key, data)
        return True


class KeepingLiar(MemoryStore):
    """A store that keeps the first object and still says that the second was created."""

    def create(self, key: str, data: bytes) -> bool:
        super().create(key, data)
        return True


class ForgetfulStore(MemoryStore):
    """A store that loses its reply to a create: the retry of the client then returns False."""

    def create(self, key: str, data: bytes) -> bool:
        super().create(key, data)
        return False
