"""Searchers as actors of a Ray cluster.

A separate process talks to Ray and then ends. The front does not do this itself: a process
that is connected to Ray (a driver) ends when it loses Ray's control store, and a front must not
end. The actors are detached, so they stay, and Ray starts them again anywhere. They also stay when
their front dies, and the next front uses them.
"""

from __future__ import annotations

from dataclasses import asdict

from codelode.cluster.deployment import DeployOptions
from codelode.errors import ClusterError
from codelode.system.error_message import raise_packed
from codelode.system.processes import ChildProcess

DRIVER = "codelode.cluster.driver"


def deploy(options: DeployOptions) -> None:
    """Start the actors, except those that run with the same options.

    Raises `UsageError`, `ClusterError`.
    """
    _drive("deploy", options)


def withdraw(options: DeployOptions) -> None:
    """End the actors, except those that a front uses. Raises what `deploy` raises."""
    _drive("withdraw", options)


def _drive(action: str, options: DeployOptions) -> None:
    process = ChildProcess(DRIVER, {"action": action, "options": asdict(options)})
    try:
        reply = process.receive()
    finally:
        process.end_input()
        status = process.wait(30)
        process.close()
    if reply is None:
        raise ClusterError(f"the process that talks to Ray ended with status {status}")
    raise_packed(reply[0])
