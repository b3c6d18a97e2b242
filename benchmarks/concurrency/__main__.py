"""Measure searches during other work: while indexing, and from many threads or processes.

    python -m benchmarks.concurrency ROOT [--seconds N] [--jobs N] [--record]

A copy of the tree is indexed and edited, never ROOT. Each scene lasts `--seconds`, divided into
five windows that give one sample each. There are about twenty scenes:

- idle: one thread searches, nothing else runs;
- busy: the same, while one process per core only uses CPU, as a control for the next scene;
- while indexing: the same, while `lode index --rebuild` runs on all cores in other processes, over
  and over; and while this process indexes in another thread;
- threads: 1, 2, 4, 8 on one `Index`;  processes: 1, 2, 4, 8 on one index, each with an `Index`;
- served: 1, 2, 4, 8 threads on one `Index` with a search process per core (`--jobs`);
- turns: one thread alternates with eight threads that use search processes, for a
  reliable ratio of the two rates;
- mixed: four threads search in all modes and with filters while files change and updates run.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from pathlib import Path

from benchmarks.concurrency import scenes
from benchmarks.concurrency.load import Load, asking, search_for
from benchmarks.questions import questions
from benchmarks.record.session import Session, add_options
from codelode import Index
from codelode.system.cpu import available_cores


def main() -> None:
    """Parse the command line and run the scenes in sequence."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.concurrency")
    parser.add_argument("root", type=Path)
    parser.add_argument("--seconds", type=float, default=10, help="per scene")
    parser.add_argument("--jobs", type=int, default=available_cores())
    parser.add_argument(
        "--scratch", type=Path, help="folder for the copy and the index (default: temporary)"
    )
    add_options(parser)
    options = parser.parse_args()
    session = Session("concurrency", options)
    name = session.corpus(options.root).name
    with tempfile.TemporaryDirectory(prefix="codelode-many-", dir=options.scratch) as scratch:
        stage = scenes.Stage(
            tree=Path(scratch, "tree"),
            index_dir=Path(scratch, "index"),
            queries=Path(scratch, "queries.json"),
            asked=questions(options.root),
            seconds=options.seconds,
            jobs=options.jobs,
        )
        shutil.copytree(options.root, stage.tree, symlinks=True)
        stage.queries.write_text(json.dumps(stage.asked), encoding="utf-8")
        play(session, name, stage)
    session.finish()


def play(session: Session, name: str, stage: scenes.Stage) -> None:
    """Run all scenes."""
    session.say("indexing the copy")
    index = Index.open(stage.tree, stage.index_dir)
    report = index.update(jobs=stage.jobs)
    session.add(f"{name}/chunks", "chunks", report.chunks, "neither")
    search = asking(index, stage.asked)
    search_for(stage.seconds / 5, 1, search)  # a warm-up: it maps the index and verifies its pages
    session.say("idle")
    idle = latency(session, f"{name}/idle", search_for(stage.seconds, 1, search))
    session.say("busy")
    with scenes.counting(stage.jobs):
        load = search_for(stage.seconds, 1, search)
    latency(session, f"{name}/cores busy with counting", load, idle)
    session.say("while another process indexes")
    with scenes.indexing_outside(stage) as runs:
        load = search_for(stage.seconds, 1, search)
    latency(session, f"{name}/while another process indexes", load, idle)
    session.add(
        f"{name}/while another process indexes/rebuilds begun", "count", len(runs), "neither"
    )
    session.say("while this process indexes")
    with scenes.indexing_inside(index, stage.jobs) as done:
        load = search_for(stage.seconds, 1, search)
    latency(session, f"{name}/while this process indexes", load, idle)
    session.add(f"{name}/while this process indexes/rebuilds begun", "count", len(done), "neither")
    for threads in (1, 2, 4, 8):
        session.say(f"{threads} threads")
        load = search_for(stage.seconds, threads, search)
        rate(session, name, "threads", threads, load)
    for threads in (1, 2, 4, 8):
        session.say(f"{threads} threads on search processes")
        scenes.served(session, name, stage, threads)
    session.say("one thread, and eight on search processes, alternating")
    scenes.in_turns(session, name, stage, index, 8)
    for processes in (1, 2, 4, 8):
        session.say(f"{processes} processes")
        scenes.processes(session, name, stage, processes)
    session.say("mixed")
    scenes.mixed(session, name, stage, index)


def latency(session: Session, label: str, load: Load, idle: str | None = None) -> str:
    """Record p50, p95 and errors; return `label`.

    If `idle` is given, the baselines are the p50 and the p95 that have `idle` as their label.
    """
    for what, share in (("p50", 0.5), ("p95", 0.95)):
        baseline = f"{idle}/{what}" if idle else None
        session.add(f"{label}/{what}", "ms", load.percentiles(share), baseline=baseline)
    session.add(f"{label}/errors", "count", load.errors.total())
    return label


def rate(session: Session, name: str, what: str, count: int, load: Load) -> None:
    """Record searches per second, p95 and errors.

    The baseline of the rate is the rate of one thread or process.
    """
    one = f"{name}/{what}/1/rate" if count > 1 else None
    session.add(f"{name}/{what}/{count}/rate", "queries/s", load.rates(), "higher", one)
    session.add(f"{name}/{what}/{count}/p95", "ms", load.percentiles(0.95))
    session.add(f"{name}/{what}/{count}/errors", "count", load.errors.total())


if __name__ == "__main__":
    main()
