"""Hyperlinks: the formats that ripgrep takes, and nothing that could end the escape sequence."""

from __future__ import annotations

import os
import re
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codelode.errors import UsageError
from codelode.render.hyperlinks import ALIASES, HyperlinkFormat, Target, hyperlink_format

paths = st.binary(min_size=1, max_size=40).map(
    lambda data: "/" + os.fsdecode(data.replace(b"\0", b"x"))
)


def url(source: str, path: str = "/a b/c.py", line: int = 7, column: int = 3) -> str:
    found = hyperlink_format(source)
    assert found is not None
    return found.url(path, line, column)


@pytest.mark.parametrize("name", [name for name in ALIASES if name != "none"])
def test_names_are_their_formats(name: str) -> None:
    assert hyperlink_format(name) == hyperlink_format(ALIASES[name])
    assert "/a%20b/c.py" in url(name)


def test_formats_are_filled() -> None:
    host = os.uname().nodename
    assert url("file") == url("default") == f"file://{host}/a%20b/c.py"
    assert url("kitty") == f"file://{host}/a%20b/c.py#7"
    assert url("vscode") == "vscode://file/a%20b/c.py:7:3"
    assert url("grep+") == "grep+:///a%20b/c.py:7"
    assert url("textmate") == "txmt://open?url=file:///a%20b/c.py&line=7&column=3"
    assert url("x:{{{path}}}{line}{{}}") == "x:{/a%20b/c.py}7{}"


def test_no_links() -> None:
    assert hyperlink_format("none") is None
    assert hyperlink_format("") is None


def test_the_prefix_of_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    source = "vscode://file//{wslprefix}{path}"
    assert url(source) == "vscode://file///a%20b/c.py"
    monkeypatch.setenv("WSL_DISTRO_NAME", "Ubu\x1bntu")
    assert url(source) == "vscode://file//wsl$/Ubu%1Bntu/a%20b/c.py"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("vscod", "none of default"),
        ("x://y", "none of default"),
        ("x://{line}", r"needs the variable \{path\}"),
        ("x://{path}{column}", r"needs \{line\} too"),
        ("x://{path}{lines}", "unknown variable 'lines'"),
        ("x://{path}{}", "unknown variable ''"),
        ("x://{path", r"a \{ without a \}"),
        ("x://{path}{", r"a \{ without a \}"),
        ("x://path}{path}", r"a \} without a \{"),
        ("{path}", "begins with a scheme"),
        ("//{path}", "begins with a scheme"),
        (":{path}", "begins with a scheme"),
        ("a b:{path}", "begins with a scheme"),
        ("x:\x1b]8;;{path}", "ASCII characters without spaces"),
        ("x:{path} y", "ASCII characters without spaces"),
        ("x:{path}\u202e", "ASCII characters without spaces"),
    ],
)
def test_formats_that_are_refused(source: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        hyperlink_format(source)


@given(st.sampled_from([name for name in ALIASES if name != "none"]), paths, st.integers(1, 10**9))
def test_no_path_ends_a_link(name: str, path: str, line: int) -> None:
    link_format = hyperlink_format(name)
    assert link_format is not None
    shown = Target(link_format, path).link("label", line, 5)
    match = re.fullmatch(r"\x1b\]8;;([\x21-\x7e]+)\x1b\\label\x1b\]8;;\x1b\\", shown)
    assert match, shown
    assert os.fsencode(path) in unquote_to_bytes(match[1])


@given(st.text(max_size=30))
def test_any_format_is_read_or_refused(source: str) -> None:
    try:
        found = hyperlink_format(source)
    except UsageError as error:
        assert str(error)
        return
    assert found is None or isinstance(found, HyperlinkFormat)
