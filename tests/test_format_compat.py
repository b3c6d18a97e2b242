"""An index of the current format is read; any other is refused with advice."""

from __future__ import annotations

import json
import shutil
import struct
from pathlib import Path

import numpy as np
import pytest
import xxhash

from codelode import Index
from codelode.errors import FormatError
from codelode.reader import IndexReader
from codelode.search.dense import dense_candidates
from codelode.search.filters import chunk_masks
from codelode.search.shard import Shard
from codelode.segment.container import INDEX_FORMAT
from codelode.store.snapshot import Snapshot
from codelode.store.storage import MANIFEST, LocalStorage
from codelode.store.verify import verify
from tests.plain_terms import text_terms
from tests.segments import bm25_of, vectors_of

GOLDEN = Path(__file__).parent / "golden"
VERSIONS = sorted(path.name for path in GOLDEN.glob("v*"))
CURRENT = f"v{INDEX_FORMAT}"
EXPECTED = "expected.json"


def describe(snapshot: Snapshot) -> dict[str, object]:
    """Return everything that a reader sees in a golden index, as JSON values."""
    files = []
    for live in snapshot.segments:
        segment = live.segment
        for row in np.flatnonzero(live.files).tolist():
            file = segment.files[row]
            chunks = np.flatnonzero(segment.chunk_files == row)
            files.append(
                {
                    "path": segment.path(row),
                    "language": segment.language(row),
                    "stats": live.stats[row].tolist(),
                    "skip": int(file["skip"]),
                    "text": segment.text(row, 0, int(file["text_bytes"])).decode(),
                    "symbols": [segment.symbol(int(chunk)) for chunk in chunks],
                    "codes": [segment.codes[chunk].tolist() for chunk in chunks],
                    "definitions": segment.definitions.of_file(row),
                    "residuals": segment.residuals(chunks).tolist(),
                    "scales": segment.scales[chunks].tolist(),
                }
            )
    vector = vectors_of([b"a question"])[0]
    vector /= np.linalg.norm(vector)
    shard = Shard(snapshot)
    best = dense_candidates(shard, vector, chunk_masks(shard), 3)
    nearest = list(zip(best.segments.tolist(), best.ordinals.tolist(), strict=True))
    words = ("scheduler", "parse settings", "retries", "gone")
    return {
        "generation": snapshot.manifest.generation,
        "files": files,
        "nearest": nearest,
        "found": {query: _search(snapshot, query) for query in words},
    }


def _search(snapshot: Snapshot, query: str) -> list[object]:
    shard = Shard(snapshot)
    best = bm25_of(shard, text_terms(query)).best(chunk_masks(shard), 10)
    rows = zip(best.segments.tolist(), best.ordinals.tolist(), best.scores.tolist(), strict=True)
    return [[segment, ordinal, round(score, 4)] for segment, ordinal, score in rows]


@pytest.fixture
def golden(tmp_path: Path) -> Path:
    """Copy the golden files, which no test may change."""
    return Path(shutil.copytree(GOLDEN / CURRENT, tmp_path / "index"))


def test_there_is_a_golden_index_of_the_current_format() -> None:
    assert CURRENT in VERSIONS


def test_a_golden_index_has_its_recorded_content(golden: Path) -> None:
    expected = json.loads((golden / EXPECTED).read_text())
    assert json.loads(json.dumps(describe(Snapshot.open(LocalStorage(golden))))) == expected
    assert not verify(LocalStorage(golden))


def test_a_golden_index_is_searched(golden: Path) -> None:
    index = Index(IndexReader(Path("/golden"), golden))
    (hit, *_) = index.search("RetryScheduler", mode="lexical")
    assert (hit.path, hit.start_line, hit.stale) == ("a/retry.py", 1, True)
    assert "2**attempt" in hit.text
    assert not index.search("gone", mode="lexical")


@pytest.mark.parametrize(("number", "age"), [(INDEX_FORMAT + 1, "newer"), (0, "older")])
def test_an_unknown_format_is_refused_with_advice(golden: Path, number: int, age: str) -> None:
    head, _, body = (golden / MANIFEST).read_bytes().partition(b"\n")
    words = head.split(b" ")
    words[1] = b"%d" % number
    (golden / MANIFEST).write_bytes(b" ".join(words) + b"\n" + body)
    index = Index(IndexReader(Path("/golden"), golden))
    for use in (lambda: index.search("retry"), index.status, index.update):
        with pytest.raises(FormatError, match=rf"{age} codelode .*`lode index --rebuild`"):
            use()
    assert "--rebuild" in index.verify()[0].problem


@pytest.mark.parametrize("version", sorted({*VERSIONS} - {CURRENT}))
def test_an_index_of_an_older_format_is_refused_with_what_to_do(
    version: str, tmp_path: Path
) -> None:
    index = Index(
        IndexReader(Path("/golden"), Path(shutil.copytree(GOLDEN / version, tmp_path / "i")))
    )
    for use in (lambda: index.search("retry"), index.status, index.update):
        with pytest.raises(FormatError, match=r"an older codelode .*`lode index --rebuild`"):
            use()
    assert "--rebuild" in index.verify()[0].problem


def test_an_unknown_segment_format_is_refused_with_advice(golden: Path) -> None:
    name = Snapshot.open(LocalStorage(golden)).manifest.segments[0].name
    data = bytearray((golden / name).read_bytes())
    struct.pack_into("<I", data, 8, INDEX_FORMAT + 1)
    (golden / name).write_bytes(data)
    with pytest.raises(
        FormatError, match=rf"segment format {INDEX_FORMAT + 1}.*`lode index --rebuild`"
    ):
        Index(IndexReader(Path("/golden"), golden)).search("retry", mode="lexical")


def test_golden_files_are_unchanged() -> None:
    """A segment's name and the manifest's first line are checksums: they reveal a changed file."""
    for version in VERSIONS:
        for path in (GOLDEN / version).glob("*.s*"):
            (checksum,) = struct.unpack("<Q", path.read_bytes()[-16:-8])
            assert path.name.partition(".")[0] == f"{checksum:016x}"
        head, _, body = (GOLDEN / version / MANIFEST).read_bytes().partition(b"\n")
        assert head.split(b" ")[2].decode() == xxhash.xxh3_64_hexdigest(body)
