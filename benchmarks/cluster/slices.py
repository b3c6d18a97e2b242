"""Build one large tree in slices on Ray, and compare its answers with those of one index.

    python -m benchmarks.cluster.slices TREE [--slice-size 67108864] [--workers 1 2] [--record]

The tree is built in slices of at most `--slice-size` bytes of files, once with each number of
workers. Then it is built as a whole, by one process. All answers must be equal in path, lines,
text, score, features and order.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from benchmarks.cluster.build import Watch, ray_cluster
from benchmarks.cluster.searchers import QUERIES
from benchmarks.faults.world import scratch_folder
from benchmarks.record.session import Session, add_options
from codelode import Hit, Index
from codelode.cluster.build_messages import Source, TaskOptions
from codelode.cluster.tasks import build_all
from codelode.roster.answer import SelectedRepositories
from codelode.roster.cache import ObjectCache
from codelode.roster.roster import Roster
from codelode.roster.upload import Uploader
from codelode.roster.writer import RosterWriter
from codelode.search.request import MODES, SearchRequest
from codelode.store.storage import LocalStorage

NAME = "tree"


def answers(place: Path) -> list[list[Hit]]:
    """Return the answers of a roster to all queries, in all modes, with explanations."""
    opened = SelectedRepositories(Roster.open(str(place)), cache=ObjectCache(place / "unused", 0))
    requests = [SearchRequest(q, 20, mode, explain=True) for q in QUERIES for mode in MODES]
    return [opened.answer(request).hits for request in requests]


def build_slices(session: Session, tree: Path, place: Path, size: int, workers: int) -> float:
    """Build the tree in slices; return the seconds that this took."""
    options = TaskOptions(str(place), 1, 2 << 30, 16 << 30, size)
    with ray_cluster(workers) as address, Watch() as watch:
        report = build_all(
            [Source(NAME, str(tree))], options, address, lambda built, done: None, session.say
        )
    (built,) = report.built
    assert not built.problem, built.problem
    name = f"{workers} workers"
    session.add(f"{name}/build", "s", report.seconds)
    session.add(f"{name}/all tasks", "s", built.seconds)
    session.add(f"{name}/slices", "", float(len(built.slices)))
    session.add(f"{name}/peak of a task", "MB", built.peak_bytes / 1e6)
    session.add(f"{name}/peak of all tasks", "MB", watch.tasks.pss / 1e6)
    return report.seconds


def build_whole(session: Session, tree: Path, folder: Path) -> Path:
    """Index the tree in one process; return the folder of a roster that holds the index."""
    index = Index.open(tree, index_dir=folder / "indexes")
    began = time.perf_counter()
    report = index.update(jobs=1)
    session.add("one index/build", "s", time.perf_counter() - began)
    session.say(f"{report.files:,} files, {report.chunks:,} chunks, {report.segments} segments")
    writer = RosterWriter.open(str(folder / "whole"))
    writer.add([Uploader(writer.store).upload(LocalStorage(index.directory), NAME)])
    return folder / "whole"


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.cluster.slices", description=__doc__
    )
    parser.add_argument("tree", type=Path)
    parser.add_argument("--slice-size", type=int, default=64 << 20, metavar="BYTES")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--scratch", type=Path, help="folder for indexes and rosters")
    add_options(parser)
    options = parser.parse_args()
    session = Session("cluster-slices", options)
    session.corpus(options.tree)
    with scratch_folder(options.scratch) as folder:
        for workers in options.workers:
            place = folder / f"slices-{workers}"
            build_slices(session, options.tree.resolve(), place, options.slice_size, workers)
        whole = answers(build_whole(session, options.tree.resolve(), folder))
        for workers in options.workers:
            assert answers(folder / f"slices-{workers}") == whole, "the answers differ"
    session.notes.append(f"{len(whole)} answers are equal")
    session.finish()


if __name__ == "__main__":
    main()
