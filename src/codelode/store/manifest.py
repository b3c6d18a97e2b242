"""The manifest: the file that names the segments of the index.

One line `codelode-index <format> <xxh3-64 of the rest>`, then a JSON object.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import asdict, dataclass, field, replace
from dataclasses import fields as dataclass_fields
from typing import TYPE_CHECKING, Any

import numpy as np
import xxhash
from numpy.typing import NDArray

from codelode.discover.options import RECORDED
from codelode.errors import DamagedError, FormatError, MismatchError
from codelode.segment.container import INDEX_FORMAT
from codelode.store.storage import MANIFEST

if TYPE_CHECKING:
    from codelode.store.storage import Storage

_MAGIC = "codelode-index"
_SEGMENT_NAME = re.compile(r"[0-9a-f]{16}\.seg\Z")
_FORMAT = re.compile(r"[0-9]{1,9}\Z")
_REBUILD = "rebuild with `lode index --rebuild`"
_STATS_NAME = re.compile(r"([0-9a-f]{16}\.stat)?\Z")


@dataclass(frozen=True, slots=True)
class SegmentEntry:
    """A live segment.

    `files`, `chunks`, `tokens` and `text_bytes` count only live files with text; `rows` and
    `all_chunks` count the whole segment.

    `dead` is a bit set over the rows of the segment's file table, in base64; empty if all are live.
    `stats` names the `.stat` file, with the times and inodes of the files; empty if these are not
    known.
    """

    name: str
    bytes: int
    rows: int
    files: int
    chunks: int
    tokens: int
    text_bytes: int
    all_chunks: int
    dead: str = ""
    stats: str = ""

    def live_mask(self) -> NDArray[np.bool_]:
        """Return which files are live, bool[rows]."""
        if not self.dead:
            return np.ones(self.rows, bool)
        bits = np.frombuffer(base64.b64decode(self.dead), np.uint8)
        return ~np.unpackbits(bits, count=self.rows).astype(bool)

    def with_live(self, live: NDArray[np.bool_], files: NDArray[np.void]) -> SegmentEntry:
        """Return the entry with `live` as its live files, and with counts from the file table."""
        text = live & (files["skip"] == 0)
        dead = "" if live.all() else base64.b64encode(np.packbits(~live).tobytes()).decode()
        return replace(
            self,
            dead=dead,
            files=int(np.count_nonzero(text)),
            chunks=int(files["chunks"][text].sum()),
            tokens=int(files["tokens"][text].sum()),
            text_bytes=int(files["text_bytes"][text].sum()),
        )


@dataclass(frozen=True, slots=True)
class Manifest:
    """One committed generation."""

    generation: int
    root: str
    started_ns: int  # when the walk began: changes since then may be missing
    encoder: str
    fingerprint: str
    dimensions: int
    quantizer: str
    chunker: str
    tokenizer: str
    options: dict[str, Any]
    segments: tuple[SegmentEntry, ...] = ()
    complete: bool = False  # whether the index covered the whole tree at the time of the walk
    skipped: dict[str, int] = field(default_factory=dict)

    @property
    def files(self) -> int:
        """The number of live files with text."""
        return sum(segment.files for segment in self.segments)

    @property
    def chunks(self) -> int:
        """The number of live chunks."""
        return sum(segment.chunks for segment in self.segments)

    @property
    def tokens(self) -> int:
        """The number of terms in all live chunks, repeated ones included."""
        return sum(segment.tokens for segment in self.segments)

    @property
    def index_bytes(self) -> int:
        """The size of the live segments on disk, in bytes."""
        return sum(segment.bytes for segment in self.segments)

    def without_place(self) -> Manifest:
        """Return the manifest without the fields that differ between machines.

        These are the root, the start of the walk, and the names of the `.stat` files.
        """
        segments = tuple(replace(entry, stats="") for entry in self.segments)
        return replace(self, root="", started_ns=0, segments=segments)

    def encode(self) -> bytes:
        """Return the bytes of the manifest file."""
        body = json.dumps(asdict(self), indent=1).encode()
        return f"{_MAGIC} {INDEX_FORMAT} {xxhash.xxh3_64_hexdigest(body)}\n".encode() + body


def decode_manifest(data: bytes) -> Manifest:
    """Decode a manifest. Raises `FormatError` for another version, `DamagedError` for damage."""
    head, _, body = data.partition(b"\n")
    words = head.decode("ascii", "replace").split(" ")
    if len(words) != 3 or words[0] != _MAGIC or not _FORMAT.match(words[1]):
        raise DamagedError(
            f"{MANIFEST} is damaged: its first line is not that of an index", _REBUILD
        )
    if int(words[1]) != INDEX_FORMAT:
        age = "a newer" if int(words[1]) > INDEX_FORMAT else "an older"
        raise FormatError(
            f"the index was written by {age} codelode (format {words[1]}, this one reads"
            f" {INDEX_FORMAT}): rebuild it with `lode index --rebuild`"
        )
    if xxhash.xxh3_64_hexdigest(body) != words[2]:
        raise DamagedError(f"{MANIFEST} is damaged: its checksum does not match", _REBUILD)
    try:
        return _from_json(json.loads(body))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise DamagedError(f"{MANIFEST} is damaged: {error}", _REBUILD) from None


def _from_json(fields: dict[str, Any]) -> Manifest:
    """Make a manifest from JSON. Raises exceptions of several types for invalid fields."""
    fields["segments"] = tuple(entry_from_json(entry) for entry in fields["segments"])
    names = [entry.name for entry in fields["segments"]]
    if len(set(names)) != len(names):
        raise ValueError("it names a segment twice")
    _check_types(Manifest, fields)
    if not all(type(count) is int for count in fields["skipped"].values()):
        raise ValueError("skipped holds something else than numbers")
    for name, value in fields["options"].items():
        if type(value) is not RECORDED.get(name):
            raise ValueError(f"there is no option {name!r} of this type")
    return Manifest(**fields)


def entry_from_json(fields: dict[str, Any]) -> SegmentEntry:
    """Make an entry from JSON. Raises exceptions of several types for invalid fields."""
    _check_types(SegmentEntry, fields)
    entry = SegmentEntry(**fields)
    if not _SEGMENT_NAME.match(entry.name) or not _STATS_NAME.match(entry.stats):
        raise ValueError("a segment has a name that no segment has")
    dead = base64.b64decode(entry.dead, validate=True)
    if dead and len(dead) != (entry.rows + 7) // 8:
        raise ValueError(f"the tombstones of {entry.name} are too few or too many")
    if not entry.files <= entry.rows or not entry.chunks <= entry.all_chunks:
        raise ValueError(f"more is live in {entry.name} than there is")
    return entry


def _check_types(kind: type[Manifest] | type[SegmentEntry], fields: dict[str, Any]) -> None:
    """Check that each field has the type of its annotation and no number is negative."""
    for field_ in dataclass_fields(kind):
        value = fields.get(field_.name)
        expected = str(field_.type).partition("[")[0]
        if field_.name in fields and type(value).__name__ != expected:
            raise ValueError(f"{field_.name} is not of type {expected}")
        if expected == "int" and not 0 <= fields[field_.name] < 1 << 63:
            raise ValueError(f"{field_.name} is out of range")


def read_manifest(storage: Storage) -> Manifest:
    """Return the current manifest. Raises `NoIndexError`, `DamagedError`, `FormatError`."""
    return decode_manifest(storage.read_manifest())


def check_model(manifest: Manifest, name: str, fingerprint: str) -> None:
    """Raise `MismatchError` if an index was not made with the model of this fingerprint."""
    if manifest.fingerprint != fingerprint:
        raise MismatchError(
            f"the index was made with the model {manifest.encoder}, not with {name}:"
            " rebuild it with `lode index --rebuild`"
        )
