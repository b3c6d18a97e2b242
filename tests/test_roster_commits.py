"""Commits to a roster: random histories compared with one machine, and writers that race."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from codelode import Hit, Index, UsageError
from codelode.objects.folder import FolderStore
from codelode.objects.generations import Generations
from codelode.roster.answer import SelectedRepositories
from codelode.roster.cache import ObjectCache
from codelode.roster.collect import collect
from codelode.roster.manifest import GENERATIONS
from codelode.roster.roster import Roster
from codelode.roster.upload import Uploader, digests_of
from codelode.roster.writer import RosterWriter
from codelode.search.request import SearchRequest
from codelode.sharing.layout import index_key, signature_key
from codelode.sharing.layout import segment_key as pushed_segment_key
from codelode.store.storage import LocalStorage
from tests.commandline import write_tree
from tests.rosters import World, make_world, requests

NAMES = [f"{group}/{name}" for group in ("acme", "tools", "x.y") for name in ("a", "b", "c")]
WORDS = ("retry", "delay", "schedule", "settings", "parse_config", "queue", "jitter", "append")
LABELS = ("", "", "staff", "owners")


@dataclass
class History:
    """Random commits to a roster, each followed by a comparison with one machine."""

    world: World
    random: random.Random
    labels: dict[str, str] = field(default_factory=dict)
    opened: tuple[SelectedRepositories, SearchRequest, list[Hit]] | None = None

    def step(self) -> None:
        actions: list[Callable[[], None]] = [self.add, self.update, self.update, self.relabel]
        actions += [self.remove, self.rebuild, self.collect]
        self.random.choice(actions if self.labels else [self.add])()

    def add(self) -> None:
        free = [name for name in NAMES if name not in self.labels]
        if free:
            name, label = self.random.choice(free), self.random.choice(LABELS)
            self.edit(name)
            self.world.add(name, label)
            self.labels[name] = label

    def update(self) -> None:
        name = self.random.choice(sorted(self.labels))
        self.edit(name)
        self.world.add(name)

    def rebuild(self) -> None:
        """Compact an index: one segment, no dead files."""
        name = self.random.choice(sorted(self.labels))
        self.world.index(name).update(jobs=1, rebuild=True)
        self.world.add(name)

    def relabel(self) -> None:
        name, label = self.random.choice(sorted(self.labels)), self.random.choice(LABELS)
        self.world.writer.relabel(name, label)
        self.labels[name] = label

    def remove(self) -> None:
        name = self.random.choice(sorted(self.labels))
        self.world.remove(name)
        del self.labels[name]

    def collect(self) -> None:
        """Remove everything that the newest generation does not name."""
        self.opened = None
        collect(FolderStore(self.world.place), older_than=-60)
        (kept,) = Generations(FolderStore(self.world.place), GENERATIONS).kept()
        roster = Roster.of(FolderStore(self.world.place))
        named = {each.manifest for each in roster.everything()}
        for each in roster.everything():
            named |= set(roster.manifest(each).digests)
        found = {path.name for path in self.world.place.glob("*/*/*") if len(path.name) == 64}
        assert found == named
        assert int(kept.key[-12:]) == roster.number

    def edit(self, name: str) -> None:
        """Write, change and delete some files of a tree."""
        root = self.world.folder / "trees" / name
        text = " ".join(self.random.choices(WORDS, k=6))
        number = self.random.randrange(5)
        files: dict[str, str | bytes] = {
            f"src/m{number}.py": f"def {self.random.choice(WORDS)}():\n    return '{text}'\n",
            "README.md": f"# {name}\n\n{text}\n",
        }
        write_tree(root, files)
        if self.random.random() < 0.3:
            (root / f"src/m{(number + 1) % 5}.py").unlink(missing_ok=True)
        self.world.index(name).update(jobs=1)

    def compare(self, cache: ObjectCache) -> None:
        granted = self.random.choice(([], ["staff"], ["staff", "owners"]))
        names = [name for name, label in self.labels.items() if label in ("", *granted)]
        if self.opened is not None:
            before, request, hits = self.opened
            assert before.answer(request).hits == hits
        if not names:
            with pytest.raises(UsageError, match="has no repository to search"):
                self.world.opened(labels=granted)
            return
        repositories = self.world.opened(labels=granted)
        for request in requests(3, self.random.randrange(1 << 30)):
            hits = self.world.one_machine(request, names)
            assert repositories.answer(request).hits == hits, request
            if self.random.random() < 0.2:
                self.opened = (repositories, request, hits)
        public = [name for name in names if not self.labels[name]]
        if public:
            request = requests(1, self.random.randrange(1 << 30))[0]
            fetched = self.world.fetched(cache)[0].answer(request).hits
            assert fetched == self.world.one_machine(request, public), request


def run_history(folder: Path, commits: int, seed: int) -> None:
    history = History(World(folder), random.Random(seed))
    cache = ObjectCache(folder / "cache")
    for _ in range(commits):
        history.step()
        history.compare(cache)


def test_random_commits_are_answered_as_on_one_machine_at_every_generation(tmp_path: Path) -> None:
    run_history(tmp_path, 25, seed=1)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(3))
def test_300_random_commits(tmp_path: Path, seed: int) -> None:
    run_history(tmp_path, 300, seed)


RACER = """
import sys
from dataclasses import replace
from codelode.roster.roster import Roster
from codelode.roster.writer import RosterWriter

place, number, commits = sys.argv[1], sys.argv[2], int(sys.argv[3])
writer = RosterWriter.open(place)
(one,) = Roster.open(place).select(["first"])
for turn in range(commits):
    name = f"w{number}/{turn}"
    if turn % 3 == 2:
        writer.remove([f"w{number}/{turn - 1}"])
    else:
        writer.add([replace(one, name=name, generation=turn)])
