"""Measure searches while parts of a Ray cluster fail: partial answers, and the time to recover.

    python -m benchmarks.cluster.nodes ROSTER

Three nodes of Ray run on this machine, with one searcher on each node and two searchers for each
piece. Searches run throughout, and every answer is compared with the answer of one machine. The
events: the process of an actor is killed; a raylet is killed; all processes of a node are killed,
and Ray removes it; the control store (GCS) is killed. After each event, the figures say for how
long any piece lacked one of its two searchers, and when Ray had started the searcher again.

Ray's processes run at the usual priority here. Their default priority is so low that other work
on the machine would determine the figures.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from benchmarks.cluster.build import descendants
from benchmarks.cluster.rosters import DEADLINE_SECONDS, Ask, OneMachine, asks, comparable
from benchmarks.faults.world import scratch_folder
from codelode import Answer
from codelode.cluster.answer import ClusterRepositories, Restriction
from codelode.cluster.deploy import deploy, withdraw
from codelode.cluster.deployment import NAMESPACE, DeployOptions
from codelode.cluster.files import FileOptions
from codelode.cluster.front import Front, FrontOptions
from codelode.errors import ClusterError
from codelode.roster.roster import Roster

SEARCHERS = 3
STORE_BYTES = 80 << 20
MOST_SECONDS = 120.0
LOOK_SECONDS = 0.005
TOKEN = "benchmark"


class Search:
    """A thread that searches and compares every answer with the right one."""

    def __init__(self, repositories: ClusterRepositories, right: list[tuple[Ask, Answer]]) -> None:
        self._repositories = repositories
        self._right = right
        self._over = threading.Event()
        self.seconds: list[float] = []
        self.partial = self.wrong = 0
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def end(self) -> None:
        """Stop searching."""
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.is_set():
            ask, right = self._right[len(self.seconds) % len(self._right)]
            began = time.perf_counter()
            found = self._repositories.answer(ask.request, Restriction(ask.globs))
            self.seconds.append(time.perf_counter() - began)
            self.partial += bool(found.missing)
            self.wrong += not found.missing and comparable(found) != right


class Owners:
    """A clock for the time in which any piece of a front lacks one of its two searchers."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._began = time.monotonic()
        self._links = set(front.links())
        self._without = 0.0
        self._whole_at = 0.0

    def watch(self, settled: Callable[[Owners], bool]) -> str:
        """Watch until `settled` is true, or for `MOST_SECONDS`; return a report as text.

        It says whether `settled` became true, and for how long a searcher was missing.
        """
        last = self._began = time.monotonic()
        while not settled(self):
            time.sleep(LOOK_SECONDS)
            now = time.monotonic()
            whole = self._front.is_whole()
            if not whole:
                self._without += now - last
                self._whole_at = now
            last = now
            self._links |= set(self._front.links())
            if now - self._began > MOST_SECONDS:
                return f"not settled after {MOST_SECONDS:.0f} s: {self}"
        return f"settled after {last - self._began:.2f} s: {self}"

    def __str__(self) -> str:
        last = max(self._whole_at - self._began, 0)
        return f"two owners again after {self._without:.2f} s in all, for good after {last:.2f} s"

    def is_back(self, replaced: int) -> bool:
        """Return whether all searchers are connected and at least `replaced` links are new."""
        new = len(self._links) - SEARCHERS
        front = self._front
        return new >= replaced and len(front.searchers()) == SEARCHERS and front.is_whole()

    @property
    def seconds(self) -> float:
        """The seconds since `watch` began."""
        return time.monotonic() - self._began

    def has_left(self, node: str) -> bool:
        """Return whether all searchers are connected again, and none of them is on `node`."""
        return self.is_back(1) and node not in {link.node for link in self._front.links()}


def observe(
    name: str,
    repositories: ClusterRepositories,
    right: list[tuple[Ask, Answer]],
    fail: Callable[[], object],
    settled: Callable[[Owners], bool],
) -> None:
    """Search while `fail` breaks something, until `settled` is true; print a summary."""
    front = repositories.front
    end = time.monotonic() + MOST_SECONDS
    while not (front.is_whole() and len(front.searchers()) == SEARCHERS):
        assert time.monotonic() < end, "the cluster is not whole"
        time.sleep(LOOK_SECONDS)
    search = Search(repositories, right)
    time.sleep(1.0)
    owners = Owners(front)
    fail()
    happened = owners.watch(settled)
    search.end()
    print(
        f"{name}: {len(search.seconds)} searches, {search.wrong} wrong, {search.partial} partial,"
        f" the slowest {1e3 * max(search.seconds):.0f} ms; {happened}",
        flush=True,
    )


