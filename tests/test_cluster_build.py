"""Builds of single repositories: hostile sources, limits, killed builders, and trees in slices."""

from __future__ import annotations

import bz2
import io
import os
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.cluster.build import BUILDER, command_of, descendants
from codelode import Index
from codelode.cluster import workspace as workspaces
from codelode.cluster.build import build
from codelode.cluster.build_messages import Built, Source, TaskOptions
from codelode.cluster.source_list import read_sources
from codelode.cluster.sources import obtain
from codelode.cluster.workspace import PREFIX, workspace
from codelode.discover.slices import Slice, cut
from codelode.discover.walk import walk
from codelode.errors import UsageError
from codelode.objects.folder import FolderStore
from codelode.roster.answer import SelectedRepositories
from codelode.roster.cache import ObjectCache
from codelode.roster.join import join
from codelode.roster.roster import Roster
from codelode.roster.upload import Uploader
from codelode.roster.writer import RosterWriter
from codelode.search.request import SearchRequest
from codelode.store.storage import LocalStorage
from tests.checkouts import committed, git, repository
from tests.commandline import SAMPLE, until, write_tree
from tests.rosters import requests

MEMORY = 512 << 20
DISK = 64 << 20


def options(place: Path, **changes: Any) -> TaskOptions:
    return replace(TaskOptions(str(place), 1, MEMORY, DISK, 1 << 30), **changes)


@pytest.fixture(autouse=True)
def _own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the folders of builds apart from the folders of other tests."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))


def left_over(folder: Path) -> list[Path]:
    return list((folder / "tmp").glob(f"{PREFIX}*"))


