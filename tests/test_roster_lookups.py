"""Definitions, outlines, texts and similar code of a roster, and the public `RosterReader`.

The reference for definitions is an index of the folder that holds all repositories: it has the same
paths.
"""

from __future__ import annotations

import random
import shutil
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from codelode import Answer, CodelodeError, Index, NoIndexError, RosterReader, SymbolHit, UsageError
from codelode.objects.folder import FolderStore
from codelode.roster.cache import ObjectCache
from codelode.roster.followed import FollowedRoster
from codelode.roster.repositories import named_without_hits
from codelode.roster.roster import Roster
from codelode.search.dense import cosines
from codelode.search.rank import COSINE_DISCOUNT
from codelode.search.related import anchor_at
from codelode.search.request import SearchRequest
from codelode.search.shard import Shard
from codelode.search.symbol_finder import symbols_in
from codelode.search.symbol_query import SymbolRequest
from codelode.search.symbols import find_symbols
from codelode.store.snapshot import Snapshot
from tests.commandline import CommandLine
from tests.rosters import World, make_world

SECRET = {
    "retry.py": "def retry_secret(): return 'schedule jitter'\n",
    "b.py": "class Vault: pass\n",
}

SYMBOLS = [
    SymbolRequest(name, limit, kinds, languages, exact=exact)
    for name in ("", "schedule", "retry", "Retry*", "parse_config", "Queue.push", "api.schedule",
                 "retr" "yy", "schd" "ule", "push", "test_*", "retry_secret", "nothing_at_all")
    for limit, kinds, languages, exact in (
        (100, (), (), False), (2, (), (), False), (100, ("function",), (), False),
        (100, ("class", "method"), ("python",), False), (100, (), ("go", "!python"), True),
    )
]  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = make_world(tmp_path_factory.mktemp("roster"))
    world.write("acme/secret", SECRET)
    world.add("acme/secret", label="owners")
    return world


@pytest.fixture(scope="module")
def whole(world: World) -> Index:
    """Return an index of the folder that holds the repositories that everybody may see."""
    folder = world.folder / "everything"
    for name in ("acme/api", "acme/web", "acme.mirror/api", "queue", "docs/tests"):
        shutil.copytree(world.folder / "trees" / name, folder / name)
    index = Index.open(folder, world.folder / "index of everything")
    index.update(jobs=1)
    return index


@pytest.fixture(scope="module")
def followed(world: World) -> FollowedRoster:
    return FollowedRoster(Roster.of(FolderStore(world.place)))


def test_definitions_are_those_of_an_index_of_everything(
    world: World, whole: Index, followed: FollowedRoster
) -> None:
    found = 0
    for request in SYMBOLS:
        expected = whole.reader.symbols(request)
        assert followed.symbols(request) == expected, request
        found += len(expected)
    assert found > 90


def test_outlines_and_texts_are_those_of_the_files(
    world: World, whole: Index, followed: FollowedRoster
) -> None:
    paths = sorted({hit.path for hit in whole.symbols(limit=1000)})
    assert len(paths) > 8
    for path in paths:
        assert followed.outline(path) == whole.outline(path)
        assert followed.text(path) == (whole.root / path).read_text()


def test_similar_code_is_that_of_a_plain_scan(world: World, followed: FollowedRoster) -> None:
    for path, line in (
        ("acme/api/src/retry.py", 9),
        ("queue/queue.go", 3),
        ("acme/web/README.md", 1),
    ):
        hits = followed.related(path, line, 6)
        expected = nearest_plainly(world, path, line)
        assert [hit.score for hit in hits] == [score for _, score in expected[:6]]
        assert {(hit.path, hit.score) for hit in hits} <= {*expected}  # equal scores: any order
        assert path not in {hit.path for hit in hits}


