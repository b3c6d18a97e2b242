"""Micro-benchmarks of every stage, with pytest-benchmark, in the schema of the other benchmarks.

    python -m benchmarks.speed [--seconds N] [--cpu] [-k EXPRESSION] [--record]

Needs the dependency group `benchmarks`. Each stage is repeated for `--seconds` (at least five
times). Results are in MB/s or files/s where the input has a known size, else in milliseconds per
call. `--cpu` is for a busy machine: it measures CPU seconds of this process instead of wall-clock
time, and makes a separate record.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from benchmarks.record.session import Session, add_options

FOLDER = Path(__file__).parent
KEPT = 101  # samples per benchmark, evenly spaced


def main() -> int:
    """Run pytest and store the results; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed")
    parser.add_argument("--seconds", type=float, default=1, help="per stage")
    parser.add_argument("--cpu", action="store_true", help="CPU seconds, not wall-clock")
    parser.add_argument("-k", default="", help="run only these, as with pytest's -k")
    add_options(parser)
    options = parser.parse_args()
    session = Session("speed-cpu" if options.cpu else "speed", options)
    chosen = options.k
    if options.cpu:  # "cold" measures child processes, whose CPU time would be missing
        chosen = f"({chosen}) and not cold" if chosen else "not cold"
    with tempfile.TemporaryDirectory(prefix="codelode-speed-") as scratch:
        raw = Path(scratch, "raw.json")
        clock = "time.process_time" if options.cpu else "time.perf_counter"
        arguments = [str(FOLDER), "-k", chosen, "-p", "no:cacheprovider", "-p", "no:xdist"]
        arguments += ["-o", "python_files=bench_*.py", "--benchmark-only", "--benchmark-quiet"]
        arguments += [f"--benchmark-timer={clock}", f"--benchmark-max-time={options.seconds}"]
        failed = pytest.main([*arguments, f"--benchmark-json={raw}"])
        measured = json.loads(raw.read_text("utf-8"))["benchmarks"] if raw.exists() else []
    if not measured:
        print("speed: nothing was measured", file=sys.stderr)
        return int(failed) or 1
    if options.cpu:
        session.notes.append("CPU seconds of one process")
    for row in measured:
        add(session, row)
    session.finish()
    return int(failed)


def add(session: Session, row: dict[str, Any]) -> None:
    """Record one benchmark: a sample per round, in MB/s, files/s or milliseconds per call."""
    name = row["name"].removeprefix("test_")
    seconds = row["stats"]["data"]
    seconds = seconds[:: max(1, len(seconds) // KEPT)][:KEPT]
    extra = row["extra_info"]
    if "bytes" in extra:
        rates = [extra["bytes"] / 1e6 / each for each in seconds if each]
        session.add(name, "MB/s", rates or [0.0], "higher")
    elif "items" in extra:
        session.add(name, "files/s", [extra["items"] / each for each in seconds if each], "higher")
    else:
        calls = extra.get("calls", 1)
        session.add(name, "ms", [each * 1000 / calls for each in seconds])


if __name__ == "__main__":
    sys.exit(main())
