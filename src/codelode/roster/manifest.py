"""The manifest of one repository of a roster, and the keys of its objects.

The bytes begin with a line `codelode-repository 1 <digests>`: the BLAKE2b-256 of each segment, in
hexadecimal and joined by commas (`-` for none). The manifest follows, as `store.manifest` encodes
it. It does not say where the tree was or when it was walked, so equal trees have equal manifests.

Objects are named by the BLAKE2b-256 of their bytes, so a key proves the content of its object:

    roster/<12 digits>          the generations of the roster (`objects.generations`)
    repositories/<2>/<digest>   manifests of repositories
    segments/<2>/<digest>       segments, which repositories may share

<2> are the first two digits of the digest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from codelode.errors import DamagedError
from codelode.store.manifest import SegmentEntry, decode_manifest

if TYPE_CHECKING:
    from codelode.store.manifest import Manifest

GENERATIONS = "roster"
REPOSITORIES = "repositories"
SEGMENTS = "segments"

ADVICE = "add the repository again"
_HEAD = re.compile(rb"codelode-repository 1 (-|[0-9a-f]{64}(?:,[0-9a-f]{64})*)\Z")


def repository_key(digest: str) -> str:
    """Return the key of the manifest with a digest."""
    return f"{REPOSITORIES}/{digest[:2]}/{digest}"


def segment_key(digest: str) -> str:
    """Return the key of the segment with a digest."""
    return f"{SEGMENTS}/{digest[:2]}/{digest}"


def is_of_a_roster(key: str) -> bool:
    """Return whether a roster may have made a key; a push to the same store has other keys."""
    name = key.rpartition("/")[2]
    return key in (repository_key(name), segment_key(name))


@dataclass(frozen=True, slots=True)
class RepositoryManifest:
    """The manifest of a repository, and the digest of each of its segments, in their order."""

    manifest: Manifest
    digests: Sequence[str]

    def __iter__(self) -> Iterator[tuple[SegmentEntry, str]]:
        """Yield the entry and the digest of each segment."""
        return zip(self.manifest.segments, self.digests, strict=True)

    def encode(self) -> bytes:
        """Return the bytes of the manifest, without its tree's place and times."""
        shared = replace(self.manifest.without_place(), skipped={})
        return f"codelode-repository 1 {','.join(self.digests) or '-'}\n".encode() + shared.encode()


def decode_repository_manifest(data: bytes) -> RepositoryManifest:
    """Decode a manifest. Raises `DamagedError`, and `FormatError` for another index format."""
    head, _, body = data.partition(b"\n")
    match = _HEAD.match(head)
    if match is None:
        raise DamagedError("the manifest of a repository is damaged: bad first line", ADVICE)
    digests = [] if match[1] == b"-" else match[1].decode().split(",")
    manifest = decode_manifest(body)
    if len(digests) != len(manifest.segments):
        raise DamagedError("the manifest of a repository has other segments than digests", ADVICE)
    return RepositoryManifest(manifest, digests)
