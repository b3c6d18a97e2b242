"""The memory cap: how much indexing may use, over all its processes.

Memory is bounded by construction (batches, queues and the open segment have fixed sizes), so the
cap decides how many workers there are. It is enforced too: a worker may not allocate more than its
share (`RLIMIT_DATA`: so it is the allocation that fails, not the machine), and what all
processes hold is checked after every batch.
"""

from __future__ import annotations

from dataclasses import dataclass

from codelode.errors import MemoryCapError
from codelode.system.memory import allowed_bytes

MEGABYTE = 1 << 20
DEFAULT_MAX = 1024 * MEGABYTE
PARENT_BYTES = 200 * MEGABYTE
"""What the process that seals segments needs at most, beside what it held before."""
WORKER_BYTES = 160 * MEGABYTE
"""What a worker needs for ordinary code: interpreter, grammars, model and one batch."""


def default_cap() -> int:
    """Return half of what the machine or its control group allows, at most `DEFAULT_MAX` bytes."""
    allowed = allowed_bytes()
    return DEFAULT_MAX if allowed is None else min(DEFAULT_MAX, allowed // 2)


@dataclass(frozen=True, slots=True)
class MemoryBudget:
    """A cap in bytes, shared out to this process and its workers.

    `before` bytes were in use by the program that holds the index, and do not count.
    """

    cap: int
    before: int = 0

    def jobs(self, wanted: int) -> int:
        """How many of the `wanted` workers there is room for; 1 means none beside this process.

        Raises `MemoryCapError` if the cap leaves no room at all.
        """
        if self.cap < PARENT_BYTES:
            raise MemoryCapError(
                f"cannot index within {self.cap // MEGABYTE} MB of memory: at least"
                f" {PARENT_BYTES // MEGABYTE} MB are needed"
            )
        return max(1, min(wanted, (self.cap - PARENT_BYTES) // WORKER_BYTES))

    def worker_limit(self, jobs: int) -> int:
        """The share of each of `jobs` workers, in bytes."""
        return (self.cap - PARENT_BYTES) // jobs

    def check(self, held: int, stage: str, path: str) -> None:
        """Raise `MemoryCapError` if `held` bytes, of all processes, are more than the cap."""
        held -= self.before
        if held > self.cap:
            raise MemoryCapError(
                f"memory cap of {self.cap // MEGABYTE} MB exceeded ({held // MEGABYTE} MB) in the"
                f" stage {stage!r} at {path!r}; what was committed before is kept"
            )
