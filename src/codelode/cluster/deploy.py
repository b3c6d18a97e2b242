"""Searchers as actors of a Ray cluster.

A process of its own talks to Ray and ends: a driver ends itself when it loses Ray's control store,
and a front must not. The actors are detached, so they stay, and Ray starts them again anywhere.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import xxhash

from codelode.cluster.files import FileOptions
from codelode.errors import ClusterError
from codelode.system.error_message import raise_packed
from codelode.system.processes import ChildProcess

DRIVER = "codelode.cluster.driver"
NAMESPACE = "codelode"


@dataclass(frozen=True, slots=True)
class DeployOptions:
    """The searchers of a roster on the Ray cluster at an address (empty: the one of this machine).

    They dial `fronts` and prove `token`.
    """

    address: str
    roster: str
    searchers: int
    fronts: list[tuple[str, int]]
    token: str
    files: FileOptions

    def actor_names(self) -> list[str]:
        """Return the name of each actor in Ray."""
        roster = xxhash.xxh3_64_hexdigest(self.roster.encode("utf-8", "surrogatepass"))
        return [f"{roster}-{number}" for number in range(self.searchers)]


def deploy(options: DeployOptions) -> None:
    """Start the actors in place of those of the same names. Raises `UsageError`, `ClusterError`."""
    _drive("deploy", options)


def withdraw(options: DeployOptions) -> None:
    """End the actors. Raises what `deploy` does."""
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


def unpack(fields: dict[str, Any]) -> DeployOptions:
    """Return the options of a message to the driver."""
    files = FileOptions(**fields.pop("files"))
    fronts = [(str(host), int(port)) for host, port in fields.pop("fronts")]
    return DeployOptions(**fields, fronts=fronts, files=files)
