"""A notebook becomes the text of its cells; each line keeps its line number in the file."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from time import thread_time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codelode.chunk.chunker import chunk
from codelode.discover.notebook import JOINER, notebook_text
from codelode.discover.options import MAX_FILE_SIZE, NOTEBOOK_FACTOR
from codelode.discover.read import read
from codelode.discover.walk import walk
from codelode.types import Document, Skip, SkipReason, SourceFile
from tests.commandline import CommandLine, write_tree

PNG = base64.b64encode(os.urandom(3000)).decode()


def cell(kind: str, lines: list[str] | str, **more: Any) -> dict[str, Any]:
    return {"cell_type": kind, "metadata": {"tags": ["x"]}, **more, "source": lines}


def notebook(*cells: dict[str, Any], language: str = "python") -> dict[str, Any]:
    info = {"kernelspec": {"name": "k", "language": language}, "language_info": {"name": language}}
    return {"cells": list(cells), "metadata": info, "nbformat": 4, "nbformat_minor": 5}


OUTPUTS = [
    {"data": {"image/png": PNG, "text/plain": ["secret\n", "output"]}, "output_type": "x"},
    {"name": "stdout", "text": ['{"cells": [{"source": ["no"]}]}\n'], "cells": [{"source": "no"}]},
]
TRAINING = notebook(
    cell("markdown", ["# Training\n", f"![a](data:image/png;base64,{PNG})\n", "Läuft."]),
    cell(
        "code",
        [
            "%matplotlib inline\n",
            "def fit(model, steps):\n",
            '    """Say "hello"."""\n',
            "    !ls\n",
            "    return model",
        ],
        outputs=OUTPUTS,
        execution_count=3,
    ),
    cell("code", []),
    cell("code", ["%%bash\n", "greet() {\n", "  echo\n", "}\n"], outputs=[]),
    cell("raw", ["raw text"], attachments={"a.png": {"image/png": PNG}}),
)


def definitions(text: bytes) -> list[tuple[str, int, int]]:
    found = chunk(Document("a.ipynb", "jupyter", text, "utf-8", b"")).definitions
    return [(each.name, each.start_line, each.end_line) for each in found]


def test_cells_are_read_and_outputs_are_not() -> None:
    file = json.dumps(TRAINING, indent=1).encode()
    text = notebook_text(file)
    assert text is not None
    assert [line for line in text.decode().splitlines() if line] == [
        "# %% [markdown]",
        "# Training",
        "![a](data:image/png;base64,...)",
        "Läuft.",
        "# %%",
        "%matplotlib inline",
        "def fit(model, steps):",
        '    """Say "hello"."""',
        "    !ls",
        "    return model",
        "# %%",
        "%%bash",
        "greet() {",
        "  echo",
        "}",
        "# %% [raw]",
        "raw text",
    ]
    lines, shown = file.splitlines(), text.splitlines()
    assert b'"def fit(' in lines[shown.index(b"def fit(model, steps):")]
    fit, greet = definitions(text)
    assert [each[0] for each in (fit, greet)] == ["fit", "greet"]
    assert lines[fit[1] - 1].strip().startswith(b'"def fit(')
    assert lines[fit[2] - 1].strip().startswith(b'"    return model')
    assert lines[greet[1] - 1].strip().startswith(b'"greet()')


@pytest.mark.parametrize(
    ("language", "source", "mark", "name"),
    [
        ("R", "add <- function(x) x", b"# %% [r]", "add"),
        ("julia-1.9", "function f()\nend", b"# %% [julia]", "f"),
        ("C++17", "int f() { return 1; }", b"# %% [c++]", "f"),
        ("ir", "add <- function(x) x", b"# %% [r]", "add"),
        ("python3", "def f(): pass", b"# %%", "f"),
    ],
)
def test_cells_are_in_the_language_of_the_kernel(
    language: str, source: str, mark: bytes, name: str
) -> None:
    file = json.dumps(notebook(cell("code", source.splitlines(True)), language=language), indent=1)
    text = notebook_text(file.encode())
    assert text is not None
    assert mark in text.splitlines()
    assert [each[0] for each in definitions(text)] == [name]


def test_the_first_format_with_cells_in_worksheets_is_read() -> None:
    old = {
        "metadata": {"name": ""},
        "nbformat": 3,
        "worksheets": [
            {"cells": [{"cell_type": "code", "input": ["def f(): pass"], "language": "python"}]}
        ],
    }
    text = notebook_text(json.dumps(old, indent=1).encode())
    assert text is not None
    assert definitions(text) == [("f", 12, 12)]


def test_a_notebook_on_a_line_keeps_its_definitions() -> None:
    text = notebook_text(json.dumps(TRAINING).encode())
    assert text is not None
    assert text.count(b"\n") == 1
    assert definitions(text) == [("fit", 1, 1), ("greet", 1, 1)]


@pytest.mark.parametrize(
    "file",
    [
        b"",
        b"{}",
        b"[]",
        b'{"cells": [',
        b'{"cells": [{"source": ["a',
        b"}",
        b'{"a": "\\"\\"\\"',
        b"plain text",
        b'{"dependencies": {"cells": "x"}}',
    ],
)
def test_a_file_that_is_no_notebook_has_no_text_of_cells(file: bytes) -> None:
    assert notebook_text(file) is None


LINE = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
CELLS = st.lists(
    st.tuples(st.sampled_from(["code", "markdown", "raw"]), st.lists(LINE, max_size=5)), max_size=5
)


def _ends(line: str) -> str:
    return "".join(line.splitlines()) + "\n"


@given(CELLS, st.sampled_from([None, 1, 2, "\t"]), st.booleans(), st.sampled_from(["\n", "\r\n"]))
@settings(max_examples=200, deadline=None)
def test_every_line_of_a_cell_is_on_its_line_of_the_file(
    cells: list[tuple[str, list[str]]], indent: int | str | None, ascii_only: bool, end: str
) -> None:
    """Compare each line with the text that `json` reads from the same line of the file."""
    parsed = notebook(*(cell(kind, list(map(_ends, lines))) for kind, lines in cells))
    file = json.dumps(parsed, indent=indent, ensure_ascii=ascii_only).replace("\n", end)
    text = notebook_text(file.encode())
    assert text is not None
    expected: list[str] = []
    for (kind, _), made in zip(cells, parsed["cells"], strict=True):
        if made["source"]:
            expected.append("# %%" if kind == "code" else f"# %% [{kind}]")
            expected += [line.removesuffix("\n") for line in made["source"]]
    if indent is None:
        assert text.decode().removesuffix("\n").split(JOINER.decode()) == (expected or [""]) or (
            JOINER.decode() in "".join(expected)
        )
        return
    in_file = file.split(end)
    shown = text.decode().split("\n")
    marked = [number for number, line in enumerate(in_file) if line.strip() == '"source": [']
    for number in marked:
        assert shown[number].startswith("# %%")
        for at in range(number + 1, len(in_file)):
            written = in_file[at].strip().removesuffix(",")
            if written == "]":
                break
            assert shown[at] == json.loads(written).removesuffix("\n")
    assert [line for line in shown if line] == [line for line in expected if line]


@given(st.binary(max_size=200))
def test_any_bytes_are_read(file: bytes) -> None:
    notebook_text(file)
    notebook_text(b'{"cells": [{"source": [' + file + b"]}]}")


@pytest.mark.parametrize(
    "file",
    [
        pytest.param(b'"\\' * 500_000, id="escaped quotes"),
        pytest.param(b"[" * 1_000_000, id="open brackets"),
        pytest.param(b'{"cells":[' * 100_000, id="cells in cells"),
        pytest.param(b'{"cells":[{"source":[' + b'"a",' * 250_000 + b'"a"]}]}', id="many strings"),
        pytest.param(b'{"cells":[' + b"{}," * 300_000 + b"{}]}", id="many cells"),
        pytest.param(
            b'{"cells":[{"source":"' + b"\\n" * 2_500_000 + b'"}]}', id="a string of 5 MB"
        ),
    ],
)
def test_hostile_notebooks_take_bounded_time(file: bytes) -> None:
    begun = thread_time()
    notebook_text(file)
    assert thread_time() - begun < 3


def found(root: Path) -> SourceFile | Skip:
    (only,) = walk(root)
    return only


def test_a_notebook_may_be_large_if_its_text_is_not(tmp_path: Path) -> None:
    images = [{"data": {"image/png": PNG * 500}}]
    large = notebook(cell("code", ["x = 1"], outputs=images))
    (tmp_path / "a.ipynb").write_text(json.dumps(large, indent=1))
    file = found(tmp_path)
    assert isinstance(file, SourceFile)
    assert file.size > MAX_FILE_SIZE
    document = read(tmp_path, file)
    assert isinstance(document, Document)
    assert document.text.split() == [b"#", b"%%", b"x", b"=", b"1"]
    (tmp_path / "a.ipynb").write_text(json.dumps(notebook(cell("code", ["x = 1\n"] * 200_000))))
    file = found(tmp_path)
    assert isinstance(file, SourceFile)
    skip = read(tmp_path, file)
    assert isinstance(skip, Skip)
    assert skip.reason is SkipReason.TOO_LARGE
    (tmp_path / "a.ipynb").write_bytes(b" " * (NOTEBOOK_FACTOR * MAX_FILE_SIZE + 1))
    larger = found(tmp_path)
    assert isinstance(larger, Skip)
    assert larger.reason is SkipReason.TOO_LARGE


def test_a_notebook_without_text_is_skipped(tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").write_text(json.dumps(notebook(cell("code", []))))
    file = found(tmp_path)
    assert isinstance(file, SourceFile)
    skip = read(tmp_path, file)
    assert isinstance(skip, Skip)
    assert skip.reason is SkipReason.EMPTY


def test_a_search_shows_the_line_of_the_file(lode: CommandLine, tmp_path: Path) -> None:
    """A hit shows text of the cell with lines of the file around it, and is not stale."""
    file = json.dumps(TRAINING, indent=1)
    tree = write_tree(tmp_path / "tree", {"training.ipynb": file})
    lode("index", tree).must_succeed()
    answer = lode("search", "fit model steps", tree, "-k", "1", "--json", "-C", "1").json
    (hit,) = answer["hits"]
    line = 1 + next(i for i, each in enumerate(file.splitlines()) if '"def fit(' in each)
    assert (hit["path"], hit["line"], hit["symbol"]) == ("training.ipynb", line, "fit")
    assert not hit["stale"]
    assert "def fit(model, steps):" in hit["text"]
    shown = lode("search", "fit model steps", tree, "-C", "1").must_succeed().text
    assert f"training.ipynb:{line}" in shown
    assert lode("search", "secret", tree, "--mode", "lexical", "-t", "notebook").code == 1
