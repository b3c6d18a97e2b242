"""Searchers and builds on a Ray cluster of several nodes on this machine (`make test-cluster`)."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.cluster.build import BUILDER, command_of, descendants, parent_of
from benchmarks.cluster.nodes import kill_node
from codelode import Answer
from codelode.cluster import local_ray, schedule
from codelode.cluster.answer import ClusterRepositories, Restriction
from codelode.cluster.build_messages import Built, Source, TaskOptions
from codelode.cluster.client import ServerRepositories
from codelode.cluster.deploy import deploy, withdraw
from codelode.cluster.deployment import NAMESPACE, DeployOptions
from codelode.cluster.files import FileOptions
from codelode.cluster.front import Front
from codelode.cluster.tasks import Report, build_all
from codelode.errors import ClusterError, UsageError
from codelode.objects.folder import FolderStore
from codelode.roster.answer import SelectedRepositories
from codelode.roster.cache import ObjectCache
from codelode.roster.roster import Roster
from codelode.search.request import SearchRequest
from tests.clusters import TOKEN, asking, comparable, front_of
from tests.commandline import (
    SAMPLE,
    CommandLine,
    processes,
    until,
    write_tree,
)
from tests.rosters import World, make_world, requests
from tests.test_cluster_build import endless_archive

ray = pytest.importorskip("ray", reason="needs the extra cluster: make test-cluster")

SEARCHERS = 2
UNDERSTUDY = b"codelode.cluster.understudy"
STORE_BYTES = 80 << 20
PRIORITY = """
import os, sys
from codelode.cluster.driver import connect

