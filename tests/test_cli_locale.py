"""Names of files are bytes, whatever the locale: in the index, in output and in the manifest."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.commandline import CommandLine, Outcome

NAMES = ("é.py".encode(), "é.py".encode("latin-1"), "日本.py".encode(), b"\xff\xfe.py", b"plain.py")
ROOT = b"r\xc3\xa9pertoire-\xe9"


@pytest.fixture(scope="session")
def latin(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the environment of a Latin-1 locale, made for this test."""
    folder = tmp_path_factory.mktemp("locales")
    if shutil.which("localedef") is None:
        pytest.skip("no localedef")
    made = subprocess.run(
        ["localedef", "-i", "en_US", "-f", "ISO-8859-1", folder / "en_US.ISO-8859-1"],
        capture_output=True,
    )
    if not (folder / "en_US.ISO-8859-1").exists():
        pytest.skip(f"localedef: {made.stderr.decode()}")
    return {"LC_ALL": "en_US.ISO-8859-1", "LOCPATH": str(folder), "PYTHONUTF8": ""}


ASCII: dict[str, Any] = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
UTF8: dict[str, Any] = {"LC_ALL": "C.UTF-8", "PYTHONUTF8": ""}


@pytest.fixture
def root(tmp_path: Path) -> bytes:
    """Return a tree whose own name is not UTF-8, with names of all sorts."""
    tree = os.fsencode(tmp_path) + b"/" + ROOT
    Path(os.fsdecode(tree)).mkdir()
    for number, name in enumerate(NAMES):
        with open(tree + b"/" + name, "w") as file:
            file.write(f"def retry_{number}():\n    pass\n")
    return tree


def environment(request: pytest.FixtureRequest, locale: str) -> dict[str, Any]:
    if locale == "latin":
        made: dict[str, Any] = request.getfixturevalue("latin")
        return made
    return ASCII if locale == "ascii" else UTF8


def paths_of(done: Outcome) -> set[bytes]:
    return {
        base64.b64decode(hit["path_bytes"]) if "path_bytes" in hit else hit["path"].encode()
        for hit in done.must_succeed().json["hits"]
    }


@pytest.mark.parametrize("locale", ["utf-8", "ascii", "latin"])
def test_names_are_bytes_in_every_locale(
    request: pytest.FixtureRequest, lode: CommandLine, root: bytes, locale: str
) -> None:
    own = environment(request, locale)
    made = lode("index", root, "--json", **own).must_succeed().json
    assert made["files"] == len(NAMES)
    assert paths_of(lode("search", "retry", root, "--json", **own)) == set(NAMES)
    shown = lode("search", "retry", root, "-l", **own).must_succeed()
    assert {line.rpartition(b"/")[2] for line in shown.out.splitlines()} == set(NAMES)
    for other in (own, UTF8):
        again = lode("index", root, "--json", **other).must_succeed().json
        assert (again["files_added"], again["files_removed"], again["bytes_read"]) == (0, 0, 0)
        status = lode("status", root, "--json", **other).must_succeed().json
        assert status["files"] == len(NAMES)
    verified = lode("verify", root, **own)
    assert verified.code == 0, verified.message


@pytest.mark.parametrize("locale", ["ascii", "latin"])
def test_arguments_are_names_or_text(
    request: pytest.FixtureRequest, lode: CommandLine, tmp_path: Path, locale: str
) -> None:
    own = environment(request, locale)
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "a.py").write_text("# Größe der Warteschlange\ngr = 1\n")
    (tree / "b.py").write_text("# nothing\nb = 1\n")
    query = "Größe".encode("latin-1") if locale == "latin" else "Größe".encode()
    done = lode("search", query, tree, "--json", "--mode", "lexical", **own).must_succeed()
    assert [hit["path"] for hit in done.json["hits"]] == ["a.py"]
    assert done.json["query"] == "Größe"


def test_workers_read_names_as_their_parent(lode: CommandLine, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    for number in range(600):
        (tree / f"é{number}.py").write_text(f"def f{number}(): pass\n")
    made = lode("index", tree, "--jobs", "2", "--json", **ASCII).must_succeed().json
    assert (made["files"], made["files_skipped"]) == (600, 0)


def test_a_program_in_another_encoding_gets_advice(tmp_path: Path) -> None:
    code = "from codelode import Index, UsageError\ntry: Index.open('.')\n"
    code += "except UsageError as error: print(error)\n"
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **ASCII}, cwd=tmp_path, capture_output=True
    )
    assert b"-X utf8" in done.stdout, done.stderr


def test_json_is_readable_in_every_locale(lode: CommandLine, root: bytes) -> None:
    lode("index", root).must_succeed()
    listed = json.loads(lode("list", "--json", **ASCII).must_succeed().out)
    assert ROOT.decode("utf-8", "replace") in json.dumps(listed, ensure_ascii=False)
