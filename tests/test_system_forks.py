"""Workers that are forks: nothing that their parent is or has done disturbs them or the parent."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux only")


def run(folder: Path, worker: str, parent: str, *arguments: str) -> tuple[str, str]:
    """Run a parent whose worker is the module `worker_of_a_test`; return what it prints."""
    (folder / "worker_of_a_test.py").write_text(worker)
    done = subprocess.run(
        [sys.executable, "-c", parent, *arguments],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(folder)},
    )
    return done.stdout, done.stderr


WORKER = """
import gc, os
from codelode.system.processes import ParentProcess

def main():
    parent = ParentProcess.connect()
    gc.collect()
    parent.reply(os.readlink("/proc/self/fd/2"))
    for request in parent.requests():
        parent.reply(request)
"""

PARENT = """
import atexit, gc, io, os, signal, sys
from codelode.system.processes import ChildProcess
result = sys.argv[1]
{before}
child = ChildProcess("worker_of_a_test", {{}}, fork=True)
with open(result, "a") as file:
    error = child.receive()
    child.send("request")
    print(error and error[0], child.receive(), file=file)
    child.end_input()
    print(child.receive(), child.wait(), file=file)
"""

REAPS = """
def reap(*_):
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass
signal.signal(signal.SIGCHLD, reap)
"""
GARBAGE = """
class Cycle: pass
cycle = Cycle()
cycle.itself = cycle
cycle.file = open(result, "a")  # its descriptor is free in the child
cycle.file.write("garbage\\n")
cycle.kept = open(os.devnull)
gc.collect()
gc.disable()
del cycle
"""
WATCHED = """
gc.callbacks.append(lambda *_: os.getpid() == parent or print("collected by a child"))
parent = os.getpid()
atexit.register(lambda: print("exit of", "the parent" if os.getpid() == parent else "a child"))
"""
CLOSED = """
for number in {}:
    os.close(number)
own = open(result + ".lock", "w")  # gets the descriptor of a standard stream
"""


@pytest.mark.parametrize(
    ("before", "output"),
    [
        ("sys.stdout = io.TextIOWrapper(sys.stdout.buffer); print('once')", "once\n"),
        ("sys.stdout = os.fdopen(1, 'w'); print('once')", "once\n"),
        ("keep, sys.stdout = sys.stdout, io.StringIO(); print('never')", ""),
        ("signal.signal(signal.SIGCHLD, signal.SIG_IGN)", ""),
        (REAPS, ""),
        (WATCHED, "exit of the parent\n"),
    ],
    ids=["wrapped", "reopened", "replaced", "ignores", "reaps", "watched"],
)
def test_parents_that_have_done_something(tmp_path: Path, before: str, output: str) -> None:
    result = tmp_path / "result"
    stdout, stderr = run(tmp_path, WORKER, PARENT.format(before=before), str(result))
    error, rest = result.read_text().split(maxsplit=1)
    assert error.startswith("pipe:")
    assert rest == "('request', b'')\nNone 0\n"
    assert (stdout, stderr) == (output, "")


@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1), (1, 2), (0, 2), (0, 1, 2)])
def test_parents_without_standard_streams(tmp_path: Path, closed: tuple[int, ...]) -> None:
    """A pipe or a lock at the descriptor of a stream must not stay open in the worker."""
    result = tmp_path / "result"
    run(tmp_path, WORKER, PARENT.format(before=CLOSED.format(closed)), str(result))
    error, rest = result.read_text().split(maxsplit=1)
    assert error.startswith("pipe:") if 2 not in closed else error == os.devnull
    assert rest == "('request', b'')\nNone 0\n"


def test_garbage_of_the_parent_is_left_alone(tmp_path: Path) -> None:
    result = tmp_path / "result"
    run(tmp_path, WORKER, PARENT.format(before=GARBAGE), str(result))
    lines = result.read_text().splitlines()
    assert lines[0].startswith("pipe:")
    assert lines[0].endswith("('request', b'')")
    assert sorted(lines[1:]) == ["None 0", "garbage"]


UNWINDING = """
import os, signal, sys
from codelode.system.processes import ChildProcess

def ends(*_):
    raise SystemExit("unwound")