ray = connect(sys.argv[1])
print(ray.get(ray.remote(lambda: os.getpriority(os.PRIO_PROCESS, 0)).remote(), timeout=60))
"""


@pytest.fixture(scope="module")
def nodes() -> Iterator[Any]:
    """Run a Ray head node without cores, and two nodes on which searchers fit."""
    from ray.cluster_utils import Cluster

    options = {"object_store_memory": STORE_BYTES, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, **options})
    try:
        for _ in range(2):
            cluster.add_node(num_cpus=SEARCHERS, object_store_memory=STORE_BYTES)
        yield cluster
    finally:
        cluster.shutdown()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("roster"))


def options_of(nodes: Any, world: World, front: tuple[str, int], site: str = "") -> DeployOptions:
    files = FileOptions(str(world.folder / "cache"), 1 << 20)
    place = str(world.place)
    return DeployOptions(nodes.address, place, SEARCHERS, [front], TOKEN, files, site)


@contextmanager
def deployed(nodes: Any, world: World) -> Iterator[ClusterRepositories]:
    """Deploy actors that search a roster; yield its repositories."""
    with front_of(SEARCHERS) as front:
        repositories = ClusterRepositories(front, Roster.of(FolderStore(world.place)))
        options = options_of(nodes, world, front.address)
        deploy(options)
        try:
            until(lambda: front.is_whole() and len(front.searchers()) == SEARCHERS, 20)
            yield repositories
        finally:
            repositories.close()
            front.close()
            withdraw(options)


@contextmanager
def connected(nodes: Any) -> Iterator[None]:
    ray.init(address=nodes.address, namespace=NAMESPACE, log_to_driver=False)
    try:
        yield
    finally:
        ray.shutdown()


def actor_processes(nodes: Any) -> list[int]:
    """Return the processes of the actors."""
    with connected(nodes):
        named = ray.util.list_named_actors()
        return [int(ray.get(ray.get_actor(name).state.remote()).process) for name in named]


def actor_names(nodes: Any) -> list[str]:
    with connected(nodes):
        names: list[str] = ray.util.list_named_actors()
        return names


def checking(
    repositories: ClusterRepositories, expected: dict[str, Answer]
) -> Callable[[int], str]:
    """Return a function for `asking` that checks one answer, and returns a problem or ""."""
    queries = list(expected)

    def check(number: int) -> str:
        query = queries[number % len(queries)]
        request = SearchRequest(query, explain=True)
        answer = comparable(repositories.answer(request, Restriction(strict=True)))
        return "" if answer == expected[query] else f"another answer to {query}"

    return check


def understudies() -> list[int]:
    """Return the process IDs of the understudies that run on the nodes of this test."""
    return [pid for pid in descendants(os.getpid()) if UNDERSTUDY in command_of(pid)]


@pytest.fixture(scope="module")
def expected(world: World) -> dict[str, Answer]:
    opened = world.opened()
    queries = ("retry", "schedule a request again", "parse_config")
    return {each: comparable(opened.answer(SearchRequest(each, explain=True))) for each in queries}


def all_back(front: Front) -> bool:
    return front.is_whole() and len(front.searchers()) == SEARCHERS


def test_actors_answer_as_one_machine_and_come_back(
    nodes: Any, world: World, expected: dict[str, Answer]
) -> None:
    """If the process of an actor is killed, no answer is partial, and Ray restarts the actor."""
    opened = world.opened()
    with deployed(nodes, world) as repositories:
        front = repositories.front
        for request in requests(40, seed=11):
            answer = repositories.answer(request, Restriction(strict=True))
            assert comparable(answer) == comparable(opened.answer(request)), request
        first, *others = actor_processes(nodes)
        stand_ins = set(understudies())
        assert len(stand_ins) == SEARCHERS
        before = set(front.links())
        with asking(checking(repositories, expected), least=20):
            os.kill(first, signal.SIGKILL)
            began = time.monotonic()
            until(lambda: set(front.links()) - before and all_back(front), 20)
            print(f"whole {time.monotonic() - began:.2f} s after the end of a process")
            between = set(front.links()) - before
            until(lambda: not between & set(front.links()) and all_back(front), 90)
            print(f"back {time.monotonic() - began:.2f} s after the end of a process")
        assert first not in actor_processes(nodes) and others[0] in actor_processes(nodes)
        until(lambda: len(understudies()) == SEARCHERS, 20)
        stand_ins |= set(understudies())
    assert not actor_names(nodes)
    until(lambda: not any(UNDERSTUDY in command_of(pid) for pid in stand_ins), 20)


def test_a_node_that_dies_changes_no_answer(
    nodes: Any, world: World, expected: dict[str, Answer]
) -> None:
    """All processes of a node die: other nodes have its pieces, and Ray restarts its searcher."""
    with deployed(nodes, world) as repositories:
        front = repositories.front
        assert len({link.node for link in front._members.links()}) == SEARCHERS
        dying = nodes.list_all_nodes()[-1]
        with asking(checking(repositories, expected), least=20):
            kill_node(nodes, dying)
            began = time.monotonic()
            until(lambda: len(front.searchers()) == SEARCHERS - 1, 30)
            gone = time.monotonic() - began
            until(front.is_whole, 60)
        print(f"gone {gone:.2f} s, whole {time.monotonic() - began:.2f} s after the end of a node")
    nodes.add_node(num_cpus=SEARCHERS, object_store_memory=STORE_BYTES)


def test_a_front_uses_the_searchers_of_the_one_before_it(
    nodes: Any, world: World, lode: CommandLine
) -> None:
    """A killed front leaves its actors to the next front; a front that ends normally ends them."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    command = ["cluster", "serve", str(world.place), "--ray", nodes.address, "--address", "0"]
    command += ["--listen", f"127.0.0.1:{port}"]
    request = SearchRequest("retry", explain=True)
    right = comparable(world.opened().answer(request))

    def answers(url: str) -> bool:
        try:
            answer = ServerRepositories(url, strict=True).answer(request)
        except ClusterError:
            return False
        assert comparable(answer) == right
        return True

    with lode.serving(*command, LODE_CLUSTER_TOKEN=TOKEN) as url:
        until(lambda: answers(url), 60)
        before = actor_processes(nodes)
    began = time.monotonic()
    with lode.serving(*command, LODE_CLUSTER_TOKEN=TOKEN) as url:
        until(lambda: answers(url), 60)
        print(f"whole {time.monotonic() - began:.2f} s after the end of a front")
        assert actor_processes(nodes) == before
        with pytest.raises(ClusterError, match="another front uses the searchers"):
            deploy(options_of(nodes, world, ("127.0.0.1", 9), f"127.0.0.1:{port}"))
        (front,) = processes("serve", str(world.place))
        os.kill(front, signal.SIGINT)
        until(lambda: not actor_names(nodes), 30)


def task_options(place: Path, **changes: Any) -> TaskOptions:
    return replace(TaskOptions(str(place), 1, 512 << 20, 1 << 30, 1 << 30), **changes)


def build_quietly(nodes: Any, sources: list[Source], options: TaskOptions) -> Report:
    warnings: list[str] = []
    report = build_all(sources, options, nodes.address, lambda built, done: None, warnings.append)
    assert not warnings
    return report


def test_a_build_adds_what_it_can_and_reports_the_rest(nodes: Any, tmp_path: Path) -> None:
    tree = write_tree(tmp_path / "tree", SAMPLE)
    archive = tmp_path / "sources.tar.gz"
    with tarfile.open(archive, "w:gz") as packed:
        packed.add(tree, "sources")
    sources = [
        Source("acme/folder", str(tree)),
        Source("acme/archive", str(archive), "staff"),
        Source("acme/missing", str(tmp_path / "missing")),
    ]
    options = task_options(tmp_path / "roster")
    told: list[str] = []

    def progress(built: Built, done: int) -> None:
        told.append(built.name)
        assert done == len(told)

    report = build_all(sources, options, nodes.address, progress, told.append)
    assert sorted(told) == sorted(source.name for source in sources)
    problems = [built.problem for built in report.built]
    assert problems[:2] == ["", ""]
    assert "no folder" in problems[2]
    roster = Roster.of(FolderStore(tmp_path / "roster"))
    assert [(each.name, each.label) for each in roster.everything()] == [
        ("acme/archive", "staff"),
        ("acme/folder", ""),
    ]
    cache = ObjectCache(tmp_path / "cache", 1 << 30)
    hits = SelectedRepositories(roster, (), ("staff",), cache).answer(SearchRequest("retry")).hits
    assert {hit.path.split("/")[1] for hit in hits} == {"archive", "folder"}
    again = build_quietly(nodes, sources[:2], options)
    assert not any(built.problem for built in again.built)
    (first, *_) = Roster.of(FolderStore(tmp_path / "roster")).everything()
    assert first.label == "staff"


