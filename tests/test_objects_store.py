"""Object stores: a folder behaves like the reference, and URLs are checked."""

from __future__ import annotations

import io
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from codelode.errors import NoObjectError, ObjectStoreError, UnfitStoreError, UsageError
from codelode.objects.folder import FolderStore
from codelode.objects.pace import Pace
from codelode.objects.store import ObjectStore, check_key
from codelode.objects.transfer import download
from codelode.objects.urls import open_object_store
from tests.object_stores import MemoryStore

KEYS = st.sampled_from(["a", "a-b", "x/1", "x/1-2", "x/10", "x-y/1", "x/y/z", "deep/er/and/deeper"])
DATA = st.binary(max_size=40)


class SameAsTheReference(RuleBasedStateMachine):
    """A folder and a dictionary, which must give the same answer to every call."""

    @initialize()
    def begin(self) -> None:
        import tempfile

        self.folder = tempfile.TemporaryDirectory()
        self.real: ObjectStore = FolderStore(Path(self.folder.name) / "not" / "yet")
        self.model: ObjectStore = MemoryStore()

    def teardown(self) -> None:
        self.folder.cleanup()

    def both(self, name: str, *arguments: object) -> None:
        results = []
        for store in (self.real, self.model):
            try:
                results.append(getattr(store, name)(*arguments))
            except ObjectStoreError as error:
                results.append(type(error))
        assert results[0] == results[1]

    @rule(key=KEYS, data=DATA)
    def put(self, key: str, data: bytes) -> None:
        self.both("put", key, data)

    @rule(key=KEYS, data=DATA)
    def create(self, key: str, data: bytes) -> None:
        self.both("create", key, data)

    @rule(key=KEYS, most=st.integers(0, 40))
    def get(self, key: str, most: int) -> None:
        self.both("get", key, most)
        self.both("size", key)

    @rule(key=KEYS, start=st.integers(0, 50), length=st.integers(0, 50))
    def get_range(self, key: str, start: int, length: int) -> None:
        self.both("get_range", key, start, length)

    @rule(keys=st.lists(KEYS, max_size=3))
    def delete(self, keys: list[str]) -> None:
        self.both("delete", keys)

    @rule(prefix=st.sampled_from(["", "x", "x/y", "deep", "none"]), after=st.just("") | KEYS)
    def listing(self, prefix: str, after: str) -> None:
        real, model = (
            [each[:2] for each in store.list(prefix, after)] for store in (self.real, self.model)
        )
        assert real == model


TestSameAsTheReference = SameAsTheReference.TestCase


def test_of_many_creates_one_passes(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    for number in range(20):
        barrier = threading.Barrier(8)
        created: list[int] = []

        def create(
            writer: int,
            key: str = f"k/{number}",
            barrier: threading.Barrier = barrier,
            created: list[int] = created,
        ) -> None:
            barrier.wait()
            if store.create(key, b"%d" % writer * 1000):
                created.append(writer)

        threads = [threading.Thread(target=create, args=(writer,)) for writer in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(created) == 1
        assert store.get(f"k/{number}") == b"%d" % created[0] * 1000


def test_no_temporary_files_are_left_and_modes_follow_the_umask(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    before = os.umask(0o002)
    try:
        store.put("a", b"1")
        assert store.create("b", b"1")
    finally:
        os.umask(before)
    assert not store.create("b", b"2")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o664}


def test_a_lost_answer_of_a_link_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, link = FolderStore(tmp_path), os.link

    def twice(source: Path, target: Path) -> None:
        link(source, target)
        link(source, target)  # as when NFS repeats a request whose reply was lost

    monkeypatch.setattr(os, "link", twice)
    assert store.create("a", b"1")


def test_a_folder_without_hard_links_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def link(source: Path, target: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", link)
    with pytest.raises(UnfitStoreError, match="hard links"):
        FolderStore(tmp_path).create("a", b"1")


def test_links_and_fifos_in_a_shared_folder_are_no_objects(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s")
    folder = tmp_path / "shared"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path / "secret")
    os.mkfifo(folder / "fifo")
    store = FolderStore(folder)
    for key in ("link", "fifo"):
        with pytest.raises(ObjectStoreError):
            store.get(key)
    assert list(store.list()) == []


@given(st.text(max_size=12))
def test_keys_never_leave_the_store(key: str) -> None:
    try:
        check_key(key)
    except UsageError:
        return
    path = os.path.normpath(f"/top/{key}")
    assert path == f"/top/{key}" and "\n" not in key


@pytest.mark.parametrize("key", ["", "/", "a//b", "../a", "a/..", ".", ".a", "a/", "/a", "a\n"])
def test_hostile_keys_are_refused(key: str) -> None:
    with pytest.raises(UsageError):
        check_key(key)


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("ftp://host/a", "a store is"),
        ("s3://key:secret@bucket/a", "credentials"),
        ("s3://bucket/a?x=y", "credentials"),
        ("s3:///a", "expected s3://BUCKET"),
        ("s3://bucket/../a", "expected s3://BUCKET"),
        ("file://host/a", "expected file:///PATH"),
    ],
)
def test_unusable_urls_are_refused_in_one_line(url: str, problem: str) -> None:
    with pytest.raises(UsageError, match=problem) as caught:
        open_object_store(url)
    assert "secret" not in str(caught.value) and "\n" not in str(caught.value)


def test_folders_are_opened_by_path_and_by_url(tmp_path: Path) -> None:
    open_object_store(tmp_path / "a b").put("k", b"1")
    assert open_object_store(f"file://{tmp_path}/a%20b").get("k") == b"1"


def test_a_bucket_without_its_package_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['obstore'] = None\n"
        "from codelode.objects.urls import open_object_store\n"
        "open_object_store('s3://bucket')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "pip install 'codelode[bucket]'" in done.stderr.splitlines()[-1]


@given(data=st.binary(max_size=300), start=st.integers(0, 300))
def test_downloads_resume_anywhere(data: bytes, start: int) -> None:
    store = MemoryStore()
    store.put("a", data)
    start = min(start, len(data))
    sink = io.BytesIO()
    sink.write(data[:start])
    moved: list[int] = []
    assert download(store, "a", sink, len(data), start, Pace(moved=moved.append)) == len(data)
    assert sink.getvalue() == data and sum(moved) == len(data) - start


def test_a_download_of_another_size_is_refused() -> None:
    store = MemoryStore()
    store.put("a", b"12345")
    with pytest.raises(ObjectStoreError, match="5 bytes instead of 4"):
        download(store, "a", io.BytesIO(), 4)
    with pytest.raises(NoObjectError):
        download(store, "b", io.BytesIO())


def test_the_bandwidth_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    now, slept = [0.0], []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    monkeypatch.setattr("time.monotonic", lambda: now[0])
    monkeypatch.setattr("time.sleep", sleep)
    pace = Pace(bytes_per_second=1_000_000)
    for _ in range(10):
        pace.add(pace.piece)
    assert sum(slept) == pytest.approx(10 * pace.piece / 1_000_000)
