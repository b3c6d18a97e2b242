"""Rule files in force during a walk and their precedence, compared with git."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codelode.discover import git_excludes as gitexcludes
from codelode.discover.git_config import parse_config
from codelode.discover.options import WalkOptions
from codelode.discover.walk import walk
from codelode.types import Skip, SkipReason
from tests.test_discover_ignore import NAMES, pieces
from tests.test_discover_walk import READ, grow, seen

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Set up a home folder without settings."""
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for name in ("XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
        monkeypatch.delenv(name, raising=False)
    return home


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "root").mkdir()
    return tmp_path / "root"


def read_paths(root: Path, options: WalkOptions | None = None) -> list[str]:
    return [path for path, verdict in seen(root, options).items() if verdict == READ]


def ignored(root: Path) -> dict[str, str]:
    """Return the ignored paths with the rule of each."""
    return {
        found.path: found.detail
        for found in walk(root)
        if isinstance(found, Skip) and found.reason is SkipReason.IGNORED
    }


class TestKinds:
    def test_every_skip_names_its_rule(self, root: Path) -> None:
        grow(root, {".gitignore": "# built\n/out/\n*.log \n", "sub/.ignore": "!a.log\nx*\n"})
        grow(root, {"out/a": "x", "b.log": "x", "sub/a.log": "x", "sub/xy": "x", "sub/out/c": "x"})
        assert ignored(root) == {
            "b.log": ".gitignore:3:*.log",
            "out/": ".gitignore:2:/out/",
            "sub/xy": "sub/.ignore:2:x*",
        }
        assert read_paths(root) == ["sub/a.log", "sub/out/c"]

    @pytest.mark.parametrize("weak", range(5))
    @pytest.mark.parametrize("strong", range(5))
    def test_precedence(self, root: Path, home: Path, weak: int, strong: int) -> None:
        """Precedence does not depend on depth: a top `.lodeignore` beats a deeper `.gitignore`."""
        if strong <= weak:
            return
        grow(root, {".git/HEAD": "", "sub/a": "x"})
        places = [
            home / ".config/git/ignore",
            root / ".git/info/exclude",
            root / "sub/.gitignore",
            root / "sub/.ignore",
            root / ".lodeignore",
        ]
        for place in (places[weak], places[strong]):
            place.parent.mkdir(parents=True, exist_ok=True)
        places[weak].write_text("a\n")
        assert read_paths(root) == []
        places[strong].write_text("!a\n")
        assert read_paths(root) == ["sub/a"]
        places[weak].write_text("!a\n")
        places[strong].write_text("a\n")
        assert read_paths(root) == []

    @pytest.mark.parametrize("kind", [".gitignore", ".ignore", ".lodeignore"])
    def test_the_deeper_file_outranks_within_a_kind(self, root: Path, kind: str) -> None:
        grow(root, {kind: "a\n!b\n", f"sub/{kind}": "!a\nb\n", f"sub/deep/{kind}": "c\n"})
        grow(
            root, {f"{folder}{name}": "x" for folder in ("", "sub/", "sub/deep/") for name in "abc"}
        )
        assert read_paths(root) == ["b", "c", "sub/a", "sub/c", "sub/deep/a"]

    def test_below_an_ignored_folder_nothing_comes_back(self, root: Path) -> None:
        grow(root, {".gitignore": "out/\n!out/keep\n", "out/.lodeignore": "!*\n", "out/keep": "x"})
        assert ignored(root) == {"out/": ".gitignore:1:out/"}

    def test_no_rules_on_request(self, root: Path, home: Path) -> None:
        grow(home, {".config/git/ignore": "a\n"})
        grow(root, {".git/info/exclude": "b\n", ".gitignore": "c\n", ".ignore": "d\n"})
        grow(root, {".lodeignore": "e\n", **dict.fromkeys("abcdef", "x"), ".hidden": "x"})
        assert read_paths(root) == ["f"]
        assert read_paths(root, WalkOptions(no_ignore=True)) == list("abcdef")

    def test_hidden_names_come_back_by_our_rules_but_not_by_gits(self, root: Path) -> None:
        """In a `.gitignore`, `!.travis.yml` means that git tracks it, not that it is searched."""
        grow(root, {".github/ci.yml": "x", ".travis.yml": "x", ".editorconfig": "x"})
        grow(root, {".gitignore": "!.travis.yml\n", ".ignore": "!.github/\n"})
        assert read_paths(root) == [".github/ci.yml"]
        grow(root, {".lodeignore": "!.editorconfig\n.github\n"})
        assert read_paths(root) == [".editorconfig"]

    def test_rules_are_bytes(self, root: Path) -> None:
        (root / ".gitignore").write_bytes(b"\xff*\ncaf\xc3\xa9\n")
        for name in (b"\xff\xfe", "café".encode(), b"caf\xe9"):
            with open(os.fsencode(root) + b"/" + name, "w") as file:
                file.write("x")
        assert ignored(root) == {
            "café": ".gitignore:2:café",
            "\udcff\udcfe": ".gitignore:1:\udcff*",
        }

    def test_a_rule_file_that_is_a_link_is_not_read(self, root: Path) -> None:
        grow(root, {"rules": "a\n", "a": "x"})
        (root / ".gitignore").symlink_to("rules")
        assert read_paths(root) == ["a", "rules"]


