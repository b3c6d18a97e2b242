"""Tracked files and settings, compared with git itself; folders that programs fill."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from codelode.discover.git_excludes import Worktree
from codelode.discover.git_index import TrackedFiles
from codelode.discover.options import WalkOptions
from codelode.discover.walk import walk
from codelode.types import Skip, SourceFile
from tests.test_discover_walk import READ, grow, seen

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Set and return a home folder without settings."""
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for name in ("XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "home"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    git(root, "config", "user.email", "a@example.org")
    git(root, "config", "user.name", "a")
    return root


def git(folder: Path, *arguments: str) -> bytes:
    done = subprocess.run(["git", "-C", folder, *arguments], check=True, capture_output=True)
    return done.stdout


def read_paths(root: Path, options: WalkOptions | None = None) -> set[str]:
    return {path for path, verdict in seen(root, options).items() if verdict == READ}


def tracked(root: Path) -> list[bytes]:
    found = Worktree(root).tracked
    return [found[i] for i in range(len(found))]


TREE = {
    ".gitignore": "build/\n*.log\n",
    ".github/workflows/ci.yml": "on: push\n",
    "build/keep.txt": "x",
    "a.log": "x",
    "src/a.py": "x",
    "node_modules/own/index.js": "x",
    "deep/er/.hidden/b.py": "x",
}
UNTRACKED = {
    ".github/new.yml": "x",
    "build/out.txt": "x",
    "b.log": "x",
    "src/new.py": "x",
    "node_modules/other/index.js": "x",
    ".editorconfig": "x",
}


@pytest.mark.parametrize("version", ["2", "3", "4"])
def test_tracked_files_are_read_whatever_rules_say(root: Path, version: str) -> None:
    grow(root, TREE)
    git(root, "add", "-f", ".")
    git(root, "update-index", "--index-version", version)
    if version == "3":  # without the flags that these commands set, git would write version 2
        git(root, "add", "-N", "-f", *("src/a.py",))
        git(root, "update-index", "--skip-worktree", "a.log")
    grow(root, UNTRACKED)
    assert read_paths(root) == {*TREE, "src/new.py"}
    assert tracked(root) == git(root, "ls-files", "-z").split(b"\0")[:-1]
    found = seen(root)
    assert found["build/out.txt"] == found["b.log"] == "ignored"
    assert found[".github/new.yml"] == found[".editorconfig"] == "hidden"
    assert found["node_modules/other/"] == "installed"


def test_without_tracking_rules_decide(root: Path) -> None:
    grow(root, {**TREE, **UNTRACKED})
    assert read_paths(root) == {"src/a.py", "src/new.py"}


@pytest.mark.parametrize("rules", [".ignore", ".lodeignore"])
def test_our_own_rules_outweigh_tracking(root: Path, rules: str) -> None:
    grow(root, {**TREE, rules: "src/\n/.github/\n"})
    git(root, "add", "-f", ".")
    assert not any(path.startswith(("src/", ".github/")) for path in read_paths(root))


def test_a_root_within_the_worktree_and_a_repository_within(root: Path) -> None:
    grow(root, {".gitignore": "*.log\n", "a/b.log": "x", "a/c.log": "x", "inner/d.log": "x"})
    git(root / "inner", "init", "-q")
    grow(root, {"inner/.gitignore": "*.log\n", "inner/e.log": "x"})
    git(root / "inner", "add", "-f", "d.log")
    git(root, "add", "-f", "a/b.log")
    assert read_paths(root / "a") == {"b.log"}
    assert read_paths(root) == {"a/b.log", "inner/d.log"}


def test_linked_worktrees_have_an_index_of_their_own(root: Path, tmp_path: Path) -> None:
    grow(root, {".gitignore": "*.log\n", "a.log": "x"})
    git(root, "add", "-f", ".")
    git(root, "commit", "-q", "-m", "x")
    git(root, "worktree", "add", "-q", str(tmp_path / "linked"))
    grow(tmp_path / "linked", {"b.log": "x"})
    assert read_paths(tmp_path / "linked") == {".gitignore", "a.log"}


def test_a_split_index_is_read(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    grow(root, TREE)
    git(root, "add", "-f", ".")
    git(root, "update-index", "--split-index")
    grow(root, {"c.log": "x"})
    git(root, "add", "-f", "c.log")
    listed = git(root, "ls-files", "-z").split(b"\0")[:-1]
    assert tracked(root) == listed
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "of a hook"))
    assert tracked(root) == listed


