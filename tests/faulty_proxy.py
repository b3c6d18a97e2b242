"""A proxy for an HTTP server; the proxy fails now and then, as networks and busy stores do."""

from __future__ import annotations

import http.client
import http.server
import random
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

FAULTS = ("error", "refused", "lost", "cut", "slow")
"""A reply 500; a connection that is reset before, or after, the server has done what was asked; a
body that ends early; a late reply."""


class Proxy(http.server.ThreadingHTTPServer):
    """A proxy that forwards requests; `shares` maps each fault to its share of the requests."""

    daemon_threads = True

    def __init__(self, target: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.target = urlsplit(target).netloc
        self.shares = dict.fromkeys(FAULTS, 0.0)
        self.random = random.Random(1)
        self.faults = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def draw(self) -> str:
        """Return the fault of the next request; empty for none."""
        for fault, share in self.shares.items():
            if self.random.random() < share:
                self.faults += 1
                return fault
        return ""


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Proxy
    protocol_version = "HTTP/1.1"

    def _forward(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        fault = self.server.draw()
        if fault == "slow":
            time.sleep(0.3)
        if fault == "refused":
            self._reset()
            return
        if fault == "error":
            self._reply(500, {"Content-Type": "application/xml"}, b"<Error/>")
            return
        connection = http.client.HTTPConnection(self.server.target, timeout=30)
        headers = {k: v for k, v in self.headers.items() if k.lower() != "host"}
        connection.request(self.command, self.path, body, headers)
        with connection.getresponse() as response:
            data = response.read()
        connection.close()
        if fault == "lost":
            self._reset()
            return
        kept = {k: v for k, v in response.getheaders() if k.lower() not in _OWN}
        if self.command == "HEAD":
            kept["Content-Length"] = response.headers.get("Content-Length", "0")
        else:
            kept["Content-Length"] = str(len(data))
        self._reply(response.status, kept, data[: len(data) // 2] if fault == "cut" else data)
        if fault == "cut":
            self._reset()

    def _reply(self, status: int, headers: dict[str, str], data: bytes) -> None:
        self.send_response_only(status)
        for name, value in {"Content-Length": str(len(data)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def _reset(self) -> None:
        """Close the connection so that the other end sees a reset."""
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *arguments: object) -> None:
        """Do nothing, so that requests are not logged."""


for _method in ("GET", "PUT", "POST", "DELETE", "HEAD"):
    setattr(_Handler, f"do_{_method}", _Handler._forward)

_OWN = {"transfer-encoding", "connection", "content-length", "date"}


@contextmanager
def proxy_of(target: str) -> Iterator[Proxy]:
    """Run a proxy of the server at a URL."""
    with Proxy(target) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, daemon=True)
        thread.start()
        try:
            yield proxy
        finally:
            proxy.shutdown()
            thread.join()