def tar_of(path: Path, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as packed:
        for info, data in members:
            packed.addfile(info, io.BytesIO(data))
    return path


def member(name: str, data: bytes = b"x = 1\n", **fields: object) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for field, value in fields.items():
        setattr(info, field, value)
    return info, data


def zip_of(path: Path, **files: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in files.items():
            packed.writestr(name, data)
    return path


GOOD = member("app/retry.py", b"def retry():\n    return 1\n")


def whole_tar(folder: Path) -> bytes:
    return tar_of(
        folder / "whole.tar.gz", GOOD, member("app/more.py", os.urandom(9000))
    ).read_bytes()


def zeros_after(kind: bytes, size: int) -> bytes:
    """Return a small archive: one entry of type `kind`, whose content is `size` bytes of zeros."""
    header = tarfile.TarInfo("entry")
    header.type, header.size = kind, size
    block = header.tobuf(tarfile.GNU_FORMAT)
    return bz2.compress(block) + bz2.compress(bytes(64 << 20)) * (size >> 26)


def endless_archive(folder: Path) -> Path:
    """Write an archive that takes minutes to read."""
    path = folder / "endless.tar.bz2"
    path.write_bytes(zeros_after(b"Z", 256 << 30))
    return path


REFUSED: dict[str, tuple[str, Callable[[Path], bytes], str]] = {
    "cut": ("a.tar.gz", lambda folder: whole_tar(folder)[:-400], "cannot be unpacked"),
    "no archive": (
        "a.tar.gz",
        lambda _: b"nonsense",
        "unpacked: it is no archive that can be read",
    ),
    "empty": ("a.zip", lambda _: b"", "cannot be unpacked"),
    "flipped": (
        "a.tar.gz",
        lambda folder: whole_tar(folder)[:60] + b"\xff\x00" * 40 + whole_tar(folder)[140:],
        "cannot be unpacked",
    ),
    "upward": (
        "a.tar.gz",
        lambda folder: tar_of(folder / "up.tar.gz", GOOD, member("../../out.py")).read_bytes(),
        "outside the destination",
    ),
    "bomb": (
        "a.zip",
        lambda folder: zip_of(folder / "b.zip", big=bytes(DISK + 1)).read_bytes(),
        "more than 67,108,864 bytes",
    ),
    "tar bomb": (
        "a.tar.gz",
        lambda folder: tar_of(folder / "b.tar.gz", member("big", bytes(DISK + 1))).read_bytes(),
        "more than 67,108,864 bytes",
    ),
    "memory bomb": ("a.tar.bz2", lambda _: zeros_after(tarfile.XHDTYPE, 1 << 30), "memory"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_a_hostile_archive_is_one_line_and_leaves_nothing(kind: str, tmp_path: Path) -> None:
    name, make, problem = REFUSED[kind]
    archive = tmp_path / name
    archive.write_bytes(make(tmp_path))
    before = {each.name for each in tmp_path.iterdir()}
    built = build(Source("a", str(archive)), "", options(tmp_path / "roster"))
    assert problem in built.problem and "\n" not in built.problem
    assert built.repository is None and not left_over(tmp_path)
    assert {each.name for each in tmp_path.iterdir()} == before


def test_links_and_absolute_paths_stay_inside(tmp_path: Path) -> None:
    archive = tar_of(
        tmp_path / "a.tar.gz",
        GOOD,
        member("/etc/absolute.py"),
        member("app/link", b"", type=tarfile.SYMTYPE, linkname="/etc"),
        member("app/link/passwd.py", b"y = 2\n"),
        member("app/hard.py", b"", type=tarfile.LNKTYPE, linkname="/etc/passwd"),
        member("app/pipe", b"", type=tarfile.FIFOTYPE),
    )
    tree = obtain(str(archive), tmp_path, DISK).tree
    found = sorted(str(path.relative_to(tree)) for path in tree.rglob("*") if not path.is_dir())
    assert found == ["app/link/passwd.py", "app/retry.py", "etc/absolute.py"]
    assert not any(path.is_symlink() for path in tree.rglob("*"))
    packed = zip_of(tmp_path / "a.zip", **{"../../up.py": b"z = 3\n", "/etc/a.py": b"w = 4\n"})
    (tmp_path / "other").mkdir()
    tree = obtain(str(packed), tmp_path / "other", DISK).tree
    assert all(path.resolve().is_relative_to(tmp_path / "other") for path in tree.rglob("*"))
    assert not (tmp_path / "up.py").exists()


def test_deep_folders_are_built_and_removed(tmp_path: Path) -> None:
    """A clone may be deeper than Python's recursion limit; an archive loses its deep entries."""
    origin = repository(tmp_path / "origin", SAMPLE)
    blob = git(origin, "rev-parse", "HEAD:docs/guide.md").strip()
    entry = f"100644,{blob},{'a/' * 1200}deep.md"
    git(origin, "update-index", "--add", "--cacheinfo", entry)
    tree = git(origin, "write-tree").strip()
    commit = git(origin, "commit-tree", tree, "-m", "deep").strip()
    git(origin, "update-ref", "refs/heads/deep", commit)
    built = build(Source("a", f"file://{origin}#deep"), "", options(tmp_path / "roster"))
    assert built.problem == "" and built.files == 6
    archive = tar_of(tmp_path / "a.tar.gz", GOOD, member("a/" * 1200 + "x.py"))
    assert build(Source("a", str(archive)), "", options(tmp_path / "roster")).files == 1
    assert not left_over(tmp_path)


@given(st.binary(max_size=300), st.sampled_from(["a.tar.gz", "a.zip", "a.tar.xz", "a.tar"]))
def test_any_bytes_are_refused_or_unpacked(content: bytes, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / name).write_bytes(content)
        try:
            obtain(str(Path(folder) / name), Path(folder), DISK)
        except (UsageError, OSError):
            return


def test_archives_are_downloaded_by_https_alone(tmp_path: Path) -> None:
    for place in ("http://127.0.0.1:9/a.tar.gz", "ftp://x/a.zip", "file:///etc/a.zip"):
        with pytest.raises(UsageError, match="fetched by https"):
            obtain(place, tmp_path, DISK)
    with pytest.raises(UsageError, match=r"127\.0\.0\.1:9/a"):
        obtain("https://127.0.0.1:9/a.crate", tmp_path, DISK)


def test_memory_and_disk_of_a_task_are_limited(tmp_path: Path) -> None:
    code = b"def f(): pass\n" * (1 << 15)
    archive = tar_of(tmp_path / "a.tar.gz", *(member(f"{n}.py", code) for n in range(3)))
    little = options(tmp_path / "roster", max_disk=1 << 20)
    assert "more than 1,048,576" in build(Source("a", str(archive)), "", little).problem
    little = options(tmp_path / "roster", max_memory=100 << 20)
    assert "MB of memory" in build(Source("a", str(archive)), "", little).problem
    origin = repository(tmp_path / "origin", {"a.bin": os.urandom(12 << 20), "a.py": "x = 1\n"})
    clone = Source("a", f"file://{origin}")
    built = build(clone, "", options(tmp_path / "roster", max_disk=6 << 20))
    assert "more than 6,291,456 B of disk" in built.problem
    assert not left_over(tmp_path)


BUILD = """
import sys
from codelode.cluster.build import build
from codelode.cluster.build_messages import Source, TaskOptions
build(Source("a", sys.argv[1]), "", TaskOptions(sys.argv[2], 1, 1 << 30, 1 << 40, 1 << 30))
"""


def builders_of(task: int) -> list[int]:
    """Return the ids of a task's builder processes."""
    return [pid for pid in descendants(task) if BUILDER in command_of(pid)]


def test_a_killed_task_leaves_no_process_and_its_folder_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    endless = endless_archive(tmp_path)
    task = subprocess.Popen([sys.executable, "-c", BUILD, str(endless), str(tmp_path / "roster")])
    until(lambda: bool(builders_of(task.pid)), 20)
    (builder,) = builders_of(task.pid)
    (folder,) = left_over(tmp_path)
    task.send_signal(signal.SIGKILL)
    task.wait()
    until(lambda: BUILDER not in command_of(builder), 10)
    assert left_over(tmp_path) == [folder]
    with workspace():
        assert folder in left_over(tmp_path)  # too new: a task may be about to lock it
    monkeypatch.setattr(workspaces, "_UNLOCKED_SECONDS", -1.0)
    with workspace() as mine, workspace() as other:
        assert sorted(left_over(tmp_path)) == sorted([mine, other])
    assert not left_over(tmp_path)


def test_building_twice_gives_the_same_repository(tmp_path: Path) -> None:
    origin = repository(tmp_path / "origin", SAMPLE)
    archive = tmp_path / "a.tar.gz"
    with tarfile.open(archive, "w:gz") as packed:
        packed.add(origin, "app", filter=lambda each: None if ".git" in each.name else each)
    made = [
        build(Source("a", place), "", options(tmp_path / "roster"))
        for place in (f"file://{origin}", f"file://{origin}#main", str(archive), str(archive))
    ]
    assert [each.problem for each in made] == [""] * 4
    assert len({each.repository.manifest for each in made if each.repository}) == 2
    segments = list((tmp_path / "roster/segments").glob("*/*"))
    times = [path.stat().st_mtime_ns for path in segments]
    (first, *_) = made
    assert first.repository is not None and first.peak_bytes > 10 << 20
    build(Source("a", f"file://{origin}"), first.repository.manifest, options(tmp_path / "roster"))
    assert [path.stat().st_mtime_ns for path in segments] == times


def test_an_invalid_source_is_reported(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.tar")
    for place, problem in (
        (tmp_path / "missing.tar.gz", "there is no such archive"),
        (tmp_path / "fifo.tar", "there is no such archive"),
        (tmp_path / "missing", "is no folder, no archive and no git URL"),
        (f"file://{tmp_path}/missing", "missing"),
    ):
        with pytest.raises(UsageError, match=problem):
            obtain(str(place), tmp_path, DISK)


def test_lists_of_sources_are_checked(tmp_path: Path) -> None:
    listed = tmp_path / "sources"
    listed.write_text("# all\na/b /x\n'c' \"/with blank\" staff\n")
    assert read_sources(str(listed)) == [
        Source("a/b", "/x"),
        Source("c", "/with blank", "staff"),
    ]
    for text, problem in (
        ("a\n", "expected NAME SOURCE"),
        ("a /x\na /y\n", "is listed twice"),
        ("../a /x\n", "name"),
        ("a '/x\n", "quotation"),
        ("# none\n", "lists no repositories"),
    ):
        listed.write_text(text)
        with pytest.raises(UsageError, match=problem):
            read_sources(str(listed))


TREE: dict[str, str | bytes] = {
    **SAMPLE,
    **{f"src/d{n % 3}/f{n}.py": f"def retry_{n}():\n    return 'delay {n}'\n" for n in range(30)},
    "src/d1.py": "retry = 'between folder and file'\n",
    "src/d1-a/x.h": "class Retry { int delay; };\n",
    "src/d1-a/x.cpp": '#include "x.h"\n',
    "ü/\udcff.py".encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape"): "x = 1\n",
}


@pytest.mark.parametrize("size", [1, 100, 700, 1 << 20])
def test_slices_hold_every_file_once_in_order(tmp_path: Path, size: int) -> None:
    root = write_tree(tmp_path / "tree", TREE)
    whole = list(walk(root))
    found = cut(walk(root), size)
    assert [each for slice in found for each in slice.within(walk(root))] == whole
    assert (len(found) == 1) == (size == 1 << 20)
    assert (found[0].first, found[-1].end) == ("", "")
    write_tree(root, {"added/first.py": "x = 1\n", "zz.py": "y = 2\n"})  # added after `cut`
    assert [each for slice in found for each in slice.within(walk(root))] == list(walk(root))
    assert list(Slice("src/d1", "src/d1.py").within(whole)) == [
        each for each in whole if each.path.startswith("src/d1/")
    ] + [each for each in whole if each.path.startswith("src/d1-a/")]


def build_in_slices(source: Source, asked: TaskOptions) -> list[Built]:
    planned = build(source, "", asked)
    assert planned.repository is None and planned.problem == "" and len(planned.slices) > 1
    return [build(source, "", asked, each, planned.commit) for each in planned.slices]


@pytest.mark.parametrize("kind", ["archive", "git"])
def test_a_tree_in_slices_answers_as_one_index(tmp_path: Path, kind: str) -> None:
    origin = repository(tmp_path / "origin", TREE)
    place = str(origin)
    if kind == "git":
        place = f"file://{origin}"
    if kind == "archive":
        place = str(tmp_path / "a.tar.gz")
        with tarfile.open(place, "w:gz") as packed:
            packed.add(origin, "app")
    roster = tmp_path / "roster"
    source, asked = Source("acme/app", place), options(roster, slice_size=900)
    planned = build(source, "", asked)
    if kind == "git":  # the branch moves on while the slices are built
        write_tree(origin, {"later.py": "retry = 'later'\n"})
        committed(origin)
    slices = [build(source, "", asked, each, planned.commit) for each in planned.slices]
    assert [each.problem for each in slices] == [""] * len(planned.slices)
    whole = join(FolderStore(roster), [each.repository for each in slices if each.repository])
    if kind == "git":
        git(origin, "reset", "-q", "--hard", "HEAD~1")
    index = Index.open(origin, index_dir=tmp_path / "indexes")
    index.update(jobs=1)
    once = Uploader(FolderStore(roster)).upload(LocalStorage(index.directory), "acme/app")
    same = ("files", "chunks", "tokens", "text_bytes", "identity", "languages", "complete", "name")
    assert {name: getattr(whole, name) for name in same} == {
        name: getattr(once, name) for name in same
    }
    assert whole.segments > 2 and once.segments == 1
    answers = []
    for made in (whole, once):
        store = FolderStore(tmp_path / f"roster-{made.segments}")
        for each in FolderStore(roster).list():
            store.put(each.key, FolderStore(roster).get(each.key))
        RosterWriter(store).add([made])
        opened = SelectedRepositories(Roster.of(store), cache=ObjectCache(tmp_path / "unused", 0))
        answers.append([opened.answer(each).hits for each in requests(60, seed=2)])
    assert answers[0] == answers[1]
    assert sum(map(bool, answers[0])) > 20


def test_a_slice_without_text_is_no_failure(tmp_path: Path) -> None:
    pictures: dict[str, str | bytes] = {f"a/{n}.png": b"\x89PNG\0" * 100 for n in range(9)}
    root = write_tree(tmp_path / "tree", {**pictures, "z.py": "retry = 1\n" * 80})
    slices = build_in_slices(Source("a", str(root)), options(tmp_path / "roster", slice_size=2000))
    assert [each.problem for each in slices] == [""] * len(slices)
    whole = join(FolderStore(tmp_path / "roster"), [s.repository for s in slices if s.repository])
    assert (whole.files, whole.complete) == (1, True)


def test_slices_that_do_not_fit_together_are_refused(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "tree", TREE)
    store = FolderStore(tmp_path / "roster")
    asked = options(tmp_path / "roster", slice_size=900)
    made = [each.repository for each in build_in_slices(Source("a", str(root)), asked)]
    first, second, *_ = (each for each in made if each is not None)
    with pytest.raises(UsageError, match="have the same segment"):
        join(store, [first, second, second])
    index = Index.open(root, index_dir=tmp_path / "other")
    index.update(hidden=True)
    other = Uploader(store).upload(LocalStorage(index.directory), "a")
    with pytest.raises(UsageError, match="different versions or options"):
        join(store, [first, other])


def test_a_git_commit_that_is_gone_is_one_line(tmp_path: Path) -> None:
    origin = repository(tmp_path / "origin", SAMPLE)
    gone, asked = Source("a", f"file://{origin}"), options(tmp_path / "roster")
    built = build(gone, "", asked, Slice(), "f" * 40)
    assert built.problem and "\n" not in built.problem
    built = build(Source("a", f"file://{origin}#-x"), "", options(tmp_path / "roster"))
    assert "is no branch" in built.problem


def test_a_search_finds_what_was_built(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "tree", SAMPLE)
    began = int(time.time())
    built = build(Source("a", str(root)), "", options(tmp_path / "roster"))
    assert built.repository is not None
    RosterWriter.open(str(tmp_path / "roster")).add([built.repository])
    opened = SelectedRepositories(
        Roster.open(str(tmp_path / "roster")), cache=ObjectCache(tmp_path / "unused", 0)
    )
    assert opened.answer(SearchRequest("retry scheduler")).hits[0].path == "a/src/retry.py"
    assert began <= built.repository.updated <= time.time()
