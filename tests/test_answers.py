"""Answers as dictionaries, notes, and building a missing index."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codelode.answers.build import build_if_missing, require, update
from codelode.answers.lines import shown_lines
from codelode.answers.notes import notes
from codelode.answers.search import answer_object, hit_object
from codelode.answers.status import absent_object, status_object
from codelode.answers.unicode import path_fields, without_surrogates
from codelode.answers.update import plan_object, report_object, skip_object
from codelode.answers.verify import examine, verdict_object
from codelode.errors import NoIndexError
from codelode.index import Index
from codelode.types import Answer, Hit, Skip, SkipReason

HIT = Hit(
    path="src/retry.py",
    line=10,
    start_line=10,
    end_line=12,
    score=0.8349,
    text="def schedule(delay):\n\tqueue.put(delay)\n    return None\n",
    language="python",
    symbol="schedule",
    kind="function",
)
ANSWER = Answer(
    query="schedule",
    root="/tree",
    generation=3,
    files=7,
    chunks=70,
    complete=True,
    stale_files=0,
    hits=[HIT],
    seconds=0.0123456789,
)


@pytest.fixture
def index(tree: Path, tmp_path: Path) -> Index:
    """Return the index of a small tree; it is not built yet."""
    return Index.open(tree, index_dir=tmp_path / "index")


class Meter:
    """A progress meter that records its calls."""

    def __init__(self) -> None:
        self.totals: list[tuple[int, int]] = []
        self.files = self.bytes = self.indexed_files = 0
        self.open = False

    @contextmanager
    def __call__(self, files: int, size: int) -> Iterator[Meter]:
        self.totals.append((files, size))
        self.open = True
        yield self
        self.open = False

    def found(self, files: int, size: int) -> None:
        assert self.open
        self.files += files
        self.bytes += size

    def indexed(self, files: int, size: int) -> None:
        assert self.open
        self.indexed_files += files


def test_a_hit_has_the_fields_of_the_contract() -> None:
    assert hit_object(HIT) == {
        "path": "src/retry.py",
        "line": 10,
        "column": 1,
        "start_line": 10,
        "end_line": 12,
        "language": "python",
        "symbol": "schedule",
        "kind": "function",
        "score": 0.8349,
        "stale": False,
        "deleted": False,
        "text": HIT.text,
    }
    assert "text" not in hit_object(HIT, text=False)
    assert hit_object(replace(HIT, features={"bm25": 1.0}))["features"] == {"bm25": 1.0}


def test_an_answer_has_the_fields_of_the_contract() -> None:
    assert answer_object(ANSWER) == {
        "query": "schedule",
        "root": "/tree",
        "snapshot": {
            "generation": 3,
            "files": 7,
            "chunks": 70,
            "stale_files": 0,
            "complete": True,
            "changed_files": None,
            "freshness": {
                "age_seconds": 0.0,
                "changed": None,
                "added": None,
                "deleted": None,
                "coverage": None,
                "updated": False,
                "updating": False,
                "problem": None,
            },
        },
        "left_out": 0,
        "hits": [hit_object(HIT)],
        "seconds": 0.012346,
    }
    assert answer_object(replace(ANSWER, left_out=3))["left_out"] == 3
    assert answer_object(ANSWER, text=False)["hits"] == [hit_object(HIT, text=False)]


def test_a_name_that_is_not_utf8_is_valid_json_and_not_lost() -> None:
    fields = json.loads(json.dumps(hit_object(replace(HIT, path="caf\udce9.py"))).encode("utf-8"))
    assert fields["path"] == "caf\ufffd.py"
    assert base64.b64decode(fields["path_bytes"]) == b"caf\xe9.py"


@given(st.binary(min_size=1).filter(lambda name: b"\0" not in name))
def test_every_file_name_survives(name: bytes) -> None:
    path = name.decode("utf-8", "surrogateescape")
    fields = path_fields(path)
    fields["path"].encode("utf-8")
    if "path_bytes" in fields:
        assert base64.b64decode(fields["path_bytes"]) == name
    else:
        assert fields["path"].encode() == name


@given(st.text(st.characters(), max_size=20))
def test_text_without_surrogates_is_unicode_of_the_same_length(text: str) -> None:
    clean = without_surrogates(text)
    clean.encode("utf-8")
    assert len(clean) == len(text)


def test_a_skip_has_a_detail_only_if_there_is_one() -> None:
    skipped = {"skipped": {"path": "a.bin"}, "reason": "binary"}
    assert skip_object(Skip("a.bin", SkipReason.BINARY)) == skipped
    assert skip_object(Skip("a.bin", SkipReason.BINARY, "why")) == {**skipped, "detail": "why"}


def test_notes_tell_what_is_not_as_expected() -> None:
    assert notes(ANSWER) == []
    assert notes(replace(ANSWER, stale_files=1))[0].startswith("1 file with hits changed ")
    both = notes(replace(ANSWER, stale_files=2, complete=False))
    assert len(both) == 2
    assert all("lode index" in note for note in both)


def test_a_missing_index_is_built_once_with_progress(index: Index) -> None:
    meter = Meter()
    with pytest.raises(NoIndexError, match="build it with `lode index "):
        build_if_missing(index, allowed=False, meter=meter)
    with pytest.raises(NoIndexError, match="build it with `lode index "):
        require(index)
    assert not index.directory.exists()
    report = build_if_missing(index, meter=meter)
    assert report is not None
    assert report.generation == 1
    assert meter.totals == [(meter.files, meter.bytes)]
    assert meter.indexed_files == report.files > 0
    assert build_if_missing(index, meter=meter) is None
    require(index)
    assert len(meter.totals) == 1


def test_the_index_of_an_enclosing_folder_is_used(index: Index, tmp_path: Path) -> None:
    index.update()
    inner = Index.open(index.root / "src", index_dir=tmp_path / "index")
    assert build_if_missing(inner) is None
    assert not inner.exists()


def test_totals_are_those_of_the_update(index: Index) -> None:
    meter = Meter()
    update(index, meter, hidden=True)
    shown = [meter.totals[0][0]]
    update(index, meter, hidden=True, rebuild=True)
    shown.append(meter.totals[1][0])
    assert shown[0] == shown[1] == index.plan(hidden=True).files
    assert meter.files == sum(shown)


def test_status_plan_and_report_are_json(index: Index) -> None:
    absent = absent_object(index)
    assert absent == {"root": str(index.root), "directory": str(index.directory), "exists": False}
    report = report_object(index.update())
    assert not {"slowest", "largest"} & set(report)
    assert {"slowest", "largest"} <= set(report_object(index.update(rebuild=True, profile=True)))
    status = status_object(index.status())
    assert status["exists"] is True
    assert status["files"] == report["files"]
    plan = plan_object(index.plan())
    assert plan["dry_run"] is True
    for fields in (absent, report, status, plan):
        assert json.loads(json.dumps(fields)) == fields


def test_damage_is_found_then_repaired(index: Index) -> None:
    with pytest.raises(NoIndexError, match="lode index"):
        examine(index, repair=True)
    index.update()
    assert verdict_object(examine(index, repair=True)) == {
        "sound": True,
        "repaired": False,
        "findings": [],
    }
    (segment,) = index.directory.glob("*.seg")
    content = bytearray(segment.read_bytes())
    content[len(content) // 2] ^= 1
    segment.write_bytes(content)
    damaged = verdict_object(examine(index, repair=False))
    assert (damaged["sound"], damaged["repaired"]) == (False, False)
    repaired = verdict_object(examine(index, repair=True))
    assert (repaired["sound"], repaired["repaired"]) == (True, True)
    assert repaired["findings"] == damaged["findings"] != []
    assert verdict_object(examine(index, repair=False))["findings"] == []


def test_lines_around_a_hit_come_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("".join(f"line {number}\n" for number in range(1, 31)))
    hit = replace(HIT, path="a.py", text="line 10\nline 11\nline 12\n")
    numbers = [line.number for line in shown_lines(tmp_path, hit, (), context=2, full=True)]
    assert numbers == list(range(8, 15))
    edges = replace(hit, start_line=1, end_line=30, text=(tmp_path / "a.py").read_text())
    assert len(shown_lines(tmp_path, edges, (), context=5, full=True)) == 30
    for other in (replace(hit, stale=True), replace(hit, text="x\n" * 3), replace(hit, path="b")):
        lines = shown_lines(tmp_path, other, (), context=2, full=True)
        assert [line.number for line in lines] == [10, 11, 12]
