"""The files that a search covers: changed, since a date, by language; and the hits per file."""

from __future__ import annotations

import os
import time
from collections import Counter
from pathlib import Path

import pytest

from codelode import Index, UsageError
from codelode.discover.git_changes import changed_paths
from codelode.discover.language import language_of
from codelode.search.file_roles import roles_of_path
from tests.checkouts import git, repository
from tests.commandline import SAMPLE, CommandLine, imported_by, indexed_sample, write_tree

QUERY = "retry queue settings push"


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """Make a repository: first commit, second commit, a change, a new file, an ignored one."""
    root = repository(tmp_path / "repo", SAMPLE)
    (root / "lib/queue.go").write_text("package queue\n\nfunc Push(retry int) {}\n")
    git(root, "commit", "-q", "-a", "-m", "second")
    (root / "src/retry.py").write_text("def retry_changed(): ...\n")
    (root / "new.py").write_text("def retry_new(): ...\n")
    (root / "build/also.py").write_text("def retry_ignored(): ...\n")
    return root


def listed(lode: CommandLine, root: Path, *options: str | Path) -> set[str]:
    found = lode("search", QUERY, "-l", *options, cwd=root)
    assert found.code in (0, 1), found.message
    return set(found.text.splitlines())


def test_changed_files(lode: CommandLine, repo: Path) -> None:
    assert listed(lode, repo, "--changed") == {"src/retry.py", "new.py"}
    assert listed(lode, repo, "--changed=HEAD") == {"src/retry.py", "new.py"}
    assert listed(lode, repo, "--changed=HEAD~1") == {"src/retry.py", "new.py", "lib/queue.go"}
    assert listed(lode, repo, "--changed=HEAD~1..HEAD") == {"lib/queue.go"}
    git(repo, "add", "new.py")  # staged files count as changed
    assert listed(lode, repo, "--changed") == {"src/retry.py", "new.py"}
    assert listed(lode, repo, "--changed", "-t", "py", "-g", "src/**") == {"src/retry.py"}
    assert listed(lode, repo, "--changed", "-T", "python") == set()


TESTS = (
    "tests/a.py",
    "src/test/java/A.java",
    "web/__tests__/a.js",
    "spec/a_spec.rb",
    "test_a.py",
    "conftest.py",
    "a_test.go",
    "a-test.js",
    "a.spec.ts",
    "a.test.d.ts",
    "RetryTest.java",
    "RetryTests.cs",
    "RetrySpec.scala",
)
NO_TESTS_OF_OURS = (
    "src/testing.py",
    "contest.py",
    "latest.go",
    "Test.java",
    "inspec.rb",
    "greatest/a.c",
)


def test_tests_are_left_out(tmp_path: Path) -> None:
    lode, text = CommandLine(tmp_path), "def retry_queue(): ...\n"
    root = write_tree(tmp_path / "tree", dict.fromkeys((*TESTS, *NO_TESTS_OF_OURS), text))
    everything = {*TESTS, *NO_TESTS_OF_OURS}
    assert listed(lode, root, "-k", "50") == everything
    assert listed(lode, root, "-k", "50", "--no-tests") == {*NO_TESTS_OF_OURS}
    assert listed(lode, root, "-k", "50", "--no-tests", "-g", "*.java") == {"Test.java"}
    named = lode("symbols", "retry_queue", "--no-tests", cwd=root).must_succeed().text
    assert "tests/" not in named
    assert "contest.py" in named
    for path in TESTS:  # a search ranks these files lower
        assert roles_of_path(path.encode()), path


def test_changed_files_of_parts_and_several_roots(lode: CommandLine, repo: Path) -> None:
    lode("index", repo).must_succeed()
    assert listed(lode, repo, "--changed", "src") == {"src/retry.py"}
    assert listed(lode, repo, "--changed", "lib") == set()
    assert listed(lode, repo / "src", "--changed") == {"retry.py"}
    assert listed(lode, repo, "--changed", "src", "new.py") == {"src/retry.py", "new.py"}
    assert listed(lode, repo, "--changed", "src/config.ts", "new.py") == {"new.py"}
    other = repository(repo.parent / "other", {"a.py": "retry = 1\n", "b.py": "retry = 2\n"})
    (other / "b.py").write_text("retry = 3\n")
    assert listed(lode, repo, "--changed", "src", other) == {"src/retry.py", f"{other}/b.py"}


def test_an_index_above_several_worktrees(lode: CommandLine, repo: Path) -> None:
    top = repo.parent
    lode("index", top, "--yes").must_succeed()  # --yes, because the home folder is below
    assert listed(lode, top, "--changed", "repo") == {"repo/src/retry.py", "repo/new.py"}
    assert listed(lode, repo, "--changed") == {"src/retry.py", "new.py"}
    lode("search", QUERY, "--changed", cwd=top).must_be_refused("is not in a git worktree")