sys.excepthook = ends
signal.signal(signal.SIGTERM, ends)
{before}
try:
    child = ChildProcess("worker_of_a_test", {{}}, fork=True)
    print(child.receive(), child.wait(), flush=True)
except BaseException:
    print("unwound in", os.getpid(), flush=True)
"""


@pytest.mark.parametrize(
    ("worker", "before", "status"),
    [
        ("def main(): raise ValueError('no')", "", 1),
        (
            WORKER,  # a signal arrives as soon as the child exists
            "os.register_at_fork(after_in_child=lambda: os.kill(os.getpid(), signal.SIGTERM))",
            -15,
        ),
    ],
    ids=["error", "signal"],
)
def test_a_child_does_not_return_to_the_code_of_its_parent(
    tmp_path: Path, worker: str, before: str, status: int
) -> None:
    stdout, _ = run(tmp_path, worker, UNWINDING.format(before=before))
    assert stdout == f"None {status}\n"


KILLING = """
import os
from codelode.system.processes import ChildProcess
child = ChildProcess("worker_of_a_test", {}, fork=True)
child.end_input()
os.waitpid(child.pid, 0)
print(child.wait(0), child.wait(), child._process.kill())
"""


def test_a_child_that_the_program_has_released_is_not_killed(tmp_path: Path) -> None:
    assert run(tmp_path, WORKER, KILLING) == ("0 0 None\n", "")


LIKE_A_PROGRAM = """
import os, signal, sys

from codelode.system.processes import ParentProcess

def main():
    parent = ParentProcess.connect()
    handlers = [signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)]
    parent.reply(
        {
            "leads": os.getpgrp() == os.getpid(),
            "descriptors": len(os.listdir("/proc/self/fd")),
            "handlers": [getattr(each, "name", "other") for each in handlers],
        }
    )
    sys.stdout.flush()
    raise ValueError("no more")
"""

FORKING = """
import signal, sys
from codelode.system.forked import allow_forks, may_fork
from codelode.system.processes import ChildProcess
allow_forks()
signal.signal(signal.SIGTERM, lambda *_: None)
signal.signal(signal.SIGUSR1, signal.SIG_IGN)
file = open(sys.argv[1])
print("written once, ", end="")
assert may_fork()
child = ChildProcess("worker_of_a_test", {}, fork=True)
print(child.receive()[0], child.receive(), child.wait())
"""


def test_a_fork_is_like_a_program(tmp_path: Path) -> None:
    stdout, stderr = run(tmp_path, LIKE_A_PROGRAM, FORKING, __file__)
    # Input, error and two for the frames are four; listing the folder opens the fifth.
    like = {"leads": True, "descriptors": 5, "handlers": ["SIG_DFL", "SIG_DFL", "SIG_IGN"]}
    assert stdout == f"written once, {like} None 1\n"
    assert stderr.endswith("ValueError: no more\n")


@pytest.mark.parametrize(
    ("change", "answer"),
    [
        ("pass", "True"),
        ("import threading as t; t.Thread(target=t.Event().wait, daemon=True).start()", "False"),
        ("import functools; may_fork = functools.partial(may_fork, 1 << 20)", "False"),
        ("forked._allowed = False", "False"),  # as in a program that uses codelode as a library
        ("sys.settrace(lambda *_: None)", "False"),
        ("sys.setprofile(lambda *_: None)", "False"),
        ("import tracemalloc; tracemalloc.start()", "False"),
        ("large = b'x' * (200 << 20)", "False"),
        ("import mmap; large = mmap.mmap(-1, 200 << 20, flags=mmap.MAP_PRIVATE)", "False"),
        pytest.param(
            "sys.monitoring.use_tool_id(1, 'coverage')",
            "False",
            marks=pytest.mark.skipif(sys.version_info < (3, 12), reason="no such hooks"),
        ),
    ],
)
def test_which_processes_are_forked(change: str, answer: str) -> None:
    begin = "import sys; from codelode.system import forked; may_fork = forked.may_fork"
    source = f"{begin}; forked.allow_forks(); {change}; print(may_fork())"
    done = subprocess.run(
        [sys.executable, "-c", source],
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"{answer}\n"
