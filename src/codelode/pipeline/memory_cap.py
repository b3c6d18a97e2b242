"""The memory cap: the limit on the memory of all processes of an update.

Memory is bounded by construction, because batches, queues and the open segment have fixed sizes. So
the cap decides the number of workers. It is also enforced. A worker cannot allocate more than its
share: its allocation fails before the machine runs out of memory. And the memory of all processes
is checked after every batch.
"""

from __future__ import annotations

from dataclasses import dataclass

from codelode.errors import MemoryCapError
from codelode.system.memory import allowed_bytes

MEGABYTE = 1 << 20
DEFAULT_MAX = 1024 * MEGABYTE
PARENT_BYTES = 200 * MEGABYTE
"""The additional memory that the sealing process needs at most."""
WORKER_BYTES = 160 * MEGABYTE
"""The memory of a worker for ordinary code: interpreter, grammars, model and one batch."""


def default_cap() -> int:
    """Return half of the bytes that the machine or control group allows, up to `DEFAULT_MAX`."""
    allowed = allowed_bytes()
    return DEFAULT_MAX if allowed is None else min(DEFAULT_MAX, allowed // 2)


@dataclass(frozen=True, slots=True)
class MemoryBudget:
    """A cap in bytes, divided between this process and its workers.

    `before` is the memory of the program before the update, in bytes; the cap does not include it.
    """

    cap: int
    before: int = 0

    def jobs(self, wanted: int) -> int:
        """Return how many of the `wanted` workers the cap allows; 1 means this process alone.

        Raises `MemoryCapError` if the cap is too small for any update.
        """
        if self.cap < PARENT_BYTES:
            raise MemoryCapError(
                f"cannot index within {self.cap // MEGABYTE} MB of memory: at least"
                f" {PARENT_BYTES // MEGABYTE} MB are needed"
            )
        return max(1, min(wanted, (self.cap - PARENT_BYTES) // WORKER_BYTES))

    def worker_limit(self, jobs: int) -> int:
        """Return the share of each of `jobs` workers, in bytes."""
        return (self.cap - PARENT_BYTES) // jobs

    def check(self, held: int, stage: str, path: str) -> None:
        """Raise `MemoryCapError` if all processes together hold more bytes than the cap."""
        held -= self.before
        if held > self.cap:
            raise MemoryCapError(
                f"memory cap of {self.cap // MEGABYTE} MB exceeded ({held // MEGABYTE} MB) in the"
                f" stage {stage!r} at {path!r}; what was committed before is kept"
            )
