"""The process that talks to Ray: `python -m codelode.cluster.driver`. See `deploy`."""

from __future__ import annotations

import logging
import socket
from typing import Any

from codelode.cluster.deployment import NAMESPACE, DeployOptions, unpack
from codelode.cluster.searcher import SearcherOptions
from codelode.errors import ClusterError, CodelodeError, UsageError
from codelode.system.error_message import pack_error
from codelode.system.processes import ParentProcess

_START_SECONDS = 120.0
_CONNECT_SECONDS = 5.0


def main() -> None:
    """Do what the parent asks for, and end."""
    parent = ParentProcess.connect()
    options = unpack(parent.options["options"])
    try:
        ray = connect(options.address)
        try:
            _withdraw(ray, options)
            if parent.options["action"] == "deploy":
                _deploy(ray, options)
        finally:
            ray.shutdown()
    except (CodelodeError, OSError) as error:
        parent.reply(pack_error(error))
    else:
        parent.reply({})


def connect(address: str) -> Any:
    """Return the module of Ray, connected to a cluster. Raises `UsageError`, `ClusterError`."""
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
            scheduling_strategy="SPREAD",
        ).remote(
            SearcherOptions(f"searcher-{number}", options.fronts, options.token), options.files
        )
        for number, name in enumerate(options.actor_names())
    ]
    try:
        ray.get([each.process.remote() for each in started], timeout=_START_SECONDS)
    except GetTimeoutError:
        raise ClusterError(
            f"Ray has not started {len(started)} searchers within {_START_SECONDS:.0f} s: each"
            " needs a core (`ray status` shows what is free)"
        ) from None
    except RayError as error:
        reason = str(error).strip().splitlines()[-1]
        raise ClusterError(f"Ray cannot start the searchers: {reason}") from None


def _withdraw(ray: Any, options: DeployOptions) -> None:
    for name in options.actor_names():
        try:
            ray.kill(ray.get_actor(name), no_restart=True)
        except ValueError:  # no such actor
            continue


if __name__ == "__main__":
    main()
