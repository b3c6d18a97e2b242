"""A roster answers as indexes on one machine do; nothing hidden leaves a trace in an answer."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from codelode import Answer, DamagedError, Freshness, MismatchError, UsageError
from codelode.errors import ObjectStoreError
from codelode.objects.folder import FolderStore
from codelode.roster.cache import ObjectCache
from codelode.roster.roster import Roster
from codelode.roster.upload import Uploader
from codelode.roster.writer import RosterWriter
from codelode.search.request import SearchRequest
from codelode.segment.container import write_segment
from codelode.segment.reader import Segment
from codelode.store.snapshot import LiveSegment, Snapshot
from codelode.store.storage import LocalStorage
from tests.rosters import REPOSITORIES, World, make_world, requests


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = make_world(tmp_path_factory.mktemp("roster"))
    (world.folder / "trees/queue/queue.go").write_text("package queue\n\nfunc Retry() {}\n")
    world.index("queue").update(jobs=1)  # a segment with dead files
    world.add("queue")
    return world


def test_200_queries_are_answered_as_on_one_machine(world: World) -> None:
    repositories = world.opened()
    found = 0
    for request in requests(200):
        hits = repositories.answer(request).hits
        assert hits == world.one_machine(request, REPOSITORIES), request
        found += bool(hits)
    assert found > 100


def test_a_selection_is_answered_as_its_repositories_alone(world: World, tmp_path: Path) -> None:
    for globs, names in (
        (["acme", "docs"], ["acme/api", "acme/web", "docs/tests"]),
        (["api"], ["acme/api", "acme.mirror/api"]),
        (["!acme/*", "!docs"], ["acme.mirror/api", "queue"]),
    ):
        repositories, _ = world.fetched(ObjectCache(tmp_path / "cache"), globs)
        assert [each.name for each in repositories.selection] == sorted(names)
        for request in requests(20, seed=len(globs)):
            assert repositories.answer(request).hits == world.one_machine(request, names), request


def test_excluded_languages_are_as_on_one_machine(world: World) -> None:
    repositories = world.opened()
    for languages in (["!python"], ["python", "!python"], ["python", "go", "!go"], ["!go", "md"]):
        request = SearchRequest("retry schedule", 40, languages=languages, explain=True)
        assert repositories.answer(request).hits == world.one_machine(request, REPOSITORIES)


def test_what_needs_a_tree_is_refused(world: World) -> None:
    for request in (SearchRequest("retry", changed="HEAD"), SearchRequest("retry", since=1.0)):
        with pytest.raises(UsageError, match="not known to a roster"):
            world.opened().answer(request)


def test_only_selected_segments_are_read(world: World, tmp_path: Path) -> None:
    repositories, store = world.fetched(ObjectCache(tmp_path / "cache"), ["acme/web", "queue"])
    assert all(key.startswith("roster/") for key in store.read)
    repositories.answer(SearchRequest("retry", languages=["go"]))
    (queue,) = repositories.selection.matching(["queue"])
    manifest = repositories.roster.manifest(queue)
    segments = {key[-64:] for key in store.read if key.startswith("segments/")}
    assert segments == set(manifest.digests)


def comparable(answer: Answer) -> Answer:
    """Return an answer without its root, seconds and freshness."""
    return replace(answer, root="", seconds=0.0, freshness=Freshness())


HIDDEN = {
    "acme/secret": {"retry.py": "def retry_secret(): return 'schedule jitter settings'\n" * 50},
    "zoo": {"a.rs": "fn retry_again() {}\n", "src/retry.py": "def retry(): pass\n"},
}


def test_answers_do_not_depend_on_what_is_hidden(world: World, tmp_path: Path) -> None:
    """A roster answers as if hidden repositories, and commits to them, did not exist."""
    other = make_world(tmp_path)
    other.write("queue", {"queue.go": "package queue\n\nfunc Retry() {}\n"})
    other.add("queue")
    for name, tree in HIDDEN.items():
        other.write(name, tree)
        other.add(name, label="owners")
    other.remove("zoo")
    other.add("zoo", label="other")
    for globs, labels in ((), ()), (["!docs"], ()), ((), ["staff"]):
        without, beside = world.opened(globs, labels), other.opened(globs, labels)
        for request in requests(60, seed=7):
            expected = comparable(without.answer(request))
            assert comparable(beside.answer(request)) == expected, (request, globs, labels)
    for globs in (["acme/secret"], ["zoo"], ["nowhere"]):
        messages = set()
        for each in (world, other):
            with pytest.raises(UsageError) as refused:
                each.opened(globs=globs)
            messages.add(str(refused.value).replace(str(each.place), "PLACE"))
        assert len(messages) == 1
    answer = other.opened(labels=["owners"]).answer(SearchRequest("retry_secret"))
    assert answer.hits[0].path == "acme/secret/retry.py"
    assert answer.files == other.opened().selection.files + 1


def test_a_hidden_repository_of_another_model_is_no_hindrance(tmp_path: Path) -> None:
    world = make_world(tmp_path, {"one": {"a.py": "retry = 1\n"}, "two": {"b.py": "retry = 2\n"}})
    roster = Roster.of(FolderStore(world.place))
    two = next(each for each in roster.everything() if each.name == "two")
    strange = replace(two, identity=two.identity._replace(fingerprint="strange"))
    world.writer.update([strange])
    with pytest.raises(MismatchError, match="one and two were indexed with different models"):
        world.opened().answer(SearchRequest("retry"))
    world.writer.relabel("two", "owners")
    assert [hit.path for hit in world.opened().answer(SearchRequest("retry")).hits] == ["one/a.py"]
    with pytest.raises(DamagedError, match="the manifest of two has other totals"):
        world.opened(globs=["two"], labels=["owners"]).answer(SearchRequest("retry"))


def test_a_roster_that_is_empty_or_missing_says_so(tmp_path: Path) -> None:
    world = make_world(tmp_path, {"one": {"a.py": "retry = 1\n"}})
    with pytest.raises(UsageError, match="has no repository that matches 'two'"):
        world.opened(globs=["two"])
    world.remove("one")
    with pytest.raises(UsageError, match="has no repository to search"):
        world.opened()


def test_a_generation_stays_open_while_others_follow(tmp_path: Path) -> None:
    world = make_world(tmp_path, {"one": {"a.py": "retry = 1\n"}})
    before = world.opened()
    world.write("two", {"b.py": "retry = 2\n"})
    world.add("two")
    request = SearchRequest("retry")
    assert {hit.path for hit in before.answer(request).hits} == {"one/a.py"}
    newer = before.roster.newer()
    assert newer.number == before.roster.number + 1
    assert newer.newer() is newer
    assert {hit.path for hit in world.opened().answer(request).hits} == {"one/a.py", "two/b.py"}


def test_damaged_and_missing_objects_are_never_a_wrong_answer(tmp_path: Path) -> None:
    other = make_world(tmp_path / "world", {"one": {"a.py": "retry = 1\n" * 999}})
    (segment,) = (other.place / "segments").glob("*/*")
    sound = segment.read_bytes()
    middle = len(sound) // 2
    flipped = sound[:middle] + bytes([sound[middle] ^ 1]) + sound[middle + 1 :]
    for number, (content, problem) in enumerate(
        (
            (flipped, "wrong checksum"),
            (sound[:-1], "bytes instead of"),
            (sound + b"x", "bytes instead of"),
            (None, "missing"),
        )
    ):
        segment.unlink()
        if content is not None:
            segment.write_bytes(content)
        cache = ObjectCache(tmp_path / f"cache-{number}")
        with pytest.raises((DamagedError, ObjectStoreError), match=problem) as refused:
            other.fetched(cache)[0].answer(SearchRequest("retry"))
        assert "\n" not in str(refused.value)
        assert not [path for path in cache.directory.glob("*/*") if path.name == segment.name]
        segment.write_bytes(sound)
        assert other.fetched(cache)[0].answer(SearchRequest("retry")).hits
    (manifest,) = (other.place / "repositories").glob("*/*")
    manifest.write_bytes(manifest.read_bytes().replace(b"tokenizer", b"tokenized"))
    with pytest.raises(DamagedError, match="wrong checksum"):
        other.opened().answer(SearchRequest("retry"))


def test_paths_that_lead_out_of_a_repository_are_refused(tmp_path: Path) -> None:
    world = make_world(tmp_path, {"one": {"ab/cd.py": "retry = 1\n"}})
    storage = LocalStorage(world.index("one").directory)
    snapshot = Snapshot.open(storage)
    (live,) = snapshot.segments
    file = live.segment.file
    sections = {name: bytes(file.read(name)) for name in file.section_bytes()}
    sections["paths"] = sections["paths"].replace(b"ab/cd.py", b"../cd.py")
    sink = io.BytesIO()
    write_segment(sink, {name: [data] for name, data in sections.items()})
    hostile = LiveSegment(Segment.from_bytes("hostile", sink.getvalue()), live.entry)
    uploader = Uploader(world.objects)
    world.writer.update([uploader.upload_snapshot(Snapshot(snapshot.manifest, [hostile]), "one")])
    with pytest.raises(DamagedError, match="a path leads out of its repository"):
        world.opened().answer(SearchRequest("retry"))


def test_the_cache_keeps_its_limit_and_what_was_used_last(tmp_path: Path) -> None:
    names = [f"r{number}" for number in range(6)]
    world = make_world(tmp_path, {name: {"a.py": f"{name} = 1\n" * 99} for name in names})
    sizes = [each.index_bytes for each in Roster.of(FolderStore(world.place)).everything()]
    limit = 3 * max(sizes) + 10_000
    cache = ObjectCache(tmp_path / "cache", limit)
    request = SearchRequest("r1", mode="lexical")
    for name in names:
        world.fetched(cache, [name])[0].answer(request)
        assert sum(path.stat().st_size for path in cache.directory.glob("*/*")) <= limit
    for name, expected in (("r5", 0), ("r0", 1)):
        repositories, store = world.fetched(cache, [name])
        repositories.answer(request)
        assert sum(key.startswith("segments/") for key in store.read) == expected
    with pytest.raises(UsageError, match="fewer repositories"):
        world.fetched(cache)[0].answer(request)


def test_a_cache_that_is_too_small_for_all_its_users_only_costs_time(tmp_path: Path) -> None:
    """Each user evicts what the others have just fetched; no answer is lost or wrong."""
    names = [f"r{number}" for number in range(4)]
    world = make_world(tmp_path, {name: {"a.py": f"retry = {name}\n" * 99} for name in names})
    sizes = [each.index_bytes for each in Roster.of(world.objects).everything()]
    cache = ObjectCache(tmp_path / "cache", max(sizes) + 5000)

    def use(name: str) -> set[str]:
        request = SearchRequest("retry", mode="lexical")
        return {
            hit.path
            for _ in range(15)
            for hit in world.fetched(cache, [name])[0].answer(request).hits
        }

    with ThreadPoolExecutor(len(names)) as pool:
        assert list(pool.map(use, names)) == [{f"{name}/a.py"} for name in names]
    assert not list(cache.directory.glob("*/.new-*"))


def test_a_cache_that_cannot_be_written_is_reported(world: World, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file in place of the folder")
    with pytest.raises(ObjectStoreError, match="cannot be written: Not a directory"):
        world.fetched(ObjectCache(tmp_path / "cache"))[0].answer(SearchRequest("retry"))


def test_names_that_lead_elsewhere_are_refused(tmp_path: Path) -> None:
    writer = RosterWriter(FolderStore(tmp_path))
    for name in (
        "",
        "..",
        "a/..",
        "../a",
        "/a",
        "a/",
        "a//b",
        ".",
        "a/./b",
        "a b",
        "é",
        "a\n",
        "-r",
    ):
        with pytest.raises(UsageError, match="cannot be the name of a repository"):
            writer.check(name, "", exists=False)
    for label in ("a b", "-x", "é", "a" * 101, "a\n"):
        with pytest.raises(UsageError, match="cannot be a label"):
            writer.check("a", label, exists=False)
    writer.check("acme/.github", "team:staff", exists=False)
    assert ObjectCache(tmp_path).read("0" * 64) is None