def builders() -> list[int]:
    """Return the builders below this process; other tests may build at the same time."""
    return [pid for pid in descendants(os.getpid()) if BUILDER in command_of(pid)]


def test_tasks_that_are_killed_are_tried_again_and_nothing_differs(
    nodes: Any, tmp_path: Path
) -> None:
    """Kill two tasks while two repositories are built in slices; the manifests stay the same."""
    for number in range(2):
        tree: dict[str, str | bytes] = {
            f"d{n}/f{n}.py": f"def retry_{n}_{number}():\n    pass\n" * 60 for n in range(40)
        }
        write_tree(tmp_path / f"tree{number}", tree)
    sources = [Source(f"acme/{n}", str(tmp_path / f"tree{n}")) for n in range(2)]
    calm = build_quietly(nodes, sources, task_options(tmp_path / "calm", slice_size=40_000))
    assert [(each.problem, len(each.slices)) for each in calm.built] == [("", 2)] * 2
    options = task_options(tmp_path / "roster", slice_size=40_000)
    with ThreadPoolExecutor(1) as pool:
        killed = pool.submit(kill_tasks, 2)
        report = build_quietly(nodes, sources, options)
        assert killed.result() == 2
    assert [each.problem for each in report.built] == [""] * 2
    # One of the two deaths is enough: a task may have finished before it was killed.
    assert sum(each.deaths for each in report.built) >= 1
    manifests = [
        [each.repository.manifest for each in built if each.repository is not None]
        for built in (calm.built, report.built)
    ]
    assert manifests[0] == manifests[1] and len(manifests[0]) == 2
    roster = Roster.of(FolderStore(tmp_path / "roster"))
    assert [each.name for each in roster.everything()] == [each.name for each in sources]
    until(lambda: not builders(), 10)


def kill_tasks(count: int) -> int:
    """Kill some tasks as soon as they have started a builder; return how many were killed."""
    seen: set[int] = set()
    end = time.monotonic() + 60
    while len(seen) < count and time.monotonic() < end:
        for process in builders():
            with suppress(OSError):
                task = parent_of(process)
                if task > 1 and task not in seen and len(seen) < count:  # 1: the task died
                    os.kill(task, signal.SIGKILL)
                    seen.add(task)
        time.sleep(0.05)
    return len(seen)


def test_a_task_that_always_dies_is_given_up(
    nodes: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule, "ATTEMPTS", 2)
    source = Source("a", str(endless_archive(tmp_path)))
    options = task_options(tmp_path / "roster", max_disk=1 << 40)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(kill_tasks, 2)
        (built,) = build_quietly(nodes, [source], options).built
    assert built.problem.startswith("its task died 2 times")
    assert built.deaths == 1


def test_a_task_that_fits_no_node_is_reported(nodes: Any, tmp_path: Path) -> None:
    told: list[str] = []

    class HeardError(Exception):
        """An exception that `warn` raises to end the build."""

    def warn(message: str) -> None:
        told.append(message)
        raise HeardError

    source = Source("a", str(write_tree(tmp_path / "tree", SAMPLE)))
    options = task_options(tmp_path / "roster", cores=64)
    with pytest.raises(HeardError):
        build_all([source], options, nodes.address, lambda built, done: None, warn)
    assert "no node has the 64 cores" in told[0]


def test_without_a_cluster_there_is_one_line() -> None:
    options = DeployOptions("127.0.0.1:9", "r", 1, [], "", FileOptions("", 0))
    with pytest.raises(Exception, match="no Ray cluster"):
        deploy(options)


def test_a_second_local_cluster_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(local_ray, "address", lambda: "127.0.0.1:1")
    with pytest.raises(UsageError, match="runs already"):
        local_ray.up(1, 1)


@pytest.mark.parametrize("has_token", [True, False])
def test_a_local_cluster_has_the_usual_priority(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, has_token: bool
) -> None:
    """At Ray's default priority, searches would wait for other work.

    If the user has an authentication token, Ray asks for it.
    """
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("RAY_worker_niceness", "RAY_AUTH_MODE"):
        monkeypatch.delenv(name, raising=False)
    if has_token:
        write_tree(tmp_path, {".ray/auth_token": "0a" * 32})
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    address = local_ray.up(1, port)
    try:
        command = [sys.executable, "-P", "-c", PRIORITY, address]
        found = subprocess.run(command, check=True, capture_output=True, timeout=60).stdout
        assert int(found) == os.getpriority(os.PRIO_PROCESS, 0)
    finally:
        assert local_ray.down()