def nearest_plainly(world: World, path: str, line: int) -> list[tuple[str, float]]:
    """Return the path and cosine of every visible chunk in another file, the best first.

    This is the reference: it compares all chunks one by one.
    """
    shards = {
        name: world.index(name).reader.shard().below(f"{name}/")
        for name in world.names - {"acme/secret"}
    }
    (anchor,) = filter(None, (anchor_at(shard, path, line) for shard in shards.values()))
    by_file: dict[str, list[float]] = defaultdict(list)
    for shard in shards.values():
        for number in range(len(shard)):
            chunks = shard.segment(number).chunks
            scores = cosines(shard.segment(number), np.arange(len(chunks)), anchor.vector)
            for row, score in zip(chunks["file"].tolist(), scores.tolist(), strict=True):
                by_file[shard.path(number, row)].append(score)
    del by_file[path]
    ranked = [
        (score - COSINE_DISCOUNT * float(np.log2(1 + better)), name, score)
        for name, scores in by_file.items()
        for better, score in enumerate(sorted(scores, reverse=True))
    ]
    ranked.sort(key=lambda each: -each[0])
    return [(name, round(score, 6)) for _, name, score in ranked]


def test_nothing_of_a_hidden_repository_is_found_by_any_lookup(
    world: World, followed: FollowedRoster
) -> None:
    """Messages do not distinguish a hidden file from one that does not exist."""
    assert not followed.symbols(SymbolRequest("Vault", exact=True))
    assert "acme/secret" not in {each.name for each in followed.totals()}
    assert followed.totals(["acme/secret"]) == []
    for ask in (followed.outline, followed.text, lambda path: followed.related(path, 1)):
        messages = set()
        for path in ("acme/secret/retry.py", "acme/sacred/retry.py"):
            with pytest.raises(UsageError) as refused:
                ask(path)
            messages.add(str(refused.value).replace("sacred", "secret"))
        assert len(messages) == 1
    owner = FollowedRoster(Roster.of(FolderStore(world.place)), labels=["owners"])
    assert [hit.path for hit in owner.symbols(SymbolRequest("Vault"))] == ["acme/secret/b.py"]
    assert owner.text("acme/secret/b.py") == SECRET["b.py"]


def test_a_file_of_a_remote_roster_is_read_without_the_other_repositories(
    world: World, tmp_path: Path
) -> None:
    repositories, store = world.fetched(ObjectCache(tmp_path / "cache"))
    (queue,) = repositories.selection.matching(["queue"])
    assert repositories.text("queue/queue.go").startswith("package queue")
    repositories.outline("queue/queue.go")
    digests = {key[-64:] for key in store.read if key.startswith("segments/")}
    assert digests == set(repositories.roster.manifest(queue).digests)


@pytest.mark.parametrize(
    "path",
    [
        *("", "/", "acme", "acme/api", "acme/api/", "/acme/api/src/retry.py", "./queue/queue.go"),
        *("acme/api/../web/README.md", "acme/api//src/retry.py", "acme/api/src/retry.py/"),
        *("acme/api/src/retry.py\0", "acme/api/\udcff.py", "acme/api/build/generated.py"),
    ],
)
def test_paths_that_are_no_files_are_refused(followed: FollowedRoster, path: str) -> None:
    for ask in (followed.outline, followed.text, lambda path: followed.related(path, 1)):
        with pytest.raises(UsageError, match="is not in the index"):
            ask(path)


def test_new_generations_are_seen_and_old_ones_answer_while_the_store_is_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("codelode.roster.followed.POLL_SECONDS", 0.0)
    world = make_world(tmp_path, {"one": {"a.py": "def first(): pass\n"}})
    reader = RosterReader.open(world.place, index_dir=tmp_path / "indexes")
    assert reader.answer("first").files == 1
    world.write("two", {"b.py": "def second(): pass\n"})
    world.add("two")
    assert [hit.path for hit in reader.symbols("second")] == ["two/b.py"]
    assert [each.name for each in reader.repositories("t*")] == ["two"]
    assert reader.search("second", repositories=["two"])[0].path == "two/b.py"
    (world.place / "roster").rename(tmp_path / "away")
    assert [hit.path for hit in reader.symbols("second")] == ["two/b.py"]


