"""Commits repositories to a roster while others are being built."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from codelode.errors import CodelodeError, UsageError

if TYPE_CHECKING:
    from codelode.cluster.build_messages import Built
    from codelode.roster.records import Repository
    from codelode.roster.writer import RosterWriter

COMMIT_SECONDS = 5.0
"""Seconds that a built repository waits for its commit while others are being built."""
_MOST_IN_COMMIT = 100


class Committer:
    """Commits repositories to a roster, several at a time; `problems` has the refused ones."""

    def __init__(self, writer: RosterWriter) -> None:
        self.problems: dict[str, str] = {}
        self._writer = writer
        self._waiting: list[Repository] = []
        self._since = time.monotonic()

    def add(self, built: Built) -> None:
        """Add a built repository to those that wait for a commit."""
        if built.repository is not None:
            self._waiting.append(built.repository)

    def commit_if_due(self) -> None:
        """Commit the waiting repositories if there are many or the last commit is long ago."""
        late = time.monotonic() - self._since > COMMIT_SECONDS
        if self._waiting and (late or len(self._waiting) >= _MOST_IN_COMMIT):
            self.commit()

    def commit(self) -> None:
        """Commit the waiting repositories: add the new ones, replace the others.

        A repository that the roster refuses does not hold up the others.
        """
        waiting, self._waiting, self._since = self._waiting, [], time.monotonic()
        table = self._writer.table()
        for change, group in (
            (self._writer.add, [each for each in waiting if table.find(each.name) is None]),
            (self._writer.update, [each for each in waiting if table.find(each.name) is not None]),
        ):
            if not group:
                continue
            try:
                change(group)
            except UsageError:  # another writer was faster, or one name lies below another name
                self._one_by_one(change, group)

    def _one_by_one(self, change: Callable[..., object], group: Sequence[Repository]) -> None:
        for each in group:
            try:
                change([each])
            except CodelodeError as error:
                self.problems[each.name] = str(error)
