"""Checks of a fetched index, which counts as hostile until it has passed them.

Bytes that match their digests prove only who wrote them. So everything that a search relies on is
checked again: the identity of the index, every reference of every segment, every path.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from codelode.discover.options import WalkOptions
from codelode.embed.load import names as bundled_models
from codelode.errors import DamagedError, MismatchError
from codelode.pipeline.identity import next_manifest
from codelode.segment.verify import faults
from codelode.store.storage import SEGMENT_SUFFIX

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codelode.reader import IndexReader
    from codelode.segment.reader import Segment
    from codelode.store.manifest import Manifest
    from codelode.store.snapshot import LiveSegment

_ADVICE = "the index here is as it was; tell whoever pushed it"
_UNSAFE_PATH = re.compile(rb"(?:\A|/)(?:\.{0,2})(?:/|\Z)|\0")
"""Matches a path with an empty part, `.` or `..`, or with a NUL."""


def check_identity(
    reader: IndexReader, manifest: Manifest, mine: Manifest | None, trust_options: bool
) -> None:
    """Raise `MismatchError` unless an index can be used and updated here.

    A shared index cannot name a model of this machine by its path, and it cannot widen what later
    updates read (`secrets`, `no_ignore`), unless these options are trusted. `mine` is the manifest
    of the local index, if there is one.
    """
    if reader.model is None and not reader.has_own_encoder:
        allowed = {*bundled_models(), *([mine.encoder] if mine else [])}
        if manifest.encoder not in allowed:
            raise MismatchError(
                f"the shared index was made with the model {manifest.encoder}: name it by --model"
            )
    walk = WalkOptions.of(manifest.options)
    for name in ("secrets", "no_ignore"):
        if getattr(walk, name) and not trust_options:
            raise MismatchError(
                f"the shared index was made with --{name.replace('_', '-')}, and its updates here"
                " would be too: allow that with --trust-options"
            )
    try:
        next_manifest(manifest, reader.root, reader.load_encoder(manifest), walk)
    except MismatchError as error:
        problem = str(error).partition(": rebuild")[0].removeprefix("the index")
        raise MismatchError(
            f"the shared index{problem}, and none like it can be updated here: use the version of"
            " codelode that pushed it, with the same extras, or push again"
        ) from None


def check_distinct(lives: Sequence[LiveSegment]) -> None:
    """Raise `DamagedError` if a file is live in two segments."""
    hashes = [live.segment.files["path_hash"][live.files] for live in lives]
    everything = np.concatenate([np.zeros(0, np.uint64), *hashes])
    if len(np.unique(everything)) != len(everything):
        raise DamagedError("the shared index has a file twice", _ADVICE)


def check_content(segment: Segment) -> None:
    """Check every reference and every path of a segment. Raises `DamagedError`."""
    if f"{segment.file.checksum:016x}{SEGMENT_SUFFIX}" != segment.file.name:
        raise DamagedError(f"{segment.file.name}: its checksum is not its name", _ADVICE)
    for section, offset, problem in faults(segment):
        raise DamagedError(
            f"{segment.file.name}: section {section}, offset {offset}: {problem}", _ADVICE
        )
    table = segment.files
    for path in segment.pieces("paths", table["path_start"], table["path_length"]):
        if _UNSAFE_PATH.search(path):
            raise DamagedError(f"{segment.file.name}: a path leads out of the tree", _ADVICE)


def check_counts(live: LiveSegment) -> None:
    """Check the manifest's counts of the live files of a segment.

    Raises `DamagedError`.
    """
    files = live.segment.files
    all_chunks = int(files["chunks"].sum())
    if live.entry.all_chunks != all_chunks or live.entry.with_live(live.files, files) != live.entry:
        raise DamagedError(f"{live.entry.name}: counts of live files do not add up", _ADVICE)
