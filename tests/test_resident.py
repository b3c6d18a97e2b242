"""`lode search` lets the watcher of an index answer, with the same output, or answers itself."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from codelode import Index
from codelode.cli.entry import main
from codelode.resident import client, server, wire
from codelode.store.folder_name import folder_name
from codelode.system import private_socket
from tests.commandline import (
    CommandLine,
    Outcome,
    imported_by,
    interrupt,
    until,
    watching,
    write_tree,
)


@pytest.fixture
def index(tree: Path, tmp_path: Path) -> Index:
    index = Index.open(tree, index_dir=tmp_path / "index")
    index.update(jobs=1)
    return index


@pytest.fixture
def served(lode: CommandLine, tree: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Watch an indexed tree; yield the process of the watcher once its socket exists."""
    lode("index", tree).must_succeed()
    with watching(lode, tree) as process:
        until(lambda: list(lode.cache.rglob(wire.SOCKET)))
        yield process


def place(lode: CommandLine) -> Path:
    (found,) = lode.cache.rglob(wire.SOCKET)
    return found


def is_asked(lode: CommandLine, *arguments: str | Path, folder: Path) -> bool:
    """Return whether a watcher answers a search, in which case `lode` does not import numpy."""
    return "numpy" not in imported_by(lode, *arguments, folder=folder)


def timeless(outcome: Outcome) -> tuple[int, bytes, bytes]:
    return outcome.code, outcome.out, outcome.err


