"""A roster in a bucket of a real S3 server (see `test_objects_bucket`)."""

from __future__ import annotations

from pathlib import Path

import pytest

from codelode import DamagedError
from codelode.objects.urls import open_object_store
from codelode.roster.answer import SelectedRepositories
from codelode.roster.cache import ObjectCache
from codelode.roster.collect import collect
from codelode.roster.roster import Roster
from codelode.search.request import SearchRequest
from tests.rosters import REPOSITORIES, World, requests
from tests.test_objects_bucket import url
from tests.test_roster_commits import race

__all__ = ["url"]


@pytest.fixture
def world(url: str, tmp_path: Path) -> World:
    world = World(tmp_path, store=open_object_store(url))
    for name, tree in REPOSITORIES.items():
        world.write(name, tree)
        world.add(name)
    return world


def test_a_roster_in_a_bucket_is_searched_as_one_machine(world: World, url: str) -> None:
    cache = ObjectCache(world.folder / "cache")
    repositories = SelectedRepositories(Roster.open(url), cache=cache)
    for request in requests(60, seed=3):
        assert repositories.answer(request).hits == world.one_machine(request, REPOSITORIES)
    world.write("queue", {"new.go": "package queue\n\nfunc BrandNew() {}\n"})
    world.add("queue")
    world.remove("acme/web")
    newer = SelectedRepositories(repositories.roster.newer(), cache=cache)
    request = SearchRequest("BrandNew", explain=True)
    assert newer.answer(request).hits[0].path == "queue/new.go"
    assert newer.answer(request).hits == world.one_machine(request, world.names)
    assert collect(world.objects).objects == 0
    assert collect(world.objects, older_than=-60).objects > 0
    request = SearchRequest("retry", explain=True)
    again = SelectedRepositories(Roster.open(url), cache=ObjectCache(world.folder / "other"))
    assert again.answer(request).hits == world.one_machine(request, world.names)


def test_a_missing_and_a_truncated_object_of_a_bucket_are_reported(world: World, url: str) -> None:
    key = next(each.key for each in world.objects.list("segments"))
    data = world.objects.get(key)
    for number, content in enumerate((data[:-1], b"")):
        world.objects.put(key, content)
        cache = ObjectCache(world.folder / f"cache-{number}")
        with pytest.raises(Exception, match="bytes instead of") as refused:
            SelectedRepositories(Roster.open(url), cache=cache).answer(SearchRequest("retry"))
        assert "\n" not in str(refused.value)
    world.objects.delete([key])
    cache = ObjectCache(world.folder / "cache")
    with pytest.raises(DamagedError, match="is missing"):
        SelectedRepositories(Roster.open(url), cache=cache).answer(SearchRequest("retry"))
    world.objects.put(key, data)
    repositories = SelectedRepositories(Roster.open(url), cache=cache)
    assert repositories.answer(SearchRequest("retry")).hits


def test_writers_race_in_a_bucket(url: str, tmp_path: Path) -> None:
    world = World(tmp_path, store=open_object_store(url))
    world.write("first", {"a.py": "retry = 1\n"})
    world.add("first")
    race(world, url, writers=3, commits=5)