def test_changes_of_nested_repositories_and_before_the_first_commit(tmp_path: Path) -> None:
    root = tmp_path / "fresh"
    write_tree(root, {"a.py": "x\n", "sub/b.py": "x\n"})
    git(root, "init", "-q")
    top = os.fsencode(root)
    assert changed_paths(root) == {top + b"/a.py", top + b"/sub/b.py"}
    git(root / "sub", "init", "-q")
    assert changed_paths(root) == {top + b"/a.py", top + b"/sub/"}
    git(root, "add", "a.py")
    assert changed_paths(root) == {top + b"/a.py", top + b"/sub/"}
    index = Index.open(root, tmp_path / "index")
    index.update(jobs=1)
    assert {hit.path for hit in index.search("x", changed="HEAD")} == {"a.py", "sub/b.py"}


def test_hostile_names_and_hooks(tmp_path: Path) -> None:
    names = [b"two\nlines.py", b"caf\xe9.py", b"-rf.py", b"\x1b[2J.py", b'"quoted".py']
    root = repository(tmp_path / "repo", {"a.py": "x\n"})
    for name in names:
        (root / os.fsdecode(name)).write_text("def backoff(): ...\n")
    spy = tmp_path / "spy"
    spy.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    spy.chmod(0o755)
    for key in ("core.fsmonitor", "diff.external", "core.pager"):
        git(root, "config", key, str(spy))
    assert changed_paths(root) == {os.fsencode(root) + b"/" + name for name in names}
    assert not (tmp_path / "ran").exists()
    index = Index.open(root, tmp_path / "index")
    index.update(jobs=1)
    found = {os.fsencode(hit.path) for hit in index.search("backoff", changed="HEAD")}
    assert found == set(names)


def test_variables_of_hooks_do_not_mislead(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = repository(tmp_path / "elsewhere", {"z.py": "x\n"})
    expected = changed_paths(repo)
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git/index"))
    assert changed_paths(repo) == expected


@pytest.mark.parametrize("revision", ["", "-x", "--output=pwned", "no-such-branch", "a..b", "a\0b"])
def test_bad_revisions_are_refused(repo: Path, revision: str) -> None:
    with pytest.raises(UsageError) as refused:
        changed_paths(repo, revision)
    assert "\n" not in str(refused.value)
    assert not (repo / "pwned").exists()


def test_without_git_or_outside_of_it(lode: CommandLine, tree: Path, tmp_path: Path) -> None:
    search = ("search", "retry", tree, "--changed")
    lode("index", tree).must_succeed()
    lode(*search).must_be_refused("is not in a git worktree")
    git(tree, "init", "-q")
    lode(*search, PATH=str(tmp_path)).must_be_refused("git is not installed")
    lode("search", "retry", tree, "--changed=nope").must_be_refused("nope")
    lode("search", "retry", "--changed", "main", cwd=tree).must_be_refused("--changed=main")


def test_files_modified_since(lode: CommandLine, repo: Path) -> None:
    days = {"src/retry.py": 1, "new.py": 3, "lib/queue.go": 20, "src/config.ts": 400}
    for path in [*repo.glob("*/*.*"), *repo.glob("*.*")]:
        age = days.get(path.relative_to(repo).as_posix(), 1000) * 86_400
        os.utime(path, (time.time() - age + 60,) * 2)
    lode("index", repo).must_succeed()
    assert listed(lode, repo, "--since", "1 day ago") == {"src/retry.py"}
    assert listed(lode, repo, "--since", "2 weeks ago") == {"src/retry.py", "new.py"}
    assert listed(lode, repo, "--since=1 month ago") == {"src/retry.py", "new.py", "lib/queue.go"}
    assert listed(lode, repo, "--since", "2 weeks ago", "src", "lib/queue.go") == {"src/retry.py"}
    assert listed(lode, repo, "--since=1w", "--changed=HEAD", "-g", "!src") == {"new.py"}
    assert len(listed(lode, repo, "--since", "2001-01-01")) == 6
    lode("search", "x", repo, "--since", "soon").must_be_refused("'soon' is not a date")
    (repo / "src/config.ts").write_text("export const retrySettings = 1;\n")  # a new file
    assert "src/config.ts" in listed(lode, repo, "--since", "1 hour ago")


def test_filters_apply_before_the_best_are_chosen(tmp_path: Path) -> None:
    """The only changed file is found although hundreds of others match better."""
    files: dict[str, str | bytes] = {f"f{n}.py": f"def backoff_{n}(): ...\n" for n in range(400)}
    root = repository(tmp_path / "repo", files)
    (root / "last.py").write_text(
        "def other():\n    '''Mentions backoff once, among much else.'''\n"
    )
    index = Index.open(root, tmp_path / "index")
    index.update(jobs=1)
    assert [hit.path for hit in index.search("backoff", 1, changed="HEAD")] == ["last.py"]
    os.utime(root / "f7.py", (time.time() + 9, time.time() + 9))
    index.update(jobs=1)
    found = index.search("backoff", 3, since=time.time() + 5, fresh="never")
    assert [hit.path for hit in found] == ["f7.py"]


def test_a_search_reports_that_no_file_has_changed(lode: CommandLine, tree: Path) -> None:
    repository(tree, {})
    nothing = lode("search", "retry", tree, "--changed")
    assert (nothing.code, nothing.message) == (1, "lode: no indexed file differs from HEAD\n")
    nothing = lode("search", "retry", tree, "--since", "now", "--changed=HEAD")
    assert "no indexed file differs from HEAD and was modified since 20" in nothing.message


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[CommandLine, Path]:
    """Return a command line and a small indexed tree, which no test changes."""
    return indexed_sample(tmp_path_factory.mktemp("scope"))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["-T", "py"], {"lib/queue.go", "src/config.ts", "docs/guide.md"}),
        (["-T", "python,markdown"], {"lib/queue.go", "src/config.ts"}),
        (["--type-not", "python", "-T", "md"], {"lib/queue.go", "src/config.ts"}),
        (["-t", "py,go", "-T", "golang"], {"src/retry.py", "tests/test_retry.py"}),
        (["-T", "rust", "-g", "*.go"], {"lib/queue.go"}),
    ],
)
def test_other_languages(
    sample: tuple[CommandLine, Path], options: list[str], expected: set[str]
) -> None:
    lode, root = sample
    assert listed(lode, root, *options) == expected
    named = lode("symbols", "*", root, "--json", *options)
    assert {each["path"] for each in named.json["symbols"]} <= expected
    lode("search", "x", root, "-T", "pyhton").must_be_refused("did you mean python")


