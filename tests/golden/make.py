"""Write a golden index of the current format: `python -m tests.golden.make`.

Run it once for a new format version and never change the files afterwards. They prove that the code
still reads what it once wrote, and still recognizes older formats. The folder is named after the
version.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from codelode.segment.container import INDEX_FORMAT
from codelode.segment.quantizer import QUANTIZER
from codelode.store.commit import publish, write_merged, write_stats
from codelode.store.manifest import Manifest
from codelode.store.snapshot import Snapshot
from codelode.store.storage import LocalStorage
from tests.segments import DIMENSIONS, build
from tests.test_format_compat import EXPECTED, describe

TREE = {
    "a/retry.py": (
        "class RetryScheduler:\n    def schedule(self, attempt):\n        return 2**attempt\n"
    ),
    "a/config.py": "def parse_settings(path):\n    return open(path).read().splitlines()\n",
    "b/queue.go": "func (q *Queue) Push(item int) {\n\tq.items = append(q.items, item)\n}\n",
    "docs/größe.md": "# Größe\n\nHow the scheduler waits before it retries.\n" * 3,
    "logo.png": "",
}


def make(directory: Path) -> None:
    """Make two segments: one with a tombstone and known times, one with a skipped file."""
    directory.mkdir()
    storage = LocalStorage(directory)
    files = [(path, text.encode()) for path, text in TREE.items()]
    first, second = build([*files[:2], ("a/gone.py", b"def gone():\n    pass\n")]), build(files[2:])
    entries = [
        write_merged(storage, [(part, np.ones(len(part.files), bool))]) for part in (first, second)
    ]
    live = np.array([True, True, False])
    stats = write_stats(storage, np.array([[1_000, 2_000, 3], [4_000, 5_000, -6], [7, 8, 9]]))
    entries[0] = replace(entries[0].with_live(live, first.files), stats=stats)
    manifest = Manifest(
        generation=3,
        root="/golden",
        started_ns=1,
        encoder="golden",
        fingerprint="golden",
        dimensions=DIMENSIONS,
        quantizer=QUANTIZER,
        chunker="golden",
        tokenizer="identifier-parts-1",
        options={"hidden": False, "no_ignore": False, "max_file_size": 1 << 20},
        segments=tuple(entries),
        complete=True,
        skipped={"binary": 1},
    )
    publish(storage, manifest)
    expected = json.dumps(describe(Snapshot.open(storage)), indent=1, ensure_ascii=False)
    (directory / EXPECTED).write_text(expected + "\n")


if __name__ == "__main__":
    make(Path(__file__).parent / f"v{INDEX_FORMAT}")