def test_the_watcher_answers(
    lode: CommandLine, tree: Path, served: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    assert is_asked(lode, "search", "retry", tree, folder=tmp_path / "modules")
    assert not is_asked(
        lode, "search", "retry", tree, "--index-dir", lode.cache, folder=tmp_path / "modules"
    )


@pytest.mark.parametrize(
    "options",
    [
        ["retry"],
        ["retry", "-l"],
        ["retry", "-l0"],
        ["retry", "--jsonl", "-t", "py"],
        ["retry", "--color", "always", "-C", "2"],
        ["xyzzyplugh", "--lexical"],
        ["retry", "--mode", "nonsense"],
        ["retry", "-t", "nonsense"],
        ["retry", "--help"],
        ["", "--lexical"],
    ],
    ids=" ".join,
)
def test_the_output_is_the_same(
    lode: CommandLine, tree: Path, served: subprocess.Popen[bytes], options: list[str]
) -> None:
    folders = (tree, tree / "src")
    by_watcher = [timeless(lode("search", *options, cwd=folder)) for folder in folders]
    served.kill()
    served.wait()
    assert [timeless(lode("search", *options, cwd=folder)) for folder in folders] == by_watcher


def test_terminals_are_passed_on(
    lode: CommandLine, tree: Path, served: subprocess.Popen[bytes]
) -> None:
    shown = lode.on_terminal("search", "retry", tree, "-k1", columns=60)
    assert b"\x1b[" in shown.out
    assert b"1 hit" in shown.out
    assert all(len(line) < 200 for line in shown.out.splitlines())


def test_editor_pager_and_standard_input_are_left_to_the_process_that_asked(
    lode: CommandLine, tree: Path, served: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    found = lode("search", "-", tree, "--json", "-k1", given=b"parseConfig").must_succeed()
    assert found.json["hits"][0]["path"] == "src/config.ts"
    editor = ("search", "retry", tree, "--open")
    opened = lode.on_terminal(*editor, EDITOR="/bin/echo OPENED").must_succeed().text
    assert "OPENED" in opened
    assert is_asked(lode, "search", "retry", tree, folder=tmp_path / "asked")
    settings = {"codelode/config.toml": "pager = 'head -n 1'\n"}
    write_tree(Path(lode.environment()["XDG_CONFIG_HOME"]), settings)
    shown = lode.on_terminal("search", "retry", "--no-snippet", cwd=tree).must_succeed().text
    assert shown.count("\n") == 1
    assert len(lode("search", "retry", "-l", cwd=tree).must_succeed().text.splitlines()) > 1


def test_it_is_never_behind(lode: CommandLine, tree: Path, served: subprocess.Popen[bytes]) -> None:
    for number in range(10):
        (tree / "src/new.py").write_text(f"word{number}x = 1\n")
        answer = lode("search", f"word{number}x", tree, "--json", "-k1").json
        if answer["snapshot"]["changed_files"] == 0:
            assert f"word{number}x" in answer["hits"][0]["text"]
        else:  # the machine was too busy for an update within the budget
            assert answer["snapshot"]["changed_files"] == 1


def test_the_socket_is_private(
    lode: CommandLine, tree: Path, served: subprocess.Popen[bytes]
) -> None:
    status = place(lode).stat()
    assert stat.S_ISSOCK(status.st_mode)
    assert stat.S_IMODE(status.st_mode) == 0o600
    assert place(lode).parent.stat().st_mode & 0o077 == 0
    assert private_socket.peer_is_same_user(
        os.getpid().to_bytes(4, "little") + os.getuid().to_bytes(8, "little")
    )
    assert not private_socket.peer_is_same_user(bytes(4) + (os.getuid() + 1).to_bytes(8, "little"))


def test_a_watcher_that_hangs_is_not_waited_for(
    lode: CommandLine, tree: Path, served: subprocess.Popen[bytes]
) -> None:
    served.send_signal(signal.SIGSTOP)
    assert "src/retry.py:" in lode("search", "retry", tree).must_succeed().text
    served.send_signal(signal.SIGCONT)


def test_a_watcher_that_was_killed_leaves_nothing_that_matters(
    lode: CommandLine, tree: Path, served: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    served.kill()
    served.wait()
    assert place(lode).exists()
    assert "src/retry.py:" in lode("search", "retry", tree).must_succeed().text
    with watching(lode, tree):
        until(lambda: is_asked(lode, "search", "retry", tree, folder=tmp_path / "modules"))


def test_what_a_killed_watcher_leaves_is_removed_with_the_index(
    lode: CommandLine, tree: Path, served: subprocess.Popen[bytes]
) -> None:
    folder = place(lode).parent
    served.kill()
    served.wait()
    lode("clean", tree, "--yes").must_succeed()
    assert not folder.exists()


def test_it_ends_with_its_watcher(
    lode: CommandLine, tree: Path, served: subprocess.Popen[bytes]
) -> None:
    assert interrupt(served).code == 130
    assert not list(lode.cache.rglob(wire.SOCKET))
    assert lode("search", "retry", tree).must_succeed()


@pytest.mark.parametrize(
    "data", [b"", b"x", b"\0\0\0\0", b"\xff" * 4, b"\5\0\0\0.a\0\0.", b"\7\0\0\0.a\0\0.b\0\0."]
)
def test_invalid_requests_get_no_answer(
    lode: CommandLine, tree: Path, served: subprocess.Popen[bytes], data: bytes
) -> None:
    address = private_socket.Address(str(place(lode).parent), wire.SOCKET)
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(address.path)
        connection.settimeout(10)
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(10) == b""
    address.close()
    assert lode("search", "retry", tree).must_succeed()


def test_another_version_is_refused(
    lode: CommandLine, tree: Path, served: subprocess.Popen[bytes]
) -> None:
    asking = (
        "import sys, codelode; from codelode.resident.client import ask;"
        " codelode.__version__ = '9.9';"
        f" sys.exit(ask(['search', 'retry', {str(tree)!r}]) is not None)"
    )
    done = subprocess.run([sys.executable, "-c", asking], env=lode.environment(), cwd=tree)
    assert done.returncode == 0


def test_long_paths(tmp_path: Path, lode: CommandLine) -> None:
    home = tmp_path / ("long" * 30) / ("path" * 30)
    home.mkdir(parents=True)
    far = CommandLine(home)
    root = write_tree(home / "tree", {"a.py": "def retry():\n    pass\n"})
    far("index", root).must_succeed()
    with watching(far, root):
        until(lambda: list(far.cache.rglob(wire.SOCKET)))
        until(lambda: is_asked(far, "search", "retry", root, folder=tmp_path / "modules"))


def test_a_slow_reader_does_not_keep_the_lease(
    lode: CommandLine, tree: Path, served: subprocess.Popen[bytes]
) -> None:
    write_tree(tree, {f"big{n}.py": "retry = 'retry'  # retry\n" * 400 for n in range(30)})
    search = ("search", "retry", tree, "-k", "200", "-g", "big*")
    until(lambda: lode(*search, "-l").out.count(b"\n") > 20)
    stuck = lode.start(*search, "--full-section")
    try:
        time.sleep(1.0)  # the search waits: its output does not fit into the pipe
        served.kill()
        served.wait()
        with watching(lode, tree):
            pass
    finally:
        stuck.kill()
        stuck.communicate()


def test_folders_are_named_as_before(tmp_path: Path) -> None:
    for root in ("/", "/a", "/tmp/a b  c", "/x/.hidden.", "/y/" + "long" * 30, "/z/caf\udce9"):
        name = folder_name(root)
        assert name == name.strip("-.")
        assert len(name) <= 57
        assert set(name) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")
    assert folder_name("/tmp/a b  c").startswith("a-b-c-")
    assert folder_name("/").startswith("root-")


def test_a_request_survives_packing() -> None:
    given = ([b"1", b"", b"/x y"], [b"search", b"", b"caf\xe9"], {b"A": b"", b"B": b"=x="})
    data = wire.pack(*given)
    assert int.from_bytes(data[:4], "little") == len(data) - 4
    assert wire.unpack(data[4:]) == given
    assert client.program()[0]


def test_a_fork_finds_the_command_line_loaded(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The watcher's process imports the modules of the command line before it forks for a client.

    Importing them takes longer than a search. The imports write nothing to the cache folder.
    """
    cache = tmp_path / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    loaded: list[list[str]] = []
    with index.watch() as watcher:
        until(lambda: watcher.changes() == set())
        monkeypatch.setattr(server, "import_module", lambda name: loaded[-1].append(name))
        loaded.append([])
        with closing(server.Resident(index, watcher, main)):
            until((index.directory / wire.SOCKET).exists)
    names = set(loaded[0])
    assert {"argparse", "codelode.cli.views.hits", "codelode.cli.views.agent_page"} <= names
    assert {"codelode.search.searcher", "codelode.freshness.refresh"} <= names
    assert not cache.exists()
