"""The layout of shared indexes in an object store.

manifests/NNNNNNNNNNNN  generations of the list of pushes (`objects.generations`)
indexes/DIGEST          a shared index: a line of JSON, then the manifest of the index
indexes/DIGEST.sig      its signature, if it has one
segments/DIGEST         a segment file

DIGEST is the BLAKE2b-256 of the object. A segment's local name does not serve as its key, because
it is a checksum, which anybody can forge. A shared index has no root and no file times: they are
different on every machine.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from codelode.errors import CodelodeError, ObjectStoreError
from codelode.objects.generations import digest_of
from codelode.store.manifest import Manifest, decode_manifest

if TYPE_CHECKING:
    from codelode.objects.generations import Generation
    from codelode.objects.store import ObjectStore

INDEXES, SEGMENTS = "indexes", "segments"
MAX_INDEX_BYTES = 64 << 20

_FORMAT = 1
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
_COMMIT = re.compile(r"([0-9a-f]{40}|[0-9a-f]{64})?\Z")
_MAX_BRANCH = 250


@dataclass(frozen=True, slots=True)
class Push:
    """One push: the digest of a shared index, and the source that the index was made from.

    `commit` and `branch` are what git had checked out; empty without a git worktree. `pushed_at` is
    in seconds since the epoch, by the clock of the machine that pushed.
    """

    index: str
    commit: str
    branch: str
    pushed_at: float
    files: int
    chunks: int
    bytes: int


@dataclass(frozen=True, slots=True)
class SharedIndex:
    """The manifest of a shared index and its source; `objects` maps segment names to digests."""

    manifest: Manifest
    objects: dict[str, str]
    commit: str
    branch: str

    def encode(self) -> bytes:
        """Return the bytes of the object."""
        head = {
            "format": _FORMAT,
            "commit": self.commit,
            "branch": self.branch,
            "objects": self.objects,
        }
        return json.dumps(head).encode() + b"\n" + self.manifest.encode()


def index_key(digest: str) -> str:
    """Return the key of a shared index."""
    return f"{INDEXES}/{digest}"


def signature_key(digest: str) -> str:
    """Return the key of the signature of a shared index."""
    return f"{INDEXES}/{digest}.sig"


def segment_key(digest: str) -> str:
    """Return the key of a segment."""
    return f"{SEGMENTS}/{digest}"


def is_of_a_push(key: str) -> bool:
    """Return whether a key may come from a push; a roster in the same store has other keys."""
    name = key.rpartition("/")[2]
    return key in (index_key(name), segment_key(name))


def without_place(manifest: Manifest) -> Manifest:
    """Return a manifest without the fields that differ between machines."""
    return replace(manifest.without_place(), generation=0)


def encode_pushes(pushes: list[Push]) -> bytes:
    """Return the body of a generation of the list of pushes."""
    return json.dumps({"format": _FORMAT, "pushes": [asdict(push) for push in pushes]}).encode()


def decode_pushes(store: ObjectStore, generation: Generation | None) -> list[Push]:
    """Return the pushes of a generation, the oldest first. Raises `ObjectStoreError`."""
    if generation is None:
        return []
    try:
        body = json.loads(generation.body)
        _check_format(store, body["format"])
        return [_push(entry) for entry in body["pushes"]]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise ObjectStoreError(
            store.place, f"generation {generation.number}", f"it is no list of pushes ({error})"
        ) from None


def _push(entry: dict[str, Any]) -> Push:
    push = Push(**entry)
    for field in fields(Push):
        value = getattr(push, field.name)
        expected = (int, float) if field.type == "float" else (str if field.type == "str" else int)
        if not isinstance(value, expected) or isinstance(value, bool):
            raise ValueError(f"{field.name} is of another type")
    if not _DIGEST.match(push.index):
        raise ValueError("a push names no index")
    _check_source(push.commit, push.branch)
    return push


def fetch_index(store: ObjectStore, digest: str) -> tuple[bytes, SharedIndex]:
    """Return the bytes of a shared index, and the index decoded from them.

    Raises `ObjectStoreError`, also if the bytes do not have this digest.
    """
    key = index_key(digest)
    data = store.get(key, MAX_INDEX_BYTES)
    if digest_of(data) != digest:
        raise ObjectStoreError(store.place, key, "its content does not match its name")
    return data, decode_index(store, key, data)


def decode_index(store: ObjectStore, key: str, data: bytes) -> SharedIndex:
    """Decode a shared index. Raises `ObjectStoreError`."""
    head, _, rest = data.partition(b"\n")
    try:
        fields = json.loads(head)
        _check_format(store, fields["format"])
        objects, commit, branch = fields["objects"], fields["commit"], fields["branch"]
        _check_source(commit, branch)
        manifest = decode_manifest(rest)
        if set(objects) != {entry.name for entry in manifest.segments}:
            raise ValueError("its objects are not those of its segments")
        if not all(isinstance(each, str) and _DIGEST.match(each) for each in objects.values()):
            raise ValueError("an object has no digest")
        if manifest != without_place(manifest):
            raise ValueError("it names a place")
    except (ValueError, TypeError, KeyError, RecursionError, AttributeError) as error:
        raise ObjectStoreError(store.place, key, f"it is no shared index ({error})") from None
    except ObjectStoreError:
        raise
    except CodelodeError as error:
        raise ObjectStoreError(store.place, key, str(error)) from None
    return SharedIndex(manifest, objects, commit, branch)


def _check_format(store: ObjectStore, found: object) -> None:
    if found != _FORMAT:
        raise ObjectStoreError(
            store.place, "", f"another version of codelode wrote it (format {found!r:.20})"
        )


def _check_source(commit: str, branch: str) -> None:
    """Raise `ValueError` unless these can be a commit and a branch: git gets them as arguments."""
    if not isinstance(commit, str) or not _COMMIT.match(commit):
        raise ValueError("a commit is no hash")
    if not isinstance(branch, str) or len(branch) > _MAX_BRANCH or not branch.isprintable():
        raise ValueError("a branch has no name")