@pytest.mark.parametrize(
    "data", [b"", b"DIRC", b"DIRC\0\0\0\2\0\0\xff\xff", b"\0" * 200, b"DIRC\0\0\0\7\0\0\0\1"]
)
def test_a_damaged_index_tracks_nothing(root: Path, data: bytes) -> None:
    grow(root, {".gitignore": "*.log\n", "a.log": "x", "b": "x"})
    (root / ".git/index").write_bytes(data)
    assert read_paths(root) == {"b"}


def test_cut_short_anywhere_an_index_does_no_harm(root: Path) -> None:
    grow(root, TREE)
    git(root, "add", "-f", ".")
    data = (root / ".git/index").read_bytes()
    for size in range(0, len(data), 7):
        (root / ".git/index").write_bytes(data[:size])
        assert len(Worktree(root).tracked) <= len(TREE)


def test_lookups_of_tracked_files() -> None:
    found = TrackedFiles([b"b/c", b"a", b"b.c", b"b/d/e", b"sub"])
    assert [found.holds(path) for path in (b"a", b"b", b"b/c", b"c", b"sub")] == [
        True,
        False,
        True,
        False,
        True,
    ]
    assert [found.holds_below(folder) for folder in (b"b/", b"b/d/", b"a/x/", b"sub/")] == [
        True,
        True,
        False,
        True,
    ]
    assert not TrackedFiles([]).holds_below(b"a/")


@pytest.mark.parametrize("ignore_case", ["true", "false"])
def test_core_ignorecase(root: Path, ignore_case: str) -> None:
    rules = "Build/\n*.LOG\n/Doc/[A-C]*\nsrc/**/Gen\n[[:upper:]]x\n"
    names = ["BUILD/a", "build/b", "a.log", "B.Log", "doc/apple", "Doc/Cat", "src/x/gen", "ax", "q"]
    grow(root, {".gitignore": rules, **dict.fromkeys(names, "x")})
    git(root, "config", "core.ignorecase", ignore_case)
    listed = git(root, "ls-files", "-z", "-o", "--exclude-standard", "-c").split(b"\0")[:-1]
    expected = {os.fsdecode(path) for path in listed} - {".gitignore"}
    assert read_paths(root) == expected


@pytest.mark.parametrize(
    ("condition", "applies"),
    [
        ("gitdir:{root}/", True),
        ("gitdir:{root}/.git", True),
        ("gitdir:~/elsewhere/", False),
        ("gitdir:root/", True),
        ("gitdir:ROOT/", False),
        ("gitdir/i:ROOT/", True),
        ("gitdir:**/root/**", True),
        ("onbranch:main", True),
        ("onbranch:ma*", True),
        ("onbranch:feature/", False),
        ("hasconfig:remote.*.url:https://example.org/**", True),
        ("hasconfig:remote.*.url:https://other.org/**", False),
        ("nonsense:x", False),
    ],
)
def test_conditional_includes(root: Path, home: Path, condition: str, applies: bool) -> None:
    git(root, "config", "remote.origin.url", "https://example.org/a/b.git")
    (home / "rules").write_text("*.log\n")
    (home / "included").write_text(f"[core]\n\texcludesFile = {home}/rules\n")
    section = condition.format(root=root)
    (home / ".gitconfig").write_text(f'[includeIf "{section}"]\n\tpath = included\n')
    grow(root, {"a.log": "x", "b": "x"})
    listed = git(root, "ls-files", "-z", "-o", "--exclude-standard").split(b"\0")[:-1]
    assert (b"a.log" not in listed) == applies
    assert read_paths(root) == ({"b"} if applies else {"a.log", "b"})


