"""Measure how long `lode mcp` takes to start, list its tools and give a first answer.

    python -m benchmarks.agents.start TREE [--runs 20]

A copy of TREE is indexed first. The SDK's client talks to the server over standard input and
output, in each version (era) of the protocol. For each era, prints the milliseconds from just
before the start of the process until the tools are listed, and until the first answer. Also prints
the CPU milliseconds that the server has used when its tools are listed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
import time
from pathlib import Path

import anyio
from mcp import Client

from benchmarks.agents.transport import server_of
from benchmarks.freshness.edits import cpu_seconds, percentiles
from benchmarks.record.processes import children
from codelode import Index

ERAS = ("legacy", "2026-07-28")


def main() -> None:
    """Measure, and print the results as one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.agents.start")
    parser.add_argument("tree", type=Path)
    parser.add_argument("--runs", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lode-start-") as folder:
        root = Path(folder) / "tree"
        shutil.copytree(options.tree, root, symlinks=True)
        report = Index.open(root, index_dir=folder).update()
        found: dict[str, object] = {"files": report.files, "runs": options.runs}
        for era in ERAS:
            starts = [anyio.run(start, root, folder, era) for _ in range(options.runs)]
            found[era] = {name: percentiles([each[name] for each in starts]) for name in starts[0]}
    print(json.dumps(found))


async def start(root: Path, index_dir: str, era: str) -> dict[str, float]:
    """Start a server, list its tools and search; return the times in milliseconds.

    `listed` and `answered` are the times since just before the start; `listed_cpu` is the CPU time
    of the server when its tools are listed.
    """
    server = server_of(root, index_dir)
    others = set(children(os.getpid()))
    began = time.perf_counter()
    async with Client(server, mode=era) as client:
        await client.list_tools()
        listed = time.perf_counter() - began
        (process,) = set(children(os.getpid())) - others
        spent = cpu_seconds(process)
        await client.call_tool("search", {"query": "schedule a timer"})
        answered = time.perf_counter() - began
    return {"listed": 1000 * listed, "listed_cpu": 1000 * spent, "answered": 1000 * answered}


if __name__ == "__main__":
    main()
