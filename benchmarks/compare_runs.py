"""Compare two run folders: what got better, and what got worse by more than the noise.

    python -m benchmarks.compare_runs OLD NEW [--minimum PERCENT] [--all]

OLD and NEW are folders below `benchmarks/runs/`, or single record files. The exit code is 1 if
anything got worse. A measurement with a baseline in the same run (indexing and its floor) is
compared as a multiple of the baseline, so that a slower machine does not count as a regression. A
change counts if it exceeds both

- three times the spread of all repetitions involved (scaled median absolute deviation), and
- a minimum: 10 % for times and rates, because two runs of the same program on a busy machine differ
  by that much, and 3 % for everything else (memory, disk). `--minimum` replaces the 10 %.

A single additional error or finding counts as worse. Runs on different machines are compared too,
with a warning.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from benchmarks.record.measurement import (
    Measurement,
    Record,
    SchemaError,
    load_folder,
    loads,
    shown,
)
from benchmarks.record.samples import spread

Verdict = Literal["worse", "better", "same", "changed", "gone", "new"]

TIMES = ("s", "ms", "MB/s", "files/s", "queries/s", "share", "power")
MINIMUM = 0.10
MINIMUM_OTHER = 0.03
SPREADS = 3.0
"""A change must exceed this multiple of the spread."""


@dataclass(frozen=True, slots=True)
class Change:
    """One measurement in two runs.

    `ratio` is new / old, each divided by its baseline `against` if there is one. `noise` is the
    largest deviation of `ratio` from 1 that is insignificant.
    """

    name: str
    old: Measurement | None
    new: Measurement | None
    ratio: float
    noise: float
    verdict: Verdict
    against: str | None = None


def changes(old: Record, new: Record, minimum: float = MINIMUM) -> Iterator[Change]:
    """Yield a change for each measurement of the new record in order, then for those that are gone.

    A relative change of at most `minimum` counts as noise, for the units in `TIMES`.
    """
    before, after = old.by_name(), new.by_name()
    for name, row in after.items():
        earlier = before.get(name)
        if earlier is None:
            yield Change(name, None, row, math.nan, 0.0, "new")
            continue
        baselines = None
        if row.baseline is not None and row.baseline == earlier.baseline:
            baselines = before[row.baseline], after[row.baseline]
        yield compare(earlier, row, minimum, baselines)
    for name, row in before.items():
        if name not in after:
            yield Change(name, row, None, math.nan, 0.0, "gone")


def compare(
    old: Measurement,
    new: Measurement,
    minimum: float = MINIMUM,
    baselines: tuple[Measurement, Measurement] | None = None,
) -> Change:
    """Compare one measurement; with `baselines`, divide each value by its baseline first."""
    least = minimum if new.unit in TIMES else MINIMUM_OTHER
    if new.unit == "count":
        least = 0.0
    ratio = _ratio(old, new)
    spreads = [spread(old.samples), spread(new.samples)]
    against = None
    if baselines is not None and 0 < _ratio(*baselines) < math.inf:
        ratio /= _ratio(*baselines)
        spreads += [spread(row.samples) for row in baselines]
        against = new.baseline
    noise = max(least, SPREADS * math.hypot(*spreads))
    return Change(new.name, old, new, ratio, noise, _verdict(new, ratio, noise), against)


def _ratio(old: Measurement, new: Measurement) -> float:
    if old.value:
        return new.value / old.value
    return math.inf if new.value else 1.0


def _verdict(row: Measurement, ratio: float, noise: float) -> Verdict:
    """Judge a ratio symmetrically: 1/2 deviates from 1 as much as 2 does."""
    moved = max(ratio, 1 / ratio) - 1 if 0 < ratio < math.inf else math.inf
    if moved <= noise:
        return "same"
    if row.better == "neither":
        return "changed"
    return "better" if (ratio > 1) == (row.better == "higher") else "worse"


def main() -> int:
    """Print the comparison; return 1 if something got worse, 2 if a run cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compare_runs")
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("--minimum", type=float, default=100 * MINIMUM, metavar="PERCENT")
    parser.add_argument("--all", action="store_true", help="show unchanged measurements too")
    options = parser.parse_args()
    try:
        old, new = load(options.old), load(options.new)
    except (OSError, SchemaError) as error:
        print(f"compare_runs: {error}", file=sys.stderr)
        return 2
    worse = 0
    for benchmark in dict.fromkeys([*new, *old]):
        worse += report(benchmark, old, new, options.minimum / 100, show_all=options.all)
    print(f"\n{worse} worse" if worse else "\nnothing got worse")
    return 1 if worse else 0


def load(path: Path) -> dict[str, Record]:
    """Read the records of a folder or a file, by benchmark. Raises `SchemaError`, `OSError`."""
    if path.is_dir():
        found = load_folder(path)
        if not found:
            raise SchemaError(f"{path}: this folder has no records")
        return found
    record = loads(path.read_text(encoding="utf-8"))
    return {record.benchmark: record}


def report(
    benchmark: str,
    old: dict[str, Record],
    new: dict[str, Record],
    minimum: float,
    *,
    show_all: bool,
) -> int:
    """Print the changes of one benchmark; return how many measurements got worse."""
    print(f"\n{benchmark}")
    if benchmark not in old or benchmark not in new:
        print(f"  only in the {'new' if benchmark in new else 'old'} run")
        return 0
    for line in differences(old[benchmark], new[benchmark]):
        print(f"  ! {line}")
    found = list(changes(old[benchmark], new[benchmark], minimum))
    listed = [one for one in found if show_all or one.verdict not in ("same", "gone", "new")]
    width = max((len(one.name) for one in listed), default=0)
    for one in listed:
        print(f"  {one.verdict:7} {one.name:<{width}}  {_values(one)}")
    verdicts = Counter(one.verdict for one in found)
    print(f"  {verdicts['same']} of {len(found)} measurements are the same within the noise")
    for missing in ("gone", "new"):
        if verdicts[missing]:
            print(f"  {verdicts[missing]} only in the {'old' if missing == 'gone' else 'new'} run")
    return verdicts["worse"]


def differences(old: Record, new: Record) -> list[str]:
    """Return the reasons why two records are hard to compare."""
    found = []
    for key in ("cpu", "cores", "memory_bytes"):
        if old.machine.get(key) != new.machine.get(key):
            was, now = old.machine.get(key), new.machine.get(key)
            found.append(f"different machines: {key} {was} and {now}")
    before = {corpus.name: corpus.digest for corpus in old.corpora}
    found += [
        f"{corpus.name} names two different trees"
        for corpus in new.corpora
        if before.get(corpus.name, corpus.digest) != corpus.digest
    ]
    for which, record in (("old", old), ("new", new)):
        if record.dirty:
            found.append(f"the {which} run used sources that differ from commit {record.commit}")
        if record.load_average.get("before", 0) > 0.5:
            load = record.load_average["before"]
            found.append(f"the machine was busy before the {which} run: load {load:.1f}")
    return found


def _values(change: Change) -> str:
    row = change.new or change.old
    assert row is not None
    if change.old is None or change.new is None:
        return f"{shown(row.value)} {row.unit}"
    values = f"{shown(change.old.value)} -> {shown(change.new.value)} {row.unit}"
    against = f", against {change.against}" if change.against else ""
    return f"{values}  x {change.ratio:.3g}{against}  (noise {change.noise:.0%})"


if __name__ == "__main__":
    sys.exit(main())
