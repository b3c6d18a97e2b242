"""Ignore rules agree with git, rule by rule, and stay fast on hostile rule files."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from codelode.discover import wildmatch
from codelode.discover.ignore import NOT_FOUND, Rule, Rules, parse

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

NAMES = ("a", "b", "ab", "a.b", "b.a", "-", "]", "[a]", "a b", "!a", "#a", "\\a", "ä", "*", "A1")


def lay_out(root: Path) -> list[str]:
    """Make a tree with every name, three folders deep; return the paths, parents first."""
    paths: list[str] = []
    for folder in ("", "a/", "b/", "a/b/", "a/a.b/", "a/b/ab/", "ä/"):
        (root / folder).mkdir(exist_ok=True)
        for name in NAMES:
            path = f"{folder}{name}"
            if f"{path}/" in ("a/", "b/", "a/b/", "a/a.b/", "a/b/ab/", "ä/"):
                paths.append(path + "/")
            else:
                (root / path).write_text("x")
                paths.append(path)
    return sorted(paths, key=lambda path: path.rstrip("/").split("/"))


class Repository:
    """A git repository in which only the ignore files change."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.environment = {
            "PATH": os.environ["PATH"],
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "HOME": str(root),
        }
        self.git("init", "-q")
        self.paths = lay_out(root)

    def git(self, *arguments: str, stdin: bytes = b"") -> bytes:
        done = subprocess.run(
            ["git", *arguments], cwd=self.root, env=self.environment, input=stdin,
            capture_output=True, check=False,
        )  # fmt: skip
        assert done.returncode in (0, 1), done.stderr
        return done.stdout

    def verdicts(self, rules: bytes, nested: bytes = b"") -> dict[str, tuple[str, int] | None]:
        """Return the file and line of the rule that git finds for each path."""
        (self.root / ".gitignore").write_bytes(rules)
        (self.root / "a" / ".gitignore").write_bytes(nested)
        names = b"\0".join(os.fsencode(path.rstrip("/")) for path in self.paths)
        out = self.git("check-ignore", "-v", "-n", "-z", "--no-index", "--stdin", stdin=names)
        fields = out.split(b"\0")[:-1]
        assert len(fields) == 4 * len(self.paths)
        return {
            path: (os.fsdecode(fields[4 * i]), int(fields[4 * i + 1])) if fields[4 * i] else None
            for i, path in enumerate(self.paths)
        }


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repository]:
    yield Repository(tmp_path_factory.mktemp("repository"))


def our_verdicts(
    paths: list[str], rules: bytes, nested: bytes = b""
) -> dict[str, tuple[str, int] | None]:
    """Return what `verdicts` returns, but found by our matcher, which descends like a walk."""
    outer, inner = Rules(parse(rules)), Rules(parse(nested))
    verdicts: dict[str, tuple[str, int] | None] = {}
    excluded: dict[str, tuple[str, int]] = {}
    for path in paths:
        parent = path.rstrip("/").rpartition("/")[0] + "/"
        if parent in excluded:
            excluded[path] = excluded[parent]
            verdicts[path] = excluded[path]
            continue
        raw, is_folder = os.fsencode(path.rstrip("/")), path.endswith("/")
        source = "a/.gitignore"
        rule = (
            inner.find(raw[2:], is_folder=is_folder) if path.startswith("a/") and raw[2:] else None
        )
        if rule is None:
            source, rule = ".gitignore", outer.find(raw, is_folder=is_folder)
        verdicts[path] = None if rule is None else (source, rule.line)
        if rule is not None and not rule.negated:
            excluded[path] = (source, rule.line)
    return verdicts


PIECES = r"""
    a b ab ä A 1 . * ** *** ? / / **/ /** **\/ \ \/ - ! # \* \# \! ] [ [a] [!a] [^b] [a-b] []] []-a]
    [a-] [[:alpha:]] [![:upper:][:digit:]] [[:nope:]] [a[:punct:]] [[:] [\]] [a\-b] [a-\b] [/] [!/]
    [b-a] [\\]
"""
pieces = st.sampled_from([*PIECES.split(), " ", "\\ ", "\xe4", "\t", "\r", "\0"])
lines = st.lists(pieces, max_size=7).map("".join)
rule_files = st.lists(lines, max_size=8).map(lambda found: os.fsencode("\n".join(found)))


