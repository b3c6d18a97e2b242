"""Agents with only a shell, and indexes that were built elsewhere: what docs/agents.md promises."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from codelode.mcp.token_count import count_tokens
from tests.commandline import LODE, SAMPLE, CommandLine, write_tree
from tests.mcp_client import run, stdio, text_of


def test_a_shell_gets_the_text_of_the_server(lode: CommandLine, tree: Path) -> None:
    lode("index", tree).must_succeed()
    query = "when is a failed request sent again"

    async def test() -> None:
        async with stdio(lode, tree, cwd=tree) as client:
            served = await text_of(client, "search", query=query, limit=5)
            shown = lode("search", "--agent", query, "-k5", cwd=tree).must_succeed().text
            assert without_age(shown) == without_age(served)

    run(test)


def without_age(text: str) -> str:
    """Return an answer without what a shell does not get: the age of the index, and the cursor."""
    text = re.sub(r", updated [^,\]]*", "", text)
    return re.sub(r"\n\[more: .*\]", "", text).strip()


def test_a_shell_sets_the_budget(lode: CommandLine, tree: Path) -> None:
    lode("index", tree).must_succeed()
    for tokens in (120, 400):
        found = lode("search", "--agent", "retry", "--max-tokens", str(tokens), cwd=tree)
        assert "src/retry.py:" in found.must_succeed().text
        assert count_tokens(found.text) <= tokens


def test_a_shell_learns_what_is_stale(lode: CommandLine, tree: Path) -> None:
    lode("index", tree).must_succeed()
    (tree / "src/retry.py").unlink()
    write_tree(tree, {f"new/f{n}.py": f"x_{n} = {n}\n" * 20_000 for n in range(3)})
    found = lode("search", "--agent", "RetryScheduler", cwd=tree, LODE_FRESH_BUDGET="0.3")
    assert "4 files changed since, not indexed yet]" in found.must_succeed().text
    assert re.search(r"^src/retry.py:6 .*\(deleted since\)$", found.text, re.MULTILINE)


def test_an_index_built_elsewhere_is_used(lode: CommandLine, tmp_path: Path) -> None:
    """The recipe of docs/agents.md: a job builds an index, a container gets it with a checkout."""
    workspace = tmp_path / "workspace"
    root, place = workspace / "src", workspace / "index"
    files = {**SAMPLE, **{f"many/m{n}.py": f"def many_{n}():\n    return {n}\n" for n in range(90)}}
    write_tree(root, files)
    lode("index", "--index-dir", place, root).must_succeed()
    shutil.copytree(place, tmp_path / "artifact")
    shutil.rmtree(workspace)

    write_tree(root, {**files, "src/new.py": "def brand_new_function():\n    return 1\n"})
    shutil.copytree(tmp_path / "artifact", place)

    def without_home(*arguments: str | Path) -> Any:
        given = {"HOME": "/nonexistent", "XDG_CACHE_HOME": "", "LODE_INDEX_DIR": str(place)}
        done = subprocess.run([*LODE, *arguments], env={**lode.environment(), **given}, check=True,
                              capture_output=True)  # fmt: skip
        return json.loads(done.stdout)

    found = without_home("search", "--json", "brand_new_function", root)
    assert found["hits"][0]["path"] == "src/new.py"
    assert found["snapshot"]["changed_files"] == 0
    report = without_home("index", "--json", root)
    assert (report["files_added"], report["files_changed"], report["chunks_made"]) == (0, 0, 0)

    async def test() -> None:
        async with stdio(lode, "--index-dir", place, root) as client:
            assert "up to date" in await text_of(client, "search", query="brand_new_function")

    run(test)


def test_an_index_of_another_place_is_refused(lode: CommandLine, tmp_path: Path) -> None:
    root = write_tree(tmp_path / "a", SAMPLE)
    lode("index", "--index-dir", tmp_path / "index", root).must_succeed()
    (folder,) = (tmp_path / "index").iterdir()
    other = write_tree(tmp_path / "b", SAMPLE)
    lode("search", "retry", other, "--index-dir", folder).must_be_refused("of " + str(root))
