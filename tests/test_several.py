"""Several roots: folders and files, in one or several indexes, with one ranking."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codelode import Hit, Index, NoIndexError, SymbolHit, UsageError
from codelode.render.index_command import index_command, index_commands
from codelode.render.paths import GivenRoot, from_here
from codelode.search.request import SearchRequest
from codelode.search.searcher import search_all
from codelode.search.source import Source
from codelode.search.symbol_query import SymbolRequest
from codelode.search.tree_part import TreePart
from codelode.several import SeveralRoots
from tests.commandline import SAMPLE, CommandLine, write_tree

QUERIES = ("retry", "schedule a request again", "parseConfig", "append item", "delay", "settings")


def place(hit: Hit) -> tuple[str, int, int, int, str, float]:
    return hit.path, hit.line, hit.start_line, hit.end_line, hit.text, hit.score


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = write_tree(tmp_path_factory.mktemp("several") / "tree", SAMPLE)
    Index.open(root, root.parent / "indexes").update()
    return root


def answers(tree: Path, *roots: str, query: str = "retry", **options: object) -> list[Hit]:
    several = SeveralRoots([str(tree / root) for root in roots], str(tree.parent / "indexes"))
    request = SearchRequest(query, limit=50, **options)  # type: ignore[arg-type]  # any options
    answer = several.answer(request, fresh="never")
    assert Path(answer.root) == several.root
    assert all((several.root / hit.path).is_file() for hit in answer.hits)
    return answer.hits


@pytest.mark.parametrize("query", QUERIES)
def test_parts_of_one_index_answer_as_globs_do(tree: Path, query: str) -> None:
    index = Index.open(tree, tree.parent / "indexes")
    for roots, globs in (
        (["src", "lib"], ["/src/", "/lib/"]),
        (["src/retry.py", "docs"], ["/src/retry.py", "/docs/"]),
        (["src/retry.py", "src/config.ts", "src"], ["/src/"]),
        (["src", ".", "src/retry.py", "."], []),
    ):
        expected = index.search(query, limit=50, globs=globs, fresh="never")
        hits = answers(tree, *roots, query=query)
        base = SeveralRoots([str(tree / each) for each in roots]).root
        assert [str((base / hit.path).relative_to(tree)) for hit in hits] == [
            hit.path for hit in expected
        ]
        assert [place(hit)[1:] for hit in hits] == [place(hit)[1:] for hit in expected]


def names(several: SeveralRoots, name: str = "", **options: Any) -> list[SymbolHit]:
    return several.symbols(SymbolRequest(name, limit=500, **options))


@pytest.mark.parametrize("name", ["", "schedule", "s*", "Retry", "schxdule", "parse_config"])
def test_definitions_of_parts_of_one_index_are_those_that_globs_keep(tree: Path, name: str) -> None:
    index = Index.open(tree, tree.parent / "indexes")
    for roots, globs in (
        (["src", "lib"], ["/src/", "/lib/"]),
        (["src/retry.py", "docs"], ["/src/retry.py", "/docs/"]),
        (["src", ".", "src/retry.py"], []),
        (["src/retry.py"], ["/src/retry.py"]),
    ):
        several = SeveralRoots([str(tree / each) for each in roots], str(tree.parent / "indexes"))
        expected = index.symbols(name, limit=500, globs=globs, fresh="never")
        found = names(several, name)
        assert [str((several.root / hit.path).relative_to(tree)) for hit in found] == [
            hit.path for hit in expected
        ]
        assert [replace(hit, path="") for hit in found] == [
            replace(hit, path="") for hit in expected
        ]


def test_definitions_of_several_indexes_are_listed_as_of_one(tmp_path: Path) -> None:
    """The best match in any tree decides: a match by prefix hides no full match elsewhere."""
    files: dict[str, str | bytes] = {
        "one/a.py": "def get_url(): ...\ndef retry(): ...\nclass Retry: ...\n",
        "two/b.py": "def get_url_again(): ...\ndef Retry(): ...\ndef retrz(): ...\n",
        "two/c.c": "int retry(void);\n",
    }
    write_tree(tmp_path / "tree", files)
    whole = Index.open(tmp_path / "tree", tmp_path / "whole")
    whole.update(jobs=1)
    roots = [str(tmp_path / "tree" / each) for each in ("one", "two")]
    several = SeveralRoots(roots, str(tmp_path / "parts"))
    for each in several.indexes:
        each.update(jobs=1)
    for name in ("", "get_url", "retry", "Retry", "re*", "get", "retri", "two.retry", "nothing"):
        for kinds in ((), ("class",), ("function",)):
            expected = whole.symbols(name, limit=500, kinds=kinds, fresh="never")
            assert names(several, name, kinds=kinds) == expected, (name, kinds)
    assert [hit.path for hit in names(several, "retry", exact=True)] == ["one/a.py", "two/c.c"]


def test_several_indexes_answer_as_one(tmp_path: Path) -> None:
    """Two indexes searched as one have the hits of a single index with the same files."""
    for root, folder in (("whole", "aa"), ("whole", "bb"), ("one", "aa"), ("two", "bb")):
        files: dict[str, str | bytes] = {
            f"{folder}/{path}": text.replace("retry", f"retry_{folder}")
            for path, text in SAMPLE.items()
            if isinstance(text, str)
        }
        write_tree(tmp_path / root, files)
    index = Index.open(tmp_path / "whole", tmp_path / "indexes")
    parts = SeveralRoots([str(tmp_path / "one"), str(tmp_path / "two")], str(tmp_path / "indexes"))
    assert len(parts.indexes) == 2
    for each in (index, *parts.indexes):
        each.update(jobs=1)
    sources = [Source(each.reader.shard(), each.root) for each in parts.indexes]
    for query in QUERIES:
        request = SearchRequest(query, limit=50)
        answer = parts.answer(request, fresh="never")
        assert (answer.root, answer.files) == (str(tmp_path), 10)
        assert all(hit.path.startswith(("one/aa/", "two/bb/")) for hit in answer.hits)
        hits = search_all(sources, index.encoder(), request).hits
        assert hits == index.search(query, limit=50, fresh="never")


def test_the_name_of_a_root_counts_as_a_folder_of_its_files(tmp_path: Path) -> None:
    for name in ("backend", "frontend"):
        write_tree(tmp_path / name, {**SAMPLE, "README.md": "The backend and the frontend.\n"})
        Index.open(tmp_path / name, tmp_path / "indexes").update(jobs=1)
    several = SeveralRoots(
        [str(tmp_path / name) for name in ("frontend", "backend")], str(tmp_path / "indexes")
    )
    for name in ("backend", "frontend"):
        for query in (f"{name} retry", f"{name}/src/retry.py:8"):
            hits = several.answer(SearchRequest(query, limit=4), fresh="never").hits
            assert hits[0].path == f"{name}/src/retry.py"
    both = several.answer(SearchRequest("src/retry.py:8", limit=2), fresh="never").hits
    assert {hit.path for hit in both} == {"backend/src/retry.py", "frontend/src/retry.py"}


def test_an_index_without_a_language_does_not_count_where_it_is_asked_for(tmp_path: Path) -> None:
    for name, tree in (("code", SAMPLE), ("prose", {"retry.md": "retry\n" * 50})):
        write_tree(tmp_path / name, tree)
        Index.open(tmp_path / name, tmp_path / "indexes").update(jobs=1)
    roots = [str(tmp_path / name) for name in ("code", "prose")]
    several = SeveralRoots(roots, str(tmp_path / "indexes"))
    alone = SeveralRoots(roots[:1], str(tmp_path / "indexes"))
    for languages in (["python"], ["py", "go"], ["rust"]):
        request = SearchRequest("retry", languages=languages, mode="lexical")
        found = several.answer(request, fresh="never").hits
        expected = alone.answer(request, fresh="never").hits
        assert [hit.path for hit in found] == [f"code/{hit.path}" for hit in expected]


def test_a_nested_index_answers_for_its_files_alone(tmp_path: Path) -> None:
    outer = write_tree(tmp_path / "outer", {**SAMPLE, "sub/a.py": "def retry_a(): ...\n"})
    (outer / "sub/b.py").write_text("def retry_b(): ...\n")
    (outer / ".gitignore").write_text("sub/b.py\n")
    Index.open(outer, tmp_path / "indexes").update()
    (outer / "sub/.git").mkdir()
    Index.open(outer / "sub", tmp_path / "indexes").update()
    for roots in ([outer, outer / "sub"], [outer / "sub", outer], [outer, outer / "sub/b.py"]):
        several = SeveralRoots(list(map(str, roots)), str(tmp_path / "indexes"))
        hits = several.answer(SearchRequest("retry", limit=50), fresh="never").hits
        places = [(hit.path, hit.line) for hit in hits]
        assert len(places) == len(set(places))
        assert {"sub/a.py", "sub/b.py", "src/retry.py"} <= {hit.path for hit in hits}


def test_globs_are_relative_to_each_root(tree: Path) -> None:
    hits = answers(tree, "src", "lib", query="retry queue", globs=["/*.py", "/*.go"])
    assert {hit.path for hit in hits} == {"src/retry.py", "lib/queue.go"}
    assert answers(tree, "src", "src/retry.py", globs=["*.go"]) == []
    assert {hit.path for hit in answers(tree, "src/retry.py", globs=["*.py"])} == {"retry.py"}


def test_files_that_are_not_in_the_index_are_refused(tree: Path) -> None:
    with pytest.raises(UsageError, match=r"logo\.png is not in the index"):
        answers(tree, "src", "logo.png")
    with pytest.raises(NoIndexError):
        SeveralRoots([str(tree), str(tree / "src")], str(tree)).answer(SearchRequest("x"))


def test_indexes_are_brought_up_to_date(tmp_path: Path) -> None:
    roots = [write_tree(tmp_path / name, SAMPLE) for name in ("one", "two")]
    for root in roots:
        Index.open(root, tmp_path / "indexes").update()
        (root / "new.py").write_text(f"def brand_new_{root.name}(): ...\n")
    several = SeveralRoots(list(map(str, roots)), str(tmp_path / "indexes"))
    answer = several.answer(SearchRequest("brand_new_two"), fresh="always")
    assert answer.hits[0].path == "two/new.py"
    assert (answer.freshness.updated, answer.freshness.differing) == (True, 0)


parts = st.lists(st.sampled_from(["", "a/", "a/b/", "a/b", "a/bc", "b/", "b/x"]), max_size=4)
paths = st.sampled_from(["x", "a/x", "a/b", "a/b/x", "a/bc", "a/bc/x", "b/x", "b/x/y", "ab/x"])


def naive(roots: list[str], path: str) -> bool:
    return any(
        not root or path == root or path.startswith(root.rstrip("/") + "/") for root in roots
    )


@given(parts, parts, paths)
def test_a_part_of_a_tree_is_what_its_roots_hold(
    within: list[str], without: list[str], path: str
) -> None:
    folders = [root for root in within if not root or root.endswith("/") or root == path]
    excluded = [root for root in without if root]
    part = TreePart.of(within, excluded)
    gone = [root for root in excluded if root.endswith("/") or root == path]
    expected = naive(folders, path) and not naive(gone, path)
    inside = part.relative(path.encode())
    assert (inside is not None) == expected
    assert inside is None or path.endswith(inside.decode())


def test_paths_are_shown_as_roots_are_given() -> None:
    roots = [GivenRoot("../src", "/t/src"), GivenRoot("x.py", "/t/x.py"), GivenRoot(".", "/t")]
    for path, shown in (
        ("/t/src/a.py", "../src/a.py"),
        ("/t/x.py", "x.py"),
        ("/t/srcs/b.py", "srcs/b.py"),
        ("/other", "/other"),
    ):
        assert from_here(path, roots) == shown
    assert from_here("/etc/hosts", [GivenRoot("/", "/")]) == "/etc/hosts"


def test_the_command_line(lode: CommandLine, tree: Path) -> None:
    lode("index", tree).must_succeed()
    cases = (
        (tree, ["src", "lib"], "src/retry.py"),
        (tree / "lib", ["../src", "."], "../src/retry.py"),
        (tree / "src", ["retry.py"], "retry.py"),
        (tree / "src", ["retry.py/"], "retry.py"),
        (tree.parent, ["tree/src/retry.py", "tree"], "tree/src/retry.py"),
        (tree.parent, [str(tree)], str(tree / "src/retry.py")),
    )
    for folder, roots, best in cases:
        command = ("search", "RetryScheduler", *roots)
        listed = lode(*command, "-l", cwd=folder).must_succeed().text.splitlines()
        assert listed[0] == best
        assert all((folder / path).is_file() for path in listed)
        assert len(listed) == len(set(listed))
        assert lode(*command, cwd=folder).text.startswith(f"{best}:6  RetryScheduler (class)\n")
        answer = lode(*command, "--json", cwd=folder).json
        assert Path(answer["root"], answer["hits"][0]["path"]) == tree / "src/retry.py"


def test_advice_names_the_roots_that_it_is_about(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a b", "c/d", "e"):
        write_tree(tmp_path / name, {"x.py": "x = 1\n"})
    monkeypatch.chdir(tmp_path)

    def advice(*given: str) -> str:
        return index_commands([GivenRoot(each, str((tmp_path / each).resolve())) for each in given])

    assert advice(".") == advice("") == advice() == "lode index"
    assert advice("a b") == "lode index 'a b'"
    assert advice("e/x.py", "c") == "lode index e && lode index c"
    assert advice("a b", "c", "c/d", "e") == "lode index"
    monkeypatch.chdir(tmp_path / "c" / "d")
    assert index_command("..") == "lode index"
    assert index_command("../../e", "--dry-run") == "lode index --dry-run ../../e"