def test_the_list_of_languages(sample: tuple[CommandLine, Path]) -> None:
    lode, root = sample
    lines = lode("search", "--type-list", cwd=root).must_succeed().text.splitlines()
    table = dict(line.split(": ", 1) for line in lines)
    assert list(table) == sorted(table)
    assert table["go"] == "*.go"
    for name, globs in table.items():
        for pattern in globs.split(", "):
            if not pattern.startswith(("*.", "(by ")):
                assert language_of(pattern) == name
    assert "SConstruct" in table["python"]


def test_hits_per_file(tmp_path: Path) -> None:
    """Files with hundreds of matching chunks do not hide the others."""
    body = "".join(f"def backoff_{n}():\n    return 'retry backoff {n}'\n\n\n" for n in range(300))
    body = body.replace("    return", "    # " + "long " * 60 + "\n    return")
    files: dict[str, str | bytes] = {f"big{n}.py": body for n in range(2)}
    files |= {f"small{n}.py": f"x = {n}  # a backoff, perhaps\n" for n in range(6)}
    index = Index.open(write_tree(tmp_path / "tree", files), tmp_path / "index")
    index.update(jobs=1)
    whole = index.search("retry backoff", 12, fresh="never")
    assert len({hit.path for hit in whole}) == 2
    for most in (1, 2, 3):
        hits = index.search("retry backoff", 12, max_per_file=most, fresh="never")
        counts = Counter(hit.path for hit in hits)
        assert len(counts) == 8, counts
        assert max(counts.values()) == min(most, 3)
        assert next(hit for hit in hits if hit.path.startswith("big")) == whole[0]
    with pytest.raises(UsageError, match="max_per_file"):
        index.search("x", max_per_file=0)


def test_a_search_without_these_filters_imports_nothing_for_them(
    sample: tuple[CommandLine, Path], tmp_path: Path
) -> None:
    lode, root = sample
    imported = imported_by(lode, "search", "retry", root, folder=tmp_path / "modules")
    late = {"codelode.dates", "codelode.cli.editor", "codelode.render.hyperlinks"}
    late |= {"codelode.search.modified", "codelode.discover.git_changes"}
    late |= {"codelode.cli.pager", "codelode.cli.filters"}
    assert sorted(late & imported) == []


def own_index(folder: Path, outer: Path) -> str:
    """Return the line that says that a folder got an index of its own."""
    return f"lode: {folder} is left out of the index of {outer}, so it got an index of its own\n"