@needs_git
@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rules=rule_files, nested=st.one_of(st.just(b""), rule_files))
@example(b"a/b**/ab\n", b"")
@example(b"a**/b.a\n", b"")
@example(b"a/b**ab\na/**\\/b\n**\\/ab", b"")
@example(b"*\n!a/\n!*.b", b"!*\nb/*\n")
@example(b"\xef\xbb\xbfa\r\nb \\ \n/", b"//a")
def test_every_verdict_is_gits(repository: Repository, rules: bytes, nested: bytes) -> None:
    assert our_verdicts(repository.paths, rules, nested) == repository.verdicts(rules, nested)


class TestRules:
    """Single rules; these tests do not need git."""

    @pytest.mark.parametrize(
        ("rule", "matching", "other"),
        [
            ("a", ["a", "x/a", "a/"], ["b", "ab", "a.b"]),
            ("a/", ["a/", "x/a/"], ["a", "x/a"]),
            ("/a", ["a", "a/"], ["x/a"]),
            ("x/a", ["x/a"], ["a", "y/x/a"]),
            ("*.c", ["a.c", "x/a.c", ".c", "a.b.c"], ["c", "a.cc", "a.c.b"]),
            ("*~", ["a~", "~"], ["~a"]),
            ("*", ["a", "x/y/"], []),
            ("ta*", ["ta", "tag", "x/tags/"], ["at", "t"]),
            ("a*b*c", ["abc", "axbxc", "abcbc"], ["abcb", "ab", "bc"]),
            ("a?c", ["abc", "a.c"], ["ac", "abbc", "aäc"]),  # ä is two bytes
            ("/*.c", ["a.c"], ["x/a.c"]),
            ("**/a", ["a", "x/a", "x/y/a"], ["ab"]),
            ("**/a/b", ["a/b", "x/y/a/b"], ["b", "a/x/b"]),
            ("a/**", ["a/b", "a/b/c"], ["a", "b/a"]),
            ("a/**/b", ["a/b", "a/x/b", "a/x/y/b"], ["a/bb", "b"]),
            ("a/*", ["a/b"], ["a/b/c", "a"]),
            ("a/*/c", ["a/b/c"], ["a/c", "a/b/b/c"]),
            ("[a-c]x", ["ax", "cx"], ["dx", "[a-c]x"]),
            ("[!a-c]x", ["dx", "-x"], ["ax"]),
            ("[]x]", ["]", "x"], ["[]x]"]),
            ("/a[!x]b", ["a.b"], ["a/b"]),
            ("/a[.-0]b", ["a.b", "a0b"], ["a/b"]),
            ("a**/c", ["a/c", "a/b/c", "ab/c"], ["c", "b/a/c"]),  # an oddity of git
            ("x/a**/c", ["x/a/c", "x/a/b/c", "x/ab/c"], ["x/c"]),
            ("\\#a", ["#a"], ["\\#a"]),
            ("\\!a", ["!a"], ["a"]),
            ("a\\ ", ["a "], ["a"]),
            ("a  ", ["a"], ["a  "]),
            ("a\\\\  ", ["a\\"], ["a\\  "]),
            ("#a", [], ["#a", "a"]),
            ("[a", [], ["[a", "a"]),
            ("a\\", [], ["a", "a\\"]),
            ("/", [], ["a", "a/"]),
        ],
    )
    def test_matches_of_a_single_rule(
        self, rule: str, matching: list[str], other: list[str]
    ) -> None:
        rules = Rules(parse(rule.encode()))
        for path in [*matching, *other]:
            raw = path.rstrip("/").encode()
            found = rules.find(raw, is_folder=path.endswith("/")) is not None
            assert found == (path in matching), path

    def test_the_last_match_wins_and_names_its_line(self) -> None:
        rules = Rules(parse(b"# comment\n*.log\r\n\n!keep.log  \nkeep.*\n!/x/*.log\n"))
        assert rules.find(b"a.log", is_folder=False) == Rule(
            2, b"*.log", b"*.log", negated=False, folders_only=False, with_path=False
        )
        assert rules.find(b"keep.txt", is_folder=False) == rules.rules[2]
        last = rules.find(b"x/keep.log", is_folder=False)
        assert last is not None
        assert (last.line, last.text, last.negated) == (6, b"!/x/*.log", True)

    @given(st.lists(st.text("ab*?./[]-", min_size=1, max_size=8), min_size=65, max_size=90))
    @settings(max_examples=30, deadline=None)
    def test_many_rules_are_found_like_few(self, patterns: list[str]) -> None:
        """More than 64 expressions are looked up by their `parts`, with the same results."""
        data = "\n".join(patterns).encode()
        one_by_one = [(rule, Rules([rule])) for rule in parse(data)]
        together = Rules(parse(data))
        for path in (b"a", b"ab.a", b"a/b", b"b/ab/a.b", b"a-b/b"):
            expected = [rule for rule, alone in one_by_one if alone.find(path, is_folder=True)]
            assert together.find(path, is_folder=True) == (expected[-1] if expected else None)

    def test_each_of_many_rules_is_found(self) -> None:
        data = b"".join(b"he*o%03dy*\nb[ae]%03d\n" % (i, i) for i in range(500))
        rules = Rules(parse(data + b"".join(b"[xy]%02d?\n" % i for i in range(100))))
        find = rules.finder(b"", folders=False)
        assert find is not None
        for number in range(500):
            assert find(b"hello%03dy" % number) == 2 * number
            assert find(b"be%03d" % number) == 2 * number + 1
            assert number > 99 or find(b"x%02d!" % number) == 1000 + number
            assert find(b"he%03dy" % number) == find(b"bo%03d" % number) == NOT_FOUND


