"""Lose power: unsynced changes are dropped, reordered or torn, and the index must stay intact.

    python -m benchmarks.faults.powerloss --states 10000

A series of updates (some of them killed) is recorded call by call. Then possible states of the disk
after any of the calls are generated. Each state must open as a published snapshot. This snapshot
must not be older than the last one that an update had reported before the loss of power.
"""

from __future__ import annotations

import argparse
import random
import shutil
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.faults.calls import Call, intercepted
from benchmarks.faults.disk import STYLES, Disk
from benchmarks.faults.kill import small_segments
from benchmarks.faults.report import Ticker, table
from benchmarks.faults.world import (
    Contents,
    WrongError,
    answers,
    clean_answers,
    contents,
    contents_or_none,
    edit,
    memory_folder,
    open_index,
    plant,
    scratch_folder,
)
from codelode.errors import CodelodeError
from codelode.store.manifest import read_manifest
from codelode.store.storage import MANIFEST, LocalStorage
from codelode.store.verify import verify


class Killed(BaseException):
    """A stand-in for SIGKILL: nothing runs afterwards, not even cleanup."""


@dataclass(slots=True)
class Recording:
    """The calls in order, and the generations that they published.

    `reported` has a pair (calls made so far, generation) for each update that returned; `published`
    has the content of each generation.
    """

    root: Path
    top: Path
    directory: Path
    calls: list[Call] = field(default_factory=list)
    reported: list[tuple[int, int]] = field(default_factory=list)
    published: dict[int, Contents] = field(default_factory=dict)
    answers: list[object] = field(default_factory=list)
    kills: int = 0
    _die_at: int | None = None
    _busy: bool = False

    def hook(self, call: Call) -> int | None:
        """Record a call; raise `Killed` if the process dies before this call or an earlier one."""
        if self._busy:
            return None
        self._note_published()
        if self._die_at is not None and call.number >= self._die_at:
            raise Killed
        self.calls.append(call)
        return None

    def _note_published(self) -> None:
        if self.calls and self.calls[-1].target.endswith(MANIFEST):
            self._busy = True
            self.published[self._generation()] = contents(self.directory)
            self._busy = False

    def _generation(self) -> int:
        return read_manifest(LocalStorage(self.directory)).generation

    def update(self, die_at: int | None, rebuild: bool = False) -> None:
        """Run an update that dies just before intercepted call `die_at`; None lets it finish."""
        self._die_at = die_at
        try:
            with intercepted(self.top, self.hook):
                index = open_index(self.root, self.directory)
                generation = index.update(jobs=1, rebuild=rebuild).generation
        except Killed:
            self.kills += 1
        else:
            self._note_published()
            self.reported.append((len(self.calls), generation))


def record(folder: Path, seed: int, updates: int = 7) -> Recording:
    """Record updates of a tree that is edited in between; about a third of them are killed."""
    rng = random.Random(seed)
    root, top = folder / "tree", folder / "disk"
    top.mkdir()
    plant(root, 12, rng)
    made = Recording(root, top, top / "deep" / "index")
    for number in range(updates):
        killed = number < updates - 1 and rng.random() < 0.35
        made.update(rng.randint(1, 24) if killed else None, rebuild=rng.random() < 0.1)
        if number < updates - 1:
            edit(root, rng, rng.choice([0, 2, 5]))
    made.answers = clean_answers(root, folder)
    return made


def check(made: Recording, cut: int, files: dict[str, bytes], place: Path, update: bool) -> str:
    """Check the index in `files`, left by a loss of power after `cut` calls; return its state.

    The state is "none" if there is no index and no update had reported one. It is "reported" if the
    index is at the last generation that an update had reported, else "newer". With `update`, also
    checks that the result of the next update equals a clean build. Raises `WrongError`.
    """
    shutil.rmtree(place, ignore_errors=True)
    for path, data in files.items():
        target = place / Path(path).relative_to(made.directory)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    reported = max((g for at, g in made.reported if at <= cut), default=0)
    found = contents_or_none(place)
    if found is None:
        if reported:
            raise WrongError(f"generation {reported} was reported, but there is no index")
        state = "none"
    else:
        generation = read_manifest(LocalStorage(place)).generation
        if generation < reported:
            raise WrongError(
                f"generation {reported} was reported, but the index is at {generation}"
            )
        if found != made.published[generation]:
            raise WrongError(f"generation {generation} has changed")
        if findings := verify(LocalStorage(place)):
            raise WrongError(f"not sound: {findings[0]}")
        state = "reported" if generation == reported else "newer"
    if update:
        index = open_index(made.root, place)
        index.update(jobs=1)
        if answers(index) != made.answers or index.verify():
            raise WrongError("the next update does not equal a clean build")
    return state


def lose_power(made: Recording, states: int, rng: random.Random, place: Path) -> Counter[str]:
    """Check `states` states of the disk, each after a random number of calls.

    These numbers ascend from state to state. Returns how often `check` returned each state.
    """
    found: Counter[str] = Counter()
    cuts = sorted(rng.randint(0, len(made.calls)) for _ in range(states))
    disk = Disk(made.top)
    done = 0
    for number, cut in enumerate(cuts):
        for call in made.calls[done:cut]:
            disk.replay(call)
        done = cut
        style = rng.choice((*STYLES, "prefix", "subset", "subset", "subset"))
        files = disk.state(style, rng)
        try:
            found[check(made, cut, files, place, update=number % 20 == 0)] += 1
        except (AssertionError, CodelodeError) as error:
            last = made.calls[cut - 1] if cut else None
            error.add_note(f"after call {cut} ({last and (last.name, last.path)}), {style}")
            raise
    return found


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults.powerloss")
    parser.add_argument("--states", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    found: Counter[str] = Counter()
    calls = kills = series = 0
    ticker = Ticker("power loss", options.states)
    while found.total() < options.states:
        series += 1
        rng = random.Random(options.seed * 1000 + series)
        with small_segments(), scratch_folder(memory_folder()) as folder:
            made = record(folder, options.seed * 1000 + series)
            found += lose_power(made, min(250, options.states), rng, folder / "place")
            calls, kills = calls + len(made.calls), kills + made.kills
        ticker.tick(found.total())
    table(
        "power loss",
        [
            ("states", found.total()),
            ("series of updates", series),
            ("recorded calls", calls),
            ("updates killed", kills),
            ("found: no index yet", found["none"]),
            ("found: the reported snapshot", found["reported"]),
            ("found: a newer one", found["newer"]),
            ("wrong", 0),
        ],
    )


if __name__ == "__main__":
    main()
