"""Tests of `lode search` in pipes, as scripts and agents use it."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.commandline import LODE, CommandLine, imported_by, indexed_sample, write_tree

HEADER = re.compile(r"\S.*:\d+(  .*)?")
CONTEXT = re.compile(r"  +(\d+|…)(  .*)?")
NEEDLESS = (  # modules that a search in a pipe does not need
    "rich",
    "pygments",
    "tree_sitter",
    "subprocess",
    "multiprocessing",
    "concurrent",
    "asyncio",
    "shutil",
    "tempfile",
    "opentelemetry",
    "prometheus_client",
    "pyinstrument",
)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[CommandLine, Path]:
    """Return a command line and a small indexed tree, which no test changes."""
    return indexed_sample(tmp_path_factory.mktemp("search"))


def paths(text: str) -> list[str]:
    return [line.rsplit(":", 1)[0] for line in text.splitlines() if HEADER.fullmatch(line)]


def test_text_in_a_pipe_is_plain_and_greppable(sample: tuple[CommandLine, Path]) -> None:
    lode, root = sample
    found = lode("search", "exponential backoff with jitter", cwd=root).must_succeed()
    assert "\x1b" not in found.text
    assert found.message == ""
    lines = [line for line in found.text.splitlines() if line]
    assert all(HEADER.fullmatch(line) or CONTEXT.fullmatch(line) for line in lines)
    assert paths(found.text)[0] == "src/retry.py"
    assert "Exponential backoff with jitter" in found.text


def test_json_has_the_contract(sample: tuple[CommandLine, Path]) -> None:
    lode, root = sample
    answer = lode("search", "parse config", root, "--json", "-k", "3").must_succeed().json
    assert set(answer) == {"query", "root", "snapshot", "left_out", "hits", "seconds"}
    assert answer["query"] == "parse config"
    assert answer["root"] == str(root)
    assert answer["snapshot"] == {
        "generation": 1,
        "files": 5,
        "chunks": answer["snapshot"]["chunks"],
        "stale_files": 0,
        "complete": True,
        "changed_files": 0,
        "freshness": {
            "age_seconds": answer["snapshot"]["freshness"]["age_seconds"],
            "changed": 0,
            "added": 0,
            "deleted": 0,
            "coverage": 1.0,
            "updated": False,
            "updating": False,
            "problem": None,
        },
    }
    assert answer["snapshot"]["chunks"] >= 5
    assert 0 < answer["seconds"] < 10
    assert 0 < len(answer["hits"]) <= 3
    best = answer["hits"][0]
    assert set(best) == {
        *("path", "line", "column", "start_line", "end_line", "language", "symbol", "kind"),
        *("score", "stale", "deleted", "text"),
    }
    assert best["path"] == "src/config.ts"
    assert best["language"] == "typescript"
    assert best["symbol"] == "parseConfig"
    assert best["kind"] == "function"
    assert best["stale"] is False
    assert isinstance(best["score"], float)
    source = (root / best["path"]).read_text().splitlines(keepends=True)
    assert "".join(source[best["start_line"] - 1 : best["end_line"]]) == best["text"]


def test_jsonl_has_one_hit_per_line(sample: tuple[CommandLine, Path]) -> None:
    lode, root = sample
    whole = lode("search", "retry", root, "--json").must_succeed().json["hits"]
    lines = lode("search", "retry", root, "--jsonl").must_succeed().text.splitlines()
    assert [json.loads(line) for line in lines] == whole


def test_files_with_matches(sample: tuple[CommandLine, Path]) -> None:
    lode, root = sample
    hits = lode("search", "retry", root, "--json").json["hits"]
    unique = list(dict.fromkeys(hit["path"] for hit in hits))
    assert lode("search", "retry", "-l", cwd=root).must_succeed().text.splitlines() == unique
    assert lode("search", "retry", "-l0", cwd=root).must_succeed().text.split("\0") == [*unique, ""]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["-t", "go"], {"lib/queue.go"}),
        (["-t", "ts,golang"], {"lib/queue.go", "src/config.ts"}),
        (["-t", "ts", "-t", "go"], {"lib/queue.go", "src/config.ts"}),
        (["-g", "src/**"], {"src/config.ts", "src/retry.py"}),
        (["-g", "*.py", "-g", "!tests/**"], {"src/retry.py"}),
        (["-g", "!*.py", "-g", "!*.md", "-t", "typescript"], {"src/config.ts"}),
    ],
)
def test_filters(sample: tuple[CommandLine, Path], options: list[str], expected: set[str]) -> None:
    lode, root = sample
    found = lode("search", "retry queue settings push", "-l", *options, cwd=root).must_succeed()
    assert set(found.text.splitlines()) == expected


def test_nothing_found_is_exit_code_one(sample: tuple[CommandLine, Path]) -> None:
    lode, root = sample
    for output in ([], ["--jsonl"], ["-l"]):
        nothing = lode("search", "xyzzyplugh", root, "--lexical", *output)
        assert (nothing.code, nothing.out, nothing.err) == (1, b"", b"")
    nothing = lode("search", "retry", root, "-t", "zig", "--json")
    assert (nothing.code, nothing.json["hits"]) == (1, [])
    assert lode("search", "xyzzyplugh", root, "--lexical").code == 1


def test_vimgrep_has_places_that_editors_read(sample: tuple[CommandLine, Path]) -> None:
    lode, root = sample
    found = lode("search", "schedule a retry", "--vimgrep", cwd=root).must_succeed()
    hits = lode("search", "schedule a retry", "--json", cwd=root).json["hits"]
    lines = found.text.splitlines()
    assert len(lines) == len(hits)
    for shown, hit in zip(lines, hits, strict=True):
        path, line, column, text = shown.split(":", 3)
        assert (path, int(line)) == (hit["path"], hit["line"])
        source = (root / path).read_text().splitlines()[hit["line"] - 1]
        assert text == source
        assert not source.encode()[int(column) - 1 :][:1].isspace()
    named = lode("search", "parseConfig", "--vimgrep", "-k1", root).must_succeed().text
    assert named.startswith(f"{root}/src/config.ts:2:17:export function parseConfig(")


@pytest.mark.parametrize(
    ("filters", "notes"),
    [
        (["-t", "zig"], ["no file is in zig: there are python (2 files), go (1 file), "]),
        (["-g", "scr/**"], ["no file matches the glob 'scr/**': did you mean 'src/**'?"]),
        (["-g", "*.pi"], ["no file matches the glob '*.pi': did you mean '*.py'?"]),
        (["-g", "tests/test_rety.py"], ["did you mean 'tests/test_retry.py'?"]),
        (["-g", "/retry.py"], ["no file matches the glob '/retry.py'"]),
        (["-g", "xyzzy", "-t", "zig"], ["no file is in zig", "no file matches the glob 'xyzzy'"]),
        (["-g", "*.go", "-t", "python"], ["no file passes all filters: leave some out"]),
        (["-g", "!*"], ["no file passes all filters: leave some out"]),
    ],
)
def test_filters_that_match_no_file_say_so(
    sample: tuple[CommandLine, Path], filters: list[str], notes: list[str]
) -> None:
    lode, root = sample
    for command in (["search", "retry"], ["search", "retry", "--json"], ["symbols", "x"]):
        nothing = lode(*command, root, *filters)
        assert nothing.code == 1
        lines = nothing.message.splitlines()
        assert len(lines) == len(notes)
        for line, note in zip(lines, notes, strict=True):
            assert line.startswith("lode: ")
            assert note in line


def test_the_last_mode_wins(sample: tuple[CommandLine, Path]) -> None:
    lode, root = sample
    query = ("search", "xyzzyplugh", root)
    assert lode(*query, "--sem", "--lex").code == 1
    assert lode(*query, "--mode", "semantic", "--lexical").code == 1
    assert lode("search", "backoff", root, "--lexical", "--hybrid").code == 0


def test_options_may_stand_anywhere(sample: tuple[CommandLine, Path]) -> None:
    lode, root = sample
    expected = lode("search", "retry", root, "-k", "2", "-l").must_succeed().out
    assert lode("search", "-k2", "retry", "-l", root).out == expected
    assert lode("search", "-l", "--limit=2", "--", "retry", root).out == expected
    here = lode("search", "retry", "-k", "2", "-l", cwd=root).text
    assert [f"{root}/{path}" for path in here.split()] == expected.decode().split()
    assert lode("search", "--", "-retry", root).code == 0  # after `--`, not an option


def test_scores_features_and_sections(sample: tuple[CommandLine, Path]) -> None:
    lode, root = sample
    query = ("search", "schedule a retry", root, "-k1", "-g", "src/**")
    plain = lode(*query).must_succeed().text
    assert re.search(r"\d\.\d\d$", lode(*query, "--scores").text.splitlines()[0])
    assert lode(*query, "--no-snippet").text == plain.splitlines()[0] + "\n"
    explained = lode(*query, "--explain").text.splitlines()
    assert re.match(r"    \w+ -?\d", explained[1])
    assert lode(*query, "--explain", "--json").json["hits"][0]["features"]
    assert "text" not in lode(*query, "--no-snippet", "--json").json["hits"][0]
    hit = lode(*query, "--json").json["hits"][0]
    section = lode(*query, "--full-section").text.splitlines()[1:]
    assert len(section) == hit["end_line"] - hit["start_line"] + 1


def test_context_comes_from_the_file(tmp_path: Path, lode: CommandLine) -> None:
    functions = [f"def number_{i}():\n" + f"    return {i} + 1\n" * 60 for i in range(6)]
    functions[3] = "def jitter():\n" + "    return backoff\n" * 60
    root = write_tree(tmp_path / "tree", {"a.py": "\n\n".join(functions)})
    lode("index", root).must_succeed()
    query = ("search", "jitter", root, "-k1", "--lexical")
    hit = lode(*query, "--json").json["hits"][0]
    source = (root / "a.py").read_text().splitlines()
    shown = lode(*query, "-C", "5", "--full-section").must_succeed().text.splitlines()[1:]
    numbers = [int(line.split()[0]) for line in shown]
    assert numbers == list(range(hit["start_line"] - 5, hit["end_line"] + 6))
    for line, number in zip(shown, numbers, strict=True):
        assert line.split(maxsplit=1)[1:] == source[number - 1].split(maxsplit=0)[:1]
    with (root / "a.py").open("a") as file:
        file.write("# changed\n")
    never = ("--fresh", "never")
    stale = lode(*query, "-C", "5", "--full-section", *never).must_succeed().text.splitlines()[1:]
    assert len(stale) == hit["end_line"] - hit["start_line"] + 1


def test_search_builds_a_missing_index(lode: CommandLine, tree: Path) -> None:
    lode("search", "retry", tree, "--no-index").must_be_refused("no index", "lode index")
    assert not lode.cache.exists()
    first = lode("search", "retry", tree, "--json").must_succeed()
    assert first.message == ""
    assert first.json["snapshot"]["generation"] == 1
    assert lode("search", "retry", tree, "--no-index").code == 0


def test_stale_hits_are_marked_and_keep_their_text(lode: CommandLine, tree: Path) -> None:
    lode("index", tree).must_succeed()
    (tree / "src/config.ts").write_text("// gone\n")
    found = lode("search", "parseConfig", tree, "-k1", "--fresh=never")
    assert found.text.splitlines()[0].endswith("[changed on disk since]")
    assert "export function parseConfig" in found.text
    assert (
        found.message
        == f"lode: 1 file with hits changed since the last update: run `lode index {tree}`\n"
    )
    there = lode("search", "parseConfig", "-k1", "--fresh=never", cwd=tree / "src")
    assert there.message.endswith(": run `lode index`\n")
    answer = lode("search", "parseConfig", tree, "-k1", "--json", "--fresh=never")
    assert answer.json["snapshot"]["stale_files"] == 1
    assert answer.json["hits"][0]["stale"] is True
    assert answer.message == ""


def test_the_flag_decides_on_color_then_the_environment(sample: tuple[CommandLine, Path]) -> None:
    lode, root = sample
    query = ("search", "retry", root, "-k1")
    assert b"\x1b[" in lode(*query, "--color", "always").out
    assert b"\x1b[" in lode(*query, FORCE_COLOR="1").out
    assert b"\x1b[" not in lode(*query, FORCE_COLOR="1", NO_COLOR="1").out
    assert b"\x1b[" in lode(*query, "--color=always", NO_COLOR="1").out
    assert b"\x1b[" not in lode(*query, "--color=never", FORCE_COLOR="1").out


def test_a_broken_pipe_is_silent(sample: tuple[CommandLine, Path]) -> None:
    lode, root = sample
    for command in (["search", "retry", str(root), "--json"], ["search", "--help"], ["--help"]):
        reader, writer = os.pipe()
        os.close(reader)
        outcome = lode(*command, stdout=writer)
        os.close(writer)
        assert (outcome.code, outcome.err) == (0, b""), command


def test_a_full_disk_is_an_error(sample: tuple[CommandLine, Path]) -> None:
    lode, root = sample
    with open("/dev/full", "wb") as full:
        outcome = lode("search", "retry", root, stdout=full)
    assert outcome.code == 2
    assert outcome.message == "lode: No space left on device\n"


def test_closed_streams_are_tolerated(sample: tuple[CommandLine, Path]) -> None:
    lode, root = sample
    done = subprocess.run(
        ["sh", "-c", '"$@" >&- 2>&-', "sh", *LODE, "search", "retry", root],
        env=lode.environment(),
        cwd=lode.home,
        timeout=60,
    )
    assert done.returncode in (0, 2)


def test_hostile_names_and_texts_in_a_pipe(lode: CommandLine, tmp_path: Path) -> None:
    latin = b"caf\xe9.py"
    newline = "two\nlines.py"
    root = tmp_path / "tree"
    root.mkdir()
    for name in (os.fsdecode(latin), newline):
        (root / name).write_text("def backoff():\n    return '\x1b[2J'\n")
    lode("index", root).must_succeed()
    listed = lode("search", "backoff", "-l", "-0", cwd=root).must_succeed().out
    assert set(listed.split(b"\0")) == {latin, newline.encode(), b""}
    assert latin + b":1  " in lode("search", "backoff", cwd=root).must_succeed().out
    hits = lode("search", "backoff", root, "--json").must_succeed().json["hits"]
    assert {hit["path"] for hit in hits} == {"caf\ufffd.py", newline}
    (named,) = (hit["path_bytes"] for hit in hits if "path_bytes" in hit)
    assert base64.b64decode(named) == latin
    assert hits[0]["text"].count("\x1b[2J") == 1


def test_a_query_need_not_be_utf8(sample: tuple[CommandLine, Path]) -> None:
    lode, root = sample
    assert lode("search", b"retry caf\xe9", root, "--json").must_succeed().json["hits"]


def test_output_does_not_depend_on_the_locale(sample: tuple[CommandLine, Path]) -> None:
    lode, root = sample
    expected = lode("search", "retry", root).out
    for locale in ("C", "POSIX", "en_US.ISO-8859-1"):
        assert lode("search", "retry", root, LC_ALL=locale, PYTHONCOERCECLOCALE="0").out == expected


def test_a_cold_search_imports_only_what_it_needs(
    sample: tuple[CommandLine, Path], tmp_path: Path
) -> None:
    lode, root = sample
    imported = imported_by(lode, "search", "retry", root, folder=tmp_path / "modules")
    assert "codelode.index" in imported
    assert not {"codelode.serving", "codelode.system.framing"} & imported
    assert not {"codelode.segment.builder", "codelode.segment.posting_codec"} & imported
    assert sorted(name for name in imported if name.split(".")[0] in NEEDLESS) == []
    never = imported_by(lode, "search", "x", root, "--fresh", "never", folder=tmp_path / "never")
    assert not {"codelode.discover.walk", "codelode.pipeline", "codelode.freshness"} & never
