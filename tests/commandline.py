"""Run `lode` as users do: as a process, in a pipe or on a terminal, with caches of its own."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

LODE = [sys.executable, "-m", "codelode"]
_ON_TERMINAL = (
    "import fcntl, os, sys, termios; os.setsid(); fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
    " os.execv(sys.argv[1], sys.argv[1:])"
)
_OURS = (
    *("NO_COLOR", "FORCE_COLOR", "COLUMNS", "PYTHONSTARTUP"),
    *("VISUAL", "EDITOR", "PAGER", "LESS", "WSL_DISTRO_NAME"),
)

SAMPLE: dict[str, str | bytes] = {
    "src/retry.py": (
        '"""Retries."""\n\nimport random\n\n\n'
        "class RetryScheduler:\n"
        '    """Decide when a failed request is sent again."""\n\n'
        "    def schedule(self, attempt: int) -> float:\n"
        '        """Exponential backoff with jitter."""\n'
        "        delay = 0.1 * 2**attempt\n"
        "        return delay * random.uniform(0.5, 1.5)\n"
    ),
    "src/config.ts": (
        "// Reads settings from the environment.\n"
        "export function parseConfig(text: string): Map<string, string> {\n"
        "  const settings = new Map<string, string>();\n"
        "  for (const line of text.split('\\n')) {\n"
        "    const [key, value] = line.split('=');\n"
        "    settings.set(key, value);\n"
        "  }\n"
        "  return settings;\n"
        "}\n"
    ),
    "lib/queue.go": (
        "package queue\n\n// Push appends an item to the queue.\n"
        "func (q *Queue) Push(item int) {\n\tq.items = append(q.items, item)\n}\n"
    ),
    "tests/test_retry.py": (
        "def test_retry_schedule():\n    assert RetryScheduler().schedule(1) > 0\n"
    ),
    "docs/guide.md": "# Guide\n\nHow the retry scheduler waits before it tries again.\n",
    ".gitignore": "build/\n",
    "build/generated.py": "retry = 1\n",
    "logo.png": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
    "empty.py": "",
}


def indexed_sample(folder: Path) -> tuple[CommandLine, Path]:
    """Write a small tree into a folder and index it; return a command line and the tree."""
    home = folder / "home"
    home.mkdir()
    lode = CommandLine(home)
    root = write_tree(folder / "tree", SAMPLE)
    lode("index", root).must_succeed()
    return lode, root


def write_tree(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files below a folder."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def write_many(root: Path) -> Path:
    """Write 520 small files: three batches, enough to start workers."""
    return write_tree(
        root,
        {f"module_{n}.py": f"def function_{n}():\n    return {n}\n" for n in range(520)},
    )


def without(package: str, folder: Path) -> str:
    """Return a PYTHONPATH that makes the import of a package fail, as if it were not installed."""
    write_tree(
        folder,
        {
            "sitecustomize.py": "import sys\n\n\n"
            "class Missing:\n"
            "    def find_spec(self, name, path=None, target=None):\n"
            f"        if name.split('.')[0] == {package!r}:\n"
            "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n\n\n"
            "sys.meta_path.insert(0, Missing())\n"
        },
    )
    return str(folder)


def imported_by(lode: CommandLine, *arguments: str | Path, folder: Path) -> set[str]:
    """Run `lode` and return the names of all modules it has imported when it exits.

    `-X importtime` would miss what `importlib.import_module` imports.
    """
    write_tree(
        folder,
        {
            "sitecustomize.py": "import atexit, os, sys\n\n\n"
            "def write():\n"
            "    with open(os.environ['TEST_LODE_MODULES'], 'w') as file:\n"
            "        file.write('\\n'.join(sys.modules))\n\n\n"
            "atexit.register(write)\n"
        },
    )
    listed = folder / "modules"
    environment = lode.environment(PYTHONPATH=str(folder), TEST_LODE_MODULES=str(listed))
    del environment["LODE_FRESH_BUDGET"]  # most users set none of our variables
    subprocess.run([*LODE, *arguments], cwd=lode.home, env=environment, capture_output=True)
    return set(listed.read_text().split())


def write_much(root: Path) -> Path:
    """Write a tree that takes a while to index: 1,000 files of 13 kB."""
    for number in range(1000):
        functions = (f"def function_{number}_{i}(x):\n    return x + {i}\n\n" for i in range(250))
        write_tree(root, {f"folder_{number % 10}/module_{number}.py": "\n".join(functions)})
    return root


@dataclass
class Outcome:
    """The exit code and output of a run."""

    code: int
    out: bytes
    err: bytes

    @property
    def text(self) -> str:
        return self.out.decode("utf-8", "surrogateescape")

    @property
    def message(self) -> str:
        return self.err.decode("utf-8", "surrogateescape")

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    def must_succeed(self) -> Outcome:
        assert self.code == 0, self.message
        return self

    def must_be_refused(self, *words: str) -> None:
        """Check for exit code 2, no output, and one line on standard error that holds `words`."""
        assert self.code == 2, (self.code, self.message)
        assert self.out == b""
        assert self.message.startswith("lode: "), self.message
        assert self.message.count("\n") == 1, self.message
        assert self.message.endswith("\n"), self.message
        for word in words:
            assert word in self.message, self.message


class CommandLine:
    """`lode`, with a cache folder of its own."""

    def __init__(self, home: Path, **variables: str) -> None:
        self.home = home
        self.cache = home / "cache"
        self._variables = variables

    def having(self, variables: Mapping[str, str]) -> CommandLine:
        """Return this command line with more variables in its environment."""
        return CommandLine(self.home, **{**self._variables, **variables})

    def environment(self, **changes: str) -> dict[str, str]:
        inherited = {
            name: value
            for name, value in os.environ.items()
            if name not in _OURS and not name.startswith("LODE_")
        }
        own = {
            "HOME": str(self.home),
            "XDG_CACHE_HOME": str(self.cache),
            "XDG_CONFIG_HOME": str(self.home / "config"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "LODE_FRESH_BUDGET": "30",  # other work on the machine must not make answers stale
            "TERM": "xterm-256color",
        }
        return {**inherited, **own, **self._variables, **changes}

    def __call__(
        self,
        *arguments: str | bytes | Path,
        cwd: Path | None = None,
        stdout: Any = subprocess.PIPE,
        python: tuple[str, ...] = (),
        given: bytes = b"",
        **environment: str,
    ) -> Outcome:
        """Run with `given` on standard input."""
        done = subprocess.run(
            [LODE[0], *python, *LODE[1:], *arguments],
            cwd=cwd or self.home,
            env=self.environment(**environment),
            input=given,
            stdout=stdout,
            stderr=subprocess.PIPE,
            timeout=240,
        )
        return Outcome(done.returncode, done.stdout or b"", done.stderr)

    def start(self, *arguments: str | Path, **environment: str) -> subprocess.Popen[bytes]:
        """Start `lode` in a process group of its own. The caller waits for it."""
        return subprocess.Popen(
            [*LODE, *arguments],
            cwd=self.home,
            env=self.environment(**environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    @contextmanager
    def serving(self, *arguments: str | Path, **environment: str) -> Iterator[str]:
        """Start a command that announces its URL on standard error; yield the URL."""
        process = self.start(*arguments, **environment)
        try:
            assert process.stderr is not None
            line = process.stderr.readline().decode()
            found = re.search(r"http://\S+", line)
            assert found, line
            yield found[0]
        finally:
            process.kill()
            process.communicate()

    def on_terminal(
        self,
        *arguments: str | bytes | Path,
        columns: int = 100,
        cwd: Path | None = None,
        interrupt_at: bytes = b"",
        reply: tuple[bytes, bytes] | None = None,
        **environment: str,
    ) -> Outcome:
        """Run with all streams on a terminal; `out` is all that the terminal showed.

        When the output matches `interrupt_at`, Ctrl-C is typed. A `reply` is a pattern and a text:
        when the output matches the pattern, the text is typed.
        """
        return self.run_on_terminal(
            [*LODE, *arguments], columns, cwd, interrupt_at, reply, **environment
        )

    def run_on_terminal(
        self,
        command: Sequence[str | bytes | Path],
        columns: int = 100,
        cwd: Path | None = None,
        interrupt_at: bytes = b"",
        reply: tuple[bytes, bytes] | None = None,
        **environment: str,
    ) -> Outcome:
        """Run any command as `on_terminal` does."""
        process, leader = start_on_terminal(
            command, self.environment(**environment), cwd or self.home, (columns, 24)
        )
        os.set_blocking(leader, False)
        try:
            shown = _read_all(leader, (interrupt_at, b"\x03") if interrupt_at else reply)
            return Outcome(_as_shell(process.wait(60)), shown.replace(b"\r\n", b"\n"), b"")
        finally:
            process.kill()
            process.wait()
            os.close(leader)


def start_on_terminal(
    command: Sequence[str | bytes | Path],
    environment: Mapping[str, str],
    folder: Path,
    size: tuple[int, int],
    stdout: int | None = None,
) -> tuple[subprocess.Popen[bytes], int]:
    """Start a program on a new terminal of a size (columns, rows).

    Returns the program and the other side of the terminal. `stdout` is where the output goes, if
    not to the terminal.
    """
    leader, follower = pty.openpty()
    columns, rows = size
    termios.tcsetwinsize(follower, (rows, columns))
    process = subprocess.Popen(
        [sys.executable, "-c", _ON_TERMINAL, *command],
        cwd=folder,
        env=dict(environment),
        stdin=follower,
        stdout=follower if stdout is None else stdout,
        stderr=follower,
    )
    os.close(follower)
    return process, leader


def _read_all(leader: int, reply: tuple[bytes, bytes] | None) -> bytes:
    shown = b""
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        if not select.select([leader], [], [], 0.2)[0]:
            continue
        try:
            data = os.read(leader, 1 << 16)
        except OSError:  # EIO: the other side is closed
            return shown
        if not data:
            return shown
        shown += data
        if reply is not None and re.search(reply[0], shown):
            os.write(leader, reply[1])
            reply = None
    pytest.fail(f"still running after 240 s; shown last: {shown[-500:]!r}")


@contextmanager
def watching(lode: CommandLine, root: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run `lode watch` on an indexed tree; enter the block once the index is up to date."""
    process = lode.start("watch", root, "--quiet")
    try:
        until(lambda: watch_mode(lode, root) not in (None, "starting"))
        yield process
    finally:
        process.kill()
        process.communicate()


def watch_mode(lode: CommandLine, root: Path) -> str | None:
    """Return the mode of the watcher, as `lode status` shows it."""
    watch = lode("status", root, "--json").json.get("watch")
    return None if watch is None else str(watch["mode"])


def until(is_done: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait until `is_done` returns a true value; fail after `seconds`."""
    deadline = time.monotonic() + seconds
    while not is_done():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)


def _as_shell(code: int) -> int:
    """Return an exit code as a shell reports it: 128 + N after signal N.

    If Ctrl-C comes while Python runs `exec` on a string (every definition of a dataclass does so),
    the signal ends Python, although `entry` has handled the exception.
    """
    return 128 - code if code < 0 else code


def interrupt(process: subprocess.Popen[bytes]) -> Outcome:
    """Interrupt the leader of a process group and return its outcome."""
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    return Outcome(_as_shell(process.returncode), out, err)


def children(pid: int) -> list[int]:
    """Return the living children of a process."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def processes(*words: str | Path) -> list[int]:
    """Return the running processes that have all these words in their command lines."""
    found = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = place.read_bytes().split(b"\0")
        except OSError:  # the process has ended
            continue
        if all(os.fsencode(word) in line for word in words):
            found.append(int(place.parent.name))
    return found
