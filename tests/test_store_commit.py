"""Commits: the order of syncs, refusals, and the write lock."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.faults.calls import Call, in_child, intercepted
from codelode.errors import CodelodeError, DamagedError, IndexingError, LockedError
from codelode.segment.container import SegmentFile
from codelode.store.commit import publish, settle, write_merged
from codelode.store.lock import write_lock
from codelode.store.manifest import Manifest, SegmentEntry, read_manifest
from codelode.store.snapshot import Snapshot
from codelode.store.storage import LOCK, MANIFEST, LocalStorage
from tests.segments import DIMENSIONS, build


def manifest(generation: int, *entries: SegmentEntry) -> Manifest:
    return Manifest(
        generation, "/", 0, "m", "f", DIMENSIONS, "q", "c", "t", {}, segments=entries, complete=True
    )


def sealed(directory: Path, *names: str) -> SegmentEntry:
    part = build([(name, f"def {name}(): pass\n".encode()) for name in names])
    return write_merged(LocalStorage(directory), [(part, part.files["skip"] == 0)])


@pytest.fixture
def calls(tmp_path: Path) -> Iterator[list[Call]]:
    """Record the calls on files below the test's folder, and yield the list of calls."""
    made: list[Call] = []
    with intercepted(tmp_path, lambda call: made.append(call)):
        yield made


def names(calls: list[Call]) -> list[str]:
    return [f"{call.name} {Path(call.target or call.path).name}" for call in calls]


def test_a_commit_syncs_in_the_order_that_the_format_promises(
    tmp_path: Path, calls: list[Call]
) -> None:
    (tmp_path / "old.tmp").touch()
    entry = sealed(tmp_path, "alpha")
    publish(LocalStorage(tmp_path), manifest(1, entry))
    wanted = ("create", "fsync", "rename", "unlink")
    assert [name for name in names(calls) if name.startswith(wanted)] == [
        "create new.seg.tmp",
        "fsync new.seg.tmp",
        f"rename {entry.name}",
        "create manifest.json.tmp",
        "fsync manifest.json.tmp",
        f"fsync {tmp_path.name}",
        "rename manifest.json",
        f"fsync {tmp_path.name}",
        "unlink old.tmp",
    ]


def test_nothing_is_removed_before_the_manifest_it_belongs_to_is_safe(
    tmp_path: Path, calls: list[Call]
) -> None:
    old, new = sealed(tmp_path, "alpha"), sealed(tmp_path, "beta")
    publish(LocalStorage(tmp_path), manifest(1, new))
    assert not (tmp_path / old.name).exists()
    sealed(tmp_path, "alpha")
    del calls[:]
    settle(LocalStorage(tmp_path), read_manifest(LocalStorage(tmp_path)))
    assert names(calls)[1:] == [f"fsync {tmp_path.name}", f"unlink {old.name}"]


def test_a_new_folder_is_synced_into_those_above_it(tmp_path: Path, calls: list[Call]) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    settle(LocalStorage(tmp_path / "a" / "b"), None)
    assert {"fsync b", "fsync a", f"fsync {tmp_path.name}"} <= set(names(calls))


@pytest.mark.parametrize("name", ["create", "write", "fsync", "rename"])
def test_a_refused_call_is_one_line_and_leaves_no_temporary_file(tmp_path: Path, name: str) -> None:
    def refuse(call: Call) -> None:
        if call.name == name:
            raise OSError(28, os.strerror(28))

    with intercepted(tmp_path, refuse), pytest.raises(IndexingError, match="No space left") as info:
        publish(LocalStorage(tmp_path), manifest(1, sealed(tmp_path, "alpha")))
    assert "\n" not in str(info.value)
    assert not list(tmp_path.glob("*.tmp"))


def test_files_that_cannot_be_removed_do_not_undo_a_commit(tmp_path: Path) -> None:
    def refuse(call: Call) -> None:
        if call.name == "unlink":
            raise PermissionError(13, os.strerror(13))

    (tmp_path / "x.tmp").touch()
    with intercepted(tmp_path, refuse):
        publish(LocalStorage(tmp_path), manifest(1))
    assert read_manifest(LocalStorage(tmp_path)).generation == 1
    settle(LocalStorage(tmp_path), manifest(1))
    assert not (tmp_path / "x.tmp").exists()


def test_a_lock_in_a_recreated_folder_is_another_lock(tmp_path: Path) -> None:
    with write_lock(tmp_path):
        (tmp_path / LOCK).unlink()
        with write_lock(tmp_path), pytest.raises(LockedError), write_lock(tmp_path):
            pytest.fail("two writers")


def test_a_folder_that_refuses_the_lock_is_a_clean_error(tmp_path: Path) -> None:
    (tmp_path / LOCK).mkdir()
    with pytest.raises(IndexingError, match="cannot write the index"), write_lock(tmp_path):
        pytest.fail("locked a folder")


def test_the_lock_of_a_dead_process_is_free(tmp_path: Path) -> None:
    def die() -> None:
        with write_lock(tmp_path):
            os.kill(os.getpid(), 9)

    assert in_child(die).kind == "killed"
    with write_lock(tmp_path):
        assert (tmp_path / LOCK).read_text() == f"{os.getpid()}\n"


def test_too_few_descriptors_are_not_damage(tmp_path: Path) -> None:
    entries = [sealed(tmp_path, name) for name in ("alpha", "beta", "gamma")]
    publish(LocalStorage(tmp_path), manifest(1, *entries))

    def open_with_few() -> str:
        resource.setrlimit(resource.RLIMIT_NOFILE, (6, 6))
        try:
            kept = [Snapshot.open(LocalStorage(tmp_path)) for _ in range(3)]
        except DamagedError as error:
            return f"damaged: {error}"
        except CodelodeError as error:
            return str(error)
        return f"opened {len(kept)}"

    said = in_child(open_with_few).said
    assert "Too many open files" in said
    assert "damaged" not in said


def test_a_link_in_place_of_a_segment_is_refused(tmp_path: Path) -> None:
    entry = sealed(tmp_path, "alpha")
    (tmp_path / entry.name).rename(tmp_path / "elsewhere")
    (tmp_path / entry.name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DamagedError, match="cannot be read"):
        SegmentFile(LocalStorage(tmp_path).open(entry.name))


def test_a_deleted_and_rebuilt_index_of_the_same_generation_is_another(tmp_path: Path) -> None:
    publish(LocalStorage(tmp_path), manifest(1, sealed(tmp_path, "alpha")))
    before = Snapshot.open(LocalStorage(tmp_path)).manifest
    (tmp_path / MANIFEST).unlink()
    publish(LocalStorage(tmp_path), manifest(1, sealed(tmp_path, "beta")))
    assert read_manifest(LocalStorage(tmp_path)).generation == before.generation
    assert read_manifest(LocalStorage(tmp_path)) != before
