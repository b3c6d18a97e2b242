"""The walk yields each file, or why it is skipped, once and in order, even on hostile trees."""

from __future__ import annotations

import errno
import os
import shutil
import socket
import tempfile
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codelode.discover.options import WalkOptions
from codelode.discover.walk import MAX_DEPTH, walk
from codelode.errors import IndexingError, UsageError
from codelode.types import Skip, SkipReason, SourceFile

READ = "read"


@pytest.fixture(autouse=True)
def _no_settings_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for name in ("XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "root").mkdir()
    return tmp_path / "root"


def grow(root: Path, files: dict[str, str]) -> None:
    """Write files by path; a path with a trailing `/` makes a folder."""
    for path, text in files.items():
        place = root / path
        (place if path.endswith("/") else place.parent).mkdir(parents=True, exist_ok=True)
        if not path.endswith("/"):
            place.write_text(text)


def verdicts(found: Iterator[SourceFile | Skip]) -> dict[str, str]:
    """Return the verdict for each path: `read`, or the reason for skipping it."""
    everything = list(found)
    said = {x.path: str(x.reason) if isinstance(x, Skip) else READ for x in everything}
    assert len(said) == len(everything)
    return said


def seen(root: Path, options: WalkOptions | None = None) -> dict[str, str]:
    return verdicts(walk(root, options))


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208


names = st.binary(min_size=1, max_size=4).filter(
    lambda name: not set(name) & {0, ord("/")} and name not in (b".", b"..", b".git")
)
trees = st.recursive(st.none(), lambda below: st.dictionaries(names, below, max_size=4))


class TestWhatIsGiven:
    def test_files_have_their_stat_fields(self, root: Path) -> None:
        grow(root, {"src/main.py": "print()\n"})
        (file,) = walk(root)
        status = (root / "src/main.py").stat()
        assert file == SourceFile(
            "src/main.py", 8, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, "python"
        )

    def test_paths_are_ordered_by_their_parts(self, root: Path) -> None:
        grow(root, {"a.c": "x", "a/z": "x", "a/b/c": "x", "a-": "x", "B": "x", "a/b.c": "x"})
        assert list(seen(root)) == ["B", "a/b/c", "a/b.c", "a/z", "a-", "a.c"]

    @settings(max_examples=40, deadline=None)
    @given(trees)
    def test_every_file_of_any_tree_once_and_in_order(self, tree: object) -> None:
        files: list[tuple[bytes, ...]] = []

        def plant(place: bytes, parts: tuple[bytes, ...], node: object) -> None:
            if isinstance(node, dict):
                os.mkdir(place)  # noqa: PTH102
                for name, below in node.items():
                    plant(place + b"/" + name, (*parts, name), below)
            elif parts:
                with open(place, "wb") as file:
                    file.write(b"x")
                files.append(parts)

        with tempfile.TemporaryDirectory() as folder:
            plant(os.fsencode(folder) + b"/root", (), tree if isinstance(tree, dict) else {})
            options = WalkOptions(hidden=True, no_ignore=True)
            found = [file.path for file in walk(folder + "/root", options)]
        assert [tuple(os.fsencode(path).split(b"/")) for path in found] == sorted(files)

    def test_the_limits_of_size(self, root: Path) -> None:
        grow(root, {"empty": "", "full": "x" * 10, "over": "x" * 11})
        expected = {"empty": "empty", "full": READ, "over": "too large"}
        assert seen(root, WalkOptions(max_file_size=10)) == expected
        grow(root, {"full": "x" * (1 << 20), "over": "x" * ((1 << 20) + 1)})
        assert seen(root) == expected

    def test_hidden_names_only_on_request(self, root: Path) -> None:
        grow(root, {".a": "x", ".b/c": "x", "d/.e": "x", ".git/config": "x", "f/.git": "x"})
        assert seen(root) == {
            **dict.fromkeys([".a", ".b/", ".git/", "d/.e", "f/.git"], "hidden")
        }  # fmt: skip
        hidden = seen(root, WalkOptions(hidden=True))
        assert hidden == {
            **dict.fromkeys([".a", ".b/c", "d/.e"], READ), ".git/": "hidden", "f/.git": "hidden"
        }  # fmt: skip

    def test_an_excluded_folder_is_not_entered(self, root: Path) -> None:
        grow(root, {"index/manifest": "x", "indexed/a": "x", "a/index/b": "x", "file": "x"})
        exclude = tuple(str(root / path) for path in ("index", "file", "..", "elsewhere"))
        assert seen(root, WalkOptions(exclude=exclude)) == {
            "a/index/b": READ, "index/": "ignored", "indexed/a": READ, "file": "ignored"
        }  # fmt: skip

    def test_memory_does_not_grow_with_the_tree(self, root: Path) -> None:
        def peak(tree: Path, folders: int) -> int:
            for number in range(folders):
                place = f"{number % 10}/{number // 10}"
                grow(tree, {f"{place}/{file}.c": "x" for file in range(20)})
            tracemalloc.start()
            assert sum(1 for _ in walk(tree)) == folders * 20
            _, high = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            return high

        small = peak(root / "small", 10)
        # A list of the 1,800 paths and sizes would take 400,000 bytes.
        assert peak(root / "large", 100) - small < 30_000


class TestRoots:
    def test_a_root_that_is_a_link_is_resolved(self, root: Path) -> None:
        grow(root, {"real/a": "x", "real/sub/b": "x"})
        (root / "link").symlink_to("real")
        assert seen(root / "link") == {"a": READ, "sub/b": READ}
        excluded = WalkOptions(exclude=(str(root / "real" / "sub"),))
        assert seen(root / "link", excluded) == {"a": READ, "sub/": "ignored"}

    def test_a_relative_root(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        grow(root, {"a/b": "x"})
        monkeypatch.chdir(root / "a")
        assert seen(Path()) == {"b": READ}
        assert verdicts(walk("../a")) == {"b": READ}

    def test_an_invalid_root_is_an_error_at_once(self, root: Path) -> None:
        grow(root, {"file": "x"})
        (root / "dangling").symlink_to("nowhere")
        (root / "loop").symlink_to("loop")
        for name, message in [
            ("nowhere", "no such folder"),
            ("file", "not a folder"),
            ("file/below", "not a folder"),
            ("dangling", "no such folder"),
            ("loop", "not a folder"),
            ("a\0b", "no such folder"),
        ]:
            with pytest.raises(UsageError, match=message):
                walk(root / name)

    def test_an_empty_root_gives_nothing(self, root: Path) -> None:
        assert seen(root) == {}


class TestHostileTrees:
    def test_links_are_not_followed(self, root: Path, tmp_path: Path) -> None:
        grow(tmp_path, {"outside/secret": "x"})
        grow(root, {"a/b": "x"})
        for name, target in {
            "a/cycle": "..",
            "self": "self",
            "up": "../outside",
            "file": "a/b",
            "zero": "/dev/zero",
            "dangling": "nowhere",
        }.items():
            (root / name).symlink_to(target)
        found = seen(root)
        assert found.pop("a/b") == READ
        assert set(found.values()) == {"symlink"}
        assert set(found) == {"a/cycle", "self", "up", "file", "zero", "dangling"}

    def test_special_files_are_not_opened(
        self, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        os.mkfifo(root / "fifo")
        os.mkfifo(root / ".gitignore")  # reading it would wait forever
        (root / ".ignore").symlink_to("/dev/zero")
        monkeypatch.chdir(root)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind("socket")
            assert seen(root, WalkOptions(hidden=True)) == {
                ".gitignore": "not a regular file",
                ".ignore": "symlink",
                "fifo": "not a regular file",
                "socket": "not a regular file",
            }

    def test_names_that_are_not_utf8_are_kept(self, root: Path) -> None:
        names = [
            b"new\nline",
            b"\xff\xfe",
            b"tab\t",
            b"caf\xe9",
            "café".encode(),
            b" ",
            b"\x1b[31m",
        ]
        for name in names:
            with open(os.fsencode(root) + b"/" + name, "w") as file:
                file.write("x")
        grow(root, {".gitignore": "tab*\n"})
        os.mkdir(os.fsencode(root) + b"/\xfe")  # noqa: PTH102
        grow(root / os.fsdecode(b"\xfe"), {"inside": "x"})
        found = seen(root)
        assert found == {
            **{os.fsdecode(name): READ for name in names},
            os.fsdecode(b"\xfe/inside"): READ,
            ".gitignore": "hidden",
            "tab\t": "ignored",
        }
        assert list(found) == sorted(found, key=os.fsencode)

    def test_very_deep_folders_are_skipped(self, root: Path) -> None:
        before = open_descriptors()
        place = os.open(root, os.O_RDONLY)
        for _ in range(MAX_DEPTH + 20):
            os.mkdir("d" * 40, dir_fd=place)
            below = os.open("d" * 40, os.O_RDONLY, dir_fd=place)
            os.close(os.open("f", os.O_CREAT | os.O_WRONLY, dir_fd=below))
            os.close(place)
            place = below
        os.close(place)
        found = list(walk(root))
        assert len(found) == MAX_DEPTH + 1
        last = next(x for x in found if x.path.endswith("/"))
        assert isinstance(last, Skip)
        assert last.reason is SkipReason.UNREADABLE
        assert last.path.count("/") == MAX_DEPTH + 1
        assert open_descriptors() == before
        shutil.rmtree(root)

    def test_unreadable_files_are_reported(self, readable_by_all: Path) -> None:
        grow(readable_by_all, {"a/b": "x", "closed/c": "x", "z": "x"})
        (readable_by_all / "closed").chmod(0)
        with without_privileges():
            assert seen(readable_by_all) == {"a/b": READ, "closed/": "unreadable", "z": READ}
            with pytest.raises(UsageError, match=r"closed: cannot be read: Permission denied"):
                walk(readable_by_all / "closed")
        (readable_by_all / "closed").chmod(0o755)


@pytest.fixture
def readable_by_all() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@contextmanager
def without_privileges() -> Iterator[None]:
    """Run as another user if the tests run as root, whom permissions do not restrict."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


class TestTreesThatChange:
    def test_a_vanished_file_is_reported(self, root: Path) -> None:
        grow(root, {"a": "x", "b": "x", "c/d": "x", "e": "x"})
        found = walk(root)
        assert next(found).path == "a"
        (root / "b").unlink()
        shutil.rmtree(root / "c")
        assert verdicts(found) == {"b": "vanished", "c/": "vanished", "e": READ}

    def test_a_folder_that_becomes_a_link_leads_nowhere(self, root: Path, tmp_path: Path) -> None:
        grow(tmp_path, {"outside/secret": "x"})
        grow(root, {"a": "x", "b/c/d": "x"})
        found = walk(root)
        assert next(found).path == "a"
        shutil.rmtree(root / "b")
        (root / "b").symlink_to(tmp_path / "outside")
        assert verdicts(found) == {"b/": "vanished"}

    def test_a_moved_folder_is_still_walked(self, root: Path, tmp_path: Path) -> None:
        """The walk must not follow the link in place of the folder: it leads out of the root."""
        grow(tmp_path, {"outside/c/secret": "x"})
        grow(root, {"b/a": "x", "b/c/d": "x"})
        found = walk(root)
        assert next(found).path == "b/a"
        (root / "b").rename(root / "moved")
        (root / "b").symlink_to(tmp_path / "outside")
        assert verdicts(found) == {"b/c/d": READ}

    def test_an_abandoned_walk_closes_its_descriptors(self, root: Path) -> None:
        grow(root, {"a/b/c": "x", "d": "x"})
        before = open_descriptors()
        never_begun = walk(root)
        found = walk(root)
        assert next(found).path == "a/b/c"
        assert open_descriptors() > before
        found.close()  # type: ignore[attr-defined]
        del never_begun
        assert open_descriptors() == before

    def test_running_out_of_descriptors_is_an_error(
        self, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        grow(root, {"a": "x", "b/c": "x"})
        found = walk(root)
        next(found)

        def fail(*_arguments: object, **_options: object) -> int:
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

        monkeypatch.setattr(os, "open", fail)
        with pytest.raises(IndexingError, match="Too many open files"):
            next(found)
