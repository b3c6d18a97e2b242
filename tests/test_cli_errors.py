"""Bad input gives one line on standard error and exit code 2, and changes nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from itertools import permutations
from pathlib import Path

import pytest

from codelode import __version__
from codelode.cli.commands import NAMES, load, load_all
from codelode.cli.exclusive import EXCLUSIVE
from codelode.cli.options import Command, Option
from codelode.cli.parser import parse
from codelode.errors import UsageError
from codelode.segment.container import INDEX_FORMAT
from tests.commandline import LODE, SAMPLE, CommandLine, Outcome, write_tree
from tests.test_cli_index import everything


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["search"], ["QUERY", "lode search --help"]),
        (["search", "retry", ".", "more"], ["no such file or folder: more", "quote them"]),
        (["search", "retry", "-k", "0"], ["--limit", "at least 1, not '0'"]),
        (["search", "retry", "-k", "-3"], ["--limit", "at least 1, not '-3'"]),
        (["search", "retry", "-k", "many"], ["--limit", "many"]),
        (["search", "retry", "-C", "-1"], ["--context", "whole number, not '-1'"]),
        (["search", "retry", "-k", "1001"], ["--limit", "from 1 to 1,000, not 1001"]),
        (["related", "a.py:1", "-k", "1001"], ["--limit", "from 1 to 1,000"]),
        (["search", "retry", "--open=1001"], ["--open", "from 1 to 1,000"]),
        (["search", "retry", "--kind", "class"], ["unknown option --kind: `lode symbols NAME --k"]),
        (["search", "--", "retry", "-k", "3"], ["folder: -k: after -- nothing is an option"]),
        (["search", "-F", "--", "--save", "-k", "3"], ["folder: 3: after -- nothing is an"]),
        (["search", "retry", "--mode", "psychic"], ["--mode", "psychic", "hybrid"]),
        (["search", "retry", "--jsno"], ["--jsno"]),
        (["search", "retry", "--lim", "3"], ["--lim"]),  # refused: a new flag could break it
        (["search", "retry", "--color", "blue"], ["--color", "always"]),
        (["search", "retry", "-A", "3"], ["unknown option -A: -C LINES shows more lines"]),
        (["search", "retry", "-w"], [r"-e '\bword\b'"]),
        (["search", "retry", "--exclude", "x"], ["-g '!GLOB'"]),
        (["search", "retry", "--lang", "go"], ["unknown option --lang: did you mean -t LANG"]),
        (["symbols", "retry", "--ext=go"], ["unknown option --ext: did you mean -t LANG"]),
        (["pick", "--language", "go"], ["unknown option --language: did you mean -t LANG"]),
        (["search", "retry", "--path", "src"], ["unknown option --path: -g GLOB", "ROOT"]),
        (["related", "a:1", "--no-color"], ["unknown option --no-color: --color never"]),
        (["search", "retry", "-q"], ["unknown option -q: ", "> /dev/null"]),
        (["search", "retry", "-0", "-F", "foo"], ["-0 means nothing without -l"]),
        (["search", "retry", "-0", "--json"], ["-0 means nothing without -l"]),
        (["related", "a:1", "--vimgrep", "--json"], ["give either --vimgrep or --json"]),
        (
            ["search", "retry", "--hiddn"],
            ["unknown option --hiddn", '`lode search "retry --hiddn"`'],
        ),
        (["search", "retry", "--pager=less"], ["--pager: takes no value, but has 'less'"]),
        (["search", "retry", "--open", "2"], ["follows an equals sign: --open=2"]),
        (["search", "--open", "2", "render a view"], ["follows an equals sign: --open=2"]),
        (["related", "a.py:1", "--open", "2"], ["follows an equals sign: --open=2"]),
        (["search", "retry", "--open=20", "-k", "3"], ["beyond the 3 hits", "give -k 20"]),
        (["search", "retry", "-t", "klingon"], ["lode search --type-list"]),
        (["outline"], ["FILE is missing (see `lode outline --help`)"]),
        (["agent"], ["ACTION is missing: one of install, uninstall, list"]),
        (["remote"], ["ACTION, DEST is missing: ACTION is one of list, gc"]),
        (["completion"], ["SHELL is missing: one of bash, zsh, fish"]),
        (["remote", "../team"], ["ACTION comes first: `lode remote list ../team`"]),
        (["roster", "/srv/code"], ["ACTION comes first: `lode roster list /srv/code`"]),
        (["cluster", "/srv/code"], ["ACTION comes first: `lode cluster serve /srv/code`"]),
        (["agent", "codex"], ["ACTION comes first: `lode agent install codex`"]),
        (["agent", "in", "codex"], ["not one of install, ", "did you mean 'install'?"]),
        (["agent", "install", "clade"], ["'clade' is not one of", "did you mean 'claude-code'?"]),
        (["agent", "list", "foo"], ["unknown client: 'foo' is not one of claude-code, "]),
        (["agent", "list", "--user"], ["--user means nothing to `lode agent list`"]),
        (["agent", "install"], ["name a client or --all: codelode knows claude-code, "]),
        (["completion", "bsh"], ["'bsh' is not one of bash, zsh, fish: did you mean 'bash'?"]),
        (["search", "retry", "--mode", "lex"], ["did you mean 'lexical'?"]),
        (["config", "serch.limit"], ["unknown setting 'serch.limit': did you mean"]),
        (["config", "limit"], ["unknown setting 'limit': did you mean 'search.limit'?"]),
        (["config", "lim"], ["did you mean 'search.limit'?"]),
        (["config", "hiddn"], ["did you mean 'index.hidden'?"]),
        (["config", "no/where"], ["no such folder: no/where"]),
        (["--versn"], ["unknown option '--versn': did you mean --version?"]),
        (["-v"], ["unknown option '-v'", "lode --help"]),
        (["index", "--max-file-size", "0"], ["--max-file-size", "1M"]),
        (["index", "--max-file-size", "1X"], ["--max-file-size", "1X"]),
        (["index", "--max-memory", "much"], ["--max-memory", "much"]),
        (["index", "--jobs", "0"], ["--jobs"]),
        (["index", "--wait", "soon"], ["--wait", "soon"]),
        (["serch", "retry"], ["unknown command 'serch'", "did you mean 'search'?"]),
        (["where are retries"], ["unknown command", "`lode search 'where are retries'`"]),
        (["where are retries", "-t", "py"], ["`lode search 'where are retries' -t py`"]),
        (["index", "--exclude", "x"], ["unknown option --exclude: ", ".lodeignore"]),
        (["index", "-g", "!x"], ["unknown option -g: ", ".lodeignore"]),
        (["index", "--glob=!x"], ["unknown option --glob: ", ".lodeignore"]),
        (["\u2014help"], ["begins with a long dash: write --help: `lode --help`"]),
        (["frobnicate"], ["unknown command 'frobnicate'", "search, symbols, outline"]),
        (["--jobs", "3"], ["--jobs", "lode --help"]),
        (["a\nb\x1b[2J"], [r"a\nb\x1b[2J"]),
    ],
)
def test_usage_errors(lode: CommandLine, arguments: list[str], words: list[str]) -> None:
    lode(*arguments).must_be_refused(*words)
    assert list(lode.home.iterdir()) == []


SETS = [
    (command, one, other)
    for command in load_all()
    for each in EXCLUSIVE
    for one, other in permutations(
        [option for option in command.options() if not set(each).isdisjoint(option.flags)], 2
    )
]


@pytest.mark.parametrize(
    ("command", "one", "other"),
    SETS,
    ids=[f"{command.name}{one.flags[0]}{other.flags[0]}" for command, one, other in SETS],
)
def test_flags_that_clash_are_refused(command: Command, one: Option, other: Option) -> None:
    first, second = (
        [each.flags[0], *each.settings.get("choices", ())[-1:]] for each in (one, other)
    )
    with pytest.raises(UsageError, match=r"give either \S+ or \S+, not both"):
        parse(command, ["a:1", *first, *second])
    parse(command, ["a:1", *first, *first])


def test_a_switch_and_its_negation_do_not_clash() -> None:
    assert parse(load("search"), ["x", "--pager", "--no-pager"]).pager is False
    assert parse(load("search"), ["x", "-l", "--sem", "--lexical"]).mode == "lexical"


def test_no_arguments_show_the_help(lode: CommandLine) -> None:
    nothing = lode()
    assert (nothing.code, nothing.out) == (2, b"")
    assert "usage: lode COMMAND" in nothing.message


def test_the_overview_names_every_command(lode: CommandLine) -> None:
    text = lode("--help").must_succeed().text
    assert text == lode("help").must_succeed().text
    for name in NAMES:
        assert f"\n  {name} " in text
    assert lode("help", "outline").text == lode("outline", "--help").must_succeed().text


@pytest.mark.parametrize("columns", [60, 80, 120, 200])
def test_the_overview_fits_the_terminal(lode: CommandLine, columns: int) -> None:
    lines = lode("--help", COLUMNS=str(columns)).must_succeed().text.splitlines()
    assert max(map(len, lines)) <= min(columns, 98)


@pytest.mark.parametrize("command", NAMES)
def test_help(lode: CommandLine, command: str) -> None:
    text = lode(command, "--help").must_succeed().text
    for word in ("usage: lode " + command, "examples:", "exit codes:"):
        assert word in text
    assert max(map(len, text.splitlines())) <= 80


def test_version(lode: CommandLine) -> None:
    for way in ("--version", "-V", "version"):
        assert lode(way).must_succeed().text == f"lode {__version__}\n"


@pytest.mark.parametrize("way", ["help", "--help", "-h"])
def test_help_of_a_command_in_any_order(lode: CommandLine, way: str) -> None:
    assert lode(way, "status").must_succeed().text == lode("status", "--help").text
    lode(way, "statsu").must_be_refused("did you mean 'status'?")


ROOTS = {
    "no such folder": "absent",
    "not a folder": "file.py",
    "nothing to index": "empty",
}


@pytest.mark.parametrize("command", ["index", "search"])
@pytest.mark.parametrize(("message", "name"), ROOTS.items())
def test_roots_that_cannot_be_indexed_are_refused(
    lode: CommandLine, tmp_path: Path, command: str, message: str, name: str
) -> None:
    (tmp_path / "file.py").write_text("x = 1\n")
    (tmp_path / "empty").mkdir()
    query = ["retry"] if command == "search" else []
    if (command, name) == ("search", "file.py"):  # a file can be searched
        name, message = "file.py/x", "no such folder"
    if command == "search":
        message = message.replace("no such folder", "no such file or folder")
    lode(command, *query, tmp_path / name).must_be_refused(message, name)
    assert everything(lode.home) == {}
    assert everything(tmp_path).keys() == {str(tmp_path / "file.py")}


def test_a_tree_that_became_empty_keeps_its_index(lode: CommandLine, tree: Path) -> None:
    lode("index", tree).must_succeed()
    before = everything(lode.cache)
    for path in sorted(tree.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    lode("index", tree).must_be_refused("nothing to index")
    assert everything(lode.cache) == before


REQUESTS = {
    "a query of spaces": (["search", "  \t "], ["query is empty"]),
    "an empty query": (["search", ""], ["query is empty"]),
    "an unknown language": (["search", "retry", "-t", "klingon"], ["klingon"]),
    "a bad glob": (["search", "retry", "-g", "src/[a"], ["glob", "src/[a"]),
    "an empty glob": (["search", "retry", "-g", ""], ["glob"]),
    "an unknown model": (["index", "--rebuild", "--model", "no-such-model"], ["no-such-model"]),
    "a model folder without a model": (["index", "--rebuild", "--model", "."], ["model"]),
}


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> tuple[CommandLine, Path]:
    """Return a tree and its index, which no refused request may touch."""
    folder = tmp_path_factory.mktemp("errors")
    lode = CommandLine(folder)
    root = write_tree(folder / "tree", SAMPLE)
    lode("index", root).must_succeed()
    return lode, root


@pytest.mark.parametrize("name", REQUESTS)
def test_bad_requests_are_refused_before_anything_is_touched(
    lode: CommandLine, tree: Path, indexed: tuple[CommandLine, Path], name: str
) -> None:
    arguments, words = REQUESTS[name]
    for runner, root in ((lode, tree), indexed):
        before = everything(runner.home)
        runner(*arguments, cwd=root).must_be_refused(*words)
        assert everything(runner.home) == before


def test_a_damaged_manifest_is_refused_until_rebuilt(lode: CommandLine, tree: Path) -> None:
    lode("index", tree).must_succeed()
    manifest = Path(lode("status", tree, "--json").json["directory"]) / "manifest.json"
    whole = manifest.read_bytes()
    damages = [b"", b"{}", b"\0" * 100, b"codelode-index", whole[:-1], whole[:-9] + whole[-8:]]
    for damage in damages:
        manifest.write_bytes(damage)
        lode("search", "retry", cwd=tree).must_be_refused("manifest.json", "damaged", "--rebuild")
    before = everything(lode.cache)
    for command in ("index", "status"):
        lode(command, cwd=tree).must_be_refused("manifest.json", "damaged", "--rebuild")
    assert everything(lode.cache) == before
    lode("index", "--rebuild", cwd=tree).must_succeed()
    assert lode("search", "retry", tree).code == 0


def test_an_index_of_a_newer_format_is_refused(lode: CommandLine, tree: Path) -> None:
    lode("index", tree).must_succeed()
    manifest = Path(lode("status", tree, "--json").json["directory"]) / "manifest.json"
    manifest.write_bytes(manifest.read_bytes().replace(b" %d " % INDEX_FORMAT, b" 999 ", 1))
    lode("search", "retry", tree).must_be_refused("newer", "--rebuild")


def test_a_file_is_refused_as_index_folder(lode: CommandLine, tree: Path, tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.write_text("mine\n")
    for command in (["search", "retry"], ["index"], ["status"]):
        lode(*command, tree, "--index-dir", place).must_be_refused("not a folder", "place")
    assert place.read_text() == "mine\n"


def test_the_index_of_another_root_is_refused_and_untouched(
    lode: CommandLine, tree: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "a.py").write_text("retry = 1\n")
    lode("index", tree, "--index-dir", tmp_path / "place").must_succeed()
    (directory,) = (tmp_path / "place").iterdir()
    before = everything(directory)
    for command in (["index"], ["search", "retry"], ["status"]):
        refused = lode(*command, other, "--index-dir", directory)
        refused.must_be_refused(str(tree), str(other))
    assert everything(directory) == before


class TestPermissions:
    """Commands that run without the privileges of root, who may read everything."""

    @pytest.fixture
    def plain(self, lode: CommandLine) -> Callable[..., Outcome]:
        prefix: list[str] = []
        if os.geteuid() == 0:
            prefix = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]
            if not shutil.which("setpriv") or subprocess.run([*prefix, "true"]).returncode:
                pytest.skip("root, and no way to be less")

        def run(*arguments: str | Path) -> Outcome:
            command = [*prefix, *LODE, *arguments]
            environment = lode.environment()
            done = subprocess.run(
                command, env=environment, cwd="/", capture_output=True, timeout=60
            )
            return Outcome(done.returncode, done.stdout, done.stderr)

        return run

    def test_an_unreadable_index_folder_is_refused(
        self, lode: CommandLine, tree: Path, plain: Callable[..., Outcome]
    ) -> None:
        lode("index", tree).must_succeed()
        directory = Path(lode("status", tree, "--json").json["directory"])
        before = everything(directory)
        directory.chmod(0)
        for command in (["search", "retry"], ["index"], ["status"]):
            plain(*command, tree).must_be_refused(str(directory), "ermission denied")
        directory.chmod(0o700)
        assert everything(directory) == before

    def test_an_unreadable_root_is_refused(self, tree: Path, plain: Callable[..., Outcome]) -> None:
        tree.chmod(0)
        plain("index", tree).must_be_refused("permission", "tree")
        tree.chmod(0o700)

    def test_a_read_only_cache_is_refused(
        self, lode: CommandLine, tree: Path, plain: Callable[..., Outcome]
    ) -> None:
        lode.home.chmod(0o500)
        plain("index", tree).must_be_refused("cannot create", "ermission denied")
        lode.home.chmod(0o700)


def test_a_home_folder_that_does_not_exist_is_not_made_here(lode: CommandLine, tree: Path) -> None:
    place = "~nobody-here/x"
    variable = lode.having({"LODE_INDEX_DIR": place})
    for done in (
        variable("search", "retry", cwd=tree),
        variable("index", cwd=tree),
        lode("search", "retry", "--index-dir", place, cwd=tree),
        lode("search", "retry", "--roster", place, cwd=tree),
        lode("man", "--to", place, cwd=tree),
    ):
        done.must_be_refused(f"'{place}': no home folder: there is no ~nobody-here")
    assert list(tree.glob("~*")) == []
