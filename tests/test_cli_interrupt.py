"""Ctrl-C ends every command quietly, from the first import to the last line of output."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.commandline import CommandLine

PROGRAM = """
import signal, sys

class Ready:
    def find_spec(self, name, path=None, target=None):
        if name == "codelode.cli.entry":
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})

sys.meta_path.insert(0, Ready())
from codelode.__main__ import main
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
print("ready", file=sys.stderr, flush=True)
sys.exit(main())
"""
"""`lode`, which says when Ctrl-C counts: before, Python itself is starting."""

IN_A_CLASS = """
import functools, os, signal
from pathlib import Path
set_name = functools.cached_property.__set_name__

def interrupted(self, owner, name):
    os.kill(os.getpid(), signal.SIGINT)
    set_name(self, owner, name)

functools.cached_property.__set_name__ = interrupted
"""

DELAYS = (0, 0.004, 0.01, 0.02, 0.04, 0.08, 0.16)  # seconds
COMMANDS = {
    "index": ("index", "TREE"),
    "search": ("search", "retry", "TREE"),
    "status": ("status", "TREE"),
    "verify": ("verify", "TREE"),
    "list": ("list",),
    "clean": ("clean", "--orphans", "--yes"),
}


def interrupted(lode: CommandLine, delay: float, *arguments: str | Path) -> tuple[int, str]:
    """Run a command and press Ctrl-C after a delay; return its exit code and its messages."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *arguments],
        cwd=lode.home,
        env=lode.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stderr is not None
    assert process.stderr.readline() == b"ready\n"
    time.sleep(delay)
    os.killpg(process.pid, signal.SIGINT)
    message = process.stderr.read().decode()
    return process.wait(60), message


@pytest.mark.parametrize("command", COMMANDS)
def test_ctrl_c_is_quiet_at_any_moment(lode: CommandLine, tree: Path, command: str) -> None:
    lode("index", tree).must_succeed()
    arguments = [str(tree) if each == "TREE" else each for each in COMMANDS[command]]
    codes = set()
    for delay in DELAYS:
        code, message = interrupted(lode, delay, *arguments)
        assert "Traceback" not in message, message
        assert "Error" not in message, message
        assert code in (0, 1, 130, -signal.SIGINT), message  # done before Ctrl-C, or interrupted
        codes.add(code)
    assert codes & {130, -signal.SIGINT}


def test_ctrl_c_that_is_ignored_stays_ignored(lode: CommandLine, tree: Path) -> None:
    """Shell scripts start background commands with SIGINT ignored."""
    ignoring = "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN);"
    done = subprocess.run(
        [
            *(sys.executable, "-c", ignoring + " os.execv(sys.argv[1], sys.argv[1:])"),
            *(sys.executable, "-c", "import os, signal; os.kill(0, signal.SIGINT);" + PROGRAM),
            *("index", str(tree)),
        ],
        env=lode.environment(),
        cwd=lode.home,
        capture_output=True,
        start_new_session=True,
    )
    assert done.returncode == 0, done.stderr


def test_ctrl_c_while_python_makes_a_class(lode: CommandLine, tree: Path) -> None:
    """Python 3.11 reports the interrupt as a RuntimeError of `__set_name__`."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.replace("print(", f"{IN_A_CLASS}\nprint("), "status", tree],
        cwd=lode.home,
        env=lode.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode in (130, -signal.SIGINT)
