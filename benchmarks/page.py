"""Measure how fast `lode serve`, in its own process, answers people who type into the page.

Each user types queries letter by letter. From the fourth letter on, each letter sends a request
over HTTP. The next letter is typed when the answer has arrived and the pause is over.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import random
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import numpy as np

from benchmarks.questions import questions

PAUSE = 0.15
"""Seconds between two letters of a fast typist."""
FIRST_LETTERS = 4


def main() -> None:
    """Print the latency of one user without pauses, and of several who type at the same time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tree", help="a tree with an index")
    parser.add_argument("--index-dir")
    parser.add_argument("--users", type=int, default=10)
    parser.add_argument("--queries", type=int, default=6, help="queries of each user")
    given = parser.parse_args()
    where = ["--index-dir", given.index_dir] if given.index_dir else []
    asked = questions(Path(given.tree))
    few = min(given.queries, len(asked))
    drawn = [random.Random(seed).sample(asked, few) for seed in range(given.users + 2)]
    with serving([given.tree, *where]) as port:
        typing(port, drawn[:1], 0.0)  # maps the index, loads the model and the lexers
        _print("1 user, no pauses", typing(port, drawn[1:2], 0.0))
        _print(f"{given.users} users", typing(port, drawn[2:], PAUSE))


@contextmanager
def serving(arguments: list[str]) -> Iterator[int]:
    """Start `lode serve`; yield its port."""
    command = [sys.executable, "-m", "codelode", "serve", "--port", "0", *arguments]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", process.stderr.readline())
        assert found is not None, "the server did not start"
        yield int(found[1])
    finally:
        process.terminate()
        process.wait()


def typing(port: int, queries: list[list[str]], pause: float) -> list[float]:
    """Let each user type a list of queries, all at the same time; return each request's seconds."""
    seconds: list[list[float]] = [[] for _ in queries]
    threads = [
        threading.Thread(target=_type, args=(port, typed, pause, mine))
        for typed, mine in zip(queries, seconds, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return list(itertools.chain.from_iterable(seconds))


def _type(port: int, queries: list[str], pause: float, seconds: list[float]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for query in queries:
        for end in range(FIRST_LETTERS, len(query) + 1):
            began = time.perf_counter()
            connection.request("GET", f"/results?q={quote(query[:end])}")
            response = connection.getresponse()
            response.read()
            assert response.status == 200, response.status
            seconds.append(time.perf_counter() - began)
            time.sleep(max(pause - seconds[-1], 0))


def _print(name: str, seconds: list[float]) -> None:
    p50, p95, p99 = np.percentile(seconds, (50, 95, 99)) * 1000
    print(f"{name}: {len(seconds)} requests, p50 {p50:.1f} ms, p95 {p95:.1f} ms, p99 {p99:.1f} ms")


if __name__ == "__main__":
    main()
