"""`lode remote gc`: forget old pushes, then delete the objects that nothing names any more.

First a generation without the old pushes is committed. Generations that are older than a day are
removed. An object is deleted if no push of a remaining generation names it and if it is older than
a day. So a reader that began with an old generation, and a writer that relies on an object, have a
day to finish.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from codelode.errors import NoObjectError
from codelode.objects.generations import KEPT_SECONDS, Generations, number_of
from codelode.sharing.layout import (
    INDEXES,
    SEGMENTS,
    decode_pushes,
    encode_pushes,
    fetch_index,
    index_key,
    is_of_a_push,
    segment_key,
    signature_key,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codelode.objects.generations import Generation
    from codelode.objects.store import ObjectInfo, ObjectStore
    from codelode.sharing.layout import Push


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """The pushes that stay: the last `keep` of each branch, if not older than `older_than` seconds.

    The most recent push always stays.
    """

    keep: int
    older_than: float | None = None

    def split(self, pushes: Sequence[Push], now: float) -> tuple[list[Push], list[Push]]:
        """Return the pushes that stay and the pushes to remove, both with the oldest first."""
        seen: Counter[str] = Counter()
        stay: list[Push] = []
        for push in reversed(pushes):
            seen[push.branch] += 1
            young = self.older_than is None or now - push.pushed_at <= self.older_than
            if not stay or (young and seen[push.branch] <= self.keep):
                stay.append(push)
        stay.reverse()
        return stay, [push for push in pushes if push not in stay]


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanReport:
    """The result of a clean-up. Sizes are in bytes."""

    place: str
    pushes: int
    pushes_removed: int
    objects: int
    objects_removed: int
    bytes_removed: int
    generations_removed: int


def clean(store: ObjectStore, retention: Retention, dry_run: bool = False) -> CleanReport:
    """Remove old pushes and the objects that only they name.

    With `dry_run`, nothing is changed, and the report gives an upper limit of the removals: objects
    stay for a day after the removal of the push that names them. Raises `ObjectStoreError`.
    """
    generations = Generations(store)
    before = decode_pushes(store, generations.newest())
    stay, gone = retention.split(before, time.time())
    removed: list[int] = []
    if not dry_run:
        generations.commit(lambda newest: _without_old(store, newest, retention))
        removed = generations.remove_old()
    kept = stay if dry_run else _kept_pushes(store, generations)
    named = _named(store, kept)
    now = time.time() if dry_run else generations.store_time()
    found = [*store.list(INDEXES), *store.list(SEGMENTS)]
    objects = [each for each in found if is_of_a_push(each.key)]
    dead = [each for each in objects if each.key not in named and _is_old(each, now)]
    if not dry_run:
        store.delete([each.key for each in dead])
    return CleanReport(
        place=store.place,
        pushes=len(stay),
        pushes_removed=len(gone),
        objects=len(objects) - len(dead),
        objects_removed=len(dead),
        bytes_removed=sum(each.size for each in dead),
        generations_removed=len(removed),
    )


def _is_old(each: ObjectInfo, now: float) -> bool:
    return now - each.modified > KEPT_SECONDS


def _without_old(
    store: ObjectStore, newest: Generation | None, retention: Retention
) -> bytes | None:
    """Return the list of pushes without the old ones; None if no push is old."""
    stay, gone = retention.split(decode_pushes(store, newest), time.time())
    return encode_pushes(stay) if gone else None


def _kept_pushes(store: ObjectStore, generations: Generations) -> list[Push]:
    """Return the pushes of all generations that remain.

    Generations that are committed meanwhile may be missing. That is safe: an object that they name
    is young, or an earlier generation names it too.
    """
    pushes: dict[str, Push] = {}
    for each in generations.kept():
        try:
            generation = generations.read(number_of(each))
        except NoObjectError:  # removed by another clean-up
            continue
        pushes.update((push.index, push) for push in decode_pushes(store, generation))
    return list(pushes.values())


def _named(store: ObjectStore, pushes: Sequence[Push]) -> set[str]:
    """Return the keys that pushes name. Raises `ObjectStoreError` for an unreadable index.

    An index that is missing names nothing: its push is of no use any more.
    """
    named: set[str] = set()
    for digest in {push.index for push in pushes}:
        named |= {index_key(digest), signature_key(digest)}
        try:
            _, shared = fetch_index(store, digest)
        except NoObjectError:
            continue
        named.update(segment_key(each) for each in shared.objects.values())
    return named
