"""Joins the slices of a large tree, which different machines have indexed, into one repository."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from codelode.errors import NoObjectError, ObjectStoreError, UsageError
from codelode.roster.manifest import RepositoryManifest, repository_key
from codelode.roster.roster import check_manifest
from codelode.roster.upload import put_manifest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codelode.objects.store import ObjectStore
    from codelode.roster.records import Repository
    from codelode.store.manifest import Manifest


def join(store: ObjectStore, slices: Sequence[Repository]) -> Repository:
    """Upload the manifest of a repository that consists of `slices`, in the order of their paths.

    The slices must have been uploaded, and no file may be in two of them. The repository has their
    name, label and all of their segments, so its answers are those of one index of the whole tree.
    Raises `DamagedError`, `ObjectStoreError`, and `UsageError` if the slices were made by different
    versions or with different options, or if two of them have the same segment.
    """
    first, languages = slices[0], Counter[str]()
    manifests: list[RepositoryManifest] = []
    for slice in slices:
        manifests.append(_fetch(store, slice))
        languages.update(slice.languages)
    whole = manifests[0].manifest
    if any(_common(each.manifest) != _common(whole) for each in manifests):
        raise UsageError(f"the slices of {first.name} were made by different versions or options")
    entries = tuple(entry for each in manifests for entry in each.manifest.segments)
    if len({entry.name for entry in entries}) < len(entries):
        raise UsageError(f"two slices of {first.name} have the same segment")
    joined = replace(
        whole,
        segments=entries,
        complete=all(each.manifest.complete for each in manifests),
        generation=max(each.manifest.generation for each in manifests),
    )
    digests = [digest for each in manifests for digest in each.digests]
    found = RepositoryManifest(joined, digests)
    return put_manifest(store, found, first.name, first.label, dict(languages))


def _common(manifest: Manifest) -> Manifest:
    """Return a manifest without the fields in which slices may differ."""
    return replace(manifest, segments=(), complete=True, generation=0)


def _fetch(store: ObjectStore, slice: Repository) -> RepositoryManifest:
    key = repository_key(slice.manifest)
    try:
        return check_manifest(slice, store.get(key))
    except NoObjectError:
        raise ObjectStoreError(store.place, key, "a slice is missing: build it again") from None
