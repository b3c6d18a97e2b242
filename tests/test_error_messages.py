"""The messages of codelode's exceptions."""

from pathlib import Path

import pytest

from codelode import DamagedError, Index, ObjectStoreError, UsageError


@pytest.mark.parametrize(
    "error",
    [
        UsageError("a\nname\r is not in the index"),
        DamagedError("a\nname\r is truncated"),
        ObjectStoreError("a\nplace", "a\nkey\r", "is full"),
    ],
)
def test_a_message_is_one_line_even_with_line_ends_in_a_name(error: Exception) -> None:
    assert len(str(error).splitlines()) == 1
    assert r"a\n" in str(error)


def test_a_path_with_a_line_end_gives_one_line(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def first(): return 1\n")
    with Index.open(tmp_path, index_dir=tmp_path / "index") as index:
        index.update()
        with pytest.raises(UsageError, match=r"no\\nfile is not in the index"):
            index.outline("no\nfile")
