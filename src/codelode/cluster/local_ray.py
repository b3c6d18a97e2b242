"""A Ray cluster on this machine, for trying things out: start it, find it again, end it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from codelode.errors import ClusterError, UsageError
from codelode.store.locate import index_folder
from codelode.system.groups import end_group, leads_group

PORT = 6399
"""The port of the cluster: not Ray's own, which another cluster of this machine may have."""

_STATE = "local-ray.json"
_PRIORITY = {"RAY_worker_niceness": "0"}
"""Ray's own default is so low that searches wait for whatever else runs; builds lower theirs."""

_START_SECONDS = 60.0
_END_SECONDS = 5.0
_OBJECT_STORE_BYTES = 100 << 20
"""What passes through Ray is small: its shared memory need not be large."""


def up(cores: int, port: int) -> str:
    """Start a Ray cluster of one node; return its address. Raises `UsageError`, `ClusterError`."""
    running = address()
    if running is not None:
        raise UsageError(f"a local Ray cluster runs already, at {running}: `lode cluster down`")
    try:
        import ray
    except ModuleNotFoundError:
        raise UsageError("this needs Ray: pip install 'codelode[cluster]'") from None
    del ray
    folder = _state_file().parent
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "local-ray.log"
    process = _start(cores, port, log)
    state = {"pid": process.pid, "address": f"127.0.0.1:{port}"}
    _state_file().write_text(json.dumps(state))
    end = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < end:
        if b"Ray runtime started" in log.read_bytes():
            return str(state["address"])
        time.sleep(0.1)
    down()
    raise ClusterError(f"Ray has not started: see {log}")


def _start(cores: int, port: int, log: Path) -> subprocess.Popen[bytes]:
    """Start the processes of a node, all in one group."""
    command = [
        *(sys.executable, "-c", "from ray.scripts.scripts import main; main()"),
        *("start", "--head", "--block", "--node-ip-address=127.0.0.1", f"--port={port}"),
        *(f"--num-cpus={cores}", f"--object-store-memory={_OBJECT_STORE_BYTES}"),
        *("--include-dashboard=false", "--disable-usage-stats"),
    ]
    with open(log, "wb") as sink:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            env=_PRIORITY | os.environ,
            start_new_session=True,
        )


def down() -> bool:
    """End the cluster that `up` started; return whether there was one."""
    state = _state()
    _state_file().unlink(missing_ok=True)
    if state is None:
        return False
    pid = int(state["pid"])
    end_group(pid, _END_SECONDS)
    return True


def address() -> str | None:
    """Return the address of the cluster that `up` started, or None if it does not run."""
    state = _state()
    if state is None or not leads_group(int(state["pid"])):
        return None
    return str(state["address"])


def _state_file() -> Path:
    return index_folder(None) / _STATE


def _state() -> dict[str, Any] | None:
    try:
        state = json.loads(_state_file().read_text())
        return {"pid": int(state["pid"]), "address": str(state["address"])}
    except (OSError, ValueError, LookupError, TypeError):
        return None