"""


def race(world: World, place: str, writers: int, commits: int) -> None:
    """Let processes commit at once; none of their commits may be lost or appear twice."""
    before = Roster.of(world.objects).number
    racers = [
        subprocess.Popen([sys.executable, "-c", RACER, place, str(number), str(commits)])
        for number in range(writers)
    ]
    assert [racer.wait(600) for racer in racers] == [0] * writers
    roster = Roster.of(world.objects)
    assert roster.number == before + writers * commits
    left = [
        turn for turn in range(commits) if turn % 3 == 0 or (turn % 3 == 1 and turn + 1 == commits)
    ]
    expected = {(f"w{number}/{turn}", turn) for number in range(writers) for turn in left}
    found = {(each.name, each.generation) for each in roster.everything()}
    assert found - {("first", 1)} == expected
    generations = Generations(world.objects, GENERATIONS)
    previous = ""
    for number in range(1, roster.number + 1):
        generation = generations.read(number)
        assert generation.parent == previous
        previous = generation.digest


def test_racing_writers_lose_no_commit(tmp_path: Path) -> None:
    world = make_world(tmp_path, {"first": {"a.py": "retry = 1\n"}})
    race(world, str(world.place), writers=3, commits=7)


@pytest.mark.long
def test_eight_racing_writers_make_a_thousand_commits(tmp_path: Path) -> None:
    world = make_world(tmp_path, {"first": {"a.py": "retry = 1\n"}})
    race(world, str(world.place), writers=8, commits=125)


def test_changes_that_make_no_sense_are_refused(tmp_path: Path) -> None:
    world = make_world(tmp_path, {"a/b": {"a.py": "retry = 1\n"}, "c": {"a.py": "retry = 1\n"}})
    writer = world.writer
    (one,) = Roster.of(FolderStore(world.place)).select(["c"])
    cases: tuple[tuple[Callable[[], object], str], ...] = (
        (lambda: writer.add([one]), "has a repository c already: `lode roster update`"),
        (lambda: writer.add([replace(one, name="a")]), "a/b would lie in the repository a:"),
        (lambda: writer.add([replace(one, name="c/d")]), "c/d would lie in the repository c:"),
        (lambda: writer.add([replace(one, name=n) for n in ("x/y", "x")]), "lies in another"),
        (lambda: writer.add([replace(one, name="x")] * 2), "given twice"),
        (lambda: writer.update([replace(one, name="x")]), "no repository x: `lode roster add`"),
        (lambda: writer.remove(["c", "x"]), "has no repository x"),
        (lambda: writer.relabel("x", "staff"), "has no repository x"),
    )
    for change, problem in cases:
        with pytest.raises(UsageError, match=problem):
            change()
    newest = Roster.of(FolderStore(world.place))
    assert newest.number == 2
    writer.update([replace(one, updated=one.updated + 1)])  # nothing new: no commit
    writer.relabel("c", "")
    assert newest.newer() is newest


def test_an_update_keeps_the_label_and_the_other_manifests(tmp_path: Path) -> None:
    world = make_world(tmp_path, {"a": {"a.py": "retry = 1\n"}, "b": {"a.py": "retry = 1\n"}})
    world.writer.relabel("a", "staff")
    before = {each.name: each for each in Roster.of(FolderStore(world.place)).everything()}
    assert before["a"].manifest == before["b"].manifest  # equal trees share all objects
    assert len(list((world.place / "segments").glob("*/*"))) == 1
    world.write("a", {"b.py": "delay = 2\n"})
    world.add("a")
    after = {each.name: each for each in Roster.of(FolderStore(world.place)).everything()}
    assert after["b"] == before["b"]
    assert (after["a"].label, after["a"].files) == ("staff", 2)


def test_known_and_fresh_segments_are_not_uploaded_again(tmp_path: Path) -> None:
    world = make_world(tmp_path, {"a": {"a.py": "retry = 1\n"}})
    store = FolderStore(world.place)
    storage = LocalStorage(world.index("a").directory)
    (segment,) = (world.place / "segments").glob("*/*")
    first = segment.stat().st_ino
    Uploader(store).upload(storage, "a")
    assert segment.stat().st_ino == first  # the uploaded segment is young
    os.utime(segment, (0, 0))
    (one,) = Roster.of(store).everything()
    Uploader(store, digests_of(store, one.manifest)).upload(storage, "a")
    assert segment.stat().st_ino == first
    Uploader(store).upload(storage, "a")
    assert segment.stat().st_ino != first  # uploaded again: the old copy might be removed


def test_collection_spares_what_is_young_or_was_named_a_day_ago(tmp_path: Path) -> None:
    world = make_world(tmp_path, {"a": {"a.py": "retry = 1\n"}, "b": {"b.py": "delay = 1\n"}})
    store = FolderStore(world.place)
    world.remove("a")
    assert collect(store).objects == 0
    dry = collect(store, older_than=-60, dry_run=True)
    assert (dry.generations, dry.objects) == (2, 2)
    assert collect(store, older_than=-60) == dry
    assert collect(store, older_than=-60).objects == 0
    assert world.opened().answer(SearchRequest("delay")).hits
    assert isinstance(world.index("b"), Index)
    with pytest.raises(UsageError):
        RosterWriter(store).relabel("a", "")


def test_collection_spares_pushes_in_the_same_store(tmp_path: Path) -> None:
    world = make_world(tmp_path, {"a": {"a.py": "retry = 1\n"}})
    store = FolderStore(world.place)
    digest = "ab" * 32
    theirs = [pushed_segment_key(digest), index_key(digest), signature_key(digest)]
    for key in theirs:
        store.put(key, b"x")
    assert collect(store, older_than=-60).objects == 0
    assert all(store.size(key) == 1 for key in theirs)
