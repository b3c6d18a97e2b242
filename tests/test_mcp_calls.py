"""Tools without the protocol: paths, pages, coverage, and hostile input."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codelode.discover.glob import GlobSet
from codelode.errors import CodelodeError, UsageError
from codelode.index import Index
from codelode.mcp.arguments import MAX_TEXT
from codelode.mcp.calls import Calls
from codelode.mcp.roots import Place, Roots, globs_of
from codelode.mcp.token_count import count_tokens
from codelode.mcp.tools import BY_NAME
from tests.commandline import SAMPLE, write_tree

MANY: dict[str, str | bytes] = {
    f"pkg{n % 5}/module_{n}.py": f"def retry_{n}(delay):\n    '''Retry later.'''\n"
    f"    return delay + {n}\n"
    for n in range(40)
}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("calls")
    files: dict[str, str | bytes] = {
        **SAMPLE,
        **MANY,
        "we?rd [x]/a*b.py": "def weird(): pass\n",
        "пример/файл.py": "ж = 1",
    }
    write_tree(folder / "tree", files)
    write_tree(folder / "secret", {"outside.py": "TOP = 'outside'\n"})
    (folder / "tree" / "link").symlink_to(folder / "secret")
    Index.open(folder / "tree", index_dir=folder / "index").update()
    return folder


@pytest.fixture(scope="module")
def calls(root: Path) -> Calls:
    return Calls(Roots.open([str(root / "tree")], str(root / "index")))


def paths_in(text: str) -> list[str]:
    return re.findall(r"^(\S+?\.\w+):\d+", text, re.MULTILINE)


def test_pages_repeat_nothing_and_miss_nothing(calls: Calls) -> None:
    seen: list[str] = []
    cursor = ""
    for _ in range(40):
        arguments = {"query": "retry later", "limit": 7, "max_tokens": 400, "cursor": cursor}
        text = calls.run("search", arguments)
        assert count_tokens(text) <= 400
        seen += paths_in(text)
        more = re.search(r"\[more: cursor=(\S+)\]", text)
        if more is None:
            break
        cursor = more[1]
    assert len(seen) == len(set(seen)) > 40


def test_pages_go_on_after_an_update(root: Path, calls: Calls) -> None:
    first = calls.run("search", {"query": "retry later", "limit": 5})
    cursor = first.split("cursor=")[1].split("]")[0]
    (root / "tree" / "pkg0" / "new.py").write_text("# a line more\n" * 3 + "def other(): pass\n")
    Index.open(root / "tree", index_dir=root / "index").update()
    second = calls.run("search", {"query": "retry later", "limit": 5, "cursor": cursor})
    assert not set(paths_in(first)) & set(paths_in(second))


@pytest.mark.parametrize(
    ("path", "glob", "expected"),
    [
        ("pkg1", "", r"pkg1/"),
        ("pkg1/", "*.py", r"pkg1/"),
        ("pkg1/module_6.py", "", r"pkg1/module_6\.py"),
        (".", "pkg2/**", r"pkg2/"),
        ("", "*.md, *.ts", r".*\.(md|ts)"),
        ("src", "!*.ts", r"src/retry\.py"),
        ("we?rd [x]", "", r"we\?rd \[x\]/a\*b\.py"),
        ("пример", "", "пример/"),
    ],
)
def test_path_and_glob_restrict_a_search(
    root: Path, calls: Calls, path: str, glob: str, expected: str
) -> None:
    text = calls.run("search", {"query": "retry weird ж parse guide", "path": path, "glob": glob})
    blocks = [line for line in text.splitlines() if re.match(r"\S.*?:\d+.*\[\d+-\d+\]$", line)]
    assert blocks
    assert all(re.match(expected, line) for line in blocks), blocks
    absolute = str(root / "tree" / path)
    assert calls.run("search", {"query": "retry weird ж parse guide", "path": absolute,
                                "glob": glob}) == text  # fmt: skip


@given(
    st.sampled_from(["pkg1", "we?rd [x]", "a{b,c}", "!x", "\\y", "**"]),
    st.lists(st.sampled_from(["*.py", "sub/*.py", "/top.py", "!*.ts", "**/deep/*", "{a,b}.py"])),
    st.sampled_from(["top.py", "x.ts", "sub/a.py", "deep/sub/a.py", "a.py", "q/deep/z.c"]),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_globs_below_a_folder_mean_what_they_mean_at_a_root(
    tmp_path: Path, folder: str, globs: list[str], file: str
) -> None:
    (tmp_path / folder).mkdir(exist_ok=True)
    place = Place(Index.open(tmp_path), folder)
    moved = GlobSet(globs_of(place, globs) or [])
    includes = [glob for glob in globs if not glob.startswith("!")]
    ordered = includes + [glob for glob in globs if glob.startswith("!")]
    assert moved.matches(f"{folder}/{file}") == GlobSet(ordered).matches(file)
    assert not moved.matches(f"other/{file}")


def test_reading_stops_at_the_budget_and_says_so(calls: Calls) -> None:
    text = calls.run("read", {"path": "src/retry.py", "max_tokens": 100})
    assert count_tokens(text) <= 100
    assert re.match(r"src/retry\.py:1-\d+ of 12 lines\n", text)
    assert calls.run("read", {"path": "src/retry.py", "start_line": 99}) == (
        "src/retry.py has 12 lines"
    )


def test_several_roots_are_searched_together(root: Path, tmp_path: Path) -> None:
    write_tree(tmp_path / "b", {"other.py": "def retry_elsewhere():\n    return 'later'\n"})
    Index.open(tmp_path / "b", index_dir=root / "index").update()
    both = Calls(Roots.open([str(root / "tree"), str(tmp_path / "b")], str(root / "index")))
    text = both.run("search", {"query": "retry_elsewhere"})
    assert text.startswith(f"{tmp_path / 'b' / 'other.py'}:1 retry_elsewhere")
    assert str(root / "tree") in text
    one = both.run("search", {"query": "retry", "path": str(tmp_path / "b")})
    assert "tree/" not in one.split("\n[")[0]


def test_a_stranger_to_the_index_is_never_read(root: Path, calls: Calls) -> None:
    for path in ("link/outside.py", "../secret/outside.py", "link", "build/generated.py",
                 str(root / "secret" / "outside.py"), "src/../../secret/outside.py"):  # fmt: skip
        with pytest.raises(UsageError):
            calls.run("read", {"path": path})
    (root / "tree" / "swap.py").write_text("inside = 1\n")
    Index.open(root / "tree", index_dir=root / "index").update()
    (root / "tree" / "swap.py").unlink()
    (root / "tree" / "swap.py").symlink_to(root / "secret" / "outside.py")
    with pytest.raises(UsageError):
        calls.run("read", {"path": "swap.py"})


ANY_VALUE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(st.characters()),
    st.sampled_from(
        [
            "src/retry.py",
            "../secret/outside.py",
            "link/outside.py",
            "\0",
            "~",
            "*" * 99,
            "{" * 60,
            "[",
            "\\",
            "\ud800",
            "hybrid",
            "python",
            "a" * 5000,
        ]
    ),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=2), st.integers(), max_size=2),
)


@given(st.sampled_from(sorted(BY_NAME)), st.data())
@settings(max_examples=300)
def test_hostile_arguments_give_one_line_or_an_answer_within_the_budget(
    calls: Calls, root: Path, name: str, data: st.DataObject
) -> None:
    check_hostile(calls, name, data)


@pytest.mark.skipif("not config.getoption('-m')", reason="takes minutes: -m long")
@pytest.mark.long
@given(st.sampled_from(sorted(BY_NAME)), st.data())
@settings(max_examples=10_000)
def test_10_000_hostile_calls(calls: Calls, root: Path, name: str, data: st.DataObject) -> None:
    check_hostile(calls, name, data)


def check_hostile(calls: Calls, name: str, data: st.DataObject) -> None:
    names = [*BY_NAME[name].parameters, "nonsense"]
    arguments: dict[str, Any] = data.draw(
        st.dictionaries(st.sampled_from(names), ANY_VALUE, max_size=5)
    )
    if name == "search" and data.draw(st.booleans()):
        arguments["query"] = data.draw(st.text(st.characters(), min_size=1))
    try:
        text = calls.run(name, arguments)
    except CodelodeError as error:
        assert "\n" not in str(error)
        assert "outside'" not in str(error)
    else:
        text.encode()
        assert "TOP = 'outside'" not in text
        if "max_tokens" in BY_NAME[name].parameters:
            asked = arguments.get("max_tokens")
            asked = asked if isinstance(asked, int | float) else 2000
            assert count_tokens(text) <= min(max(asked, 100), 20_000)


def test_a_long_query_is_cut(calls: Calls) -> None:
    text = calls.run("search", {"query": "retry " + "x" * 10 * MAX_TEXT})
    assert "retry" in text
