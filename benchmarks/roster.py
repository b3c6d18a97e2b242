"""Measure a roster of many repositories: open it, select from it, add and search a repository.

    python -m benchmarks.roster [--repositories 10000] [--store URL] [--record]

All but one of the repositories are synthetic rows with realistic names, labels, languages and
totals; opening a roster and selecting from it read nothing else. One repository is real: the index
of a small tree. The roster is in a temporary folder, or in an empty place that you give as
`--store`, such as `s3://BUCKET/PATH`.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from benchmarks.faults.world import scratch_folder
from benchmarks.record.session import Session, add_options
from codelode import Index
from codelode.discover.language_table import LANGUAGES
from codelode.roster.answer import SelectedRepositories
from codelode.roster.cache import ObjectCache
from codelode.roster.records import Repository
from codelode.roster.roster import Roster, Selection
from codelode.roster.upload import Uploader
from codelode.roster.writer import RosterWriter
from codelode.search.request import SearchRequest
from codelode.store.storage import LocalStorage

WORDS = "api web core auth data mobile infra search docs billing edge queue tools mail img".split()
LABELS = ("", "", "", "staff", "finance", "security")
REAL = "measured/real"


def synthetic(like: Repository, count: int, rng: random.Random) -> list[Repository]:
    """Return `count` synthetic repositories, made from a real one (`like`) by random changes."""
    names: set[str] = set()
    while len(names) < count:
        words = rng.sample(WORDS, rng.randint(1, 3))
        names.add(f"group-{rng.randrange(count // 20 + 1)}/{'-'.join(words)}-{rng.randrange(100)}")
    languages = [language.name for language in LANGUAGES]
    found = []
    for name in sorted(names):
        files = int(rng.lognormvariate(5.5, 1.5)) + 1
        chosen = rng.sample(languages, rng.randint(1, 8))
        found.append(
            replace(
                like,
                name=name,
                label=rng.choice(LABELS),
                manifest=rng.randbytes(32).hex(),
                generation=rng.randint(1, 500),
                segments=rng.randint(1, 9),
                files=files,
                chunks=10 * files,
                tokens=2_000 * files,
                text_bytes=9_000 * files,
                index_bytes=6_000 * files,
                languages={language: rng.randint(1, files) for language in chosen},
            )
        )
    return found


def time_runs(session: Session, name: str, run: Callable[[], object], repeats: int) -> None:
    """Call `run` `repeats` times; record the duration and the CPU time of each call, in ms."""
    wall, cpu = [], []
    for _ in range(repeats):
        began, worked = time.perf_counter(), time.process_time()
        run()
        cpu.append(1000 * (time.process_time() - worked))
        wall.append(1000 * (time.perf_counter() - began))
    session.add(name, "ms", wall)
    session.add(f"{name}/cpu", "ms", cpu)


def small_index(folder: Path) -> Index:
    """Return the index of a small tree: the modules of `codelode.search`."""
    import codelode.search

    index = Index.open(Path(codelode.search.__file__).parent, folder / "index")
    index.update()
    return index


def measure(session: Session, folder: Path, place: str, count: int, repeats: int) -> None:
    """Make a roster and measure it."""
    rng = random.Random(1)
    index, writer = small_index(folder), RosterWriter.open(place)
    storage = LocalStorage(index.directory)
    real = Uploader(writer.store).upload(storage, REAL)
    session.say(f"{count:,} repositories")
    began = time.perf_counter()
    writer.add([real, *synthetic(real, count - 1, rng)])
    session.add("roster/add all", "s", time.perf_counter() - began)
    generation = writer.generations.newest()
    assert generation is not None
    session.add("roster/table", "MB", len(generation.body) / 1e6)
    time_runs(session, "roster/open", lambda: Roster.open(place), repeats)
    roster = Roster.open(place)
    ways: tuple[tuple[str, Callable[[], Selection]], ...] = (
        ("all that somebody may see", lambda: roster.select(labels=["staff"])),
        ("one name", lambda: roster.select([REAL])),
        ("a folder", lambda: roster.select(["group-7"])),
        ("a word in any name", lambda: roster.select(["*billing*"])),
        ("a language", lambda: roster.select().having(["rust"])),
    )
    for name, select in ways:
        session.say(f"{name}: {len(select()):,}")
        time_runs(session, f"roster/prune/{name}", select, repeats)
    numbers = iter(range(10**6))

    def add_one() -> None:
        name = f"added/{next(numbers)}"
        writer.add([Uploader(writer.store).upload(storage, name)])

    time_runs(session, "roster/add one", add_one, min(repeats, 10))
    measure_searches(session, folder, place, repeats)


def measure_searches(session: Session, folder: Path, place: str, repeats: int) -> None:
    """Measure searches of one repository: with a newly opened roster, and in new processes."""
    request = SearchRequest("where are the candidates ranked")

    def search() -> None:
        cache = ObjectCache(folder / "cache")
        found = SelectedRepositories(Roster.open(place), [REAL], cache=cache).answer(request)
        assert found.hits

    search()
    time_runs(session, "roster/search one", search, repeats)
    command = [sys.executable, "-m", "codelode", "search", "--roster", place, "-r", REAL]
    command += ["--index-dir", str(folder / "process"), request.query]

    wall = []
    for _ in range(min(repeats, 5)):
        began = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        wall.append(1000 * (time.perf_counter() - began))
    session.add("roster/search one, process", "ms", wall)


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.roster", description=__doc__)
    parser.add_argument("--repositories", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--store", help="an empty folder, or the URL of an empty place in a bucket")
    parser.add_argument("--scratch", type=Path, help="folder for the index and the roster")
    add_options(parser)
    options = parser.parse_args()
    session = Session("roster", options)
    with scratch_folder(options.scratch) as folder:
        place = options.store or str(folder / "roster")
        measure(session, folder, place, options.repositories, options.repeats)
    session.finish()


if __name__ == "__main__":
    main()