class TestWorktrees:
    def test_rules_of_the_folders_above(self, root: Path) -> None:
        grow(root, {".gitignore": "never\n"})
        grow(
            root / "repo",
            {".git/HEAD": "", ".gitignore": "*.o\n/pkg/lib/x\n/y\n", ".ignore": "t\n"},
        )
        grow(root / "repo/pkg", {".gitignore": "z\n!keep.o\n", ".lodeignore": "lib/sub/l\n"})
        files = ["a.o", "keep.o", "x", "y", "z", "t", "never", "sub/x", "sub/y", "sub/l", "l"]
        grow(root / "repo/pkg/lib", dict.fromkeys(files, "x"))
        assert ignored(root / "repo/pkg/lib") == {
            "a.o": "../../.gitignore:1:*.o",
            "sub/l": "../.lodeignore:1:lib/sub/l",
            "t": "../../.ignore:1:t",
            "x": "../../.gitignore:2:/pkg/lib/x",
            "z": "../.gitignore:1:z",
        }

    def test_outside_of_git_folders_above_do_not_count(self, root: Path) -> None:
        grow(root, {".gitignore": "a\n", ".ignore": "a\n", "sub/a": "x"})
        assert read_paths(root / "sub") == ["a"]

    def test_a_root_that_is_itself_ignored_is_walked(self, root: Path) -> None:
        grow(
            root,
            {".git/HEAD": "", ".gitignore": "/build/\n*.o\n", "build/a": "x", "build/b.o": "x"},
        )
        assert read_paths(root / "build") == ["a"]

    def test_a_repository_within_has_its_own_git_rules(self, root: Path, home: Path) -> None:
        grow(home, {".config/git/ignore": "*.tmp\n/top\n"})
        grow(root, {".git/info/exclude": "e\n", ".gitignore": "a\n", ".ignore": "i\n"})
        grow(root / "sub", {".git/info/exclude": "/s\n", ".gitignore": "b\n"})
        files = [*"abeis", "top", "x.tmp", "deep/s", "deep/top"]
        grow(root, dict.fromkeys(files, "x"))
        grow(root / "sub", dict.fromkeys(files, "x"))
        assert read_paths(root) == [
            "b", "deep/s", "deep/top", "s", "sub/a", "sub/deep/s", "sub/deep/top", "sub/e"
        ]  # fmt: skip

    def test_a_linked_worktree_and_a_submodule(self, root: Path) -> None:
        grow(root, {"main/.git/info/exclude": "a\n", "main/.git/worktrees/w/commondir": "../..\n"})
        grow(root, {"w/.git": f"gitdir: {root}/main/.git/worktrees/w\n", "w/a": "x", "w/b": "x"})
        assert read_paths(root / "w") == ["b"]
        grow(root, {"main/.git/modules/m/info/exclude": "b\n", "main/m/a": "x", "main/m/b": "x"})
        grow(root, {"main/m/.git": "gitdir: ../.git/modules/m\n"})
        assert read_paths(root / "main") == ["m/a"]
        assert read_paths(root / "main/m") == ["a"]

    @pytest.mark.parametrize("pointer", ["", "gitdir:", "gitdir: /nowhere", "nonsense", "\0"])
    def test_a_broken_git_file_does_no_harm(self, root: Path, pointer: str) -> None:
        grow(root, {".git": pointer, ".gitignore": "a\n", "a": "x", "b": "x"})
        assert read_paths(root) == ["b"]

    def test_outside_of_git_a_rule_that_leaves_nothing_does_not_count(self, root: Path) -> None:
        """The rules in Debian's kernel sources leave no file: they are for a build repository."""
        files = {".gitignore": "*.o\n/*\n!/debian/\n", "a.c": "x", "a.o": "x", "b/c": "x"}
        grow(root, {**files, "b/.gitignore": "*\n", "d/e": "x"})
        assert read_paths(root) == ["a.c", "d/e"]
        grow(root, {"debian/rules": "x"})
        assert read_paths(root) == ["debian/rules"]
        shutil.rmtree(root / "debian")
        grow(root, {".git/HEAD": ""})
        assert read_paths(root) == []


