"""Remove the objects of a roster that no kept generation names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from codelode.objects.generations import KEPT_SECONDS, Generations, number_of
from codelode.roster.decode import decode_table
from codelode.roster.manifest import (
    GENERATIONS,
    REPOSITORIES,
    SEGMENTS,
    decode_repository_manifest,
    is_of_a_roster,
    repository_key,
    segment_key,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from codelode.objects.store import ObjectStore


@dataclass(frozen=True, slots=True)
class Collected:
    """The result of a collection: what it has removed, or would remove in a dry run.

    `generations` and `objects` are counts; `bytes` is the total size of the objects.
    """

    generations: int
    objects: int
    bytes: int


def collect(
    store: ObjectStore, older_than: float = KEPT_SECONDS, dry_run: bool = False
) -> Collected:
    """Remove generations that were replaced long ago, and objects that no kept generation names.

    `older_than` is an age in seconds: a generation is removed if its successor is older than
    that, and an object that no kept generation names is removed if the object itself is older than
    that. With an age of a day, readers and writers can work meanwhile: a reader keeps a generation
    open for less than a day, and an upload takes less than a day. Raises `ObjectStoreError`, and
    `DamagedError` if a kept generation or manifest is damaged: then nothing is removed.
    """
    generations = Generations(store, GENERATIONS)
    now = generations.store_time()
    found = generations.kept()
    replaced = [following.modified for following in found[1:]]
    old = sum(1 for moment in replaced if now - moment > older_than)
    named = _named(store, generations, map(number_of, found[old:]))
    unnamed = [
        each
        for folder in (REPOSITORIES, SEGMENTS)
        for each in store.list(folder)
        if is_of_a_roster(each.key) and each.key not in named and now - each.modified > older_than
    ]
    if not dry_run:
        generations.remove_old(len(found) - old, older_than)
        store.delete([each.key for each in unnamed])
    return Collected(old, len(unnamed), sum(each.size for each in unnamed))


def _named(store: ObjectStore, generations: Generations, numbers: Iterable[int]) -> set[str]:
    """Return the keys of all objects that some generations name."""
    tables = (decode_table(generations.read(number).body) for number in numbers)
    manifests = set().union(*(table.manifests() for table in tables))
    named = set(map(repository_key, manifests))
    for digest in manifests:
        data = store.get(repository_key(digest))
        named.update(map(segment_key, decode_repository_manifest(data).digests))
    return named
