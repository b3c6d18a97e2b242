"""The column of a hit: where an editor puts the cursor."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codelode import Index
from codelode.search.column import column_in
from tests.commandline import SAMPLE, write_tree


@pytest.mark.parametrize(
    ("line", "symbol", "terms", "column"),
    [
        ("    def schedule(self):", "Queue.schedule", ("self",), 9),
        ("    return schedule", "other", ("schedule",), 12),
        ("schedules = schedule", "schedule", (), 13),
        ("\tx = unschedule + reSchedule", None, ("schedule",), 21),
        ("é = retry", None, ("retry",), 6),
        ("名前 = 'été'", None, ("été",), 11),
        ("  plain", None, ("none",), 3),
        ("", None, (), 1),
        ("   ", None, (), 4),
        ("operator==(a, b)", "A.operator==", (), 1),
    ],
)
def test_columns(line: str, symbol: str | None, terms: tuple[str, ...], column: int) -> None:
    assert column_in(line.encode(), symbol, terms) == column


@given(st.binary(max_size=60), st.text(max_size=8), st.lists(st.text(min_size=1), max_size=3))
def test_a_column_is_always_in_the_line(line: bytes, name: str, terms: list[str]) -> None:
    assert 1 <= column_in(line, name, terms) <= len(line) + 1


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder = tmp_path_factory.mktemp("column")
    long = "var a=[" + ",".join(f"'é{n}'" for n in range(4000)) + "];zebra_crossing()\n"
    tree = write_tree(
        folder / "tree", {**SAMPLE, "long.js": long, "cr.txt": "one\rtwo zebra\r\nthree zebra\n"}
    )
    index = Index.open(tree, folder / "index")
    index.update(jobs=1)
    return index


@pytest.mark.parametrize("regex", [r"delay\s*=", "random", r"zebra\w*", "key, value", r"\w+ zebra"])
def test_a_match_has_its_own_column(index: Index, regex: str) -> None:
    """In the file, the match begins at the column; a chunk may begin within a long line."""
    hits = index.search(regex=regex, limit=50, fresh="never")
    assert hits
    for hit in hits:
        text = (index.root / hit.path).read_bytes()
        line = re.split(rb"\r\n|\r|\n", text)[hit.line - 1]
        assert re.match(regex.encode(), line[hit.column - 1 :]), (hit, hit.column)


def test_a_hit_points_at_the_name_of_its_definition(index: Index) -> None:
    hit = index.search("parseConfig", limit=1, fresh="never")[0]
    assert (hit.path, hit.line, hit.column) == ("src/config.ts", 2, 17)
    related = index.related("src/retry.py", 9, limit=5)
    assert all(hit.column >= 1 for hit in related)


def test_a_word_late_in_a_long_line(index: Index) -> None:
    hit = index.search("zebra_crossing", limit=1, fresh="never")[0]
    line = (index.root / "long.js").read_bytes()
    assert line[hit.column - 1 :].startswith(b"zebra_crossing")
