"""The choice of which push to pull."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from codelode.errors import NoObjectError
from codelode.objects.generations import Generations
from codelode.sharing.history import head, nearest
from codelode.sharing.layout import decode_pushes

if TYPE_CHECKING:
    from pathlib import Path

    from codelode.objects.store import ObjectStore
    from codelode.sharing.layout import Push


class Choice(NamedTuple):
    """A push, and its distance from the current commit in commits (None: not known)."""

    push: Push
    distance: int | None


def choose(store: ObjectStore, root: Path, near: bool) -> Choice:
    """Return the last push, or the one closest in history if `near`.

    If git knows none of the pushed commits (a shallow clone, say), the last push of the same branch
    counts as the closest; if there is none, the last push of any branch does. Raises
    `NoObjectError` if nothing was pushed.
    """
    pushes = decode_pushes(store, Generations(store).newest())
    if not pushes:
        raise NoObjectError(store.place, "", "nothing was pushed there yet: `lode push` does it")
    if not near:
        return Choice(pushes[-1], None)
    found = nearest(root, pushes)
    if found is not None:
        return Choice(*found)
    _, branch = head(root)
    same = [push for push in pushes if branch and push.branch == branch]
    return Choice((same or pushes)[-1], None)
