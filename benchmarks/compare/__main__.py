"""Compare codelode with semble and ripgrep on the same tree, in the same run.

    python -m benchmarks.compare ROOT... [--peers FOLDER] [--workers N] [--rounds N] [--record]

codelode and semble index the tree in fresh processes and answer the same queries. codelode indexes
before and after semble, so that a drift of the machine's speed affects both. semble gets one worker
per core unless `--workers` says otherwise (its own default is 4). Its model has random weights: see
`peers`. ripgrep has no index and no ranking; it lists the files that contain any word of the query,
as people do without an index.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import fmean

from benchmarks.compare import peers
from benchmarks.questions import questions
from benchmarks.record.measurement import Better, Record, shown
from benchmarks.record.processes import Finished, run
from benchmarks.record.samples import percentile
from benchmarks.record.session import Session, add_options
from codelode.system.cpu import available_cores

LOOK_EVERY = 0.1  # seconds between memory samples
LODE = (sys.executable, "-m", "codelode")
COLD = 5  # cold searches per program


def main() -> None:
    """Parse the command line and compare the programs on each tree."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compare")
    parser.add_argument("roots", type=Path, nargs="+", metavar="ROOT")
    parser.add_argument("--peers", type=Path, default=Path(".peers"), help="folder of the peers")
    parser.add_argument("--workers", type=int, default=available_cores())
    parser.add_argument("--rounds", type=int, default=5, help="rounds of warm searches")
    parser.add_argument("--scratch", type=Path, help="folder for the indexes (default: temporary)")
    add_options(parser)
    options = parser.parse_args()
    session = Session("compare", options)
    for root in options.roots:
        with tempfile.TemporaryDirectory(prefix="codelode-peers-", dir=options.scratch) as scratch:
            _compare(session, root.resolve(), Path(scratch), options)
    session.notes.append(
        f"semble {peers.SEMBLE} ran with a model of random weights: its own cannot be downloaded"
        " here. Same shape (63,500 x 256 float16, lower-casing WordPiece over the tree's words), so"
        " time and memory are comparable; the quality of its hits is not."
    )
    session.notes.append(f"semble had {options.workers} workers; its command line's default is 4")
    print(_summary(session.finish()))


def _compare(session: Session, root: Path, scratch: Path, options: argparse.Namespace) -> None:
    name = session.corpus(root).name
    folder = options.peers.absolute()
    semble = peers.semble(folder, root, scratch)
    environment = semble.environment(scratch / "semble", options.workers)
    ours = {**os.environ, "LODE_INDEX_DIR": str(scratch / "codelode")}
    command = [*LODE, "index", str(root), "--json", "--rebuild"]
    session.say(f"{name}: indexing with codelode")
    runs = [run(command, ours, LOOK_EVERY)]
    session.say(f"{name}: indexing with semble; this takes a while")
    theirs = run(semble.driver("index", str(root)), environment, LOOK_EVERY)
    session.say(f"{name}: indexing with codelode again")
    runs.append(run(command, ours, LOOK_EVERY))
    made = json.loads(theirs.stdout)
    report = json.loads(runs[-1].stdout)
    disk = made["disk_bytes"] / 1e6, report["index_bytes"] / 1e6
    _pair(session, name, "files", "files", [made["files"]], [report["files"]], "neither")
    _pair(session, name, "chunks", "chunks", [made["chunks"]], [report["chunks"]], "neither")
    _pair(session, name, "index/wall", "s", [theirs.wall], [done.wall for done in runs])
    _pair(session, name, "index/cpu", "s", [theirs.cpu], [done.cpu for done in runs])
    _pair(session, name, "index/peak pss", "MB", _pss([theirs]), _pss(runs))
    _pair(session, name, "index/disk", "MB", [disk[0]], [disk[1]])
    asked = questions(root)
    queries = scratch / "queries.json"
    queries.write_text(json.dumps(asked), encoding="utf-8")
    session.say(f"{name}: searching with both")
    warm = semble.driver("search", str(root), str(queries), str(options.rounds))
    found = run(warm, environment, LOOK_EVERY)
    rounds = json.loads(found.stdout)["rounds"]
    mine = [sys.executable, "-m", "benchmarks.scale.warm", str(root), "--queries", str(queries)]
    mine += ["--index-dir", str(scratch / "codelode"), "--rounds", str(options.rounds)]
    searched = run(mine, ours, LOOK_EVERY)
    answer = json.loads(searched.stdout)
    kinds: dict[str, Callable[[list[float]], float]] = {
        "mean": fmean,
        "p50": partial(percentile, share=0.5),
        "p95": partial(percentile, share=0.95),
    }
    for label, kind in kinds.items():
        slow = [kind(times) * 1000 for times in rounds]
        fast = [seconds * 1000 for seconds in answer[f"{label}_seconds"]]
        _pair(session, name, f"warm search/{label}", "ms", slow, fast)
    _pair(session, name, "warm search/peak pss", "MB", _pss([found]), _pss([searched]))
    cold = {query: [str(semble.command_line), "search", query, str(root)] for query in asked[:COLD]}
    slow = [run(command, environment).wall for command in cold.values()]
    fast = [run([*LODE, "search", "--json", "--", q, str(root)], ours).wall for q in asked[:COLD]]
    _pair(session, name, "cold search/wall", "s", slow, fast)
    _ripgrep(session, name, root, peers.ripgrep(folder), asked)


def _pss(runs: list[Finished]) -> list[float]:
    return [done.memory.pss / 1e6 for done in runs]


def _pair(
    session: Session,
    name: str,
    what: str,
    unit: str,
    theirs: list[float],
    ours: list[float],
    better: Better = "lower",
) -> None:
    """Record a quantity of both programs; a comparison of runs judges only codelode's values."""
    baseline = session.add(f"{name}/semble/{what}", unit, theirs, "neither").name
    session.add(f"{name}/codelode/{what}", unit, ours, better, baseline)


def _ripgrep(session: Session, name: str, root: Path, rg: Path | None, asked: list[str]) -> None:
    if rg is None:
        session.notes.append("ripgrep was not available")
        return
    session.say(f"{name}: searching with ripgrep")
    session.notes.append(
        f"{peers.version([rg])}: lists files that contain any word of the query, ignoring case"
    )
    rounds: list[list[Finished]] = []
    for _ in range(2):
        rounds.append([])
        for query in asked:
            words = [flag for word in query.split() for flag in ("-e", word)]
            search = [str(rg), "-l", "-i", "-F", *words, str(root)]
            rounds[-1].append(run(search))
    for label, share in (("p50", 0.5), ("p95", 0.95)):
        times = [percentile([done.wall for done in done_], share) for done_ in rounds]
        session.add(f"{name}/ripgrep/search/{label}", "ms", [s * 1000 for s in times], "neither")


def _summary(record: Record) -> str:
    """Return a Markdown table of both programs with the ratio of each quantity."""
    lines = ["| | semble | codelode | ratio |", "| --- | ---: | ---: | ---: |"]
    measured = record.by_name()
    for row in record.measurements:
        if row.baseline is None:
            continue
        other = measured[row.baseline]
        times = f"{other.value / row.value:.1f}" if row.better != "neither" and row.value else ""
        label = f"{row.name.replace('/codelode/', ': ')}, {row.unit}"
        lines.append(f"| {label} | {shown(other.value)} | {shown(row.value)} | {times} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
