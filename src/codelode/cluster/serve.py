"""Run a front with its API, and its searchers: on Ray, or as processes of this machine."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from codelode.cluster.answer import ClusterRepositories
from codelode.cluster.deploy import deploy, withdraw
from codelode.cluster.deployment import DeployOptions
from codelode.cluster.front import Front, FrontOptions
from codelode.cluster.kept_process import KeptProcess
from codelode.cluster.searcher import SearcherOptions
from codelode.errors import UsageError
from codelode.http.guard import LOOPBACK_NAMES, Guard
from codelode.http.listen import serve, url_of
from codelode.roster.roster import Roster
from codelode.system.loopback import is_loopback

if TYPE_CHECKING:
    from codelode.cluster.files import FileOptions
    from codelode.http.guard import Application

PROCESS = "codelode.cluster.process"

_TOKEN_BYTES = 24
_BACK_SECONDS = 1.5
_PAUSE = 0.02


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """The roster to serve, the addresses of the front, and its searchers.

    `address` is the address of the API, `names` are further host names by which clients reach it,
    and `token`, if not empty, is required of clients. `listen` is the address that searchers dial.
    `ray` is the address of a Ray cluster, or None for processes of this machine. `fronts` are the
    addresses of all fronts that share the searchers; if empty, only this front, at `listen`.
    """

    roster: str
    address: tuple[str, int]
    names: Sequence[str]
    token: str
    listen: tuple[str, int]
    searchers: int
    replicas: int
    files: FileOptions
    ray: str | None
    labels: Sequence[str] = ()
    model: str | None = None
    fronts: Sequence[tuple[str, int]] = ()


def serve_cluster(
    options: ServeOptions,
    cluster_token: str,
    site: Callable[[ClusterRepositories, Sequence[str]], Application],
    announce: Callable[[str, str], None],
) -> None:
    """Serve until interrupted.

    `cluster_token` is the token of the front and the searchers (empty: a new one). `site` makes the
    application for clients with the given labels. `announce` gets the URL and the token of the API.

    Raises `UsageError`, `ClusterError`, and the errors of `Roster.open`.
    """
    if options.fronts and not cluster_token:
        raise UsageError("fronts that share searchers need the same LODE_CLUSTER_TOKEN")
    roster = Roster.open(options.roster)
    host, port = options.address
    token = options.token
    if not token and not is_loopback(host):
        token = secrets.token_urlsafe(_TOKEN_BYTES)
    with ExitStack() as stack:
        front = Front(_front_options(options, cluster_token))
        stack.callback(front.close)
        repositories = ClusterRepositories(front, roster, options.model)
        stack.callback(repositories.close)
        start = _processes if options.ray is None else _actors
        with ThreadPoolExecutor(1) as pool:  # `site` runs meanwhile: its imports take half a second
            application = pool.submit(site, repositories, options.labels)
            stack.enter_context(start(options, front))
        cookie = "lode_front" if token else ""
        guarded = Guard(
            application.result(), [*LOOPBACK_NAMES, host, *options.names], token, cookie
        )
        serve(guarded, host, port, lambda bound: announce(url_of(host, bound), token))


def _front_options(options: ServeOptions, token: str) -> FrontOptions:
    return FrontOptions(
        token or secrets.token_urlsafe(_TOKEN_BYTES),
        *options.listen,
        replicas=options.replicas,
        searchers=options.searchers,
    )


@contextmanager
def _processes(options: ServeOptions, front: Front) -> Iterator[None]:
    """Run the searchers as child processes; one that ends is started again."""
    running: list[KeptProcess] = []
    try:
        for number in range(options.searchers):
            searcher = SearcherOptions(f"searcher-{number}", [front.address], front.token)
            running.append(
                KeptProcess(
                    PROCESS,
                    {
                        "searcher": asdict(searcher),
                        "files": asdict(options.files),
                        "processes": options.searchers,
                    },
                )
            )
        yield
    finally:
        for process in running:
            process.leave()
        for process in running:
            process.close()


@contextmanager
def _actors(options: ServeOptions, front: Front) -> Iterator[None]:
    """Run the searchers as actors of a Ray cluster, which restarts them.

    If searchers of an earlier front with the same address and token are still running, they dial
    this front, which uses them instead of starting new ones.
    """
    _, port = front.address
    site = options.fronts or ([options.listen] if options.listen[1] else [])
    deployed = DeployOptions(
        address=options.ray or "",
        roster=options.roster,
        searchers=options.searchers,
        fronts=list(options.fronts) or [(options.listen[0], port)],
        token=front.token,
        files=options.files,
        site=" ".join(f"{host}:{port}" for host, port in site),
    )
    try:
        if not _are_back(front, options):
            deploy(deployed)
        yield
    finally:
        front.close()  # first, because `withdraw` spares searchers that a front still uses
        withdraw(deployed)


def _are_back(front: Front, options: ServeOptions) -> bool:
    """Wait a moment for the searchers of an earlier front; return whether all of them dialed."""
    end = time.monotonic() + (_BACK_SECONDS if options.listen[1] else 0)
    while len(front.searchers()) < options.searchers:
        if time.monotonic() >= end:
            return False
        time.sleep(_PAUSE)
    return True
