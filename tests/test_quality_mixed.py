"""The mixed set: its data agrees with its data card, and its packages are unpacked correctly."""

from __future__ import annotations

import io
import tarfile
from collections import Counter
from pathlib import Path

from benchmarks.quality import mixed
from benchmarks.quality.dataset import Target
from benchmarks.quality.packages import load_packages, unpack
from benchmarks.quality.set_command import Settings
from benchmarks.quality.tree_files import is_program
from codelode import Index

KINDS = {
    "behavior",
    "error",
    "where",
    "howto",
    "configuration",
    "tests",
    "documentation",
    "workflow",
    "sql",
    "docker",
}


def test_the_set_is_as_large_and_as_mixed_as_its_card_says() -> None:
    queries = mixed.load_mixed_queries(mixed.QUERIES)
    packages = load_packages()
    assert len(queries) >= 400
    assert len(packages) >= 20
    assert len({language for package in packages for language in package["languages"]}) >= 12
    assert {query["package"] for query in queries} == {package["name"] for package in packages}
    assert {query["kind"] for query in queries} == KINDS
    firsts = [mixed.place_of(query["right"][0]).path for query in queries]
    assert sum(not mixed.is_code(path) for path in firsts) >= 80
    card = mixed.QUERIES.with_name("mixed.md").read_text(encoding="utf-8")
    assert f"{len(queries)} questions about {len(packages)} packages" in card
    for count in Counter(query["kind"] for query in queries).values():
        assert f"| {count} |" in card


def test_every_query_is_well_formed_and_unique() -> None:
    queries = mixed.load_mixed_queries(mixed.QUERIES)
    asked = Counter((query["package"], query["query"]) for query in queries)
    assert max(asked.values()) == 1
    for query in queries:
        assert query["query"] == query["query"].strip() != ""
        assert query["form"] in ("keywords", "question", "other")
        assert len(set(query["right"])) == len(query["right"]) > 0
        for target in map(mixed.place_of, query["right"]):
            assert not target.path.startswith("/")
            if target.start_line is not None and target.end_line is not None:
                assert 1 <= target.start_line <= target.end_line


def test_no_package_is_one_of_the_benchmark() -> None:
    held_out = {"rails", "redis", "flask", "curl", "axum", "tokio", "gson", "monolog", "requests"}
    assert not held_out & {package["name"] for package in load_packages()}
    assert len({package["name"] for package in load_packages()}) == len(load_packages())


def test_places_are_read() -> None:
    assert mixed.place_of("a/b.c") == Target("a/b.c")
    assert mixed.place_of("a/b.c:3-9") == Target("a/b.c", 3, 9)
    assert mixed.place_of("a/b.c:3") == Target("a/b.c", 3, 3)


def test_code_and_prose_are_distinguished() -> None:
    code = ("a/b.py", "a.jq", "t/a.t", "x.inc")
    prose = ("Dockerfile", ".github/a.yml", "README.md", "a.sql", "Cargo.toml")
    assert [mixed.is_code(path) for path in (*code, *prose)] == [True] * 4 + [False] * 5
    assert is_program("a.rs")


def test_an_archive_loses_its_only_folder(tmp_path: Path) -> None:
    archive = tmp_path / "package-1.0.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        for name in (
            "./package-1.0/src/a.py",
            "./package-1.0/README",
            "./package-1.0/.github/b.yml",
        ):
            member = tarfile.TarInfo(name)
            member.size = 2
            tar.addfile(member, io.BytesIO(b"x\n"))
        link = tarfile.TarInfo("./package-1.0/link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    unpack(archive, tmp_path / "tree")
    found = [str(p.relative_to(tmp_path / "tree")) for p in (tmp_path / "tree").rglob("*")]
    assert sorted(found) == [".github", ".github/b.yml", "README", "src", "src/a.py"]


def test_a_question_is_right_at_any_of_its_places(tmp_path: Path) -> None:
    (tmp_path / "tree" / ".github").mkdir(parents=True)
    (tmp_path / "tree" / ".github" / "ci.yml").write_text("name: nightly build\non: schedule\n")
    (tmp_path / "tree" / "a.py").write_text("def parse_date(text):\n    return text\n")
    index = Index.open(tmp_path / "tree", index_dir=tmp_path / "index")
    index.update(hidden=True)
    query = mixed.MixedQuery(
        package="p", kind="workflow", form="keywords", query="nightly build schedule", right=[]
    )
    query["right"] = ["nowhere.py", ".github/ci.yml"]
    row = mixed.ask_question(index, query, Settings())
    assert row["scores"]["hit@1"] == 1.0
    query["right"] = ["a.py:40-60"]
    assert mixed.ask_question(index, query, Settings())["scores"]["hit@10"] == 0.0
