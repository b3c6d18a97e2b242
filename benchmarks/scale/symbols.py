"""Time lookups of definitions in one warm process: names, globs, kinds, languages, paths.

    python benchmarks/scale/symbols.py ROOT [--index-dir DIR] [--runs N]

Prints a table: milliseconds (the median of N runs), the number of hits, a digest of the answer, and
the request. The index of ROOT must exist. The requests suit a tree of C with a few other languages.
"""

from __future__ import annotations

import argparse
import hashlib
import statistics
import time
from pathlib import Path
from typing import Any

from codelode import Index

REQUESTS: tuple[dict[str, Any], ...] = (
    {"name": "netif_rx"},
    {"name": "netif_rx", "exact": True},
    {"name": "init"},
    {"name": "netifRx"},
    {"name": "netif_*"},
    {"name": "netif_reciev_skb"},
    {"name": "sched_clok"},
    {"name": "a*"},
    {"name": "a*", "kinds": "macro"},
    {"name": "a*", "kinds": "class"},
    {"name": "s*", "kinds": "union"},
    {"name": "a*", "languages": "python"},
    {"name": "a*", "languages": "rust", "kinds": "function"},
    {"name": "a*", "globs": "mm/**"},
    {"name": "*e*"},
    {"name": "*e*", "exact": True},
    {"name": "*e*", "kinds": "macro"},
    {"name": "*e*", "kinds": "class"},
    {"name": "*e*", "kinds": "function"},
    {"name": "*e*", "languages": "python"},
    {"name": "*e*", "globs": "mm/**"},
    {"name": "*e*", "globs": "mm/**", "kinds": "macro"},
    {"name": "*xfer*"},
    {"name": "*_init", "kinds": "struct"},
    {"name": "file.r*"},
    {"name": "file.*e*"},
    {"name": "*.init"},
    {"name": "*.e*"},
    {"name": "Kernel.a*"},
    {"kinds": "class"},
    {"kinds": "macro", "languages": "python"},
    {"languages": "python"},
    {"globs": "mm/**"},
)


def measure(index: Index, request: dict[str, Any], runs: int) -> tuple[float, int, str]:
    """Return the median time in milliseconds, the number of hits, and a digest of the answer."""
    answer = index.symbols(**request, fresh="never")
    times = []
    for _ in range(runs):
        begin = time.perf_counter()
        answer = index.symbols(**request, fresh="never")
        times.append(time.perf_counter() - begin)
    digest = hashlib.sha256(repr(answer).encode()).hexdigest()[:12]
    return statistics.median(times) * 1e3, len(answer), digest


def main() -> None:
    """Print a row per request."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=Path)
    parser.add_argument("--index-dir", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    print("milliseconds  hits  digest        request")
    with Index.open(given.root, index_dir=given.index_dir) as index:
        for request in REQUESTS:
            taken, hits, digest = measure(index, request, given.runs)
            print(f"{taken:12.1f} {hits:5}  {digest}  {request}", flush=True)


if __name__ == "__main__":
    main()
