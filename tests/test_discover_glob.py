"""Globs choose the files that `rg -g` users expect."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codelode.discover.glob import GlobSet
from codelode.errors import UsageError

FILES = ("a.py", "a.c", "src/a.py", "src/b.h", "src/deep/c.py", "tests/test_a.py", "x y/[z].md")


@pytest.mark.parametrize(
    ("globs", "wanted"),
    [
        (["*.py"], ["a.py", "src/a.py", "src/deep/c.py", "tests/test_a.py"]),
        (["/*.py"], ["a.py"]),
        (["./a.py"], ["a.py"]),
        (["src/*.py"], ["src/a.py"]),
        (["src/**/*.py"], ["src/a.py", "src/deep/c.py"]),
        (["src"], ["src/a.py", "src/b.h", "src/deep/c.py"]),
        (["src/"], ["src/a.py", "src/b.h", "src/deep/c.py"]),
        (["deep/"], ["src/deep/c.py"]),
        (["a.py/"], []),
        (["src/**"], ["src/a.py", "src/b.h", "src/deep/c.py"]),
        (["*.{c,h}"], ["a.c", "src/b.h"]),
        (["{src,tests}/*.py"], ["src/a.py", "tests/test_a.py"]),
        (["{a,src/{b,c}}.{py,h}"], ["a.py", "src/a.py", "src/b.h"]),
        (["*.py", "!tests"], ["a.py", "src/a.py", "src/deep/c.py"]),
        (["!*.py"], ["a.c", "src/b.h", "x y/[z].md"]),
        (["!*.py", "a.py"], ["a.py", "src/a.py"]),
        (["[[]z].md"], ["x y/[z].md"]),
        (["a.[!p]*"], ["a.c"]),
        (["x y"], ["x y/[z].md"]),
        (["*}.py", "a,b"], []),
        ([], list(FILES)),
    ],
)
def test_globs(globs: list[str], wanted: list[str]) -> None:
    chosen = GlobSet(globs)
    assert [path for path in FILES if chosen.matches(path)] == wanted


def test_braces_within_sets_and_escapes_are_plain() -> None:
    assert GlobSet(["[{]a"]).matches("{a")
    assert GlobSet(["\\{a,b\\}"]).matches("{a,b}")
    assert not GlobSet(["\\{a,b\\}"]).matches("a")


@pytest.mark.parametrize(
    "glob", ["", "!", "/", "[a", "a\\", "{a,[b}", "*.{c,h", "{a,}", "{a,{b}", "\ud800", "{a}" * 999]
)
def test_a_bad_glob_is_an_error_that_quotes_it(glob: str) -> None:
    with pytest.raises(UsageError, match="bad glob") as caught:
        GlobSet(["*.py", glob])
    assert repr(glob)[:77] in str(caught.value)


def test_alternatives_do_not_explode() -> None:
    started = time.process_time()
    with pytest.raises(UsageError, match="alternatives"):
        GlobSet(["{a,b}" * 40])
    assert time.process_time() - started < 5


@given(st.text("ab*?[]{},!/\\.", max_size=12), st.sampled_from(FILES))
def test_any_glob_matches_or_is_refused(glob: str, path: str) -> None:
    try:
        chosen = GlobSet([glob])
    except UsageError:
        return
    assert chosen.matches(path) in (True, False)
    if not glob.startswith("!"):
        assert chosen.matches(path) != GlobSet(["!" + glob]).matches(path)
