"""Mining: what becomes a pair, and what is kept out of the training data."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from training.archives import Package, packages, project_path
from training.comments import first_sentence
from training.decontaminate import Excluded, benchmark_lines, is_copied, long_lines, teaches_nothing
from training.fetch import KINDS, in_groups, read_sources
from training.licenses import is_copyleft, licenses_of, permissive
from training.mine import Sieve, mine
from training.pairs import Pair, commented, file_header, pairs_of

SOURCE = b'''"""Schedules jobs on a pool of machines."""

import heapq


class JobQueue:
    """Jobs in the order of their deadlines."""

    def push_urgent(self, job):
        """Put a job before all others.

        More about it.
        """
        # Ties are broken by the time of arrival
        heapq.heappush(self.heap, (job.deadline, job.arrived, job))
        self.changed.notify(len(self.heap), reason="pushed")
        return job
'''


def mined(path: str = "pool/job_queue.py", text: bytes = SOURCE) -> list[Pair]:
    return list(pairs_of("farm", path, "python", text))


def of_kind(kind: str) -> list[Pair]:
    return [pair for pair in mined() if pair.kind == kind]


def test_documentation_finds_the_definition_without_it() -> None:
    found = {pair.query: pair.passage for pair in of_kind("doc")}
    assert set(found) == {"Jobs in the order of their deadlines.", "Put a job before all others."}
    passage = found["Put a job before all others."]
    assert passage.startswith("def push_urgent")
    assert "heappush" in passage
    assert "before all others" not in passage


def test_a_name_finds_the_body_without_the_name() -> None:
    for pair in of_kind("name"):
        assert pair.query in {"job queue", "push urgent"}
        assert "JobQueue" not in pair.passage if pair.query == "job queue" else True
    text = SOURCE.replace(
        b"Put a job before all others.", b"X."
    )  # "X." is no sentence, so the pair comes from the name
    named = {p.query: p.passage for p in mined(text=text) if p.kind == "name"}
    assert "push_urgent" not in named["push urgent"]
    assert "heappush" in named["push urgent"]


def test_headers_and_paths_find_parts_of_the_file() -> None:
    assert [pair.query for pair in of_kind("header")] == ["Schedules jobs on a pool of machines."]
    assert {pair.query for pair in of_kind("path")} == {"pool job queue"}


def test_the_selection_depends_only_on_the_path() -> None:
    assert mined() == mined()


def test_a_comment_finds_the_code_around_it() -> None:
    import random

    body = SOURCE[SOURCE.index(b"    def push") :]
    found = commented(body, random.Random(0))
    assert found is not None
    assert found[0] == "Ties are broken by the time of arrival"
    assert b"Ties" not in found[1]
    assert b"heappush" in found[1]


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        ("/** Returns the nearest free port. Then\n * more. */", "Returns the nearest free port."),
        ("// Opens a\n// file for {@link Reader reading}.", "Opens a file for Reader reading."),
        (
            "/// <summary>\n/// Closes the connection now.\n/// </summary>",
            "Closes the connection now.",
        ),
        ('"""Note that it blocks.\n\n    Returns:\n        all of it"""', "Note that it blocks."),
        ('"""\n    Returns:\n        all of the things\n    """', None),
        ("-- | Fold over the whole tree", "Fold over the whole tree"),
        ('"""Split `text` into lines.\n\n    :param text: it\n    """', "Split text into lines."),
        ("# Retry with a longer delay", "Retry with a longer delay"),
        ("/* @brief Sets the color of a pixel\n * @param x */", "Sets the color of a pixel"),
        ("// TODO: remove this hack soon", None),
        ("# Copyright 2020 The Authors of It", None),
        ("/* eslint-disable no-console, max-len */", None),
        ("// too short", None),
        ("# -------- 0x00 0x01 0x02 0x03 --------", None),
        ("/**\n * @param first the first of them\n */", None),
    ],
)
def test_first_sentence(comment: str, expected: str | None) -> None:
    assert first_sentence(comment) == expected


def test_a_license_at_the_top_is_skipped() -> None:
    text = b"/* Copyright 2020 Somebody. */\n\n/* Draws charts into a bitmap. */\nint x;\n"
    sentence, at = file_header(text)
    assert sentence == "Draws charts into a bitmap."
    assert text[at:].strip() == b"int x;"


DEP5 = """Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/

Files: *
Copyright: 2020 A
License: Expat