class TestGitsSettings:
    def test_the_excludes_file_of_the_user(
        self, root: Path, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        grow(root, {".git/config": "", **dict.fromkeys("abcdef", "x")})
        grow(home, {".config/git/ignore": "a\n"})
        assert ignored(root) == {"a": f"{home}/.config/git/ignore:1:a"}
        grow(home, {".config/git/config": "[core]\n\texcludesFile = ~/b\n", "b": "b\n"})
        assert list(ignored(root)) == ["b"]
        grow(home, {".gitconfig": '[core]excludesfile="~/c" # mine\n', "c": "c\n"})
        assert list(ignored(root)) == ["c"]
        grow(root, {".git/config": "[Core]\nExcludesFile = .rules\n", ".rules": "d\n"})
        assert list(ignored(root)) == ["d"]
        grow(root, {".git/config": "[core]\nexcludesfile =\n"})
        assert list(ignored(root)) == []
        grow(root, {".git/config": ""})
        grow(
            home,
            {"other": f"[include]\npath = {home}/more\n", "more": "[core]\nexcludesfile=~/e\n"},
        )
        grow(home, {"e": "e\n"})
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(home / "other"))
        assert list(ignored(root)) == ["e"]
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
        monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "xdg"))
        grow(home, {"xdg/git/ignore": "f\n"})
        assert list(ignored(root)) == ["f"]

    def test_settings_that_include_themselves(self, root: Path, home: Path) -> None:
        grow(
            home,
            {".gitconfig": "[include]\npath=.gitconfig\n[core]\nexcludesfile=~/b\n", "b": "a\n"},
        )
        grow(root, {"a": "x"})
        assert list(ignored(root)) == ["a"]

    def test_settings_that_are_not_a_file(self, root: Path, home: Path) -> None:
        os.mkfifo(home / ".gitconfig")
        grow(root, {".git/config": "[core]\nexcludesfile = /dev/zero\n", "a": "x"})
        assert read_paths(root) == ["a"]

    parts = st.sampled_from(
        ["[core]", '[a "b c"]', '[a "\\"x"]', "[a.B]", "\n", "\n", "\r\n", " ", "key", "k-1", "=",
         " = ", "value", '"quoted # ; "', '"', "\\n", "\\\\", "\\\n", "# no", ";",
         "~/x", "  two  words "]
    )  # fmt: skip

    @needs_git
    @settings(
        max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(st.lists(parts, max_size=12).map("".join))
    def test_settings_are_read_as_git_reads_them(self, tmp_path: Path, text: str) -> None:
        config = tmp_path / "config"
        text = "[section]" + text  # git accepts keys before the first section, our parser does not
        config.write_bytes(text.encode())
        done = subprocess.run(
            ["git", "config", "--file", config, "--list", "-z"], capture_output=True, check=False
        )
        ours = [b"%s\n%s" % (key.encode(), value) for key, value in parse_config(text.encode())]
        if done.returncode == 0:
            theirs = done.stdout.split(b"\0")[:-1]
            assert ours == [entry if b"\n" in entry else entry + b"\ntrue" for entry in theirs]

    def test_a_bad_line_ends_the_settings(self) -> None:
        text = b"[core]\na = 1\n[core\nb = 2\n"
        assert list(parse_config(text)) == [("core.a", b"1")]
        assert list(parse_config(b"a = 1\n")) == []

    def test_the_worktree_above(self, root: Path) -> None:
        grow(root, {"a/.git": "", "a/b/c/d": "x"})
        assert gitexcludes.worktree_above(root / "a/b/c") == root / "a"
        assert gitexcludes.worktree_above(root / "a") == root / "a"


rules = st.lists(st.lists(pieces, max_size=5).map("".join), max_size=5).map("\n".join)


@needs_git
class TestAgainstGit:
    @settings(
        max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(rules, rules, rules, rules)
    def test_the_walk_finds_what_git_finds(
        self, root: Path, home: Path, top: str, nested: str, excluded: str, user: str
    ) -> None:
        if not (root / ".git").exists():
            subprocess.run(["git", "init", "-q", root], check=True)
            for folder in ("", "a.b/", "a.b/b.a/", "A1/", "A1/A1/"):
                for name in NAMES:
                    if not (root / folder / name).exists() and name not in ("a.b", "b.a", "A1"):
                        grow(root, {folder + name: "x"})
        for place, text in {
            root / ".gitignore": top,
            root / "a.b/.gitignore": nested,
            root / ".git/info/exclude": excluded,
            home / ".config/git/ignore": user,
        }.items():
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(os.fsencode(text))
        done = subprocess.run(
            ["git", "ls-files", "-z", "--others", "--exclude-standard"],
            cwd=root, capture_output=True, check=True,
        )  # fmt: skip
        listed = {os.fsdecode(path) for path in done.stdout.split(b"\0")[:-1]}
        found = seen(root, WalkOptions(hidden=True))
        ours = {path for path, verdict in found.items() if verdict in (READ, "empty")}
        assert ours == listed
