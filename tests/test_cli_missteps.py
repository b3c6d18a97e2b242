"""What newcomers type: each misstep gets one line that names the next step."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from codelode.answers.notes import MOST_HITS, note_on_more
from codelode.nearest import near_path
from codelode.settings.keys import BY_NAME
from codelode.settings.variables import unread_variables
from codelode.types import Answer, Hit
from tests.commandline import LODE, CommandLine, indexed_sample, write_tree


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[CommandLine, Path]:
    return indexed_sample(tmp_path_factory.mktemp("missteps"))


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize(
    ("command", "code", "message"),
    [
        (["search", "-"], 2, "lode: the query on standard input is empty\n"),
        (["clean"], 2, "lode: nobody to ask: add --yes to remove 1 index"),
        (["pick", "--no-index", "retry"], None, ""),
        (["mcp"], 0, ""),
    ],
)
def test_closed_streams_are_as_the_null_device(
    sample: tuple[CommandLine, Path],
    command: list[str],
    code: int | None,
    message: str,
    closed: str,
) -> None:
    lode, root = sample
    done = subprocess.run(
        ["sh", "-c", f'"$@" {closed}', "sh", *LODE, *command],
        cwd=root,
        env=lode.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
    )
    assert done.returncode in ((0, 1) if code is None else (code,)), done.stderr
    assert b"Traceback" not in done.stderr
    if "2>" not in closed:
        assert done.stderr.decode().startswith(message)


def test_the_setting_the_flag_and_the_note_have_the_same_limit(
    sample: tuple[CommandLine, Path],
) -> None:
    lode, root = sample
    check = BY_NAME["search.limit"].kind.check
    assert check(MOST_HITS) == MOST_HITS
    with pytest.raises(ValueError):
        check(MOST_HITS + 1)
    lode("search", "retry", "-k", str(MOST_HITS), root).must_succeed()
    lode("search", "retry", "-k", str(MOST_HITS + 1), root).must_be_refused("from 1 to 1,000")
    lode("symbols", "*", "-k", str(MOST_HITS + 1), root).must_succeed()


def test_no_note_names_a_limit_that_shows_no_more() -> None:
    def note(hits: int, matching: int) -> str:
        return note_on_more(answer_of(hits, matching))

    assert note(10, 999) == "the best 10 of 999 places that match: `-k 999` shows all"
    assert note(10, 3000) == "the best 10 of 3,000 places that match: `-k 1000` shows more"
    assert "no further" in note(MOST_HITS, MOST_HITS + 1)
    assert "`-k" not in note(MOST_HITS, MOST_HITS + 1)
    assert note(MOST_HITS, MOST_HITS) == ""


def answer_of(hits: int, matching: int) -> Answer:
    """Return an answer with `hits` hits, while `matching` places match the query."""
    hit = Hit("a.py", 1, 1, 1, 1.0, "x = 1", "python")
    return Answer("x", "/", 1, 1, 1, True, 0, [hit] * hits, 0.1, matching=matching)


@pytest.mark.parametrize("form", [[], ["-l"], ["--vimgrep"], ["--jsonl"]])
def test_a_search_without_hits_says_what_was_left_out(
    sample: tuple[CommandLine, Path], form: list[str]
) -> None:
    lode, root = sample
    found = lode("search", "xyzzyplugh", "--sem", *form, root)
    if found.code == 0:
        pytest.fail("the query must be nonsense")
    left_out = lode("search", "xyzzyplugh", "--sem", "--json", root).json["left_out"]
    places = "1 place" if left_out == 1 else f"{left_out} places"
    note = f"lode: no hits; {places} hardly related left out: --threshold 0 shows all\n"
    assert (found.code, found.text, found.message) == (1, "", note if left_out else "")


@pytest.mark.parametrize("flags", [["-F", "class retryscheduler"], ["-e", r"CLASS \w+:"]])
def test_a_text_in_another_case_is_named(
    sample: tuple[CommandLine, Path], flags: list[str]
) -> None:
    lode, root = sample
    found = lode("search", *flags, root)
    assert (found.code, found.text) == (1, "")
    note = "lode: nothing matches as written; in another case, -i finds 1 place\n"
    assert found.message == note
    lode("search", *flags, "-i", root).must_succeed()
    for silent in (["-F", "no such words"], [*flags, "-i", "-g", "*.go"]):
        assert lode("search", *silent, root).message == ""


def test_advice_keeps_the_index_folder(sample: tuple[CommandLine, Path], tmp_path: Path) -> None:
    lode, root = sample
    place = tmp_path / "a place"
    flag = f"--index-dir '{place}'"
    for command in ("status", "verify", "bench"):
        refused = lode(command, root, "--index-dir", place)
        assert f"build it with `lode index {root} {flag}`\n" in refused.message
    found = lode("doctor", root, "--index-dir", place)
    assert f"lode index {root} {flag}" in found.text
    place.mkdir()
    refused = lode("search", "retry", root, "--no-index", "--index-dir", place)
    refused.must_be_refused(f"`lode index {root} {flag}`")
    tree = write_tree(tmp_path / "tree", {"a.py": "x = 1\n", "b.bin": b"\0", ".git/config": ""})
    said = lode("index", tree, "--index-dir", place).must_succeed().message
    assert re.search(rf"lode index --dry-run --list-skipped \S+/tree {re.escape(flag)}", said)
    missing = lode("search", "x", tree / "b.bin", "--index-dir", place)
    missing.must_be_refused("--dry-run --list-skipped", flag)


def test_the_path_of_a_similar_name_is_suggested(
    sample: tuple[CommandLine, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lode, root = sample
    refused = lode("search", "retry", "src/retry.pyy", cwd=root)
    start = "lode: no such file or folder: src/retry.pyy; did you mean src/retry.py?"
    assert refused.message == f"{start}\n"
    unquoted = lode("search", "retry", "retry.pyy", cwd=root / "src")
    unquoted.must_be_refused("mean retry.py? Or to look for several words, quote them: ")
    lode("symbols", "x", "src/confg.ts", cwd=root).must_be_refused("did you mean src/config.ts?")
    write_tree(tmp_path, {"docs/a.md": "", "source/b.py": ""})
    monkeypatch.chdir(tmp_path)
    for given, near in (
        ("sources", "source"),
        ("do", ""),
        ("are", ""),
        ("source/b.pi", "source/b.py"),
        ("nowhere/b.py", ""),
        ("a\0b/c", ""),
    ):
        assert near_path(given) == near, given
        absolute = near_path(str(tmp_path / given))
        assert absolute == (str(tmp_path / near) if near else "") or given == "do"


def test_a_variable_without_the_table_leads_to_the_setting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, meant in (
        ("LODE_LIMIT", "LODE_SEARCH_LIMIT"),
        ("LODE_MAX_FILE_SIZE", "LODE_INDEX_MAX_FILE_SIZE"),
        ("LODE_DIR", "LODE_INDEX_DIR"),
        ("LODE_SERCH_LIMIT", "LODE_SEARCH_LIMIT"),
    ):
        monkeypatch.setenv(name, "3")
        assert unread_variables() == [(name, meant)]
        monkeypatch.delenv(name)


def test_an_absolute_glob_is_led_to_the_searched_folder(sample: tuple[CommandLine, Path]) -> None:
    lode, root = sample
    for glob in (f"{root}/src/**", "~/tree/src/**", "../src/**"):
        found = lode("search", "retry", "-g", glob, cwd=root)
        advice = "globs begin at the folder that is searched, as '/src/**' does"
        assert found.message == f"lode: no file matches the glob {glob!r}: {advice}\n"
    assert lode("search", "retry", "-g", "/src/**", "-l", cwd=root).text == "src/retry.py\n"


def test_a_pager_that_cannot_run_is_named_when_it_is_set(lode: CommandLine) -> None:
    def said(value: str) -> str:
        return lode("config", "set", "pager", value).must_succeed().message

    assert "no program 'maybe'" in said("maybe")
    assert "cannot read the pager" in said("less '")
    for value in ("true", "false", "sh -c cat"):
        assert said(value) == ""
