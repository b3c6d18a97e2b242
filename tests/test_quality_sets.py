"""Runs of quality sets: intervals, tables, differences, and each set on a small tree."""

from __future__ import annotations

import json
import random
import subprocess
from pathlib import Path

import pytest

from benchmarks.quality import bugreports, cosqa, names, verbatim
from benchmarks.quality.checked_out import RepositoryTask, drawn, repository_tasks
from benchmarks.quality.draw_names import AS_WRITTEN, NameQuery
from benchmarks.quality.draw_verbatim import VerbatimQuery
from benchmarks.quality.intervals import estimate
from benchmarks.quality.runs import bring_up_to_date, rank_scores
from benchmarks.quality.set_command import Settings
from benchmarks.quality.set_run import (
    ALL,
    Row,
    differences,
    load_run,
    summarize,
    table_lines,
    write_run,
)
from codelode import Index


def row(group: str, kind: str, query: str, *tags: str, **scores: float) -> Row:
    return Row(
        group=group, kind=kind, tags=list(tags), query=query, right=[], scores=scores, hits=[]
    )


def test_an_estimate_is_the_mean_of_queries_or_of_groups() -> None:
    groups = {"a": [1.0, 1.0, 1.0], "b": [0.0]}
    assert estimate(groups)["value"] == 0.75
    assert estimate(groups, "groups")["value"] == 0.5
    assert estimate(groups)["n"] == 4
    assert estimate({"b": [0.0], "c": [], "a": [1.0] * 3}) == estimate(groups)
    with pytest.raises(ValueError, match="no value"):
        estimate({"a": []})


def test_an_interval_is_that_of_a_plain_bootstrap_over_groups() -> None:
    generator = random.Random(5)
    groups = {
        f"g{i}": [float(generator.random() < i / 12) for _ in range(1 + i)] for i in range(12)
    }
    found = estimate(groups)
    means = []
    for _ in range(4000):
        sample = generator.choices(list(groups.values()), k=len(groups))
        values = [value for part in sample for value in part]
        means.append(sum(values) / len(values))
    means.sort()
    assert found["low"] == pytest.approx(means[100], abs=0.02)
    assert found["high"] == pytest.approx(means[3900], abs=0.02)


def test_equal_groups_leave_no_doubt() -> None:
    found = estimate({str(i): [1.0, 0.0] for i in range(9)})
    assert found["low"] == found["high"] == 0.5


def test_a_run_has_scores_of_kinds_tags_and_all(tmp_path: Path) -> None:
    rows = [
        row("r1", "b", "q1", "t", first=1.0, shown=0.0),
        row("r1", "a", "q2", first=0.0),
        row("r2", "a", "q\ud800", "t", first=0.5),
    ]
    run = summarize("some", "hybrid", rows)
    values = {part: scores["first"]["value"] for part, scores in run["scores"].items()}
    assert values == {"a": 0.25, "b": 1.0, "t": 0.75, ALL: 0.5}
    assert run["scores"][ALL]["shown"]["n"] == 1
    write_run(run, tmp_path / "run.json")
    assert load_run(tmp_path / "run.json") == run
    assert len(table_lines(run)) == sum(map(len, run["scores"].values()))


def test_differences_are_paired_by_query() -> None:
    before = summarize(
        "s", "hybrid", [row("r", "k", "q1", first=0.0), row("r", "k", "q2", first=1)]
    )
    after = summarize("s", "hybrid", [row("r", "k", "q1", first=1.0), row("r", "k", "q3", first=1)])
    compared = differences(before, after)
    assert compared["scores"][ALL]["first"] == {"value": 1.0, "low": 1.0, "high": 1.0, "n": 1}


