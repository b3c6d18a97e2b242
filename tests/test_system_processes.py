"""Parents and workers: frames, options, the end of either, and errors passed to the parent."""

from __future__ import annotations

import inspect
import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codelode import errors
from codelode.errors import CodelodeError, DamagedError, ObjectStoreError
from codelode.system.error_message import pack_error, raise_packed
from codelode.system.framing import PIPE_BYTES, receive, send
from codelode.system.processes import ChildProcess

ECHO = """
from codelode.system.processes import ParentProcess

def main():
    parent = ParentProcess.connect()
    print("a stray print")
    parent.reply(parent.options)
    for request in parent.requests():
        parent.reply(request, b"x" * request.get("size", 0))
    parent.reply("ended")

if __name__ == "__main__":
    main()
"""

heads = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(), below, max_size=3),
)


def open_descriptors() -> set[str]:
    return set(os.listdir("/proc/self/fd"))  # noqa: PTH208


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Return a function that makes a module that a worker can run."""

    def make(source: str) -> str:
        (tmp_path / "worker_of_a_test.py").write_text(source)
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(sys.modules, "worker_of_a_test", raising=False)
        return "worker_of_a_test"

    return make


@pytest.fixture(params=[False, True], ids=["program", "fork"])
def echo(request: pytest.FixtureRequest, module: Callable[[str], str]) -> Iterator[ChildProcess]:
    child = ChildProcess(module(ECHO), {"name": "caf\udce9"}, fork=request.param)
    assert child.receive() == ({"name": "caf\udce9"}, b"")
    yield child
    child.wait(0)
    child.close()


@given(st.lists(st.tuples(heads, st.binary(max_size=100)), max_size=4), st.integers(0, 40))
def test_frames_survive_the_round_trip(frames: list[tuple[object, bytes]], cut: int) -> None:
    stream = io.BytesIO()
    for head, body in frames:
        send(stream, head, body)
    whole = stream.getvalue()
    stream.seek(0)
    assert [receive(stream) for _ in frames] == frames
    assert receive(stream) is None
    short = io.BytesIO(whole[: max(0, len(whole) - cut - 1)])
    complete = []
    while (frame := receive(short)) is not None:
        complete.append(frame)
    assert complete == frames[: len(complete)]
    assert len(complete) < max(1, len(frames))


def test_a_head_that_json_cannot_express_writes_nothing() -> None:
    stream = io.BytesIO()
    with pytest.raises(TypeError):
        send(stream, {1, 2}, b"body")
    assert stream.getvalue() == b""


def test_requests_and_replies(echo: ChildProcess) -> None:
    for size in (0, 1, PIPE_BYTES - 1, PIPE_BYTES, 5 * PIPE_BYTES):
        echo.send({"size": size}, b"y" * size)
        assert echo.receive() == ({"size": size}, b"x" * size)


def test_a_worker_finishes_when_its_input_ends(echo: ChildProcess) -> None:
    echo.send({"n": 1})
    echo.end_input()
    assert echo.receive() == ({"n": 1}, b"")
    assert echo.receive() == ("ended", b"")
    assert echo.receive() is None
    assert echo.wait() == 0


def test_a_worker_that_does_not_end_is_killed(echo: ChildProcess) -> None:
    began = time.monotonic()
    assert echo.wait(0.2) == -signal.SIGKILL
    assert 0.2 <= time.monotonic() - began < 20
    assert echo.receive() is None
    with pytest.raises(BrokenPipeError):
        echo.send({})
    echo.close()
    echo.close()


@pytest.mark.parametrize("source", ["raise SystemExit(3)", "import os; os._exit(3)"])
def test_a_worker_that_dies_at_once(module: Callable[[str], str], source: str) -> None:
    child = ChildProcess(module(source), {"large": "x" * (4 * PIPE_BYTES)})
    assert child.receive() is None
    assert child.wait() == 3
    child.close()


def test_a_process_that_cannot_be_started_leaves_no_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    before = open_descriptors()
    with pytest.raises(FileNotFoundError):
        ChildProcess("codelode.errors", {})
    assert open_descriptors() == before


@pytest.mark.parametrize("fork", [False, True])
def test_pipes_are_closed_and_not_inherited(module: Callable[[str], str], fork: bool) -> None:
    before = open_descriptors()
    first, second = (ChildProcess(module(ECHO), {}, fork=fork) for _ in range(2))
    assert len(open_descriptors() - before) == 4
    for child in (first, second):  # a pipe that is open elsewhere would keep the worker alive
        child.end_input()
        assert child.wait(20) == 0
        child.close()
    assert open_descriptors() == before


def test_modules_of_the_current_folder_are_not_run(
    module: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "json.py").write_text("raise SystemExit('run')\n")
    name = module(ECHO)
    monkeypatch.chdir(tree)
    child = ChildProcess(name, {"n": 1})
    assert child.receive() == ({"n": 1}, b"")
    child.end_input()
    assert child.wait() == 0
    child.close()


PARENT = """
import sys, time
from codelode.system.processes import ChildProcess
child = ChildProcess("worker_of_a_test", {}, fork=sys.argv[1] == "fork")
child.receive()
child.send({"size": 1 << 22})  # more than the pipe holds: the worker is at its reply
print(child.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("kind", ["program", "fork"])
@pytest.mark.parametrize("source", [ECHO, ECHO.replace('reply("ended")', "_sink.close()")])
def test_a_worker_ends_quietly_with_its_parent(
    module: Callable[[str], str], source: str, kind: str
) -> None:
    module(source)
    command = [sys.executable, "-c", PARENT, kind]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        assert parent.stderr is not None
        pid = int(parent.stdout.readline())
        os.kill(pid, 0)
        parent.kill()
        # The worker shares this standard error: the stream ends when the worker has ended.
        assert parent.stderr.read() in ("", "a stray print\n")


TREE = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, CodelodeError)
]


@pytest.mark.parametrize("kind", TREE)
def test_errors_cross_over(kind: type[CodelodeError]) -> None:
    several = issubclass(kind, ObjectStoreError)
    error = kind("where", "key", "what") if several else kind("what, where")
    with pytest.raises(kind) as raised:
        raise_packed(pack_error(error))
    assert type(raised.value) is kind
    assert (str(raised.value), raised.value.args) == (str(error), error.args)


def test_advice_and_system_errors_cross_over() -> None:
    with pytest.raises(DamagedError, match=r"broken \(mend it\)"):
        raise_packed(pack_error(DamagedError("broken", "mend it")))
    with pytest.raises(FileNotFoundError, match="No such file") as raised:
        raise_packed(pack_error(FileNotFoundError(2, "No such file", "a/b")))
    assert raised.value.filename == "a/b"
    raise_packed({"answer": 1})
