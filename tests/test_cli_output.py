"""Queries from standard input, hyperlinks, the pager, and related code as JSON."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from urllib.parse import unquote_to_bytes

import pytest

from codelode.render.ansi import RESET
from tests.commandline import LODE, CommandLine, indexed_sample, write_tree

LINK = re.compile(r"\x1b\]8;;([^\x1b]*)\x1b\\(.*?)\x1b\]8;;\x1b\\")
STYLE = re.compile(r"\x1b\[([\d;]*)m")
REPORT = (
    "Jobs are lost\n\nAfter a restart nothing is sent again.\n\n"
    'Traceback (most recent call last):\n  File "src/retry.py", line 11, in schedule\n'
    "    delay = 0.1 * 2**attempt\nOverflowError: too large\n"
)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[CommandLine, Path]:
    """Return a command line and the root of a small indexed tree, which no test changes."""
    return indexed_sample(tmp_path_factory.mktemp("output"))


def test_a_query_from_standard_input(sample: tuple[CommandLine, Path]) -> None:
    lode, root = sample
    found = lode("search", "-", root, "--json", given=REPORT.encode()).must_succeed().json
    assert found["query"] == REPORT.strip()
    assert (found["hits"][0]["path"], found["hits"][0]["line"]) == ("src/retry.py", 11)
    assert found["hits"] == lode("search", REPORT, root, "--json").json["hits"]
    other = lode("search", "-", "-k1", "-l", cwd=root, given=b"\xef\xbb\xbfparseConfig\r\n")
    assert other.must_succeed().text == "src/config.ts\n"
    assert lode("search", "-", "-e", "Push", cwd=root, given=b"caf\xe9 queue").code == 0


def test_standard_input_that_is_no_query(sample: tuple[CommandLine, Path]) -> None:
    lode, root = sample
    for given, message in (
        (b"", "is empty"),
        (b" \n\t", "is empty"),
        (b"a\0b", "is binary"),
        (b"x" * 1_000_001, "is larger than 1 MB"),
    ):
        lode("search", "-", root, given=given).must_be_refused(message)
    lode("search", "-", "nowhere", given=b"retry").must_be_refused(
        "no such file or folder: nowhere"
    )


def test_a_query_typed_on_a_terminal(sample: tuple[CommandLine, Path]) -> None:
    lode, root = sample
    typed = (b"Ctrl-D", b"parseConfig\n\x04")
    shown = lode.on_terminal("search", "-", "-l", "-k1", cwd=root, reply=typed)
    assert shown.must_succeed().text.splitlines()[-1] == "src/config.ts"


def test_links_are_for_terminals(sample: tuple[CommandLine, Path]) -> None:
    lode, root = sample
    search = ("search", "retry", "--hyperlink-format", "vscode")
    assert "\x1b" not in lode(*search, cwd=root).must_succeed().text
    assert "\x1b" not in lode.on_terminal(*search, cwd=root, NO_COLOR="1").text
    assert "\x1b]8" not in lode.on_terminal("search", "retry", cwd=root).text
    plain = lode.on_terminal("search", "retry", cwd=root).must_succeed().text
    shown = lode.on_terminal(*search, cwd=root).must_succeed().text
    without = re.sub(r"\d+ ms", "", LINK.sub(r"\2", shown))
    assert without == re.sub(r"\d+ ms", "", plain)
    hits = lode("search", "retry", "--json", cwd=root).json["hits"]
    links = [(url, STYLE.sub("", text)) for url, text in LINK.findall(shown)]
    for hit in hits:
        place = f"{hit['path']}:{hit['line']}"
        url = f"vscode://file{root}/{place}:{hit['column']}"
        assert (url, place) in links
    numbers = [(url, text) for url, text in links if text.isdecimal()]
    assert numbers
    assert all(url.endswith(f":{number}:1") for url, number in numbers)


@pytest.mark.parametrize(
    "command",
    [
        ["search", "retry", "-l"],
        ["search", "retry", "--vimgrep"],
        ["search", "retry", "--no-snippet"],
        ["symbols", "*"],
        ["outline", "src/retry.py"],
        ["related", "src/retry.py:9"],
    ],
)
def test_every_list_of_places_has_links(
    sample: tuple[CommandLine, Path], command: list[str]
) -> None:
    lode, root = sample
    options = ("--hyperlink-format", "file://{path}#{line}", "--color", "always")
    plain = lode(*command, cwd=root).must_succeed().text
    shown = lode(*command, *options, cwd=root).must_succeed().text
    assert STYLE.sub("", LINK.sub(r"\2", shown)) == plain
    links = LINK.findall(shown)
    assert len(links) >= len(plain.splitlines())
    for url, _ in links:
        path, _, line = unquote_to_bytes(url.removeprefix("file://")).partition(b"#")
        assert len(Path(os.fsdecode(path)).read_bytes().splitlines()) >= int(line)


def test_a_bad_format_is_refused_before_all_else(lode: CommandLine, tree: Path) -> None:
    for command in (["search", "x"], ["symbols"], ["outline", "src/retry.py"], ["related", "a:1"]):
        refused = lode(*command, "--hyperlink-format", "vscod", cwd=tree)
        refused.must_be_refused("vscode-insiders")
    assert not lode.cache.exists()


def test_hostile_names_cannot_end_a_link(lode: CommandLine, tmp_path: Path) -> None:
    names = ["\x1b]8;;x\x1b\\y.py", "two\nlines.py", "\x9b2J\u202e.py", os.fsdecode(b"\xe9\x07.py")]
    files: dict[str, str | bytes] = dict.fromkeys(names, "def backoff(): ...\n")
    root = write_tree(tmp_path / "tree", files)
    lode("index", root).must_succeed()
    for output in ([], ["-l"], ["--vimgrep"]):
        options = ["--hyperlink-format=kitty", *output]
        shown = lode.on_terminal("search", "backoff", *options, cwd=root).must_succeed().text
        rest = STYLE.sub("", LINK.sub(r"\2", shown))
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", rest), rest
        linked = {
            unquote_to_bytes(url.partition("/")[2].partition("#")[0]).rpartition(b"/")[2]
            for url in re.findall(r"file://([^\x1b]*)\x1b", shown)
        }
        assert linked == {os.fsencode(name) for name in names}


def test_no_style_and_no_link_goes_on_to_the_next_line(sample: tuple[CommandLine, Path]) -> None:
    """`less -R` draws any part of the output, so each line must begin without a style or link."""
    lode, root = sample
    options = ("--color=always", "--hyperlink-format=vscode", "--explain", "-C2")
    for line in lode("search", "retry config", *options, cwd=root).must_succeed().text.splitlines():
        styles = STYLE.findall(line)
        assert len([style for style in styles if style not in ("", "0")]) == line.count(RESET)
        assert not styles or styles[-1] in ("", "0")
        assert line.count("\x1b]8;;\x1b\\") * 2 == line.count("\x1b]8;;")


def pager(folder: Path) -> tuple[str, Path]:
    """Make a pager that records its input and prints its line count, `LESS` and its arguments."""
    program, record = folder / "pager", folder / "record"
    program.write_text(
        f"#!{sys.executable}\nimport os, sys\ndata = sys.stdin.buffer.read()\n"
        f"open({str(record)!r}, 'wb').write(data)\n"
        "print('PAGED', len(data.splitlines()), os.environ['LESS'], *sys.argv[1:])\n"
    )
    program.chmod(0o755)
    return str(program), record


def test_a_pager_is_used_only_if_asked_for(
    sample: tuple[CommandLine, Path], tmp_path: Path
) -> None:
    lode, root = sample
    program, record = pager(tmp_path)
    search = ("search", "retry", "-C3")
    plain = lode.on_terminal(*search, cwd=root, PAGER=program).must_succeed().text
    assert "PAGED" not in plain
    for flag, name, command in (
        ("--pager", "PAGER", program),
        ("--hybrid", "LODE_PAGER", f"{program} -x"),
    ):
        record.unlink(missing_ok=True)
        shell = ["/usr/bin/env", f"{name}={command}", *LODE, *search, flag]
        shown = lode.run_on_terminal(shell, cwd=root).must_succeed().text
        assert re.fullmatch(r"PAGED \d+ FRX( -x)?\n", shown), shown
        paged = record.read_text()
        assert re.sub(r"\d+ ms", "", paged) == re.sub(r"\d+ ms", "", plain)
    for switched_on in ("true", "1"):
        shown = lode.on_terminal(*search, cwd=root, LODE_PAGER=switched_on, PAGER=program).text
        assert shown.startswith("PAGED")
    settings = {"config/codelode/config.toml": "pager = true\n"}
    with_file = CommandLine(tmp_path / "with file")
    write_tree(with_file.home, {**settings})
    shown = with_file.on_terminal("symbols", "retry*", cwd=root, PAGER=program).text
    assert shown.endswith("FRX\n")
    for options, command in ((["--no-pager"], program), ([], "cat"), ([], ""), ([], "false")):
        shown = lode.on_terminal(*search, *options, cwd=root, LODE_PAGER=command).text
        assert "PAGED" not in shown
    assert "PAGED" not in lode(*search, "--pager", cwd=root, LODE_PAGER=program).text


def test_a_terminal_is_told_of_what_is_hardly_related(sample: tuple[CommandLine, Path]) -> None:
    lode, root = sample
    note = re.compile(r"\d+ places? hardly related left out: --threshold 0 shows all")
    query = ("search", "exponential backoff with jitter")
    shown = lode.on_terminal(*query, cwd=root, columns=200).must_succeed().text
    assert note.search(shown)
    assert not note.search(lode.on_terminal(*query, "-k1", cwd=root, columns=200).text)
    everything = lode.on_terminal(*query, "--threshold", "0", cwd=root, columns=200).text
    assert not note.search(everything)
    assert everything.count(":") > shown.count(":")
    high = lode.on_terminal(*query, "--threshold", "99", cwd=root, columns=200)
    assert (high.code, bool(re.search(r"\d+ places below the threshold left", high.text))) == (
        1,
        True,
    )
    assert lode(*query, cwd=root).message == ""
    assert lode(*query, "--json", cwd=root).json["left_out"] > 0


def test_a_pager_that_fails_or_stops_reading(
    sample: tuple[CommandLine, Path], tmp_path: Path
) -> None:
    lode, root = sample
    missing = lode.on_terminal("search", "retry", "--pager", cwd=root, LODE_PAGER="/no/such")
    assert (missing.code, missing.text.count("\n")) == (2, 1)
    assert "cannot run the pager '/no/such'" in missing.text
    unreadable = lode.on_terminal("symbols", "--pager", cwd=root, LODE_PAGER="less '")
    assert (unreadable.code, "cannot read the pager" in unreadable.text) == (2, True)
    big = write_tree(tmp_path / "big", {"a.py": "def backoff(): ...\n" * 5000})
    lode("index", big).must_succeed()
    quits = lode.on_terminal("symbols", "*", big, "-k5000", LODE_PAGER="head -n1")
    assert quits.code == 0
    assert len(quits.text.splitlines()) == 1


def test_related_code_as_json_and_as_places(sample: tuple[CommandLine, Path]) -> None:
    lode, root = sample
    related = ("related", "src/retry.py:9", "-k3")
    answer = lode(*related, "--json", cwd=root).must_succeed().json
    assert (answer["root"], answer["path"], answer["line"]) == (str(root), "src/retry.py", 9)
    lines = lode(*related, "--jsonl", cwd=root).must_succeed().text.splitlines()
    assert [json.loads(line) for line in lines] == answer["hits"]
    shown = lode("related", "retry.py:9", "-k3", "--vimgrep", cwd=root / "src").must_succeed()
    places = shown.text.splitlines()
    for place, hit in zip(places, answer["hits"], strict=True):
        path, line, column, text = place.split(":", 3)
        assert (root / "src" / path).resolve() == root / hit["path"]
        assert (int(line), int(column)) == (hit["line"], hit["column"])
        assert text == (root / hit["path"]).read_text().splitlines()[hit["line"] - 1]
