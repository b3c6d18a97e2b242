"""A deployment of searchers on Ray, as the front and the process that talks to Ray know it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import xxhash

from codelode.cluster.files import FileOptions

NAMESPACE = "codelode"
"""The namespace of the actors in Ray."""


@dataclass(frozen=True, slots=True)
class DeployOptions:
    """The searchers of a roster on the Ray cluster at `address` (empty: this machine's cluster).

    They dial `fronts` and prove that they know `token`. `site` distinguishes the searchers of
    different fronts of one roster.
    """

    address: str
    roster: str
    searchers: int
    fronts: list[tuple[str, int]]
    token: str
    files: FileOptions
    site: str = ""

    @property
    def group(self) -> str:
        """The prefix that the names of all actors of this roster and site share."""
        text = f"{self.roster}\0{self.site}"
        return f"{xxhash.xxh3_64_hexdigest(text.encode('utf-8', 'surrogatepass'))}-"

    def actor_names(self) -> list[str]:
        """Return the name of each actor in Ray."""
        return [f"{self.group}{number}" for number in range(self.searchers)]


def unpack(fields: dict[str, Any]) -> DeployOptions:
    """Return the options in a message to the driver, the process that talks to Ray."""
    files = FileOptions(**fields.pop("files"))
    fronts = [(str(host), int(port)) for host, port in fields.pop("fronts")]
    return DeployOptions(**fields, fronts=fronts, files=files)
