"""Let system calls fail (as on a full or failing disk), be interrupted, or write only a part.

    python -m benchmarks.faults.errors
    python -m benchmarks.faults.errors --mount      # also on a real, small tmpfs (as root)

Every call of an update fails in turn, once or permanently. In each case the error is one line from
`codelode.errors`, committed data stays readable, the next update succeeds, and an update whose
fsync failed never reports success.
"""

from __future__ import annotations

import argparse
import errno
import os
import resource
import shutil
import signal
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from benchmarks.faults.calls import Call, Outcome, in_child, intercepted
from benchmarks.faults.kill import Scene, Tally, check, make_scene, small_segments
from benchmarks.faults.report import table
from benchmarks.faults.world import WrongError, memory_folder, scratch_folder
from codelode.errors import CodelodeError

ERRORS = ("ENOSPC", "EIO", "EINTR", "EDQUOT", "EROFS")


class Fault:
    """A hook that makes call `number` fail or write only half; if `lasting`, all later ones too."""

    def __init__(self, number: int, error: str, lasting: bool = False) -> None:
        self.number, self.error, self.lasting = number, error, lasting
        self.struck: list[str] = []
        self.calls = 0

    def __call__(self, call: Call) -> int | None:
        self.calls = call.number
        if call.number < self.number or (call.number > self.number and not self.lasting):
            return None
        self.struck.append(call.name)
        if self.error == "short":
            return max(1, len(call.data) // 2) if call.name == "write" else None
        code = getattr(errno, self.error)
        raise OSError(code, os.strerror(code), call.path)


def attempt(update: Callable[[], object]) -> Outcome:
    """Run an update in this process; raise any error but a `CodelodeError` as `WrongError`."""
    try:
        result = update()
    except CodelodeError as error:
        if "\n" in str(error) or not str(error):
            raise WrongError(f"unexpected error: {error!r}") from error
        return Outcome("refused", str(error))
    except OSError as error:
        raise WrongError(f"a plain {error!r}") from error
    return Outcome("done", f"done {result}")


def refuse_every_call(
    scene: Scene, error: str, lasting: bool, tally: Tally, kinds: Counter[str], step: int = 1
) -> None:
    """Let the 1st, 2nd, 3rd … call of an update fail."""
    number = 1
    while True:
        work = scene.copy()
        fault = Fault(number, error, lasting)
        with intercepted(work, fault):
            outcome = attempt(lambda work=work: scene.update(work))  # type: ignore[misc]
        if not fault.struck:
            return
        if outcome.acknowledged and error != "short" and "fsync" in fault.struck:
            raise WrongError(f"call {number}: an fsync failed, but the update reported success")
        if error == "short" and not outcome.acknowledged:
            raise WrongError(f"call {number}: a short write became an error: {outcome.said}")
        kinds[f"{error}{' lasting' if lasting else ''}: {outcome.kind}"] += 1
        check(scene, work, outcome, tally)
        number += step


def refuse_large_files(scene: Scene, limits: list[int], tally: Tally, kinds: Counter[str]) -> None:
    """Run updates in children, each with a limit on the size of files (`RLIMIT_FSIZE`)."""
    for limit in limits:
        work = scene.copy()

        def limited(work: Path = work, limit: int = limit) -> object:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
            return scene.update(work)

        outcome = in_child(limited)
        if outcome.kind not in ("done", "refused"):
            raise WrongError(f"limit {limit}: {outcome.kind}: {outcome.said}")
        kinds[f"file size limit: {outcome.kind}"] += 1
        check(scene, work, outcome, tally)


def interrupt_often(scene: Scene, runs: int, tally: Tally, kinds: Counter[str]) -> None:
    """Send a real signal every millisecond; no call may fail because of it."""
    for _ in range(runs):
        work = scene.copy()

        def interrupted(work: Path = work) -> object:
            signal.signal(signal.SIGALRM, lambda *_: None)
            signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
            return scene.update(work)

        outcome = in_child(interrupted)
        if outcome.kind != "done":
            raise WrongError(f"interrupted: {outcome.kind}: {outcome.said}")
        kinds[f"signals: {outcome.kind}"] += 1
        check(scene, work, outcome, tally)


def fill_disk(scene: Scene, tally: Tally, kinds: Counter[str]) -> None:
    """Update on a real full file system: a small tmpfs, one page larger at each attempt."""
    mount = scene.folder / "mount"
    mount.mkdir()
    pages = 0
    while True:
        pages += 1
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={pages * 4096}", "tmpfs", mount], check=True
        )
        try:
            work = mount / "index"
            try:
                if scene.before.exists():
                    shutil.copytree(scene.before, work)
            except (OSError, shutil.Error):  # no room even for the old index
                continue
            outcome = attempt(lambda work=work: scene.update(work))  # type: ignore[misc]
            kinds[f"full tmpfs: {outcome.kind}"] += 1
            subprocess.run(["mount", "-o", "remount,size=64m", mount], check=True)
            check(scene, work, outcome, tally)
        finally:
            subprocess.run(["umount", mount], check=True)
        if outcome.kind == "done":
            return


def largest_file(scene: Scene) -> int:
    """Return the size of the largest file that an update writes."""
    work = scene.copy()
    scene.update(work)
    return max(path.stat().st_size for path in work.iterdir())


def refuse(scene: Scene, error: str, tally: Tally, kinds: Counter[str], step: int = 1) -> None:
    """Inject `error` at each call of an update in turn: first alone, then at all later calls too.

    Short writes and interruptions are injected at single calls only, because the caller retries
    after them.
    """
    for lasting in (False, True):
        if not (lasting and error in ("short", "EINTR")):
            refuse_every_call(scene, error, lasting, tally, kinds, step)


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults.errors")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mount", action="store_true", help="also fill a small tmpfs (as root)")
    options = parser.parse_args()
    tally, kinds = Tally(), Counter[str]()
    for number, updates in enumerate((0, 1, 5)):
        with small_segments(), scratch_folder(memory_folder()) as folder:
            scene = make_scene(folder, options.seed + number, updates=updates, edits=6)
            for error in (*ERRORS, "short"):
                refuse(scene, error, tally, kinds)
                print(f"{updates} updates before, {error}: {tally.runs} runs", flush=True)
            largest = largest_file(scene)
            refuse_large_files(scene, list(range(0, largest + 97, 97)), tally, kinds)
            interrupt_often(scene, 20, tally, kinds)
            if options.mount:
                fill_disk(scene, tally, kinds)
    rows: list[tuple[str, object]] = [("runs", tally.runs), *sorted(kinds.items())]
    table("refused calls", [*rows, ("found afterwards", dict(tally.states)), ("wrong", 0)])


if __name__ == "__main__":
    main()
