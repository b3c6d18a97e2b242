"""The index path uses only the storage protocol, and the local folder implements it."""

from __future__ import annotations

import io
import random
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

import pytest

from benchmarks.faults.world import edit, open_index, plant
from codelode.discover.options import WalkOptions
from codelode.errors import DamagedError, NoIndexError, StoreError
from codelode.pipeline.identity import next_manifest
from codelode.pipeline.options import UpdateOptions
from codelode.pipeline.status import describe
from codelode.pipeline.update import UpdateContext, update
from codelode.segment.buffer import MemoryBuffer
from codelode.store.commit import settle
from codelode.store.manifest import read_manifest
from codelode.store.snapshot import Snapshot
from codelode.store.storage import LocalStorage, Storage
from codelode.store.verify import drop_damaged, verify


@dataclass
class MemoryStorage:
    """A storage in a dictionary."""

    files: dict[str, bytes] = field(default_factory=dict)
    manifest: bytes = b""
    place: str = "memory"

    def has_manifest(self) -> bool:
        return bool(self.manifest)

    def read_manifest(self) -> bytes:
        if not self.manifest:
            raise NoIndexError("no index in memory")
        return self.manifest

    def read_stamp(self) -> bytes:
        return self.read_manifest()

    def published_at(self) -> float:
        return time.time()

    def publish(self, manifest: bytes) -> None:
        self.manifest = manifest

    def open(self, name: str) -> MemoryBuffer:
        if name not in self.files:
            raise DamagedError(f"{name}: missing")
        return MemoryBuffer(name, self.files[name])

    def read(self, name: str) -> bytes | None:
        return self.files.get(name)

    def put(self, suffix: str, write: Callable[[BinaryIO], tuple[int, int]]) -> tuple[str, int]:
        sink = io.BytesIO()
        size, checksum = write(sink)
        self.files[f"{checksum:016x}{suffix}"] = sink.getvalue()
        return f"{checksum:016x}{suffix}", size

    def list(self) -> Iterable[str]:
        return [*self.files]

    def remove(self, name: str) -> None:
        self.files.pop(name, None)

    def settle(self) -> None:
        pass


def bring_up_to_date(storage: Storage, root: Path) -> None:
    """Update an index like `Index.update`, without a folder."""
    current = read_manifest(storage) if storage.has_manifest() else None
    encoder = open_index(root, root).encoder()
    settle(storage, current)
    snapshot = Snapshot.open(storage) if current else None
    manifest = next_manifest(current, root, encoder, WalkOptions())
    context = UpdateContext(
        storage=storage,
        root=root,
        walk=WalkOptions(),
        scope=None,
        manifest=manifest,
        snapshot=snapshot,
        encoder=encoder,
        model=None,
        traces=None,
    )
    update(context, UpdateOptions.of(None, {}))


def test_an_index_in_memory_equals_one_in_a_folder(tmp_path: Path) -> None:
    root, rng = tmp_path / "tree", random.Random(3)
    plant(root, 9, rng)
    memory = MemoryStorage()
    index = open_index(root, tmp_path / "index")
    for _ in range(6):
        bring_up_to_date(memory, root)
        index.update(jobs=1)
        on_disk = {path.name: path.read_bytes() for path in index.directory.glob("*.s*")}
        assert memory.files == on_disk
        there, here = read_manifest(memory), read_manifest(LocalStorage(index.directory))
        assert replace(there, started_ns=here.started_ns) == here
        edit(root, rng, 3)
    assert not verify(memory)
    assert describe(memory, Snapshot.open(memory), None, None).directory == "memory"


def test_a_damaged_index_in_memory_is_repaired(tmp_path: Path) -> None:
    root = tmp_path / "tree"
    plant(root, 5, random.Random(3))
    (root / "blob.bin").unlink()  # binary files have no hash and would be read again
    memory = MemoryStorage()
    bring_up_to_date(memory, root)
    sound = dict(memory.files)
    for name in sorted(sound):
        del memory.files[name]
        assert [finding.file for finding in verify(memory)] == [name]
        drop_damaged(memory)
        bring_up_to_date(memory, root)
        assert not verify(memory)
        assert memory.files.keys() >= {key for key in sound if key.endswith(".seg")}


def test_a_folder_without_an_index_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place in (tmp_path, tmp_path / "nowhere", tmp_path / "file"):
        storage = LocalStorage(place)
        assert not storage.has_manifest()
        for ask in (storage.read_manifest, storage.read_stamp):
            with pytest.raises(NoIndexError, match=str(place)):
                ask()
    assert list(LocalStorage(tmp_path / "nowhere").list()) == []


def test_a_special_file_is_damage(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    (tmp_path / "target").write_bytes(b"data")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty").touch()
    assert storage.read("target") == bytes(storage.open("target").view) == b"data"
    assert storage.read("missing") is None
    for name in ("link", "folder", "missing", "empty"):
        with pytest.raises(DamagedError, match=name):
            storage.open(name)
    for name in ("link", "folder"):
        with pytest.raises(StoreError, match=name):
            storage.read(name)


def test_a_removed_file_is_still_read_by_those_who_have_it_open(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    name, size = storage.put(".seg", lambda sink: (sink.write(b"some bytes"), 7))
    assert (name, size) == ("0000000000000007.seg", 10)
    opened = storage.open(name)
    storage.remove(name)
    storage.remove(name)
    assert list(storage.list()) == []
    assert (bytes(opened.view), opened.size_now()) == (b"some bytes", 10)