Files: {files}
Copyright: 2020 B
License: GPL-3+
"""


@pytest.mark.parametrize(
    ("documents", "allowed"),
    [
        ([("x/debian/copyright", DEP5.format(files="debian/*"))], True),
        ([("x/debian/copyright", DEP5.format(files="src/*"))], False),
        ([("package/package.json", '{"license": "MIT"}')], True),
        ([("package/package.json", '{"license": "(GPL-2.0 OR MIT)"}')], True),
        ([("package/package.json", '{"license": "MIT AND GPL-2.0"}')], False),
        ([("package/package.json", '{"license": "SEE LICENSE IN FILE"}')], False),
        ([("a-1.dist-info/METADATA", "License-Expression: Apache-2.0\n\nGPL")], True),
        ([("a-1.dist-info/METADATA", "Classifier: License :: OSI Approved :: MPL 2.0\n")], False),
        ([("a-1/a.cabal", "name: a\nlicense:   BSD-3-Clause\n")], True),
        ([("a-1/LICENSE", "Permission is hereby granted, free of charge, to any")], True),
        ([("a-1/COPYING", "GNU GENERAL PUBLIC LICENSE Version 2")], False),
        ([("a-1/LICENSE", "All rights reserved.")], False),
        ([], False),
    ],
)
def test_only_permissive_licenses_pass(documents: list[tuple[str, str]], allowed: bool) -> None:
    assert permissive(licenses_of(documents)) is allowed


def test_a_file_under_another_license_than_its_package_is_noticed() -> None:
    assert is_copyleft(b"/* This program is under the GNU General Public License */\nint x;")
    assert not is_copyleft(b"/* MIT licensed */\nint x;")


def test_benchmark_names_are_kept_out() -> None:
    excluded = Excluded(["psf/requests", "rack/rack", "JamesNK/Newtonsoft.Json", "a/lazy.nvim"])
    for name in ("requests", "ruby-rack", "rack-test", "@x/newtonsoft.json", "python3-requests"):
        assert excluded.package(name), name
    for name in ("requestor", "trackers", "ruby-json"):
        assert not excluded.package(name), name
    assert excluded.path("a/newtonsoft/b.cs")
    assert not excluded.path("a/b/tracking.rb")


@pytest.mark.parametrize(
    "path",
    ["a/vendor/b.go", "tests/x.py", "a/test_b.py", "b_test.go", "x.min.js", "node_modules/a/b.js"],
)
def test_vendored_and_test_files_are_kept_out(path: str) -> None:
    assert teaches_nothing(path, SOURCE)
    assert not teaches_nothing("pool/job_queue.py", SOURCE)


def test_generated_and_minified_files_are_kept_out() -> None:
    assert teaches_nothing("a/b.py", b"# Generated by protoc. DO NOT EDIT\n" + SOURCE)
    assert teaches_nothing("a/b.js", b"var a=1;" * 400 + b"\n" * 6)


def test_copies_of_benchmark_files_are_noticed(tmp_path: Path) -> None:
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo" / "queue.py").write_bytes(SOURCE)
    known = benchmark_lines(tmp_path)
    fresh = b"\n".join(b"a line of its own that nobody else has, number %d" % i for i in range(40))
    assert is_copied(SOURCE, known)
    assert is_copied(fresh + b"\n" + b"\n".join(SOURCE.splitlines() * 5), known)
    assert not is_copied(fresh, known)
    assert not is_copied(fresh + SOURCE, known)  # a few common lines are allowed
    assert len(long_lines(SOURCE)) >= 5


def tar(path: Path, files: Mapping[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def test_a_package_is_mined_from_front_to_back(tmp_path: Path) -> None:
    (tmp_path / "npm").mkdir()
    (tmp_path / "pypi").mkdir()
    about = json.dumps({"name": "farm", "version": "1.0.0", "license": "MIT"}).encode()
    code = b"/** Adds two numbers that are\n * very large. */\nfunction addLarge(a, b) {\n"
    code += b"  let carry = 0;\n  for (const digit of a) { carry += digit; }\n"
    code += b"  return normalizeDigits(carry, a, b);\n}\n"
    files = {"package/package.json": about, "package/src/add.js": code}
    tar(tmp_path / "npm" / "farm-1.0.0.tgz", files)
    tar(tmp_path / "npm" / "vitest-1.0.0.tgz", files)
    tar(tmp_path / "npm" / "bare-1.0.0.tgz", {"package/src/add.js": code})
    (tmp_path / "npm" / "broken-1.0.0.tgz").write_bytes(b"\x1f\x8bnonsense")
    with zipfile.ZipFile(tmp_path / "pypi" / "hay-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("hay/queue.py", SOURCE)
        wheel.writestr("hay-1.0.dist-info/METADATA", "License: MIT\n")
    sieve = Sieve(Excluded(["vitest-dev/vitest"]), frozenset())
    found = {package.name: mine(package, sieve) for package in packages(tmp_path)}
    assert {name: result.dropped for name, result in found.items()} == {
        "farm-1.0.0": "",
        "vitest-1.0.0": "benchmark",
        "bare-1.0.0": "license",
        "broken-1.0.0": "damaged",
        "hay": "",
    }
    (pair,) = [pair for pair in found["farm-1.0.0"].pairs if pair.kind == "doc"]
    assert (pair.language, pair.path, pair.query) == (
        "javascript",
        "src/add.js",
        "Adds two numbers that are very large.",
    )


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("usr/share/gocode/src/example.org/a/b.go", "example.org/a/b.go"),
        ("usr/share/cargo/registry/h2-0.3.13/src/a.rs", "src/a.rs"),
        ("package/src/x.ts", "src/x.ts"),
        ("memo-0.5.4/Control/Monad.hs", "Control/Monad.hs"),
        ("black/files.py", "black/files.py"),
    ],
)
def test_folders_of_the_packaging_are_not_learned(path: str, expected: str) -> None:
    assert project_path(path) == expected


def test_source_packages_are_grouped(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    for name in ("a_1.orig.tar.gz", "a_1-1.debian.tar.xz", "b_2.tar.xz", "a_1-1.dsc"):
        (tmp_path / "src" / name).touch()
    found = packages(tmp_path)
    assert [(package.name, len(package.archives)) for package in found] == [("a", 2), ("b", 1)]
    assert isinstance(found[0], Package)


def test_the_source_lists_are_permissive_and_hold_no_benchmark_name() -> None:
    excluded = Excluded(["rack/rack", "psf/requests", "pallets/flask", "serde-rs/serde"])
    for kind in KINDS:
        sources = read_sources(kind)
        assert len(sources) > 100
        assert len({source.name for source in sources}) == len(sources)
        for source in sources:
            assert permissive(set(source.licenses.split("; "))), source
            assert not excluded.package(source.name), source


def test_groups_hold_everything_once() -> None:
    assert list(in_groups(["a", "b", "c", "d", "e"], 2)) == [["a", "b"], ["c", "d"], ["e"]]
