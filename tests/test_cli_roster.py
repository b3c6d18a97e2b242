"""`lode roster` and `lode search --roster`, as processes."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from codelode.roster.roster import Roster
from codelode.roster.writer import RosterWriter
from tests.commandline import LODE, SAMPLE, CommandLine, imported_by, write_tree
from tests.rosters import QUEUE, WEB
from tests.test_roster_table import written


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[CommandLine, Path]:
    """Make a roster of three repositories, one of them for the staff."""
    folder = tmp_path_factory.mktemp("cli-roster")
    lode = CommandLine(folder)
    for name, tree, *label in (
        ("acme/api", SAMPLE),
        ("acme/web", WEB),
        ("queue", QUEUE, "--label", "staff"),
    ):
        root = write_tree(folder / "trees" / name, tree)
        done = lode("roster", "add", "roster", name, root, *label)
        assert done.must_succeed().text.startswith(f"added {name} ("), done.text
    return lode, folder / "roster"


def paths(lode: CommandLine, *arguments: str | Path) -> set[str]:
    return set(lode("search", "-l", *arguments).text.splitlines())


def test_a_roster_is_searched_below_the_names_of_its_repositories(
    made: tuple[CommandLine, Path],
) -> None:
    lode, roster = made
    everything = paths(lode, "--roster", roster, "retry schedule")
    assert {"acme/api/src/retry.py", "acme/web/src/retry.py"} <= everything
    assert paths(lode, "--roster", roster, "retry schedule", "-r", "*/web", "-t", "py") == {
        "acme/web/src/retry.py"
    }
    with_label = paths(lode, "--roster", roster, "retry schedule", "--label", "staff")
    assert with_label == everything | {"queue/retry/retry.go"}
    there = lode("search", "--roster", roster.as_uri(), "retry schedule", "-l", "-r", "acme")
    assert set(there.text.splitlines()) == everything


def test_a_repository_that_the_query_names_is_pointed_out(made: tuple[CommandLine, Path]) -> None:
    lode, roster = made
    shown = lode("search", "--roster", roster, "jitter of the web", "-k", "1").must_succeed()
    assert "add `-r acme/web` to search only there" in shown.message
    # The repository "api" has a hit; "queue" is hidden.
    for query in ("jitter of the api", "jitter of the queue"):
        assert not lode("search", "--roster", roster, query, "-k", "1").must_succeed().message


def test_every_format_shows_paths_of_the_roster(made: tuple[CommandLine, Path]) -> None:
    lode, roster = made
    place = "acme/api/src/retry.py"
    ask = ("search", "--roster", roster, "RetryScheduler.schedule", "-k", "1", "-r", "acme/api")
    answer = lode(*ask, "--json").json
    assert answer["root"] == str(roster)
    assert answer["snapshot"]["files"] == 5
    assert [hit["path"] for hit in answer["hits"]] == [place]
    assert lode(*ask).text.startswith(f"{place}:9")
    assert lode(*ask, "--vimgrep").text.startswith(f"{place}:9:")
    page = lode(*ask, "--agent").must_succeed().text
    assert page.startswith(place)
    assert "[roster: 5 files of 1 repository" in page


def test_the_list_shows_names_labels_and_totals(made: tuple[CommandLine, Path]) -> None:
    lode, roster = made
    text = lode("roster", "list", roster).must_succeed().text
    assert "acme/api" in text
    assert "queue  (go; label staff)" in text
    everything = lode("roster", "list", roster, "--json").json
    assert [each["label"] for each in everything["repositories"]] == [None, None, "staff"]
    assert everything["generation"] == 3
    some = lode("roster", "list", roster, "--json", "--label", "other", "-r", "!acme/web").json
    assert ([each["name"] for each in some["repositories"]], some["generation"]) == (
        ["acme/api"],
        None,
    )
    assert lode("roster", "list", roster, "-r", "nothing").code == 1


def test_repositories_are_updated_relabeled_and_removed(lode: CommandLine, tmp_path: Path) -> None:
    root = write_tree(tmp_path / "tree", {"a.py": "retry = 1\n"})
    roster = tmp_path / "roster"
    lode("roster", "add", roster, "one", cwd=root).must_succeed()
    lode("roster", "add", roster, "two", root).must_succeed()
    write_tree(root, {"b.py": "def brand_new(): pass\n"})
    done = lode("roster", "update", roster, "one", root).must_succeed()
    assert done.text.startswith("updated one (2 files, ")
    assert done.text.endswith(": generation 3\n")
    again = lode("roster", "update", roster, "one", root, "--json").json
    assert again == {"roster": str(roster), "action": "update", "generation": 3}
    assert paths(lode, "--roster", roster, "brand_new") == {"one/b.py"}
    lode("roster", "label", roster, "one", "staff").must_succeed()
    assert lode("search", "--roster", roster, "brand_new").code == 1
    lode("roster", "label", roster, "one").must_succeed()
    lode("roster", "remove", roster, "one", "two").must_succeed()
    lode("search", "--roster", roster, "x").must_be_refused("has no repository to search")
    assert "removed 0 generations" in lode("roster", "gc", roster).must_succeed().text


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ("roster add ROSTER", "expected: lode roster add ROSTER NAME [ROOT]"),
        ("roster add ROSTER a b c", "expected: lode roster add ROSTER NAME [ROOT]"),
        ("roster list ROSTER a", "expected: lode roster list ROSTER"),
        ("roster remove ROSTER", "expected: lode roster remove ROSTER NAME..."),
        ("roster grow ROSTER", "'grow' is not one of add"),
        ("roster add ROSTER ../x", "'../x' cannot be the name of a repository"),
        ("roster add ROSTER acme/api", "has a repository acme/api already"),
        ("roster add ROSTER acme", "acme/api would lie in the repository acme"),
        ("roster add ROSTER new nowhere", "no such folder: nowhere"),
        ("roster add ROSTER new --label a --label b", "one label at most"),
        ("roster add ROSTER new -r x", "--repo means nothing to `lode roster add`"),
        ("roster update ROSTER missing", "has no repository missing"),
        ("roster label ROSTER acme/api --label x", "--label means nothing"),
        ("roster list ROSTER --dry-run", "--dry-run means nothing"),
        ("roster list nowhere", "no roster in"),
        ("roster list ftp://x/y", "a store is s3://"),
        ("search --roster nowhere x", "no roster in"),
        ("search --roster ROSTER x .", "give only one of ROOT, --roster"),
        ("search --roster ROSTER x --open", "--open needs the files of a tree"),
        ("search --roster ROSTER x --since 2026-01-01", "has changed in a tree is not known"),
        ("search --roster ROSTER x -r queue", "has no repository that matches 'queue'"),
        ("search --roster ROSTER x -r hidden", "has no repository that matches 'hidden'"),
        ("search --roster ROSTER x -r [", "bad glob"),
        ("search x -r acme", "-r and --label select repositories of a --roster"),
        ("search x --label staff", "-r and --label select repositories of a --roster"),
    ],
)
def test_bad_arguments_are_refused(
    made: tuple[CommandLine, Path], arguments: str, problem: str
) -> None:
    lode, roster = made
    given = [str(roster) if word == "ROSTER" else word for word in arguments.split()]
    lode(*given).must_be_refused(problem)


def test_a_hostile_roster_is_refused_by_every_command(lode: CommandLine, tmp_path: Path) -> None:
    tree = write_tree(tmp_path / "tree", {"a.py": "retry = 1\n"})
    RosterWriter.open(tmp_path / "roster").generations.commit(lambda _: written(names=b"a\n../b"))
    for command in ("search --roster ROSTER x", "roster list ROSTER", "roster remove ROSTER a"):
        words = command.replace("ROSTER", str(tmp_path / "roster")).split()
        lode(*words).must_be_refused("the roster is damaged: '../b' cannot be the name")
    lode("roster", "add", tmp_path / "roster", "new", tree).must_be_refused("the roster is damaged")
    generation = tmp_path / "roster/roster/000000000001"
    generation.write_bytes(generation.read_bytes()[:-1])
    lode("roster", "list", tmp_path / "roster").must_be_refused("damaged")


def test_more_segments_than_files_may_be_open(lode: CommandLine, tmp_path: Path) -> None:
    roster = tmp_path / "roster"
    tree = write_tree(tmp_path / "tree", {"a.py": "retry = 1\n"})
    lode("roster", "add", roster, "r0", tree).must_succeed()
    (one,) = Roster.open(roster).everything()
    RosterWriter.open(roster).add([replace(one, name=f"r{n}") for n in range(1, 60)])
    command = [*LODE, "search", "--roster", str(roster), "retry", "-l", "-k", "99"]
    for limits, code in (("ulimit -Sn 64", 0), ("ulimit -n 64", 2)):
        done = subprocess.run(
            ["bash", "-c", f'{limits}; exec "$@"', "bash", *command],
            env=lode.environment(),
            capture_output=True,
            text=True,
        )
        assert done.returncode == code, done.stderr
        if code:
            assert done.stderr.startswith("lode: 60 segments cannot be open at once"), done.stderr
            assert done.stderr.count("\n") == 1
        else:
            assert len(done.stdout.splitlines()) == 60


def test_a_pushed_index_is_added_by_its_url(lode: CommandLine, tmp_path: Path) -> None:
    tree = write_tree(tmp_path / "tree", SAMPLE)
    lode("index", tree).must_succeed()
    lode("push", tmp_path / "pushed", tree).must_succeed()
    url = (tmp_path / "pushed").as_uri()
    roster = tmp_path / "roster"
    lode("roster", "add", roster, "pushed", url).must_succeed()
    lode("roster", "add", roster, "direct", tree).must_succeed()
    one, other = lode("roster", "list", roster, "--json").json["repositories"]
    counts = ("files", "chunks", "tokens", "index_bytes", "languages", "model")
    assert [one[name] for name in counts] == [other[name] for name in counts]
    assert paths(lode, "--roster", roster, "retry schedule", "-r", "pushed") == {
        f"pushed/{path.partition('/')[2]}"
        for path in paths(lode, "--roster", roster, "retry schedule", "-r", "direct")
    }
    (segment,) = (tmp_path / "pushed/segments").iterdir()
    segment.write_bytes(segment.read_bytes()[:-1])
    lode("clean", "--all", "--yes")
    other_cache = tmp_path / "other"
    refused = lode("roster", "add", roster, "cut", url, "--index-dir", other_cache)
    refused.must_be_refused("bytes instead of")
    lode("roster", "add", roster, "x", (tmp_path / "empty").as_uri()).must_be_refused("pushed")


def test_an_index_keeps_its_options_and_its_secrets(lode: CommandLine, tmp_path: Path) -> None:
    tree = write_tree(tmp_path / "tree", {"a.py": "retry = 1\n", ".hidden/b.py": "retry = 2\n"})
    roster = tmp_path / "roster"
    lode("index", tree, "--hidden").must_succeed()
    (tree / "c.py").write_text("retry = 3\n")
    lode("roster", "add", roster, "hidden", tree).must_succeed()
    assert paths(lode, "--roster", roster, "retry") == {
        "hidden/a.py",
        "hidden/.hidden/b.py",
        "hidden/c.py",
    }
    lode("index", tree, "--secrets").must_succeed()
    lode("roster", "update", roster, "hidden", tree).must_be_refused("made with --secrets")
    lode("roster", "update", roster, "hidden", tree, "--with-secrets").must_succeed()


def test_a_part_of_an_indexed_tree_is_no_repository(lode: CommandLine, tmp_path: Path) -> None:
    tree = write_tree(tmp_path / "tree", SAMPLE)
    lode("index", tree).must_succeed()
    lode("roster", "add", tmp_path / "roster", "x", tree / "src").must_be_refused("is a part of")


def test_a_search_without_a_roster_imports_nothing_of_it(
    made: tuple[CommandLine, Path], tmp_path: Path
) -> None:
    lode, roster = made
    tree = roster.parent / "trees/acme/api"
    imported = imported_by(lode, "search", "retry", tree, folder=tmp_path / "site")
    assert not [name for name in imported if ".roster" in name or ".objects" in name]


def test_definitions_outlines_and_similar_code_of_a_roster(made: tuple[CommandLine, Path]) -> None:
    lode, roster = made
    there = ("--roster", roster)
    place = "acme/api/src/retry.py"
    found = lode("symbols", "schedule", *there, "-r", "acme/api").must_succeed().text
    assert found == f"{place}:9  method  RetryScheduler.schedule\n"
    only = lode("symbols", *there, "-f", place, "--kind", "method", "--json").json
    assert [each["symbol"] for each in only["symbols"]] == ["RetryScheduler.schedule"]
    named = lode("symbols", "schedule", *there, "-f", place, "--json").json
    assert named == {
        **only,
        "query": "schedule",
        "symbols": [{**only["symbols"][0], "match": "exact"}],
    }
    assert named["root"] == str(roster)
    assert lode("outline", *there, place).text.startswith("6  class RetryScheduler\n")
    outline = lode("outline", *there, place, "--json").json
    assert (outline["path"], len(outline["symbols"])) == (place, 2)
    near = lode("related", *there, f"{place}:9", "--json", "-k", "2").json
    assert [near["path"], near["line"], len(near["hits"])] == [place, 9, 2]
    assert lode("related", *there, f"{place}:9", "-k", "1").text.startswith("acme/")
    assert "acme/" in lode("related", *there, f"{place}:9", "--vimgrep").text
    assert lode("symbols", "Push", *there).text.startswith("acme/api/lib/queue.go")
    assert "queue/queue.go" in lode("symbols", "Push", *there, "--label", "staff").text
    assert lode("symbols", "xyzzyplugh", *there).code == 1


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ("symbols x . --roster ROSTER --server http://127.0.0.1:9", "give only one of"),
        ("symbols x src --roster ROSTER", "give only one of"),
        ("symbols x -r acme", "select repositories of a --roster"),
        ("symbols x --roster ROSTER -r hidden", "has no repository that matches 'hidden'"),
        ("symbols x --roster ROSTER/none", "no roster in"),
        ("symbols --roster ROSTER -f queue/queue.go", "queue/queue.go is not in the index"),
        ("outline queue/queue.go --roster ROSTER", "queue/queue.go is not in the index"),
        ("outline acme/api --roster ROSTER", "acme/api is not in the index"),
        ("related acme/api/src/retry.py:9 --roster ROSTER --open", "--open needs the files"),
        ("related acme/api/src/none.py:9 --roster ROSTER", "is not in the index"),
        ("outline a.py --server ROSTER", "is not the URL of a server"),
        ("outline a.py --server http://127.0.0.1:9 --label staff", "--label is for --roster"),
    ],
)
def test_bad_arguments_of_lookups_are_refused(
    made: tuple[CommandLine, Path], arguments: str, problem: str
) -> None:
    lode, roster = made
    lode(*arguments.replace("ROSTER", str(roster)).split()).must_be_refused(problem)