def test_scores_of_a_rank() -> None:
    assert rank_scores(2, (1, 10)) == {"hit@1": 0.0, "hit@10": 1.0, "mrr": 0.5}
    assert rank_scores(None, (1,)) == {"hit@1": 0.0, "mrr": 0.0}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with one repository, and its checkout."""
    source = tmp_path / "checkouts" / "shop" / "src"
    source.mkdir(parents=True)
    (source / "basket.py").write_text(
        "import os\n\n\ndef total_price(items):\n"
        '    """Add up what the customer pays."""\n'
        '    raise ValueError("The basket holds no item at all")\n'
    )
    (source / "mail.py").write_text("def send_receipt(address):\n    return address\n")
    row = {"name": "shop", "language": "python", "url": "file:///x/shop", "revision": "0"}
    (tmp_path / "repos.json").write_text(json.dumps([{**row, "benchmark_root": "src"}]))
    return tmp_path


@pytest.fixture
def task(data: Path) -> RepositoryTask:
    settings = Settings(index_root=data / "indexes")
    return repository_tasks(data / "checkouts", data, settings, 0)[0]


def test_a_missing_checkout_is_named(data: Path) -> None:
    with pytest.raises(SystemExit, match="no checkout of: shop"):
        repository_tasks(data / "elsewhere", data, Settings(), 0)


def test_drawn_queries_are_kept_while_the_tree_is_the_same(task: RepositoryTask) -> None:
    first = [NameQuery("k", "q", "n", "p", 1)]
    assert drawn(task, "names", lambda: first, NameQuery) == first
    assert drawn(task, "names", list, NameQuery) == first
    (task.tree / "more.py").write_text("x = 1\n")
    assert drawn(task, "names", list, NameQuery) == []


@pytest.fixture
def index(task: RepositoryTask) -> Index:
    assert task.settings.index_root is not None
    return bring_up_to_date(task.tree, task.settings.index_root / "shop", rebuild=False)[0]


def test_a_name_that_is_found_scores(task: RepositoryTask, index: Index) -> None:
    query = NameQuery(AS_WRITTEN, "total_price", "total_price", "basket.py", 4)
    scores = names.ask_name(index, "shop", query, task.settings)["scores"]
    assert scores["first"] == scores["three"] == scores["called"] == scores["shown"] == 1.0


def test_a_name_whose_line_is_elsewhere_does_not(task: RepositoryTask, index: Index) -> None:
    query = NameQuery(AS_WRITTEN, "total_price", "total_price", "basket.py", 400)
    row = names.ask_name(index, "shop", query, task.settings)
    assert set(row["scores"].values()) == {0.0}
    assert "shown" not in row["scores"]


def test_the_excerpt_is_what_the_command_prints(task: RepositoryTask, index: Index) -> None:
    shown = names.excerpt_lines(index, "send_receipt", task.settings)
    assert {1, 2} <= shown
    assert max(shown) <= 2


def test_last_parts_of_qualified_names() -> None:
    assert [names.last_part(s) for s in ("A.b", "A::b", "A#b?", "b", None)] == [
        "b",
        "b",
        "b?",
        "b",
        None,
    ]


def test_a_text_is_right_only_on_its_line(task: RepositoryTask, index: Index) -> None:
    text = "The basket holds no item at all"
    found = VerbatimQuery("message", text, "basket.py", 6)
    assert verbatim.ask_text(index, "shop", found, task.settings)["scores"]["first"] == 1.0
    elsewhere = found._replace(line=60)
    assert verbatim.ask_text(index, "shop", elsewhere, task.settings)["scores"]["ten"] == 0.0
    refused = VerbatimQuery("number", "?!", "mail.py", 1)
    assert verbatim.ask_text(index, "shop", refused, task.settings)["hits"] == []


def commit(folder: Path, message: str, files: dict[str, str | None]) -> str:
    for name, text in files.items():
        if text is None:
            (folder / name).unlink()
        else:
            (folder / name).write_text(text)
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    for command in (["add", "-A"], [*identity, "commit", "-q", "-m", message]):
        subprocess.run(["git", *command], cwd=folder, check=True)
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=folder, check=True, capture_output=True)
    return head.stdout.decode().strip()


def test_reports_are_asked_at_their_commits(tmp_path: Path) -> None:
    folder = tmp_path / "mirrors" / "shop"
    folder.mkdir(parents=True)
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    first = commit(folder, "one", {"parse.py": "def parse_date(text):\n    return text\n"})
    moved = {"parse.py": None, "dates.py": "def parse_date(text):\n    return text\n"}
    second = commit(folder, "two", moved)
    rows = [
        {
            "id": name,
            "repository": "owner/shop",
            "base_commit": base,
            "report": "parse_date fails\nSince yesterday parse_date fails.",
            "files": ["parse.py", "dates.py"],
        }
        for name, base in (("late", second), ("early", first))
    ]
    (tmp_path / "reports.json").write_text(json.dumps(rows))
    settings = Settings(index_root=tmp_path / "kept")
    run = bugreports.run(tmp_path / "reports.json", tmp_path / "mirrors", settings)
    right = {row["group"]: row["right"] for row in run["rows"]}
    assert right == {"early": ["parse.py"], "late": ["dates.py"]}
    assert {row["kind"] for row in run["rows"]} == {"report", "title"}
    assert run["scores"]["title shop"]["all@10"]["value"] == 1.0
    assert run["scores"][ALL]["hit@1"]["n"] == 4
    with pytest.raises(SystemExit, match="no git directory"):
        bugreports.run(tmp_path / "reports.json", tmp_path / "nowhere", settings)


def test_functions_are_files_with_numbers_for_names(tmp_path: Path) -> None:
    functions = {
        "def first_word(text):\n    return text.split()[0]": 0,
        "def read_json(path):\n    return json.load(open(path))": 123,
    }
    (tmp_path / cosqa.FUNCTIONS).write_text(json.dumps(functions))
    question = {"idx": "q", "doc": "python load json file", "retrieval_idx": 123}
    (tmp_path / cosqa.QUESTIONS).write_text(json.dumps([question]))
    run = cosqa.run(tmp_path, Settings())
    assert run["rows"][0]["right"] == ["01/0123.py"]
    assert run["scores"]["dev"]["hit@1"]["value"] == 1.0
