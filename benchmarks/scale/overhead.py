"""Measure the cost of profiling and of metrics: CPU seconds of `lode index --rebuild`.

    python -m benchmarks.scale.overhead ROOT [--rounds N] [--jobs N] [--without SOURCE]

Each round runs every variant once, starting with a different variant each time. `--without` adds a
variant: the `src` folder of another checkout. Times are CPU seconds summed over all processes, as
the system counts them; each is compared with the time of the first variant in the same round.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks.scale.indexing import measured


def variants(folder: Path, other: Path | None) -> dict[str, tuple[list[str], dict[str, str]]]:
    """Return the additional arguments and environment variables of each variant, by name."""
    found: dict[str, tuple[list[str], dict[str, str]]] = {
        "off": ([], {}),
        "--stats": (["--stats"], {}),
        "--profile": (["--profile"], {}),
        "--profile FILE": ([f"--profile={folder / 'trace.json'}"], {}),
        "LODE_METRICS=file:": ([], {"LODE_METRICS": f"file:{folder / 'lode.prom'}"}),
        "LODE_METRICS=http:": ([], {"LODE_METRICS": "http://127.0.0.1:9464"}),
    }
    if other is not None:
        found["other checkout"] = ([], {"PYTHONPATH": str(other)})
    return found


def main() -> None:
    """Run the rounds and print a table of the costs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("root", type=Path)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--without", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = [sys.executable, "-m", "codelode", "index", str(options.root), "--rebuild"]
        command += ["--jobs", str(options.jobs), "--index-dir", str(folder / "index")]
        runs = variants(folder, options.without)
        costs: dict[str, list[float]] = {name: [] for name in runs}
        order = list(runs)
        for _ in range(options.rounds):
            for variant in order:
                arguments, environment = runs[variant]
                cost, _ = measured([*command, *arguments], {**os.environ, **environment})
                costs[variant].append(cost.cpu)
            order = order[1:] + order[:1]
    base = costs["off"]
    print("| variant | CPU s, median | ratio, median | from | to |")
    print("|---|---|---|---|---|")
    for variant, seconds in costs.items():
        ratios = sorted(mine / its for mine, its in zip(seconds, base, strict=True))
        middle = statistics.median(ratios)
        print(
            f"| {variant} | {statistics.median(seconds):.2f} | {middle:.3f} |"
            f" {ratios[len(ratios) // 4]:.3f} | {ratios[-1 - len(ratios) // 4]:.3f} |"
        )


if __name__ == "__main__":
    main()