@pytest.mark.parametrize(
    ("command", "roots"),
    [
        (("search", "retry", "-l"), ("src",)),
        (("search", "retry", "-l", "--fresh", "always"), ("src", "lib")),
        (("symbols", "ret"), ("src",)),
    ],
)
def test_a_folder_that_its_index_leaves_out_now_answers_each_time(
    tmp_path: Path, command: tuple[str, ...], roots: tuple[str, ...]
) -> None:
    lode, root = indexed_sample(tmp_path)
    (root / ".lodeignore").write_text("src/\n")
    first = lode(*command, *roots, cwd=root).must_succeed()
    again = lode(*command, *roots, cwd=root).must_succeed()
    assert "src/retry.py" in first.text
    assert first.text == again.text
    own = own_index(root / "src", root)
    assert first.message == own + again.message
    assert own not in again.message
    assert "src/retry.py" not in lode(*command, cwd=root).text
    assert len(lode("list", "--json").must_succeed().json["indexes"]) == 2
    # The rules include the folder again. Its own index is used only until that index is removed.
    (root / ".lodeignore").unlink()
    lode("clean", "--yes", "src", cwd=root).must_succeed()
    assert "src/retry.py" in lode(*command, "src", cwd=root).must_succeed().text
    assert len(lode("list", "--json").must_succeed().json["indexes"]) == 1


@pytest.mark.parametrize(
    ("command", "folder"),
    [
        (("search", "retry", "-l"), "."),
        (("search", "retry", "-l"), "tree"),
        (("symbols", "-f"), "tree"),
        (("symbols", "ret"), "tree"),
        (("outline",), "."),
        (("outline",), "tree"),
    ],
)
def test_a_file_in_a_folder_that_is_left_out_now_answers_each_time(
    tmp_path: Path, command: tuple[str, ...], folder: str
) -> None:
    lode, root = indexed_sample(tmp_path)
    (root / ".lodeignore").write_text("src/\n")
    here = tmp_path / folder
    file = (root / "src/retry.py").relative_to(here)
    first = lode(*command, file, cwd=here).must_succeed()
    if command == ("outline",):  # an outline does not update the index
        lode("index", root).must_succeed()
    again = lode(*command, file, cwd=here).must_succeed()
    assert "retry" in first.text.lower()
    assert first.text == again.text
    own = own_index(root / "src", root)
    assert (first.message + again.message).count(own) == 1  # whichever run made the index
    assert first.message.replace(own, "") == again.message.replace(own, "")
    roots = {each["root"] for each in lode("list", "--json").must_succeed().json["indexes"]}
    assert roots == {str(root), str(root / "src")}


def test_a_folder_that_is_left_out_now_is_indexed_by_itself(tmp_path: Path) -> None:
    lode, root = indexed_sample(tmp_path)
    (root / ".lodeignore").write_text("src/\n")
    assert "2 added" in lode("index", "src", cwd=root).must_succeed().text
    assert "nothing changed" in lode("index", "src", cwd=root).must_succeed().text


def test_a_file_that_is_left_out_now_is_refused_each_time(tmp_path: Path) -> None:
    lode, root = indexed_sample(tmp_path)
    (root / ".lodeignore").write_text("/src/retry.py\n")
    for command in (("search", "retry"), ("symbols", "-f"), ("outline",)):
        for _ in range(2):
            refused = lode(*command, "src/retry.py", cwd=root)
            refused.must_be_refused("src/retry.py is not in the index of", "--list-skipped")
    (root / "src/retry.py").unlink()
    lode("symbols", "-f", "src/retry.py", cwd=root).must_be_refused("no such file")


def test_the_definitions_of_a_file_that_was_just_deleted(tmp_path: Path) -> None:
    lode, root = indexed_sample(tmp_path)
    (root / "src/retry.py").unlink()
    for _ in range(2):
        lode("symbols", "-f", "src/retry.py", cwd=root).must_be_refused("no such file")


def test_no_index_is_built_for_a_folder_that_is_left_out_now(tmp_path: Path) -> None:
    lode, root = indexed_sample(tmp_path)
    (root / ".lodeignore").write_text("src/\n")
    for _ in range(2):
        lode("search", "retry", "src", "--no-index", cwd=root).must_be_refused("build it with")


def test_a_folder_whose_files_are_gone_is_refused_each_time(tmp_path: Path) -> None:
    lode, root = indexed_sample(tmp_path)
    for path in (root / "src").iterdir():
        path.unlink()
    for _ in range(2):
        lode("search", "retry", "src", cwd=root).must_be_refused("nothing to index")
