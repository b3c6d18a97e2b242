"""Stack traces drawn from a tree: each frame is at a line of the tree that raises or calls."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks.quality.draw_traces import draw_traces
from benchmarks.quality.trace_formats import ERRORS, OUTPUTS, TRACES
from codelode import Index
from tests.commandline import write_tree

TREE: dict[str, str | bytes] = {
    "shop/cart.py": "def add_item(cart):\n    if not cart:\n"
    "        raise ValueError('the cart {cart} is closed')\n",
    "shop/views.py": "from cart import add_item\n\ndef checkout(request):\n    add_item(request)\n",
    "shop/pay.py": "def pay_order():\n    raise OSError(\n        'no connection to the bank')\n",
    "tests/test_cart.py": "def test_it():\n    add_item(1)\n    raise KeyError('never drawn')\n",
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder = tmp_path_factory.mktemp("traces")
    index = Index.open(write_tree(folder / "tree", TREE), folder / "index")
    index.update(jobs=1)
    return index


def test_frames_exist(index: Index) -> None:
    drawn = draw_traces(index, "python", "src/", "seed 2")
    assert draw_traces(index, "python", "src/", "seed 2") == drawn
    assert [query.kind for query in drawn] == ["trace", "output"]
    for query in drawn:
        frames = re.findall(r"src/(shop/\w+\.py)\W+(?:line )?(\d+)", query.query)
        assert (query.path, str(query.line)) in frames
        for path, line in frames:
            lines = (index.root / path).read_text().splitlines()
            assert re.search(r"raise|add_item\(", lines[int(line) - 1])
        assert "never drawn" not in query.query


def test_callers_are_in_the_trace(index: Index) -> None:
    traces = [draw_traces(index, "python", "", f"seed {n}")[0].query for n in range(8)]
    with_callers = [text for text in traces if "cart.py" in text]
    assert with_callers
    for text in with_callers:
        assert text.index("shop/views.py") < text.index("shop/cart.py")  # outermost frame first
        assert "ValueError: the cart cart is closed" in text


def test_every_language_has_its_forms() -> None:
    assert TRACES.keys() == OUTPUTS.keys() == ERRORS.keys()
    for pattern in ERRORS.values():
        assert re.compile(pattern).groupindex.keys() >= {"error", "message"}


def test_no_error_gives_no_report(index: Index, tmp_path: Path) -> None:
    assert draw_traces(index, "java", "", "seed") == []