def test_settings_of_one_worktree(root: Path, home: Path) -> None:
    (home / "rules").write_text("*.log\n")
    grow(root, {"a.log": "x", "b": "x"})
    (root / ".git/config.worktree").write_text(f"[core]\n\texcludesFile = {home}/rules\n")
    assert read_paths(root) == {"a.log", "b"}
    git(root, "config", "extensions.worktreeConfig", "true")
    assert read_paths(root) == {"b"}


def test_a_user_without_home_or_name(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    grow(root, {".gitignore": "*.log\n", "a.log": "x", "b": "x"})
    monkeypatch.delenv("HOME")
    monkeypatch.setattr("os.path.expanduser", lambda path: path)
    assert read_paths(root) == {"b"}


INSTALLED = {
    "venv/pyvenv.cfg": "home = /usr\n",
    "venv/lib/python3/site-packages/x.py": "x",
    "web/node_modules/x/index.js": "x",
    "bower_components/x.js": "x",
    "conda/conda-meta/history": "x",
    "target/CACHEDIR.TAG": "Signature: 8a477f597d28d172789f06886806bc55\n",
    "target/debug/x.rs": "x",
}


def test_installed_packages_are_left_out_unless_asked_for(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    grow(tmp_path / "tree", {**INSTALLED, "a.py": "x", "other/CACHEDIR.TAG": "not one\n"})
    found = list(walk(tmp_path / "tree"))
    assert {x.path for x in found if isinstance(x, SourceFile)} == {"a.py", "other/CACHEDIR.TAG"}
    skips = {x.path: (str(x.reason), x.detail) for x in found if isinstance(x, Skip)}
    assert skips == {
        "venv/": ("installed", "a virtual environment"),
        "web/node_modules/": ("installed", ""),
        "bower_components/": ("installed", ""),
        "conda/": ("installed", "a conda environment"),
        "target/": ("installed", "a cache"),
    }
    everything = read_paths(tmp_path / "tree", WalkOptions(installed=True))
    assert set(INSTALLED) < everything
    assert read_paths(tmp_path / "tree/venv") == {"pyvenv.cfg", "lib/python3/site-packages/x.py"}


def test_an_index_in_the_tree_is_never_indexed(tmp_path: Path) -> None:
    from codelode import Index

    grow(tmp_path, {"tree/a.py": "x = 1\n", "other/b.py": "y = 2\n"})
    Index.open(tmp_path / "other", index_dir=tmp_path / "tree" / "kept").update()
    index = Index.open(tmp_path / "tree", index_dir=tmp_path / "tree" / "own")
    index.update()
    assert index.update().files == 1
    everything = WalkOptions(hidden=True, no_ignore=True, installed=True)
    found = {x.path for x in walk(tmp_path / "tree", everything) if isinstance(x, SourceFile)}
    assert found == {"a.py"}


@pytest.mark.parametrize(
    ("files", "language"),
    [
        ({"a.cpp": "int x;", "a.h": "int f(void);"}, "cpp"),
        ({"a.c": "int x;", "a.h": "int f(void);"}, "c"),
        ({"a.cc": "int x;", "include/deep/a.h": "int f(void);"}, "cpp"),
        ({"a.cc": "int x;", "c/b.c": "int x;", "c/a.h": "int f(void);"}, "c"),
        ({"a.h": "int f(void);"}, "c"),
    ],
)
def test_headers_are_in_the_language_of_the_tree(
    tmp_path: Path, files: dict[str, str], language: str
) -> None:
    grow(tmp_path / "tree", files)
    found = {x.path: x for x in walk(tmp_path / "tree") if isinstance(x, SourceFile)}
    header = next(file for path, file in found.items() if path.endswith(".h"))
    assert header.language == language
