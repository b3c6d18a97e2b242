"""Setting values in files: `lode config set` and `unset`, and the edit of a TOML text."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codelode.errors import UsageError
from codelode.settings.change import change
from codelode.settings.effective import effective
from codelode.settings.keys import BY_NAME, KEYS
from codelode.settings.toml_edit import edited
from tests.commandline import CommandLine, write_tree
from tests.test_settings import OF_A_PROJECT, VALUES

LAYOUT = """\
# Mine.
color = "always"   # in pipes, too

[search]           # how to search
limit = 20 # hits

# Not too long.
context=2


[index]
dir = "/var/#cache"
"""


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the user's file, which does not exist; no variable sets anything."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for key in KEYS:
        monkeypatch.delenv(key.variable, raising=False)
    return tmp_path / "config" / "codelode" / "config.toml"


@pytest.mark.parametrize(
    ("name", "literal", "old", "new"),
    [
        ("color", '"never"', 'color = "always"   # in', 'color = "never"   # in'),
        ("search.limit", "5", "limit = 20 # hits", "limit = 5 # hits"),
        ("search.context", "0", "context=2", "context=0"),
        ("index.dir", '"/tmp"', 'dir = "/var/#cache"', 'dir = "/tmp"'),
        ("search.mode", '"lexical"', "context=2\n", 'context=2\nmode = "lexical"\n'),
        ("index.jobs", "2", '#cache"\n', '#cache"\njobs = 2\n'),
        ("pager", "true", "too\n", "too\npager = true\n"),
        ("watch.max-folders", "9", '#cache"\n', '#cache"\n\n[watch]\nmax-folders = 9\n'),
        ("search.limit", None, "limit = 20 # hits\n", ""),
        ("color", None, 'color = "always"   # in pipes, too\n', ""),
        ("pager", None, "", ""),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_only_the_line_of_the_value_changes(
    name: str, literal: str | None, old: str, new: str, end: str
) -> None:
    after = edited(LAYOUT.replace("\n", end), tuple(name.split(".")), literal)
    assert LAYOUT.count(old) == 1 or not old
    assert after == LAYOUT.replace(old, new).replace("\n", end)


@pytest.mark.parametrize(
    ("before", "path", "after"),
    [
        ("", "search.limit", "[search]\nlimit = 5\n"),
        ("", "limit", "limit = 5\n"),
        ("# mine", "search.limit", "# mine\n\n[search]\nlimit = 5\n"),
        ("[search]\n", "limit", "limit = 5\n\n[search]\n"),
        ("search.limit = 1\n", "search.limit", "search.limit = 5\n"),
        ("search . 'limit' = 1\n", "search.limit", "search . 'limit' = 5\n"),
        ("[ search ]\n'limit' = 1", "search.limit", "[ search ]\n'limit' = 5"),
        ("[search]\n[b]\nlimit = 1\n", "search.limit", "[search]\nlimit = 5\n[b]\nlimit = 1\n"),
        ("[[a]]\nlimit = 1\n", "limit", "limit = 5\n\n[[a]]\nlimit = 1\n"),
        ("[search]\r\nlimit = 1", "search.limit", "[search]\r\nlimit = 5"),
        ("[search]\r\nmode = 'x'", "search.limit", "[search]\r\nmode = 'x'\r\nlimit = 5"),
        ("a = 1\r\nb = 2", "search.limit", "a = 1\r\nb = 2\r\n\r\n[search]\r\nlimit = 5\r\n"),
        ("search = { limit = 1 }\n", "search.limit", None),
        ("search.mode = 'x'\n", "search.limit", None),
        ("x = '''\n[search]\n'''\n", "search.limit", None),
        ("x = '''\nlimit = 1\n'''\n", "limit", None),
        ("limit = '''\n1'''\n", "limit", None),
        ("search = 1\n", "search.limit", None),
    ],
)
def test_unusual_texts_are_edited_or_refused(before: str, path: str, after: str | None) -> None:
    assert edited(before, tuple(path.split(".")), "5") == after


VALUE = st.integers(-9, 9) | st.booleans() | st.text("a#'\"=[]\\\n", max_size=6)
TABLE = st.dictionaries(st.sampled_from(["a", "b", "c-d", "e"]), VALUE, max_size=3)


def as_toml(value: object) -> str:
    if not isinstance(value, str):
        return str(value).lower()
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def written(tables: dict[str, dict[str, Any]], quoted: bool, comment: str) -> str:
    rows = []
    for name, table in tables.items():
        rows += [f"[{name}]{comment}"] if name else []
        for key, value in table.items():
            rows.append(f"{as_toml(key) if quoted else key} = {as_toml(value)}{comment}")
    return "\n".join([*rows, ""])


def pruned(values: dict[str, Any]) -> dict[str, Any]:
    """Return the values without empty tables."""
    inner = {key: pruned(each) if isinstance(each, dict) else each for key, each in values.items()}
    return {key: each for key, each in inner.items() if each != {}}


@given(
    st.dictionaries(st.sampled_from(["s", "s.t", "u"]), TABLE, max_size=3),
    TABLE,
    st.sampled_from([("a",), ("s", "a"), ("s", "t", "a"), ("u", "c-d"), ("v", "e")]),
    VALUE | st.none(),
    st.booleans(),
    st.sampled_from(["", " # a = 1", "#[s]"]),
)
def test_an_edit_changes_one_value_and_no_comment(
    tables: dict[str, dict[str, Any]],
    top: dict[str, Any],
    path: tuple[str, ...],
    value: object,
    quoted: bool,
    comment: str,
) -> None:
    before = written({"": top, **tables}, quoted, comment)
    wanted = tomllib.loads(before)
    after = edited(before, path, None if value is None else as_toml(value))
    assert after is not None
    table = wanted
    for name in path[:-1]:
        table = table.setdefault(name, {})
    had = table.pop(path[-1], None)
    if value is not None:
        table[path[-1]] = value
    assert pruned(tomllib.loads(after)) == pruned(wanted)
    if comment:
        removed = had is not None and value is None
        assert after.count(f"{comment}\n") == before.count(f"{comment}\n") - removed


@pytest.mark.parametrize("name", VALUES)
def test_every_setting_can_be_set_and_removed(user: Path, tmp_path: Path, name: str) -> None:
    key, text = BY_NAME[name], VALUES[name][1]
    assert change(key, text) == (user, True)
    assert change(key, text) == (user, False)
    setting = effective(None)[name]
    assert (setting.source, key.kind.to_text(setting.value)) == ("user", text)
    assert change(key, None) == (user, True)
    assert change(key, None) == (user, False)
    assert effective(None) == {}
    if name not in OF_A_PROJECT:
        with pytest.raises(UsageError, match="a project file may not set"):
            change(key, text, tmp_path)
        return
    place = tmp_path / "codelode.toml"
    assert change(key, text, tmp_path) == (place, True)
    assert effective(tmp_path)[name].place == str(place)
    place.unlink()
    python = write_tree(tmp_path, {"pyproject.toml": "[tool.codelode]  # x\n"}) / "pyproject.toml"
    assert change(key, text, tmp_path) == (python, True)
    assert effective(tmp_path)[name].place == str(python)
    assert python.read_text().startswith("[tool.codelode]  # x\n")


def test_links_and_modes_of_the_users_file_stay(user: Path, tmp_path: Path) -> None:
    real = write_tree(tmp_path / "dotfiles", {"lode.toml": "# mine\n"}) / "lode.toml"
    real.chmod(0o600)
    user.parent.mkdir(parents=True)
    user.symlink_to(real)
    change(BY_NAME["search.limit"], "7")
    assert user.is_symlink()
    assert real.read_text() == "# mine\n\n[search]\nlimit = 7\n"
    assert real.stat().st_mode & 0o777 == 0o600


def test_files_that_cannot_be_changed_are_refused(user: Path, tmp_path: Path) -> None:
    write_tree(user.parent, {"config.toml": "search = { mode = 'lexical' }\n"})
    with pytest.raises(UsageError, match=r"put the lines `\[search\]` and `limit = 7` there"):
        change(BY_NAME["search.limit"], "7")
    with pytest.raises(UsageError, match=r"remove it there yourself"):
        change(BY_NAME["search.mode"], None)
    (tmp_path / "codelode.toml").symlink_to(user)
    with pytest.raises(UsageError, match="not a readable file"):
        change(BY_NAME["search.limit"], "7", tmp_path)
    (tmp_path / "codelode.toml").unlink()
    with pytest.raises(UsageError, match="at most 16M"):
        change(BY_NAME["index.max-file-size"], "17M", tmp_path)
    assert not (tmp_path / "codelode.toml").exists()


def test_the_command_sets_and_removes(tmp_path: Path) -> None:
    home = write_tree(tmp_path, {"home/x": "", "tree/a.py": "a = 1\n"}) / "home"
    lode, tree = CommandLine(home, LODE_FRESH_BUDGET=""), tmp_path / "tree"
    user = home / "config" / "codelode" / "config.toml"
    first = lode("config", "set", "search.limit", "20").must_succeed()
    assert first.text == f"search.limit = 20, in {user}\n"
    assert lode("config", "set", "pager=less -S").must_succeed().message == ""
    assert user.read_text() == 'pager = "less -S"\n\n[search]\nlimit = 20\n'
    project = lode("config", "set", "--project", "search.limit", "5", cwd=tree).must_succeed()
    assert project.text == f"search.limit = 5, in {tree}/codelode.toml\n"
    assert project.message == f"lode: {user} overrides it\n"
    overridden = lode("config", "set", "search.limit", "9", LODE_SEARCH_LIMIT="3").must_succeed()
    assert overridden.message == "lode: LODE_SEARCH_LIMIT overrides it\n"
    removed = lode("config", "unset", "search.limit").must_succeed()
    assert removed.text == f"removed search.limit from {user}\n"
    again = lode("config", "unset", "search.limit")
    assert (again.code, again.message) == (1, f"lode: search.limit is not set in {user}\n")
    assert "search.limit = 5\n" in lode("config", "search.limit", tree).must_succeed().text


def test_wrong_changes_are_refused(tmp_path: Path) -> None:
    home = write_tree(tmp_path, {"home/config/codelode/config.toml": "# mine\n"}) / "home"
    lode, user = CommandLine(home), home / "config" / "codelode" / "config.toml"
    for typed, words in (
        ("set serch.limit 1", ["did you mean 'search.limit'?"]),
        ("set search.limits 1", ["did you mean 'search.limit'?"]),
        ("set index.limits 1", ["did you mean 'search.limit'?"]),
        ("set search.frobnicate 1", ["'search.frobnicate': `lode config` lists all settings"]),
        ("set search.no-tests true", ["no setting, only a flag: `lode search --no-tests`"]),
        ("set no-tests true", ["no setting, only a flag: `lode search --no-tests`"]),
        ("set symbols.exact true", ["no setting, only a flag: `lode symbols --exact`"]),
        ("set search.limit many", ["must be a whole number", "'many'"]),
        ("set search.limit", ["expected: lode config set KEY VALUE"]),
        ("unset", ["expected: lode config unset KEY"]),
        ("set color never --project", ["a project file may not set 'color'"]),
    ):
        lode("config", *typed.split()).must_be_refused(*words)
    assert user.read_text() == "# mine\n"
    user.write_text("pager = less\n")
    lode("config", "set", "search.limit", "1").must_be_refused("not TOML")
    assert user.read_text() == "pager = less\n"
