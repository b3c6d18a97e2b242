"""The process that talks to Ray: `python -m codelode.cluster.driver`. See `deploy`."""

from __future__ import annotations

import logging
import os
import socket
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from codelode.cluster.deployment import NAMESPACE, DeployOptions, unpack
from codelode.cluster.searcher import SearcherOptions
from codelode.errors import ClusterError, CodelodeError, UsageError
from codelode.system.error_message import pack_error
from codelode.system.processes import ParentProcess

if TYPE_CHECKING:
    from codelode.cluster.actors import State
    from codelode.cluster.files import FileOptions

_START_SECONDS = 120.0
_STATE_SECONDS = 5.0
_LEAVE_SECONDS = 3.0
_CONNECT_SECONDS = 5.0


def main() -> None:
    """Deploy or withdraw the actors, as the parent asks, and reply."""
    parent = ParentProcess.connect()
    options = unpack(parent.options["options"])
    try:
        ray = connect(options.address)
        try:
            act = {"deploy": _deploy, "withdraw": _withdraw}[parent.options["action"]]
            act(ray, options)
        finally:
            ray.shutdown()
    except (CodelodeError, OSError) as error:
        parent.reply(pack_error(error))
    else:
        parent.reply({})


def connect(address: str) -> Any:
    """Return the module of Ray, connected to a cluster. Raises `UsageError`, `ClusterError`."""
    _use_token()  # Ray reads these variables when it is imported
    try:
        import ray
    except ModuleNotFoundError:
        raise UsageError("this needs Ray: pip install 'codelode[cluster]'") from None
    _check_address(address)
    try:
        ray.init(
            address=address or "auto",
            namespace=NAMESPACE,
            log_to_driver=False,
            logging_level=logging.ERROR,
            configure_logging=True,
        )
    except (ConnectionError, ValueError, RuntimeError, OSError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise ClusterError(
            f"no Ray cluster: {reason} (`lode cluster up --local` starts one)"
        ) from None
    return ray


def _use_token() -> None:
    """Make Ray send this user's token to the cluster, if the user has one.

    A cluster that `ray start` starts asks for the token if the user has one. But by default, Ray
    sends the token only to a cluster that Ray has found without an address. A cluster
    without a token ignores it.
    """
    named = any(name in os.environ for name in ("RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"))
    if named or os.path.exists(os.path.expanduser("~/.ray/auth_token")):  # noqa: PTH110, PTH111
        os.environ.setdefault("RAY_AUTH_MODE", "token")


def _check_address(address: str) -> None:
    """Raise `ClusterError` if nothing listens at an address: Ray would try for minutes."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal():
        return
    try:
        socket.create_connection((host, int(port)), _CONNECT_SECONDS).close()
    except (OSError, OverflowError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ClusterError(f"no Ray cluster at {address}: {reason}") from None


def _deploy(ray: Any, options: DeployOptions) -> None:
    """Start the actors; keep those that run with the same options, and end all others.

    Raises `ClusterError`, also if another front uses an actor that runs already.
    """
    wanted = {
        name: SearcherOptions(f"searcher-{number}", options.fronts, options.token)
        for number, name in enumerate(options.actor_names())
    }
    kept: dict[str, str] = {}
    running = _states(ray, options)
    for name, state in running.items():
        if state is not None:
            _check_free(state, options)
            if name in wanted and (state.options, state.files) == (wanted[name], options.files):
                kept[name] = state.node
    _end(ray, running.keys() - kept.keys())
    nodes = _Nodes(ray, kept.values())
    new = {name: each for name, each in wanted.items() if name not in kept}
    _start(ray, new, options.files, nodes)


class _Nodes:
    """The nodes of a Ray cluster; each searcher is placed on the node with the fewest searchers.

    Ray's own strategy SPREAD may put all searchers on one node. If that node fails, all are lost.
    """

    def __init__(self, ray: Any, taken: Iterable[str]) -> None:
        """Find the nodes of `ray`; `taken` has the node of each searcher that runs already."""
        self._searchers = Counter(taken)
        self._nodes = {
            node["NodeID"]: node["Resources"].get("CPU", 0)
            for node in ray.nodes()
            if node["Alive"] and node["Resources"].get("CPU", 0) >= 1
        }

    def strategy(self) -> Any:
        """Return a strategy for one more searcher; if its node is full, Ray takes another node."""
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        if not self._nodes:
            return "SPREAD"  # no node has a core yet: an autoscaler will add nodes
        best = min(self._nodes, key=lambda node: (self._searchers[node], -self._nodes[node]))
        self._searchers[best] += 1
        return NodeAffinitySchedulingStrategy(best, soft=True)


def _start(
    ray: Any, wanted: Mapping[str, SearcherOptions], files: FileOptions, nodes: _Nodes
) -> None:
    """Start actors: `wanted` has the options of each by its name. Raises `ClusterError`."""
    from ray.exceptions import GetTimeoutError, RayError

    from codelode.cluster.actors import SearcherActor

    actor = ray.remote(SearcherActor)
    started = [
        actor.options(
            name=name,
            lifetime="detached",
            num_cpus=1,
            max_restarts=-1,
            max_task_retries=0,
            scheduling_strategy=nodes.strategy(),
        ).remote(searcher, files)
        for name, searcher in wanted.items()
    ]
    try:
        ray.get([each.state.remote() for each in started], timeout=_START_SECONDS)
    except GetTimeoutError:
        raise ClusterError(
            f"Ray has not started {len(started)} searchers within {_START_SECONDS:.0f} s: each"
            " needs a core (`ray status` shows what is free)"
        ) from None
    except RayError as error:
        reason = str(error).strip().splitlines()[-1]
        raise ClusterError(f"Ray cannot start the searchers: {reason}") from None


def _check_free(state: State, options: DeployOptions) -> None:
    """Raise `ClusterError` for a searcher that another front uses."""
    mine = (state.options.fronts, state.options.token) == (options.fronts, options.token)
    if state.fronts and not mine:
        raise ClusterError(
            "another front uses the searchers of this roster: give this one another port by"
            " --listen, or share the searchers by --front"
        )


def _withdraw(ray: Any, options: DeployOptions) -> None:
    """End the actors, except those that a front uses."""
    running = _states(ray, options)
    _end(ray, [name for name, state in running.items() if state is None or not state.fronts])


def _states(ray: Any, options: DeployOptions) -> dict[str, State | None]:
    """Return the states of the existing actors by name; None for an actor that does not answer."""
    asked = {}
    for name in ray.util.list_named_actors():
        if name.startswith(options.group):
            with suppress(ValueError):  # the actor has just ended
                asked[name] = ray.get_actor(name).state.remote()
    states: dict[str, State | None] = {}
    end = time.monotonic() + _STATE_SECONDS
    for name, call in asked.items():
        try:
            states[name] = ray.get(call, timeout=max(0.0, end - time.monotonic()))
        except ray.exceptions.RayError:  # the actor hangs, is starting or is gone
            states[name] = None
    return states


def _end(ray: Any, names: Iterable[str]) -> None:
    """Let actors leave their fronts, then kill them, even those that do not reply in time."""
    actors = []
    for name in names:
        with suppress(ValueError):  # the actor has just ended
            actors.append(ray.get_actor(name))
    leaving = [actor.leave.remote() for actor in actors]
    if leaving:
        ray.wait(leaving, num_returns=len(leaving), timeout=_LEAVE_SECONDS)
    for actor in actors:
        ray.kill(actor, no_restart=True)


if __name__ == "__main__":
    main()
