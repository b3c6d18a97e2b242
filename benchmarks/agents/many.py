"""Query many servers of one tree while it is edited and servers are killed.

    python -m benchmarks.agents.many TREE [--servers 20] [--seconds 600]

A copy of TREE is indexed. Each server is a process of `lode mcp` that serves it over standard input
and output. Until the time is up, an editor writes a file with a new function every half second, and
each server is asked for the newest function. A wrong answer is one that neither has the function
nor says that files differ from the index. After 70, 80 and 90 % of the time, a server is killed and
another one started. Prints the calls, errors, wrong answers, latency, and the private memory of the
servers.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import anyio
from mcp import Client, MCPError

from benchmarks.agents.transport import server_of
from benchmarks.record.processes import children
from codelode.index import Index

_EDIT_SECONDS = 0.5
_PAUSE_SECONDS = 1.0
_ADMISSIONS = ("changed since", "may lack the last edits")


@dataclass
class Tally:
    """The counts so far. `newest` is the number of the last function written."""

    newest: int = 0
    ends: float = 0.0
    calls: int = 0
    errors: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    late: int = 0
    seconds: list[float] = field(default_factory=list)
    killed: int = 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("tree", type=Path)
    parser.add_argument("--servers", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=600)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "tree"
        shutil.copytree(options.tree, root, symlinks=True, ignore=shutil.ignore_patterns(".git"))
        Index.open(root, index_dir=folder).update()
        anyio.run(_all, root, folder, options.servers, options.seconds)


async def _all(root: Path, index_dir: str, servers: int, seconds: float) -> None:
    tally = Tally(ends=time.monotonic() + seconds)
    async with anyio.create_task_group() as group:
        group.start_soon(_edit, root, tally)
        for number in range(servers):
            group.start_soon(_ask, root, index_dir, tally, number)
        await anyio.sleep(seconds * 0.6)
        memory = sorted(_private_memory(pid) for pid in _servers())
        for _ in range(3):
            await anyio.sleep(seconds * 0.1)
            os.kill(_servers()[0], signal.SIGKILL)
            tally.killed += 1
    times = sorted(tally.seconds)
    print(f"servers {servers}, killed {tally.killed}, edits {tally.newest}, calls {tally.calls}")
    print(f"errors {len(tally.errors)} {tally.errors[:3]}")
    print(f"wrong answers {len(tally.wrong)} {tally.wrong[:3]}; said to be late {tally.late}")
    middle, high = times[len(times) // 2], times[len(times) * 95 // 100]
    print(f"ms p50 {1000 * middle:.0f}, p95 {1000 * high:.0f}")
    megabytes = [size / 1e6 for size in memory]
    print(f"private MB: median {megabytes[len(memory) // 2]:.0f}, max {megabytes[-1]:.0f}")


async def _edit(root: Path, tally: Tally) -> None:
    (root / "edits").mkdir()
    while time.monotonic() < tally.ends:
        number = tally.newest + 1
        file = root / "edits" / f"module_{number % 50}.py"
        file.write_text(f"def zebra_{number}():\n    return {number}\n")
        tally.newest = number
        await anyio.sleep(_EDIT_SECONDS)


async def _ask(root: Path, index_dir: str, tally: Tally, number: int) -> None:
    """Ask one server until the time is up; start another one if it dies."""
    server = server_of(root, index_dir)
    while time.monotonic() < tally.ends:
        killed = tally.killed
        try:
            async with Client(server, read_timeout_seconds=60) as client:
                while time.monotonic() < tally.ends:
                    await _call(client, tally)
                    await anyio.sleep(_PAUSE_SECONDS)
        except* (MCPError, anyio.BrokenResourceError, anyio.ClosedResourceError) as group:
            if tally.killed == killed:  # no server was killed meanwhile, so this one died
                tally.errors.append(f"server {number}: {group.exceptions[0]!r}")


async def _call(client: Client, tally: Tally) -> None:
    wanted = tally.newest
    began = time.perf_counter()
    result = await client.call_tool("search", {"query": f"zebra_{wanted}", "max_tokens": 500})
    tally.seconds.append(time.perf_counter() - began)
    tally.calls += 1
    (content,) = result.content
    text = content.text if content.type == "text" else ""
    if result.is_error:
        tally.errors.append(text)
    elif f"zebra_{wanted}" not in text and wanted > tally.newest - 50:
        if any(each in text for each in _ADMISSIONS):
            tally.late += 1
        else:
            tally.wrong.append(text)


def _servers() -> list[int]:
    return children(os.getpid())


def _private_memory(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return 1024 * sum(int(line.split()[1]) for line in lines if line.startswith("Private_"))


if __name__ == "__main__":
    main()
