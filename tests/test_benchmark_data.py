"""The data of the benchmarks: checkouts from mirrors, kernel subsets, queries of the library."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from benchmarks import corpora
from benchmarks.quality import checkouts
from benchmarks.quality.dataset import Repository
from benchmarks.quality.ndcg import Task, score_repository
from benchmarks.quality.report import QueryScore, RepositoryScore, print_comparison, summarize
from codelode.discover.options import MAX_FILE_SIZE
from codelode.errors import ModelError

QUERIES = Path(checkouts.__file__).with_name("stdlib_queries.json")


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.invalid"]
    command = ["git", *identity, "-C", str(folder), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.mark.parametrize("pinned", [True, False])
def test_checkout_is_a_plain_tree_and_says_which_revision(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pinned: bool
) -> None:
    mirror, data, out = tmp_path / "mirrors" / "it", tmp_path / "data", tmp_path / "out"
    mirror.mkdir(parents=True)
    git(mirror, "init", "-q")
    (mirror / "a.c").write_text("int a;\n")
    # `git archive` would omit this file; a checkout must have it.
    (mirror / ".gitattributes").write_text("a.c export-ignore\n")
    git(mirror, "add", ".")
    git(mirror, "commit", "-qm", "first")
    first = git(mirror, "rev-parse", "HEAD")
    (mirror / "b.c").write_text("int b;\n")
    git(mirror, "add", ".")
    git(mirror, "commit", "-qm", "second")
    newest = git(mirror, "rev-parse", "HEAD")

    (data / "annotations").mkdir(parents=True)
    wanted = first if pinned else "0" * 40
    row = {"name": "it", "language": "c", "url": "https://host/owner/it.git", "revision": wanted}
    (data / "repos.json").write_text(json.dumps([row]))
    query = {"query": "q", "category": "symbol", "relevant": ["b.c"], "secondary": []}
    (data / "annotations" / "it.json").write_text(json.dumps([query]))
    arguments = ["--data", str(data), "--out", str(out), "--mirrors", str(tmp_path / "mirrors")]
    monkeypatch.setattr(sys, "argv", ["checkouts", *arguments])
    checkouts.main()

    files = {path.name for path in (out / "it").iterdir()}
    assert files == ({".gitattributes", "a.c"} if pinned else {".gitattributes", "a.c", "b.c"})
    (told,) = json.loads((out / "checkouts.json").read_text())
    assert told["revision_wanted"] == wanted
    assert told["revision_got"] == (first if pinned else newest)
    assert (told["queries_kept"], told["queries_dropped"]) == ((0, 1) if pinned else (1, 0))


def test_kernel_subsets_are_nested_and_leave_out_other_files(tmp_path: Path) -> None:
    source = tmp_path / "linux"
    for number in range(30):
        path = source / f"dir{number % 3}" / f"f{number}.{'ch'[number % 2]}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"int f{number};\n")
    (source / "empty.c").touch()
    (source / "notes.txt").write_text("no\n")
    (source / "big.h").write_bytes(b" " * (MAX_FILE_SIZE + 1))
    (source / "link.c").symlink_to("dir0/f0.c")

    small, large = corpora.pick(source, 10), corpora.pick(source, 30)
    assert set(small) < set(large)
    assert all("/" in path for path in large)
    assert corpora.pick(source, 10) == small
    with pytest.raises(SystemExit, match="only 30"):
        corpora.pick(source, 31)
    for link in (False, True):
        out = tmp_path / f"out{link}"
        size = corpora.place(source, small, out, link=link)
        placed = [path for path in out.rglob("*") if path.is_file()]
        assert sorted(path.relative_to(out).as_posix() for path in placed) == small
        assert size == sum(path.stat().st_size for path in placed)


def test_library_queries_are_answerable_and_unique() -> None:
    rows = json.loads(QUERIES.read_text(encoding="utf-8"))
    library = Path(sysconfig.get_path("stdlib"))
    assert len({row["query"] for row in rows}) == len(rows) >= 60
    assert sum(row.get("required", False) for row in rows) == 10
    for row in rows:
        assert row["kind"] in ("natural", "symbol")
        assert any((library / file).is_file() for file in row["files"]), row


def test_the_model_that_is_asked_for_is_the_one_that_is_scored(tmp_path: Path) -> None:
    (tmp_path / "data" / "annotations").mkdir(parents=True)
    (tmp_path / "data" / "annotations" / "it.json").write_text("[]")
    task = Task(
        repository=Repository("it", "c", "", "", ""),
        checkout=tmp_path,
        data=tmp_path / "data",
        mode="hybrid",
        index_root=None,
        rebuild=False,
        index_jobs=1,
        model="no-such-model",
    )
    with pytest.raises(ModelError, match="no-such-model"):
        score_repository(task)


def score(name: str, category: str, value: float, rank: int | None) -> QueryScore:
    return QueryScore(
        query=name, category=category, score=value, targets=["a"], ranks=[rank], hits=[]
    )


def repository(name: str, queries: list[QueryScore]) -> RepositoryScore:
    return RepositoryScore(
        name=name,
        language="c",
        score=sum(query["score"] for query in queries) / len(queries),
        dropped=0,
        files_indexed=1,
        chunks=1,
        index_seconds=0.1,
        query_ms=1.0,
        queries=queries,
    )


def test_overall_is_the_mean_of_repositories_and_categories_of_queries(
    capsys: pytest.CaptureFixture[str],
) -> None:
    one = repository("one", [score("x", "symbol", 1.0, 1)])
    two = repository("two", [score(str(n), "symbol", 0.0, None) for n in range(3)])
    run = summarize("hybrid", [one, two])
    assert run["overall"] == pytest.approx(0.5)
    assert run["categories"] == {"semantic": 0.0, "architecture": 0.0, "symbol": 0.25}

    worse = summarize("hybrid", [repository("one", [score("x", "symbol", 0.5, 3)])])
    print_comparison(run, worse)
    printed = capsys.readouterr().out
    assert "0 queries better, 1 worse" in printed
    assert "1 -> 3" in printed
