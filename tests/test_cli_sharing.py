"""`lode push`, `lode pull` and `lode remote`, as processes; and the recipe for CI."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.checkouts import clone, committed, repository
from tests.commandline import SAMPLE, CommandLine, without, write_tree

ROOT = Path(__file__).parent.parent


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    return repository(tmp_path / "origin", SAMPLE)


def test_push_and_pull(lode: CommandLine, origin: Path, tmp_path: Path) -> None:
    store, other = tmp_path / "store", clone(origin, tmp_path / "clone")
    lode("index", origin).must_succeed()
    pushed = lode("push", store, origin).must_succeed()
    assert re.match(r"pushed 6 files at [0-9a-f]{10} of main in .*1 of 1 segment\n", pushed.text)
    pulled = lode("pull", store, other).must_succeed()
    first, second = pulled.text.splitlines()
    assert re.match(r"pulled 6 files at [0-9a-f]{10} of main in .*known as unchanged", first)
    assert re.match(r"updated in .*: 0 files differed, 0 chunks made", second)
    assert "src/retry.py" in lode("search", "retry", other, "--no-index").must_succeed().text
    again = lode("pull", store, other, "--no-update").must_succeed()
    assert again.text.startswith("the index is the one that was pushed at ")
    listed = lode("remote", "list", store).must_succeed().text
    assert re.match(r"[0-9a-f]{10} +just now +6 files +\S+ kB +main\n\Z", listed)
    cleaned = lode("remote", "gc", store).must_succeed().text
    assert cleaned == "removed 0 pushes of 1, and 0 objects (0 B)\n"
    assert lode("push", store, origin, "--quiet").must_succeed().text == ""


def test_the_options_of_the_index_stay_in_force(
    lode: CommandLine, origin: Path, tmp_path: Path
) -> None:
    write_tree(origin, {".hidden/settings.py": "hidden_setting = 1\n"})
    committed(origin)
    lode("index", origin, "--hidden").must_succeed()
    lode("push", tmp_path / "store", origin).must_succeed()
    other = clone(origin, tmp_path / "clone")
    lode("pull", tmp_path / "store", other).must_succeed()
    found = lode("search", "hidden_setting", other, "-l", "--no-index").must_succeed()
    assert found.text.splitlines()[0].endswith(".hidden/settings.py")


def test_an_index_of_another_project_is_noticed(
    lode: CommandLine, origin: Path, tmp_path: Path
) -> None:
    store, strange = tmp_path / "store", repository(tmp_path / "b", {"x.py": "def x(): ...\n"})
    lode("index", origin).must_succeed()
    lode("push", store, origin).must_succeed()
    copy = write_tree(tmp_path / "copy", SAMPLE)  # the same files, but unknown to git
    assert lode("pull", store, copy, "--quiet").must_succeed().message == ""
    (copy / "src" / "retry.py").unlink()
    write_tree(copy, dict.fromkeys(("docs/guide.md", "src/config.ts", "empty.py"), "y = 1\n"))
    lode("index", copy, "--rebuild").must_succeed()
    assert lode("pull", store, copy).must_succeed().message == ""
    for flags in ([], ["--quiet"], ["--json"]):
        lode("index", strange, "--rebuild").must_succeed()
        warned = lode("pull", store, strange, *flags).must_succeed().message
        assert warned == (
            "lode: none of the 6 files that were pulled agrees with the files here: is"
            f" {store} the store of this project?\n"
        )


def test_places_are_shown_without_dots(lode: CommandLine, origin: Path, tmp_path: Path) -> None:
    for given in ("../absent", "./../absent", f"{origin}/../absent", f"file://{origin}/../absent"):
        refused = lode("pull", given, cwd=origin)
        refused.must_be_refused(f"no such folder: {tmp_path.resolve() / 'absent'}")


def test_errors_are_one_line(lode: CommandLine, origin: Path, tmp_path: Path) -> None:
    store, empty = tmp_path / "store", tmp_path / "empty"
    empty.mkdir()
    for arguments, problem in (
        (("push", store, origin), "no index of"),
        (("pull", store, origin), f"no such folder: {store}"),
        (("pull", empty, origin), "nothing was pushed there yet"),
        (("remote", "list", store), f"no such folder: {store}"),
        (("remote", "gc", f"file://{store}"), f"no such folder: {store}"),
        (("pull", "ftp://host/x", origin), "a store is s3://"),
        (("remote", "gc", "s3://b/x?y=1"), "credentials come from the environment"),
        (("remote", "show", store), "'show' is not one of list, gc"),
        (("remote", "list", store, "--keep", "3"), "are for `lode remote gc`"),
        (("pull", "--bandwidth", "fast", store, origin), "is not a size"),
    ):
        done = lode(*arguments)
        assert (done.code, done.text) == (2, "")
        assert problem in done.message and done.message.count("\n") == 1
    assert lode("remote", "list", empty).code == 1
    assert not store.exists()


def test_a_bucket_without_its_package_says_what_to_install(
    lode: CommandLine, origin: Path, tmp_path: Path
) -> None:
    path = without("obstore", tmp_path / "without")
    done = lode("pull", "s3://bucket/x", origin, PYTHONPATH=path)
    assert done.code == 2 and "pip install 'codelode[bucket]'" in done.message


def test_removing_an_index_removes_a_broken_pull(
    lode: CommandLine, origin: Path, tmp_path: Path
) -> None:
    lode("index", origin).must_succeed()
    (directory,) = lode.cache.rglob("origin-*")
    write_tree(directory, {"pull/0.part": "x"})
    lode("clean", origin, "--yes").must_succeed()
    assert not directory.exists()


def test_the_recipe_for_ci_runs(lode: CommandLine, origin: Path, tmp_path: Path) -> None:
    page = (ROOT / "docs/sharing.md").read_text("utf-8")
    recipe = page.partition("```yaml\n")[2].partition("```")[0]
    steps = re.findall(r"^ +- run: (.*)$", recipe, re.MULTILINE)
    assert steps[0].startswith("pip install") and len(steps) == 4
    environment = lode.environment(
        STORE=str(tmp_path / "store"),
        LODE_INDEX_DIR=str(tmp_path / "runner"),
        PATH=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    )
    for run in range(2):
        output = ""
        for step in steps[1:]:
            done = subprocess.run(
                ["bash", "-e", "-c", step],
                cwd=origin,
                env=environment,
                capture_output=True,
                text=True,
            )
            assert done.returncode == 0, f"{step}: {done.stderr}"
            output += done.stdout
        assert ("pulled" in output or "the index is" in output) == (run == 1)
        assert "removed 0 pushes" in output
        write_tree(origin, {"src/more.py": "def more():\n    return 1\n"})
        committed(origin)
