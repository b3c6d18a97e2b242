"""`-g`: what ripgrep's users expect of globs."""

from __future__ import annotations

import pytest

from codelode.errors import UsageError
from codelode.search.globs import GlobSet


@pytest.mark.parametrize(
    ("globs", "inside", "outside"),
    [
        (["*.py"], ["a.py", "x/b.py"], ["a.pyi", "py", "a.c"]),
        (["/*.py"], ["a.py"], ["x/a.py"]),
        (["src/**"], ["src/a.c", "src/x/y.c"], ["a.c", "lib/src/a.c"]),
        (["src/"], ["src/a.c", "lib/src/a.c"], ["src"]),
        (["!tests"], ["a.py", "x/a.py"], ["tests/a.py", "x/tests/b.py", "tests"]),
        (["*.py", "!*_test.py"], ["a.py"], ["a_test.py", "a.c"]),
        (["!*_test.py", "a_test.py"], ["a_test.py"], ["b_test.py", "c.py"]),
        (["src", "!src/gen"], ["src/a"], ["src/gen/b", "b"]),
        (["[ab].c"], ["a.c", "x/b.c"], ["c.c"]),
    ],
)
def test_globs(globs: list[str], inside: list[str], outside: list[str]) -> None:
    chosen = GlobSet(globs)
    assert [path for path in inside + outside if chosen.matches(path)] == inside


@pytest.mark.parametrize("glob", ["", "!", "[a", "a\\", "  ", "#x"])
def test_a_glob_that_can_match_nothing_is_an_error(glob: str) -> None:
    with pytest.raises(UsageError, match="bad glob"):
        GlobSet([glob])