class TestHostileRules:
    """Hostile rule files: neither compilation nor lookup may hang."""

    @pytest.mark.parametrize(
        "rule",
        [
            "*a" * 20 + "b",
            "a*" * 100 + "b",
            "*[ab]" * 20 + "c",
            "/" + "*a" * 20 + "b",
            "**/" * 50 + "a*a*a*b",
            "/**/a" * 20 + "/b",
            "**/*a*a*a*/" * 10 + "b",
            "?*" * 40 + "b",
        ],
    )
    def test_no_catastrophic_backtracking(self, rule: str) -> None:
        rules = Rules(parse(rule.encode()))
        name = b"a" * 255
        path = b"/".join([b"a" * 40] * 50)
        started = time.process_time()
        assert rules.find(name, is_folder=False) is None
        assert rules.find(path, is_folder=False) is None
        assert rules.find(b"/".join([b"a"] * 100), is_folder=False) is None
        assert time.process_time() - started < 5

    @pytest.mark.parametrize(
        "line",
        [
            "name{}",
            "*.ext{}",
            "head{}*",
            "*mid{}*",
            "/a/name{}",
            "/a/*x{}*",
            "**/x{}/**/y*z",
            "a[{}]b",
        ],
    )
    def test_tens_of_thousands_of_rules(self, line: str) -> None:
        count = 100_000 if line in ("name{}", "*.ext{}") else 20_000
        data = "\n".join(map(line.format, range(count))).encode()
        started = time.process_time()
        rules = Rules(parse(data))
        find = rules.finder(b"a/", folders=False)
        names = [b"source_file_%d.c" % number for number in range(300)]
        assert find is None or {find(name) for name in names} == {NOT_FOUND}
        assert time.process_time() - started < 10

    def test_one_long_line(self) -> None:
        for unit in (
            b"*",
            b"[ab]",
            b"?",
            b"a",
            b"\\",
            b"**/",
            b"**/a/",
            b"[",
            b"a*",
            b"[[:alpha:]",
        ):
            rules = Rules(parse(unit * (1_000_000 // len(unit))))
            started = time.process_time()
            rules.find(b"a/" + b"a" * 200, is_folder=True)
            assert time.process_time() - started < 10, unit


def test_a_pattern_knows_the_minimum_length_and_a_part_of_every_match() -> None:
    tokens = wildmatch.tokenize(b"a/**/[bc]*long?", path=True)
    assert tokens is not None
    assert wildmatch.least_bytes(tokens) == len("a/blong?")
    assert wildmatch.longest_literal(tokens) == b"long"
    assert wildmatch.depth(tokens) is None
