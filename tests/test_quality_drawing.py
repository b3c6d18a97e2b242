"""The texts that the quality sets draw from a tree: names, and lines that occur once."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.quality.ctags import Tag, read_tags, tags_of
from benchmarks.quality.draw_names import (
    AS_WRITTEN,
    IN_SCOPE,
    OTHER_CASE,
    TYPING_ERROR,
    draw_names,
    other_case,
    with_typing_error,
)
from benchmarks.quality.draw_verbatim import KINDS, VerbatimQuery, candidates, draw_verbatim
from benchmarks.quality.tree_files import is_aside, is_test, read_text, tree_digest, tree_paths


def tag(name: str, path: str = "src/a.py", line: int = 1, scope: str = "") -> Tag:
    return Tag(name, path, line, "function", scope)


TREE = {
    "src/server.py": (
        'ERROR = "Cannot open the listening socket now"\n'
        'parser.add_argument("--listen-port-range", default=0x80070005)\n'
        "PORT = 50051\n"
        "settings = load_settings(environment, defaults)\n"
    ),
    "src/client.py": (
        'retry = config["client.retry.max-delay"]\n'
        "settings = load_settings(environment, defaults)\n"
        'other = "Twice in the very same tree"\n'
    ),
    "conf/app.properties": "server.pool.min-size = 4\nother=Twice in the very same tree\n",
    "tests/test_server.py": 'MESSAGE = "Only the test says this sentence"\nassert_port(50052)\n',
    "top.py": "'Twice in the very same tree'\n",
    ".hidden/secret.py": "SECRET = 99999\n",
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for path, text in TREE.items():
        file = tmp_path / "tree" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (tmp_path / "tree" / "blob.bin").write_bytes(b"\0" + b"12345 " * 9)
    (tmp_path / "tree" / "link.py").symlink_to("top.py")
    return tmp_path / "tree"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("tests/a.py", True),
        ("src/test_a.py", True),
        ("src/a_test.go", True),
        ("src/CacheTest.java", True),
        ("src/a.spec.ts", True),
        ("src/commonTest/kotlin/A.kt", True),
        ("spec/a.rb", True),
        ("src/contest.py", False),
        ("src/latest.go", False),
        ("src/attest/a.rs", False),
        ("src/testament.py", False),
    ],
)
def test_tests_are_recognized_by_folder_or_name(path: str, expected: bool) -> None:
    assert is_test(path) is expected


def test_documentation_and_vendored_code_are_recognized() -> None:
    assert is_aside("docs/a.py")
    assert is_aside("a/third_party/b/c.c")
    assert not is_aside("src/docs.py")


def test_a_walk_leaves_out_hidden_files_and_links(tree: Path) -> None:
    assert tree_paths(tree) == sorted([*(p for p in TREE if not p.startswith(".")), "blob.bin"])
    assert read_text(tree / "blob.bin") is None


def test_a_digest_changes_with_a_path_and_with_a_size(tree: Path) -> None:
    before = tree_digest(tree)
    assert tree_digest(tree) == before
    (tree / "top.py").write_text("longer than it was\n" * 9)
    changed = tree_digest(tree)
    (tree / "top.py").rename(tree / "pot.py")
    assert len({before, changed, tree_digest(tree)}) == 3


def test_ctags_lines_are_read_and_others_skipped() -> None:
    row = {"_type": "tag", "name": "run", "path": "./a/b.rb", "line": 7, "kind": "method"}
    lines = [
        json.dumps({**row, "scope": "App::Worker", "scopeKind": "class"}),
        json.dumps({**row, "scope": "__anon1", "scopeKind": "struct"}),
        json.dumps({**row, "scope": "outer", "scopeKind": "function"}),
        json.dumps({"_type": "ptag", "name": "x", "path": "y"}),
        "{not json",
    ]
    worker = Tag("run", "a/b.rb", 7, "method", "Worker")
    assert read_tags(lines) == [worker, worker._replace(scope=""), worker._replace(scope="")]


@pytest.mark.skipif(shutil.which("ctags") is None, reason="needs universal-ctags")
def test_ctags_itself_gives_names_lines_and_scopes(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(
        "import os\n\n\nclass Store:\n    def reopen(self):\n        pass\n"
    )
    assert Tag("reopen", "a.py", 5, "member", "Store") in tags_of(tmp_path)


def test_names_are_drawn_the_same_whatever_the_order_of_tags() -> None:
    tags = [tag(f"handle_request_{i}", line=i) for i in range(50)]
    drawn = draw_names(tags, "seed", 5)
    shuffled = tags[:]
    random.Random(3).shuffle(shuffled)
    assert draw_names(shuffled, "seed", 5) == drawn
    assert draw_names(tags, "another seed", 5) != drawn
    assert len({query.name for query in drawn}) == 5


def test_only_names_of_one_definition_in_program_files_are_drawn() -> None:
    tags = [
        tag("defined_once"),
        tag("defined_twice"),
        tag("defined_twice", "src/b.py"),
        tag("short"),
        tag("in_a_test", "tests/a.py"),
        tag("in_an_example", "examples/a.py"),
        tag("in_the_docs", "docs/conf.py"),
        tag("vendored_name", "vendor/a.go"),
        tag("hidden_name", ".github/a.py"),
        tag("in_a_manual", "manual.rst"),
        tag("__anon123456"),
        tag("operator ==", "src/a.cpp"),
        tag("local_variable")._replace(kind="variable"),
    ]
    assert {query.name for query in draw_names(tags, "seed")} == {"defined_once"}


def test_a_name_is_asked_in_every_way_that_applies() -> None:
    queries = draw_names([tag("open_session", scope="Store")], "seed")
    assert [query.kind for query in queries] == [AS_WRITTEN, OTHER_CASE, TYPING_ERROR, IN_SCOPE]
    assert [queries[0].query, queries[1].query] == ["open_session", "openSession"]
    assert queries[3].query == "Store.open_session"
    assert [query.kind for query in draw_names([tag("plainly")], "seed")] == [AS_WRITTEN]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("open_session", "openSession"),
        ("openSession", "open_session"),
        ("HTTPServer", "http_server"),
        ("_private_name", "_privateName"),
        ("MAX_SIZE", "maxSize"),
        ("valid_key?", "validKey?"),
        ("plain", None),
        ("__init__", None),
    ],
)
def test_other_case_by_hand(name: str, expected: str | None) -> None:
    assert other_case(name) == expected


@given(st.lists(st.from_regex(r"[a-z]{2,6}", fullmatch=True), min_size=2, max_size=5))
def test_two_changes_of_case_give_the_name_back(parts: list[str]) -> None:
    name = "_".join(parts)
    camel = other_case(name)
    assert camel is not None
    assert other_case(camel) == name


@given(st.from_regex(r"[a-z]{9,20}", fullmatch=True), st.integers(0, 999))
def test_a_typing_error_loses_a_letter_or_exchanges_two(name: str, seed: int) -> None:
    wrong = with_typing_error(name, {name}, random.Random(seed))
    lost = {name[:i] + name[i + 1 :] for i in range(1, len(name))}
    swapped = {
        name[:i] + name[i + 1] + name[i] + name[i + 2 :] for i in range(1, len(name) - 1)
    } - {name}
    assert wrong in lost | swapped | {name[0] + name}
    assert wrong[0] == name[0]
    assert wrong != name


def lines_with(tree: Path, text: str) -> list[tuple[str, int]]:
    """Return the lines that contain a text, by a plain loop."""
    return [
        (path, number)
        for path in tree_paths(tree)
        if (content := read_text(tree / path)) is not None
        for number, line in enumerate(content.split("\n"), 1)
        if text in line
    ]


def test_drawn_text_occurs_on_exactly_one_line(tree: Path) -> None:
    drawn = draw_verbatim(tree, "seed", 50)
    assert draw_verbatim(tree, "seed", 50) == drawn
    assert {query.kind for query in drawn} == set(KINDS)
    for query in drawn:
        if query.line is None:
            assert (tree / query.path).is_file()
        else:
            assert lines_with(tree, query.query) == [(query.path, query.line)]


def test_one_of_each_kind_is_found(tree: Path) -> None:
    drawn = {(query.kind, query.query) for query in draw_verbatim(tree, "seed", 50)}
    assert {
        ("message", "Cannot open the listening socket now"),
        ("flag", "--listen-port-range"),
        ("number", "0x80070005"),
        ("number", "50051"),
        ("key", "client.retry.max-delay"),
        ("key", "server.pool.min-size"),
        ("path", "conf/app.properties"),
    } <= drawn
    texts = {text for _, text in drawn}
    assert not texts & {"Twice in the very same tree", "99999", "top.py", "tests/test_server.py"}
    assert not any("load_settings" in text or "test" in text for text in texts)


def test_no_more_are_drawn_than_asked_for(tree: Path) -> None:
    drawn = draw_verbatim(tree, "seed", 1)
    assert len({query.kind for query in drawn}) == len(drawn)
    assert all(isinstance(query, VerbatimQuery) for query in drawn)


@pytest.mark.parametrize(
    ("line", "kind", "expected"),
    [
        ('raise E("File is not a valid archive")', "message", ["File is not a valid archive"]),
        ('raise E("Three words only")', "message", []),
        ('raise E("not a capital at its front")', "message", []),
        ("see --dry-run or --no-index-dir.", "flag", ["--dry-run", "--no-index-dir"]),
        ("a---not-a-flag and --Upper-case", "flag", []),
        ("lazyfree-lazy-eviction no", "key", ["lazyfree-lazy-eviction"]),
        ("/usr/a-b-c and two-parts", "key", []),
        ("v1.2.34567 id=12345 0xBEEF 1234", "number", ["12345", "0xBEEF"]),
        ("return open_the_file(path, mode)", "code", ["return open_the_file(path, mode)"]),
        ("x = f(y)", "code", []),
    ],
)
def test_candidates_of_a_line(line: str, kind: str, expected: list[str]) -> None:
    assert [text for found, text in candidates(line) if found == kind] == expected