def test_arguments_of_a_reader_are_checked(world: World) -> None:
    place = world.place
    wrong: list[Callable[[], object]] = [
        lambda: RosterReader.open(7),  # type: ignore[arg-type]
        lambda: RosterReader.open(place, repositories=[1]),  # type: ignore[list-item]
        lambda: RosterReader.open(place, labels="no label!"),
        lambda: RosterReader.open(place, cache_size=-1),
        lambda: RosterReader.open(place, repositories="nowhere"),
        lambda: RosterReader.open("ftp://x/y"),
    ]
    for open_wrongly in wrong:
        with pytest.raises(UsageError):
            open_wrongly()
    with pytest.raises(NoIndexError):
        RosterReader.open(place / "nowhere")
    reader = RosterReader.open(str(place), repositories="acme")
    assert {each.name for each in reader.repositories()} == {"acme/api", "acme/web"}
    for ask in (
        lambda: reader.search("retry", changed="HEAD"),
        lambda: reader.search("retry", repositories="queue"),
        lambda: reader.outline("queue/queue.go"),
        lambda: reader.related("acme/api/src/retry.py", 0),
        lambda: reader.symbols("x", kinds="wombat"),
    ):
        with pytest.raises(CodelodeError):
            ask()


def test_definitions_do_not_depend_on_how_segments_are_spread(world: World) -> None:
    """Several shards have the same merged definitions as one shard, in a cluster too."""
    pieces = [
        (f"{name}/", live)
        for name in sorted(world.names)
        for live in world.index(name).snapshot().segments
    ]
    shuffled = random.Random(3).sample(pieces, len(pieces))
    manifest = world.index("queue").snapshot().manifest
    one, *several = (
        Shard(Snapshot(manifest, [live for _, live in part]), [prefix for prefix, _ in part])
        for part in (pieces, shuffled[:2], shuffled[2:3], shuffled[3:])
    )

    def found(shards: Sequence[Shard], request: SymbolRequest) -> list[SymbolHit]:
        return find_symbols(
            lambda stage: [symbols_in(each, None, request, stage) for each in shards], request
        )

    for request in SYMBOLS:
        assert found(several, request) == found([one], request), request


def test_words_that_occur_in_names_alone_have_no_weight_but_are_pointed_out(
    world: World, followed: FollowedRoster
) -> None:
    def answer(query: str) -> Answer:
        return followed.answer(SearchRequest(query, 3, "lexical"))

    named, unknown = answer("delay retry mirror").hits, answer("delay retry xqzzyw").hits
    assert named == unknown  # the repository acme.mirror/api gets no preference
    preferred = followed.answer(SearchRequest("queue delay", 30)).hits[0].path
    assert preferred.startswith("queue/")  # `queue` occurs in texts too, so it has weight
    for query, names in (
        ("jitter WEB", ["acme/web"]),
        ("jitter of acme/web or queue", ["acme/web", "queue"]),
        ("retry", []),
        ("jitter secret", []),  # a hidden repository
        ("jitter api", []),  # `api` names a repository that has hits
        ("jitter docs", []),  # not a repository, but a folder in some repositories
        ("../web /web web/ {web} *", ["acme/web"]),
        ("jitter \udcff", []),
    ):
        found = named_without_hits(query, answer("jitter"), followed)
        assert found == names, query


def test_clean_empties_the_cache_of_fetched_segments(world: World, tmp_path: Path) -> None:
    lode = CommandLine(tmp_path)
    cache = ObjectCache(lode.cache / "codelode/fetched")
    repositories, _ = world.fetched(cache)
    assert repositories.text("queue/queue.go").startswith("package queue")
    being_fetched = next(cache.directory.glob("??")) / ".new-1"
    being_fetched.write_bytes(b"half")
    size = cache.size()
    dry = lode("clean", "--fetched", "--dry-run").must_succeed()
    assert "fetched segments of rosters" in dry.text
    assert cache.size() == size > 0
    lode("clean", "--fetched").must_be_refused("add --yes", "of fetched segments")
    done = lode("clean", "--fetched", "--yes", "--json").must_succeed().json
    assert (done["fetched_bytes"], done["freed_bytes"], done["removed"]) == (size, size, [])
    assert [*cache.directory.glob("??/*")] == [being_fetched]
    assert repositories.outline("queue/queue.go")  # the segment is still mapped
    assert repositories.text("docs/tests/guide.md").startswith("# Guide")  # fetched again
    assert "removed" in lode("clean", "--all", "--yes").must_succeed().text
    assert cache.size() == 0
    assert (
        lode("clean", "--fetched").must_succeed().message.endswith("there is nothing to remove\n")
    )
