"""One run of a benchmark: collects measurements, prints them, and records them on request.

python -m benchmarks.scale.card ROOT --record          # benchmarks/runs/<...>/
python -m benchmarks.scale.card ROOT --into FOLDER     # this folder
python -m benchmarks.scale.card ROOT --json FILE       # the same content in one file
"""

from __future__ import annotations

import argparse
import compileall
import os
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import codelode
from benchmarks.record import surroundings
from benchmarks.record.measurement import Better, Corpus, Measurement, Record, dumps, table
from benchmarks.record.trees import describe, without_paths

RUNS = Path(__file__).parent.parent / "runs"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that every benchmark has."""
    parser.add_argument(
        "--record",
        action="store_true",
        help="store the raw results in benchmarks/runs/<date>-<machine>-<commit>/",
    )
    parser.add_argument("--into", type=Path, metavar="FOLDER", help="store them in this run folder")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the raw results to FILE")


class Session:
    """A benchmark in progress."""

    def __init__(self, benchmark: str, options: argparse.Namespace) -> None:
        self.benchmark = benchmark
        self._options = options
        # Compile to bytecode, as an installation does; else each process would compile again.
        compileall.compile_dir(Path(codelode.__file__).parent, quiet=1)
        self._began = datetime.now(UTC)
        self._clock = time.perf_counter()
        self._load = os.getloadavg()[0]
        self._names: dict[Path, str] = {}
        self.corpora: list[Corpus] = []
        self.measurements: list[Measurement] = []
        self.notes: list[str] = []

    def corpus(self, root: Path, original: Path | None = None) -> Corpus:
        """Record a measured tree; if it is a copy, it gets the name of the `original`.

        In the recorded command line, the name replaces the path of `original` (or `root`).
        """
        given = (original or root).resolve()
        found = describe(root, given.name)
        self.corpora.append(found)
        self._names[given] = found.name
        return found

    def add(
        self,
        name: str,
        unit: str,
        samples: Sequence[float] | float,
        better: Better = "lower",
        baseline: str | None = None,
    ) -> Measurement:
        """Record a measurement."""
        values = tuple(samples) if isinstance(samples, Sequence) else (samples,)
        row = Measurement(name, unit, better, values, baseline)
        self.measurements.append(row)
        return row

    def say(self, text: str) -> None:
        """Print progress to stderr; results go to stdout at the end."""
        print(f"{self.benchmark}: {text}", file=sys.stderr, flush=True)

    def finish(self) -> Record:
        """Print the results, and write and return the record.

        The options name the places to write it to.
        """
        record = self._record()
        print(table(record.measurements))
        for note in record.notes:
            print(f"note: {note}")
        text = dumps(record)
        for target in self._targets(record):
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
            self.say(f"recorded in {target}")
        return record

    def _record(self) -> Record:
        head, dirty = surroundings.commit()
        return Record(
            benchmark=self.benchmark,
            command=self._command(),
            began=self._began.strftime("%Y-%m-%dT%H:%M:%SZ"),
            seconds=round(time.perf_counter() - self._clock, 1),
            commit=head,
            dirty=dirty,
            machine=surroundings.machine(),
            versions=surroundings.versions(),
            load_average={"before": self._load, "after": os.getloadavg()[0]},
            corpora=self.corpora,
            measurements=self.measurements,
            notes=self.notes,
        )

    def _command(self) -> str:
        spec = sys.modules["__main__"].__spec__
        module = spec.name.removesuffix(".__main__") if spec else Path(sys.argv[0]).name
        return " ".join(["python -m", module, *without_paths(sys.argv[1:], self._names)])

    def _targets(self, record: Record) -> list[Path]:
        targets = [self._options.json] if self._options.json else []
        if self._options.into:
            targets.append(self._options.into / f"{self.benchmark}.json")
        if self._options.record:
            machine = surroundings.machine_name(record.machine)
            day = f"{self._began:%Y-%m-%d}"
            targets.append(RUNS / f"{day}-{machine}-{record.commit}" / f"{self.benchmark}.json")
        return targets
