"""A name finds its definition, however its words are joined; the name as written comes first."""

from __future__ import annotations

from pathlib import Path

import pytest

from codelode import Index


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    root = tmp_path_factory.mktemp("tree")
    for number in range(20):
        uses = "".join(f"    schedule = retry = delay_{i}\n" for i in range(3))
        (root / f"other{number}.py").write_text(f"def other_{number}(schedule):\n{uses}")
    (root / "snake.py").write_text("def schedule_retry_later(delay):\n    return delay\n")
    (root / "camel.js").write_text("function renderTreeView(node) {\n  return node;\n}\n")
    (root / "both.py").write_text("def parse_head():\n    return 1\n")
    (root / "both.js").write_text("function parseHead() {\n  return 1;\n}\n")
    index = Index.open(root, index_dir=root.parent / "index")
    index.update()
    return index


@pytest.mark.parametrize(
    ("query", "path", "symbol"),
    [
        ("schedule_retry_later", "snake.py", "schedule_retry_later"),
        ("scheduleRetryLater", "snake.py", "schedule_retry_later"),
        ("SCHEDULE_RETRY_LATER", "snake.py", "schedule_retry_later"),
        ("render_tree_view", "camel.js", "renderTreeView"),
        ("parse_head", "both.py", "parse_head"),
        ("parseHead", "both.js", "parseHead"),
    ],
)
def test_a_name_finds_its_definition(index: Index, query: str, path: str, symbol: str) -> None:
    hit = index.search(query)[0]
    assert (hit.path, hit.symbol, hit.line) == (path, symbol, 1)


def test_signs_are_no_way_of_joining_words(tmp_path: Path) -> None:
    (tmp_path / "a.cpp").write_text("struct P {\n  bool operator==(const P& o) const;\n};\n")
    (tmp_path / "b.rb").write_text("def ready?\n  true\nend\n")
    index = Index.open(tmp_path, index_dir=tmp_path.parent / "signs")
    index.update()
    (segment,) = (live.segment for live in index.snapshot().segments)
    lookup = segment.definitions
    for name in ("operator==", "ready?"):
        assert len(lookup.chunks_defining(name, joined=True)) == 1
    for name in ("operator=>", "operator", "ready"):
        assert len(lookup.chunks_defining(name, joined=True)) == 0
