"""Measure searches while parts of a Ray cluster fail: partial answers, and the time to recover.

    python -m benchmarks.cluster.nodes ROSTER

Three nodes of Ray on this machine have a searcher each, with two replicas. Searches run throughout,
and every answer is compared with that of one machine. The events: the process of an actor is
killed, a raylet is killed, a node is removed. After each, the figures say when the front noticed,
when all pieces had two owners again, and when Ray had started the searcher again.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.cluster.rosters import Ask, OneMachine, asks, comparable
from benchmarks.faults.world import scratch_folder
from codelode import Answer
from codelode.cluster.answer import ClusterRepositories, Restriction
from codelode.cluster.deploy import deploy, withdraw
from codelode.cluster.deployment import NAMESPACE, DeployOptions
from codelode.cluster.files import FileOptions
from codelode.cluster.front import Front, FrontOptions
from codelode.roster.roster import Roster

SEARCHERS = 3
STORE_BYTES = 80 << 20
MOST_SECONDS = 90.0
TOKEN = "benchmark"


class Search:
    """Searches in a thread, which compares every answer."""

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


def waited(done: Callable[[], bool], began: float) -> str:
    """Wait until `done` is true; return the seconds since `began`, or that it took too long."""
    while not done():
        if time.monotonic() - began > MOST_SECONDS:
            return f"more than {MOST_SECONDS:.0f}"
        time.sleep(0.02)
    return f"{time.monotonic() - began:.2f}"


def observe(
    name: str,
    repositories: ClusterRepositories,
    right: list[tuple[Ask, Answer]],
    fail: Callable[[], object],
) -> None:
    """Search while `fail` breaks something, and print what happened."""
    front = repositories.front
    waited(lambda: front.is_whole() and len(front.searchers()) == SEARCHERS, time.monotonic())
    search = Search(repositories, right)
    time.sleep(1.0)
    fail()
    began = time.monotonic()
    noticed = waited(lambda: len(front.searchers()) < SEARCHERS, began)
    whole = waited(front.is_whole, began)
    back = waited(lambda: len(front.searchers()) == SEARCHERS and front.is_whole(), began)
    search.end()
    print(
        f"{name}: {len(search.seconds)} searches, {search.wrong} wrong, {search.partial} partial,"
        f" the slowest {1e3 * max(search.seconds):.0f} ms; noticed after {noticed} s, whole after"
        f" {whole} s, all searchers back after {back} s",
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


def node_of(front: Front, nodes: Any) -> Any:
    """Return a node that has a searcher."""
    with front.views.current(time.monotonic() + MOST_SECONDS) as view:
        used = set(view.nodes)
    return next(node for node in nodes.list_all_nodes() if node.node_id in used)


def run(place: str, nodes: Any, scratch: Path) -> None:
    """Deploy searchers on a Ray cluster, and let its parts fail."""
    roster = Roster.open(place)
    here = OneMachine(roster, scratch / "here")
    right = [(ask, comparable(here.answer(ask))) for ask in asks(roster, 12)]
    front = Front(FrontOptions(TOKEN, searchers=SEARCHERS))
    files = FileOptions(str(scratch / "cache"), 1 << 40)
    options = DeployOptions(nodes.address, place, SEARCHERS, [front.address], TOKEN, files)
    repositories = ClusterRepositories(front, roster)
    try:
        deploy(options)
        observe("an actor is killed", repositories, right, lambda: kill_actor(nodes.address))
        dying = node_of(front, nodes)
        observe("a raylet is killed", repositories, right, dying.kill_raylet)
        nodes.remove_node(dying, allow_graceful=False)
        dying = node_of(front, nodes)
        observe(
            "a node is removed",
            repositories,
            right,
            lambda: nodes.remove_node(dying, allow_graceful=False),
        )
    finally:
        repositories.close()
        front.close()
        withdraw(options)


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cluster.nodes")
    parser.add_argument("roster", help="a folder or a URL")
    options = parser.parse_args()
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
