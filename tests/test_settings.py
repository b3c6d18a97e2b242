"""Settings: sources and their precedence, hostile project files, `lode config`."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codelode.cli.commands import load_all
from codelode.cli.defaults import keys_of
from codelode.cli.options import Command
from codelode.cli.settings_list import default_of, option_of
from codelode.errors import UsageError
from codelode.settings.effective import effective
from codelode.settings.files import MAX_BYTES, MAX_PYPROJECT_BYTES
from codelode.settings.keys import BY_NAME, KEYS, WALK, Key
from codelode.settings.quantities import parse_days, parse_size
from codelode.settings.values import shown_size
from codelode.settings.variables import unread_variables
from tests.commandline import SAMPLE, CommandLine, imported_by, write_tree
from tests.doc_blocks import blocks

COMMANDS = load_all()

VALUES: dict[str, tuple[str, str]] = {
    "index.hidden": ("true", "true"),
    "index.no-ignore": ("true", "true"),
    "index.installed": ("true", "true"),
    "index.secrets": ("true", "true"),
    "index.max-file-size": ('"2M"', "2M"),
    "index.jobs": ("1", "1"),
    "index.max-memory": ('"700M"', "700M"),
    "index.model": ('"lode-static-192"', "lode-static-192"),
    "index.dir": ('"/tmp/indexes"', "/tmp/indexes"),
    "search.limit": ("3", "3"),
    "search.mode": ('"lexical"', "lexical"),
    "search.fresh": ('"never"', "never"),
    "search.context": ("2", "2"),
    "search.threshold": ("0.5", "0.5"),
    "search.max-tokens": ("500", "500"),
    "search.fresh-budget": ("1.5", "1.5"),
    "search.background": ("true", "true"),
    "watch.max-folders": ("100", "100"),
    "serve.host": ('"127.0.0.2"', "127.0.0.2"),
    "serve.port": ("9000", "9000"),
    "serve.editor": ('"zed"', "zed"),
    "clean.orphans-after": ('"12w"', "84"),
    "color": ('"never"', "never"),
    "hyperlink-format": ('"vscode"', "vscode"),
    "pager": ('"less -S"', "less -S"),
    "metrics": ('"/tmp/metrics.prom"', "/tmp/metrics.prom"),
}
"""A value of every setting: as TOML has it, and as variables and `lode config` have it."""

# All settings that a project file may have. Another needs a reason: see `codelode.settings.keys`.
OF_A_PROJECT = {
    "index.hidden",
    "index.no-ignore",
    "index.installed",
    "index.max-file-size",
    "search.limit",
    "search.mode",
    "search.fresh",
    "search.context",
    "search.threshold",
    "search.max-tokens",
}


@pytest.fixture
def lode(tmp_path: Path) -> CommandLine:
    """Return a command line with an empty home, and no variable that sets anything."""
    home = tmp_path / "home"
    home.mkdir()
    return CommandLine(home, LODE_FRESH_BUDGET="")


def toml(name: str, value: str) -> str:
    section, _, word = name.rpartition(".")
    return f"[{section}]\n{word} = {value}\n" if section else f"{word} = {value}\n"


def user_file(lode: CommandLine) -> Path:
    return lode.home / "config" / "codelode" / "config.toml"


def write_user(lode: CommandLine, text: str) -> None:
    write_tree(user_file(lode).parent, {"config.toml": text})


def settings(lode: CommandLine, root: Path, **variables: str) -> dict[str, tuple[str, str]]:
    """Return the text and the source of every setting."""
    shown = lode.having(variables)("config", root, "--json").must_succeed().json
    return {each["name"]: (each["text"], each["source"]) for each in shown["settings"]}


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)
def test_a_setting_stands_for_a_flag_that_exists(key: Key) -> None:
    option = option_of(key, COMMANDS)
    assert (option is None) == (key.flag == "")
    assert default_of(key, COMMANDS)
    assert {each.name for each in COMMANDS} >= set(key.commands)
    for command in COMMANDS:
        if command.name in key.commands:
            assert any(key.flag in option.flags for option in command.options())


def test_a_flag_has_at_most_one_setting() -> None:
    def flags(command: Command) -> int:
        return sum(
            key.flag in {flag for option in command.options() for flag in option.flags}
            and (not key.commands or command.name in key.commands)
            for key in KEYS
        )

    later = len(WALK) + 1  # `keys_of` leaves out the model and the settings of the walk
    for command in COMMANDS:
        assert flags(command) == len(keys_of(command)) + (later if command.name == "index" else 0)


def test_names_and_variables_are_distinct() -> None:
    assert len(BY_NAME) == len({key.variable for key in KEYS}) == len(KEYS)
    assert set(VALUES) == set(BY_NAME)


def test_only_harmless_settings_may_come_from_a_project() -> None:
    assert {key.name for key in KEYS if key.project} == OF_A_PROJECT


@pytest.mark.parametrize("name", VALUES)
def test_a_project_file_may_not_set_anything_else(tmp_path: Path, name: str) -> None:
    write_tree(tmp_path, {"codelode.toml": toml(name, VALUES[name][0])})
    if name in OF_A_PROJECT:
        assert effective(tmp_path)[name].source == "project"
        return
    lode = CommandLine(tmp_path)
    refused = lode("config", tmp_path)
    refused.must_be_refused(f"{tmp_path}/codelode.toml", repr(name), BY_NAME[name].variable)


def test_every_setting_is_read_from_the_users_file_and_the_environment(
    lode: CommandLine, tree: Path
) -> None:
    assert {source for _, source in settings(lode, tree).values()} == {"default"}
    variables = {BY_NAME[name].variable: text for name, (_, text) in VALUES.items()}
    found = settings(lode, tree, **variables)
    assert found == {name: (text, "environment") for name, (_, text) in VALUES.items()}
    top = [toml(name, value) for name, (value, _) in VALUES.items() if "." not in name]
    rest = [f"{name} = {value}\n" for name, (value, _) in VALUES.items() if "." in name]
    write_user(lode, "".join([*top, *rest]))
    found = settings(lode, tree)
    assert found == {name: (text, "user") for name, (_, text) in VALUES.items()}


def test_later_sources_override_earlier_ones(lode: CommandLine, tree: Path) -> None:
    lode("index", tree).must_succeed()

    def hits(*flags: str, **variables: str) -> int:
        given = lode.having(variables)
        found = given("search", "retry", tree, "--json", *flags).must_succeed().json
        return len(found["hits"])

    assert hits() == 3
    write_tree(tree, {"codelode.toml": toml("search.limit", "1")})
    assert hits() == 1
    write_user(lode, toml("search.limit", "2"))
    assert hits() == 2
    assert hits(LODE_SEARCH_LIMIT="3") == 3
    assert hits("-k", "1", LODE_SEARCH_LIMIT="3") == 1
    assert settings(lode, tree, LODE_SEARCH_LIMIT="3")["search.limit"] == ("3", "environment")
    assert settings(lode, tree, LODE_SEARCH_LIMIT="")["search.limit"] == ("2", "user")


def test_the_project_file_is_the_nearest_one_in_the_worktree(tmp_path: Path) -> None:
    root = write_tree(
        tmp_path / "repo",
        {
            ".git/HEAD": "ref: refs/heads/main\n",
            "codelode.toml": "search.limit = 1\n",
            "a/pyproject.toml": "[tool.codelode.search]\nlimit = 2\n",
            "a/b/pyproject.toml": "[tool.other]\nname = 'codelode'\n",
            "a/b/c/x.py": "",
            "a/codelode-notes.txt": "",
        },
    )
    write_tree(tmp_path, {"codelode.toml": "search.limit = 9\n"})

    def limit(start: Path) -> object:
        setting = effective(start).get("search.limit")
        return setting and setting.value

    assert limit(root) == 1
    assert limit(root / "a" / "b" / "c" / "x.py") == 2
    (root / "a" / "pyproject.toml").unlink()
    assert limit(root / "a" / "b") == 1
    (root / "codelode.toml").unlink()
    assert limit(root) is None  # files above the worktree do not count
    other = write_tree(tmp_path / "other" / "inner", {"x.py": ""})
    assert limit(other) is None  # without a worktree, only the folder itself counts
    assert limit(tmp_path) == 9


def test_which_files_are_indexed_is_a_matter_of_the_root(lode: CommandLine, tree: Path) -> None:
    write_tree(tree, {".dot/a.py": "x = 1\n", "codelode.toml": "[index]\nhidden = true\n"})
    for build in (("search", "retry"), ("index",), ("watch", "--help")):
        lode("clean", tree, "--yes")
        lode(*build, tree).must_succeed()
        if build[0] != "watch":
            assert lode("search", "-l", "x", tree, "-g", ".dot/*").text != ""
    lode("index", tree, "--no-hidden").must_succeed()
    assert lode("search", "-l", "x", tree, "-g", ".dot/*").text == ""
    # The settings file of a folder within the tree does not change how the tree is indexed.
    write_tree(tree, {"src/codelode.toml": "[index]\nno-ignore = true\n"})
    lode("index", tree / "src").must_succeed()
    assert lode("search", "-l", "retry", tree, "-g", "build/*").text == ""


def test_switches_undo_settings(lode: CommandLine, tree: Path) -> None:
    write_user(lode, "[index]\nhidden = true\nno-ignore = true\nsecrets = true\n")
    write_tree(tree, {".env": "KEY=1\n"})
    every = lode("index", tree, "--dry-run", "--json").must_succeed().json["files"]
    fewer = lode("index", tree, "--dry-run", "--json", "--ignore").must_succeed().json["files"]
    fewest = lode(
        "index", tree, "--dry-run", "--json", "--ignore", "--no-hidden", "--no-secrets"
    ).must_succeed()
    assert every > fewer > fewest.json["files"]


def test_a_folder_for_indexes_may_be_set_by_the_user(lode: CommandLine, tree: Path) -> None:
    place = lode.home / "elsewhere"
    write_user(lode, '[index]\ndir = "~/elsewhere"\n')
    lode("index", tree).must_succeed()
    (directory,) = place.iterdir()
    assert lode("search", "retry", tree).code == 0
    assert lode("list", "--json").json["indexes"][0]["directory"] == str(directory)
    assert not lode.cache.exists()
    assert lode("status", tree, "--index-dir", lode.home / "other").code == 1
    assert settings(lode, tree)["index.dir"] == ("~/elsewhere", "user")


INVALID: dict[str, tuple[str | bytes, str]] = {
    "exclude": ("[index]\nexclude = ['x']\n", "listed in .lodeignore"),
    "last part": ("[search]\npager = 'less'\n", "did you mean 'pager'?"),
    "table name": ("[serch]\nlimit = 1\n", "unknown table [serch]: did you mean [search]?"),
    "far table": ("[limit]\nx = 1\n", "unknown setting 'limit': did you mean 'search.limit'?"),
    "quotes": ("\nsearch.mode = lexical  # x\n", ': put text in quotes: search.mode = "lexical"'),
    "words": ("pager = less -S\n", ': put text in quotes: pager = "less -S"'),
    "unit": ("[index]\r\nmax-file-size = 2M\r\n", 'in quotes: max-file-size = "2M"'),
    "True": ("index.hidden = True\n", "write it in lower case: index.hidden = true"),
    "near": (
        "[search]\nlimits = 1\n",
        "unknown setting 'search.limits': did you mean 'search.limit'?",
    ),
    "far": ("zzzz = 1\n", "unknown setting 'zzzz': `lode config` lists all settings"),
    "type": ("[search]\nlimit = 'x'\n", "search.limit must be a whole number from 1 to 1000, not"),
    "bool": ("[search]\nlimit = true\n", "search.limit must be a whole number"),
    "range": ("[search]\nlimit = 0\n", "search.limit must be a whole number from 1 to 1000, not 0"),
    "choice": ("[search]\nmode = 'fast'\n", "search.mode must be one of hybrid, semantic, lexical"),
    "size": ("[index]\nmax-file-size = '1G'\n", "at most 16M, not '1G'"),
    "table": ("search = 1\n", "unknown setting 'search'"),
    "deeper": ("[search.limit]\nx = 1\n", "search.limit must be a whole number"),
    "date": ("[search]\nlimit = 2026-01-01\n", "search.limit must be"),
    "not TOML": ("search.limit 3\n", "not TOML: "),
    "twice": ("[search]\nlimit = 1\nlimit = 2\n", "not TOML: "),
    "encoding": (b"\xff\xfe", "not TOML: "),
    "deep": ("x = " + "[" * 5000 + "]" * 5000, "not TOML: nested too deeply"),
    "digits": (f"search.limit = {'9' * 5000}\n", "not TOML: "),
    "dots": (f"{'a.' * 101}b = 1\n", "a line has more than 100 dots"),
    "large": ("#" * (MAX_BYTES + 1), "not a readable file of at most 64 KiB"),
    "controls": ("'\\u001b[2Jx' = 1\n" + '"\\u001b[2J" = 1\n', "unknown setting"),
}


@pytest.mark.parametrize("name", INVALID)
def test_an_invalid_file_is_refused_in_one_line_with_file_and_key(
    lode: CommandLine, tmp_path: Path, name: str
) -> None:
    text, message = INVALID[name]
    root = write_tree(tmp_path / "tree", {"a.py": "x = 1\n", "codelode.toml": text})
    lode("search", "x", root).must_be_refused(f"{root}/codelode.toml: ", message)


def test_the_worst_file_is_read_quickly(tmp_path: Path) -> None:
    deep = "a." * 98
    header, many = f"[{deep}b]\n", "".join(f"{n:x} = 1\n" for n in range(6000))
    for text in (header + many, f"{deep}b = 1\n" * 300, f"x = {{{deep}b = 1}}\n" * 300):
        write_tree(tmp_path, {"codelode.toml": text})
        assert MAX_BYTES * 0.7 < len(text) < MAX_BYTES
        began = process_time()
        with pytest.raises(UsageError):
            effective(tmp_path)
        assert process_time() - began < 2


TABLES = (
    "[tool.codelode.search]\nlimit = 7\n",
    " [ tool . codelode . search ]\nlimit = 7\n",
    "['tool'.\"codelode\".search]\nlimit = 7\n",
    "tool.codelode.search.limit = 7\n",
    "tool = { codelode = { search = { limit = 7 } } }\n",
    "[tool]\ncodelode.search.limit = 7\n",
    "\t[\ttool\t]\ncodelode = { search.limit = 7 }\n",
)


@pytest.mark.parametrize("text", TABLES)
def test_the_table_is_found_however_it_is_written(tmp_path: Path, text: str) -> None:
    write_tree(tmp_path, {"pyproject.toml": text})
    assert effective(tmp_path)["search.limit"].value == 7


@pytest.mark.parametrize("filler", ["\n", " ", " \n", "[", "tool ", "'tool' \n", "."])
def test_a_large_pyproject_is_searched_quickly(tmp_path: Path, filler: str) -> None:
    text = f"# codelode\n{filler * ((MAX_PYPROJECT_BYTES - 20) // len(filler))}"
    write_tree(tmp_path, {"pyproject.toml": text})
    began = process_time()
    with suppress(UsageError):
        effective(tmp_path)
    assert process_time() - began < 1


@pytest.mark.parametrize("value", ["x", "0", "-1", "1.5", "99999999999999999999"])
def test_an_invalid_variable_is_refused(lode: CommandLine, tree: Path, value: str) -> None:
    refused = lode("search", "retry", tree, LODE_SEARCH_LIMIT=value)
    refused.must_be_refused("LODE_SEARCH_LIMIT must be a whole number from 1 to 1000", value)


def test_settings_files_that_are_links_or_fifos_do_no_harm(
    lode: CommandLine, tmp_path: Path
) -> None:
    root = write_tree(tmp_path / "tree", {"a.py": "x = 1\n"})
    secret = write_tree(tmp_path, {"secret.toml": "search.limit = 1\n"}) / "secret.toml"
    (root / "codelode.toml").symlink_to(secret)
    lode("search", "x", root).must_be_refused("not a readable file")
    (root / "codelode.toml").unlink()
    os.mkfifo(root / "codelode.toml")
    lode("search", "x", root).must_be_refused("not a readable file")
    (root / "codelode.toml").unlink()
    os.mkfifo(root / "pyproject.toml")
    assert lode("search", "x", root).code == 0


def test_a_pyproject_without_our_table_is_ignored(lode: CommandLine, tree: Path) -> None:
    write_tree(tree, {"pyproject.toml": "[tool.ruff]\nline-length = [\n"})
    assert lode("search", "retry", tree).code == 0
    write_tree(tree, {"pyproject.toml": "[project]\ndependencies = ['codelode']\n"})
    assert lode("search", "retry", tree).code == 0
    write_tree(tree, {"pyproject.toml": "[tool]\ncodelode = 3\n"})
    lode("search", "x", tree).must_be_refused("pyproject.toml: tool.codelode must be a table")


def test_a_search_without_settings_imports_no_parser_of_them(
    lode: CommandLine, tree: Path, tmp_path: Path
) -> None:
    write_tree(tree, {"pyproject.toml": "[project]\nname = 'app'\n"})
    lode("index", tree).must_succeed()
    imported = imported_by(lode, "search", "retry", tree, folder=tmp_path / "modules")
    assert not {"tomllib", "codelode.settings.keys", "codelode.cli.settings_list"} & imported


def test_the_listing_names_sources_and_files(lode: CommandLine, tree: Path) -> None:
    write_tree(tree, {"codelode.toml": "search.limit = 4\n"})
    shown = lode("config", tree, "--set", LODE_COLOR="never").must_succeed().text.splitlines()
    assert [line.split() for line in shown] == [
        ["search.limit", "project", "file", "4"],
        ["color", "LODE_COLOR", "never"],
        [],
        ["project", "file:", f"{tree}/codelode.toml"],
        ["user", "file:", str(user_file(lode)), "(none)"],
    ]
    with_flag = lode("config", tree, "--json", "--index-dir", tree).json["settings"]
    (place,) = [each for each in with_flag if each["name"] == "index.dir"]
    assert (place["value"], place["source"], place["place"]) == (str(tree), "flag", "--index-dir")
    lode("config", tree / "missing").must_be_refused("no such folder")


def test_a_value_without_set_is_answered_with_the_command(lode: CommandLine) -> None:
    for typed in (["search.limit", "20"], ["search.limit=20"]):
        lode("config", *typed).must_be_refused("to set it: `lode config set search.limit 20`")
    lode("config", "pager", "less -S").must_be_refused("`lode config set pager 'less -S'`")
    lode("config", "search.limit", "nowhere").must_be_refused("no such folder")
    lode("config", "search.limit=many").must_be_refused("search.limit must be a whole number")
    lode("config", "search.limit", "x" * 300).must_be_refused("lode: ")
    lode("config", "x" * 300).must_be_refused("unknown setting")
    lode("config", "search", "a", "b").must_be_refused("expected: lode config")
    lode("config", "search.limit", "--project").must_be_refused("--project means nothing")


def test_a_table_of_pyproject_is_suggested_with_its_whole_name(tmp_path: Path) -> None:
    write_tree(tmp_path, {"pyproject.toml": "[tool.codelode.serch]\nlimit = 1\n"})
    with pytest.raises(UsageError, match=r"did you mean \[tool\.codelode\.search\]\?"):
        effective(tmp_path)


def test_overridden_values_are_named(lode: CommandLine, tree: Path) -> None:
    write_tree(tree, {"codelode.toml": "search.limit = 20\n"})
    write_user(lode, toml("search.limit", "5"))
    shown = lode("config", "search.limit", tree, LODE_SEARCH_LIMIT="7").must_succeed()
    assert shown.text.splitlines()[:4] == [
        "search.limit = 7",
        "from:     LODE_SEARCH_LIMIT",
        f"          overrides 5 from {user_file(lode)}",
        f"          overrides 20 from {tree}/codelode.toml",
    ]
    assert "overrides" not in lode("config", "color", tree).must_succeed().text


def test_a_regular_name_of_a_variable_leads_to_its_own_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = (Path(__file__).parent.parent / "docs" / "configuration.md").read_text()
    for key in KEYS:
        if key.variable != key.regular_variable:
            assert f"`{key.variable}` for `{key.name}`" in page
            monkeypatch.setenv(key.regular_variable, "1")
            (unread,) = unread_variables()
            assert unread == (key.regular_variable, key.variable)
            monkeypatch.delenv(key.regular_variable)


def test_long_values_shift_no_column(lode: CommandLine, tree: Path) -> None:
    long = {"LODE_PAGER": "less " + "-S" * 90, "LODE_INDEX_DIR": str(lode.home / ("deep/" * 40))}
    lines = lode.having(long)("config", tree).must_succeed().text.partition("\n\n")[0].splitlines()
    rows = [re.fullmatch(r"([\w.-]+ +)((?:default|[A-Z_]+) +).*", line) for line in lines]
    assert {(len(row[1]), len(row[2])) for row in rows if row} == {(21, 16)}
    assert all(rows)


def test_one_setting_is_shown_with_its_source(lode: CommandLine, tree: Path) -> None:
    write_tree(tree, {"codelode.toml": "search.limit = 4\n"})
    shown = lode("config", "search.limit", tree).must_succeed().text.splitlines()
    assert shown[:2] == ["search.limit = 4", f"from:     {tree}/codelode.toml"]
    assert shown[-1] == "set by:   codelode.toml, your config.toml, LODE_SEARCH_LIMIT, --limit"
    assert lode("config", "search.limit", cwd=tree).must_succeed().text.splitlines() == shown
    assert (
        lode("config", "pager").must_succeed().text.startswith("pager = false\nfrom:     default")
    )
    (only,) = lode("config", "pager", "--json", LODE_PAGER="yes").json["settings"]
    assert (only["name"], only["value"], only["place"]) == ("pager", True, "LODE_PAGER")
    table = lode("config", "search", tree).must_succeed().text
    assert table.count("\nsearch.") == sum(name.startswith("search.") for name in BY_NAME) - 1
    write_tree(tree, {"color/x": ""})
    assert lode("config", "color", cwd=tree).text.startswith("color = auto\n")
    assert lode("config", "./color", cwd=tree).text.startswith("index.hidden ")


def test_variables_that_nothing_reads_are_named(lode: CommandLine, tree: Path) -> None:
    wrong = {"LODE_SERCH_LIMIT": "3", "CODELODE_COLOR": "never", "lode_pager": "less", "LODE_Q": ""}
    lode("index", tree).must_succeed()
    for command in (("config", tree), ("search", "retry", tree, "--json"), ("status", tree)):
        shown = lode.having(wrong)(*command).must_succeed().message
        assert shown.splitlines() == [
            "lode: nothing reads the variable CODELODE_COLOR: did you mean LODE_COLOR?",
            "lode: nothing reads the variable LODE_Q",
            "lode: nothing reads the variable LODE_SERCH_LIMIT: did you mean LODE_SEARCH_LIMIT?",
            "lode: nothing reads the variable lode_pager: did you mean LODE_PAGER?",
        ]
    listed = lode.having(wrong)("config", tree, "--json").json["unread_variables"]
    assert {each["name"]: each["nearest"] for each in listed} == {
        "CODELODE_COLOR": "LODE_COLOR",
        "LODE_Q": None,
        "LODE_SERCH_LIMIT": "LODE_SEARCH_LIMIT",
        "lode_pager": "LODE_PAGER",
    }
    right = {"LODE_SERVE_TOKEN": "x", "LODE_INDEX_DIR": str(lode.cache), "CODELODES": "1"}
    assert lode.having(right)("config", tree).must_succeed().message == ""


@given(st.integers(1, 10**15 - 1))
def test_sizes_are_shown_as_they_are_read(amount: int) -> None:
    assert parse_size(shown_size(amount)) == amount


@given(st.text(max_size=12))
def test_ages_and_sizes_of_any_text_are_numbers_or_refused(text: str) -> None:
    for parse in (parse_days, parse_size):
        try:
            assert parse(text) >= 0
        except ValueError as error:
            assert repr(text) in str(error)


def test_samples_have_no_settings() -> None:
    assert not {"codelode.toml", "pyproject.toml"} & set(SAMPLE)


def test_the_examples_of_the_documentation_are_settings(lode: CommandLine, tmp_path: Path) -> None:
    page = Path(__file__).parent.parent / "docs/configuration.md"
    project, user = [block.text for block in blocks(page) if block.language == "toml"]
    write_tree(tmp_path, {"pyproject.toml": project})
    write_user(lode, user)
    read = settings(lode, tmp_path)
    given = {name: text for name, (text, source) in read.items() if source in ("project", "user")}
    assert given == {
        "search.limit": "20",
        "index.hidden": "true",
        "color": "always",
        "pager": "true",
        "index.dir": "/var/cache/lode",
        "index.max-memory": "2G",
        "clean.orphans-after": "never",
    }
