"""`Index.related` against a plain reference: exact cosines of all chunks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from codelode.errors import NoIndexError, UsageError
from codelode.index import Index
from codelode.segment.quantizer import in_quarters
from tests.commandline import SAMPLE, write_tree


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder = tmp_path_factory.mktemp("related")
    words = "retry queue parse token cache socket render vector merge schema".split()
    write_tree(folder / "tree", SAMPLE)
    write_tree(
        folder / "tree",
        {
            f"lib/{word}_{n}.py": "\n\n".join(
                f"def {word}_{verb}_{n}({other}):\n    return {other}.{verb}({word}, {n})\n"
                for verb in ("open", "close", "send")
                for other in words[n : n + 4]
            )
            for word in words
            for n in range(6)
        },
    )
    index = Index.open(folder / "tree", index_dir=folder / "index")
    index.update()
    (folder / "tree" / "lib" / "retry_0.py").unlink()  # a dead file, and a second segment
    write_tree(
        folder / "tree", {"lib/retry_new.py": "def retry_open_9(queue):\n    queue.open()\n"}
    )
    index.update()
    return index


def reference(index: Index, path: str, line: int) -> list[str]:
    """Return the other files, ranked by their live chunks' best cosine with the chunk at a line."""
    vectors: list[tuple[str, int, NDArray[np.float64]]] = []
    for live in index.snapshot().segments:
        segment = live.segment
        alive = live.files
        for ordinal in range(len(segment.chunks)):
            file = int(segment.chunks[ordinal]["file"])
            if alive[file]:
                place = np.array([ordinal])
                row = in_quarters(segment.codes[place], segment.residuals(place))[0].astype(float)
                start = int(segment.chunks[ordinal]["start_line"])
                vectors.append((segment.path(file), start, row / np.linalg.norm(row)))
    own = max((v for v in vectors if v[0] == path and v[1] <= line), key=lambda v: v[1])[2]
    best: dict[str, float] = {}
    for name, _, vector in vectors:
        if name != path:
            best[name] = max(best.get(name, -2.0), float(own @ vector))
    return sorted(best, key=lambda name: -best[name])


@pytest.mark.parametrize(
    ("path", "line"), [("src/retry.py", 9), ("lib/cache_3.py", 1), ("lib/merge_5.py", 20)]
)
def test_related_files_are_the_nearest_of_all(index: Index, path: str, line: int) -> None:
    hits = index.related(path, line, limit=8)
    assert path not in [hit.path for hit in hits]
    assert [hit.path for hit in hits] == reference(index, path, line)[:8]
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert all(-1.01 <= hit.score <= 1.01 for hit in hits)
    assert all(hit.start_line <= hit.line <= hit.end_line for hit in hits)


def test_paths_may_be_absolute(index: Index) -> None:
    assert index.related(index.root / "src/retry.py", 12) == index.related("src/retry.py", 12)


def test_a_line_after_the_last_is_refused(index: Index) -> None:
    assert index.related("src/retry.py", 12)
    with pytest.raises(UsageError, match=r"has no line 13: its last line in the index is 12"):
        index.related("src/retry.py", 13)


@pytest.mark.parametrize("path", ["nowhere.py", "lib/retry_0.py", "empty.py", "logo.png", "lib"])
def test_files_without_code_in_the_index_are_refused(index: Index, path: str) -> None:
    with pytest.raises(UsageError, match=path):
        index.related(path, 1)
    assert not index.holds(path)


def test_paths_outside_of_the_root_are_refused(index: Index) -> None:
    for path in ("../x.py", "/etc/passwd", "", "."):
        with pytest.raises(UsageError, match="is not a file below"):
            index.related(path, 1)


def test_an_enclosing_index_answers_for_a_folder_in_it(tmp_path: Path) -> None:
    write_tree(tmp_path / "tree", SAMPLE)
    write_tree(tmp_path / "tree", {"src/again.py": "def schedule_again(attempt): pass\n"})
    with pytest.raises(NoIndexError):
        Index.open(tmp_path / "tree", index_dir=tmp_path / "i").related("src/retry.py", 1)
    Index.open(tmp_path / "tree", index_dir=tmp_path / "i").update()
    inner = Index.open(tmp_path / "tree" / "src", index_dir=tmp_path / "i")
    assert {hit.path for hit in inner.related("retry.py", 9)} == {"again.py", "config.ts"}
    assert inner.holds("retry.py")
    assert not inner.holds("guide.md")
