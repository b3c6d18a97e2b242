"""A tree without an index: the first call answers within its deadline from what is published."""

from __future__ import annotations

import os
import re
import threading
import time
from pathlib import Path

import pytest
from mcp import Client

from codelode import Index
from codelode.answers import first_index
from codelode.mcp import server
from codelode.mcp.roots import Roots
from codelode.pipeline import batch, seal, update
from tests.commandline import until, write_tree
from tests.mcp_client import only_text, run, text_of


def served(root: Path, index_dir: Path) -> Client:
    """Return a client of a server in this process."""
    tools = server.ToolServer(Roots.open([str(root)], str(index_dir)), watch=False)
    return Client(tools.server())


def test_the_first_call_answers_within_its_deadline_from_what_is_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {f"m{n:03}.py": f"def function_{n}():\n    return {n}\n" for n in range(200)}
    root = write_tree(tmp_path / "tree", {**files})
    monkeypatch.setattr(batch, "BATCH_FILES", 10)
    monkeypatch.setattr(update, "SMALL_BATCHES", 100)  # index in this process, without workers
    monkeypatch.setattr(seal, "SEGMENT_CHUNKS", 20)
    monkeypatch.setattr(first_index, "DEADLINE", 2.0)
    monkeypatch.setattr(server, "DEADLINE", 3.0)
    go_on, real = threading.Event(), os.read
    reports: list[float] = []

    def read(descriptor: int, size: int) -> bytes:
        if os.readlink(f"/proc/self/fd/{descriptor}").endswith("m100.py"):  # noqa: PTH115
            assert go_on.wait(60)
        return real(descriptor, size)

    async def note(progress: float, total: float | None, message: str | None) -> None:
        assert message is not None
        assert re.match(r"indexing .*: \d+ of at least \d+ files indexed", message)
        reports.append(progress)

    async def test() -> None:
        async with served(root, tmp_path / "index") as client:
            began = time.monotonic()
            found = only_text(
                await client.call_tool(
                    "search", {"query": "function_7", "max_tokens": 500}, progress_callback=note
                )
            )
            assert time.monotonic() - began < 10
            assert "m007.py:1" in found
            assert re.search(r"index: generation \d+, \d+ files so far, not all,", found)
            assert re.search(r"indexing .*: \d+ of at least \d+ files indexed\]", found)
            go_on.set()
            until(
                lambda: Index.open(root, index_dir=tmp_path / "index").snapshot().manifest.complete
            )
            found = await text_of(client, "search", query="function_150")
            assert "m150.py:1" in found
            assert "200 files, updated" in found

    monkeypatch.setattr(os, "read", read)
    try:
        run(test)
    finally:
        go_on.set()
    assert reports == sorted(reports)
    assert reports[-1] > 0


def test_a_folder_that_its_index_leaves_out_now_is_indexed_by_the_same_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LODE_FRESH_BUDGET", "30")
    files = {"a.py": "a = 1\n", "examples/b.py": "def route_map():\n    return 1\n"}
    root = write_tree(tmp_path / "tree", {**files})
    Index.open(root, index_dir=tmp_path / "index").update(jobs=1)
    (root / ".lodeignore").write_text("examples/\n")

    async def test() -> None:
        async with served(root / "examples", tmp_path / "index") as client:
            for _ in range(2):
                found = await text_of(client, "search", query="route_map")
                assert "b.py:1" in found
                assert "1 file, updated" in found

    run(test)