def kill_actor(address: str) -> None:
    """Kill the process of one actor."""
    import ray

    ray.init(address=address, namespace=NAMESPACE, log_to_driver=False, logging_level=logging.ERROR)
    try:
        name = ray.util.list_named_actors()[0]
        process = ray.get(ray.get_actor(name).state.remote()).process
    finally:
        ray.shutdown()
    os.kill(process, signal.SIGKILL)


def kill_node(nodes: Any, node: Any) -> None:
    """Kill all processes of a node at once, and let Ray remove it."""
    (raylet,) = node.all_processes["raylet"]
    everything = descendants(raylet.process.pid)
    nodes.remove_node(node, allow_graceful=False)
    for pid in everything:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def node_of(front: Front, nodes: Any) -> Any:
    """Return a node that has a searcher."""
    with front.views.current(time.monotonic() + MOST_SECONDS) as view:
        used = set(view.nodes)
    return next(node for node in nodes.list_all_nodes() if node.node_id in used)


def break_parts(
    nodes: Any, repositories: ClusterRepositories, right: list[tuple[Ask, Answer]]
) -> None:
    """Kill parts of the cluster, and search while it recovers."""
    front = repositories.front
    observe(
        "an actor is killed",
        repositories,
        right,
        lambda: kill_actor(nodes.address),
        lambda owners: owners.is_back(2),  # new links: of the understudy, then of the searcher
    )
    dying = node_of(front, nodes)
    node = dying.node_id
    observe(
        "a raylet is killed",
        repositories,
        right,
        dying.kill_raylet,
        lambda owners: owners.has_left(node),
    )
    nodes.remove_node(dying, allow_graceful=False)
    dead = node_of(front, nodes)
    observe(
        "a node is removed",
        repositories,
        right,
        lambda: kill_node(nodes, dead),
        lambda owners: owners.has_left(dead.node_id),
    )
    observe(
        "the control store is killed",
        repositories,
        right,
        nodes.head_node.kill_gcs_server,
        lambda owners: owners.seconds > MOST_SECONDS - 1,
    )


def run(place: str, nodes: Any, scratch: Path) -> None:
    """Deploy searchers on a Ray cluster, warm them up, and let parts of the cluster fail."""
    roster = Roster.open(place)
    here = OneMachine(roster, scratch / "here")
    right = [(ask, comparable(here.answer(ask))) for ask in asks(roster, 12)]
    front = Front(FrontOptions(TOKEN, searchers=SEARCHERS))
    files = FileOptions(str(scratch / "cache"), 1 << 40)
    options = DeployOptions(nodes.address, place, SEARCHERS, [front.address], TOKEN, files)
    repositories = ClusterRepositories(front, roster)
    try:
        deploy(options)
        for ask, _ in right * 2:  # warm-up: the first search with a pattern reads all texts
            repositories.answer(ask.request, Restriction(ask.globs, seconds=DEADLINE_SECONDS))
        break_parts(nodes, repositories, right)
    finally:
        repositories.close()
        front.close()
        with suppress(ClusterError):  # `withdraw` fails: Ray's control store was killed
            withdraw(options)


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cluster.nodes")
    parser.add_argument("roster", help="a folder or a URL")
    options = parser.parse_args()
    os.environ.update({"RAY_worker_niceness": "0"})
    from ray.cluster_utils import Cluster

    head = {"num_cpus": 0, "object_store_memory": STORE_BYTES, "include_dashboard": False}
    nodes = Cluster(initialize_head=True, head_node_args=head)
    try:
        for _ in range(SEARCHERS):
            nodes.add_node(num_cpus=SEARCHERS, object_store_memory=STORE_BYTES)
        with scratch_folder() as scratch:
            run(options.roster, nodes, scratch)
    finally:
        nodes.shutdown()


if __name__ == "__main__":
    main()
