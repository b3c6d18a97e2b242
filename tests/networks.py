"""Networks for tests, which can be cut: a relay between two ends, and network namespaces."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from typing import Any, BinaryIO, cast

from codelode.system.framing import send


class Relay:
    """A relay of connections to an address; once it is cut, it silently passes nothing on."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._flows = threading.Event()
        self._flows.set()
        self._server = socket.create_server(("127.0.0.1", 0))
        self._sockets = [self._server]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def address(self) -> tuple[str, int]:
        host, port = self._server.getsockname()
        return host, port

    def cut(self) -> None:
        self._flows.clear()

    def mend(self) -> None:
        self._flows.set()

    def close(self) -> None:
        self._flows.set()
        for each in self._sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._server.accept()
                far = socket.create_connection(self._target)
                self._sockets += [near, far]
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=self._pass, args=(source, sink), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 14):
                self._flows.wait()
                sink.sendall(data)
        for each in (source, sink):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


def no_namespaces() -> str:
    """Return the reason why network namespaces cannot be made here; empty if they can."""
    if sys.platform != "linux" or shutil.which("ip") is None:
        return "network namespaces need Linux and the command ip"
    made = subprocess.run(["ip", "netns", "add", _name(99)], capture_output=True, check=False)
    if made.returncode:
        return "this user may not make network namespaces"
    _ip("netns", "del", _name(99))
    return ""


class Namespaces:
    """Nodes, each with its own network and a virtual cable to this machine.

    The addresses are in the range for benchmarks (RFC 2544).
    """

    def __init__(self, nodes: int) -> None:
        self._processes: list[subprocess.Popen[bytes]] = []
        self._nodes = nodes
        try:
            for node in range(nodes):
                self._add(node)
        except BaseException:
            self.close()
            raise

    def _add(self, node: int) -> None:
        name, cable = _name(node), _cable(node)
        _ip("netns", "add", name)
        _ip("link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", name)
        _ip("address", "add", f"{self.near(node)}/30", "dev", cable)
        _ip("link", "set", cable, "up")
        _ip("-n", name, "address", "add", f"198.18.{_octet(node)}.2/30", "dev", "eth0")
        _ip("-n", name, "link", "set", "eth0", "up")
        _ip("-n", name, "link", "set", "lo", "up")
        _ip("-n", name, "route", "add", "default", "via", self.near(node))

    def near(self, node: int) -> str:
        """Return the address of this machine's end of the cable to a node."""
        return f"198.18.{_octet(node)}.1"

    def start(self, node: int, module: str, options: dict[str, Any]) -> None:
        """Start a module on a node, as `ChildProcess` does on this machine."""
        command = ["ip", "netns", "exec", _name(node), sys.executable, "-P", "-m", module]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        self._processes.append(process)
        send(cast("BinaryIO", process.stdin), options)

    def cut(self, node: int) -> None:
        _ip("link", "set", _cable(node), "down")

    def mend(self, node: int) -> None:
        _ip("link", "set", _cable(node), "up")

    def close(self) -> None:
        for process in self._processes:
            process.kill()
            process.communicate()
        for node in range(self._nodes):
            with suppress(subprocess.CalledProcessError):
                _ip("netns", "del", _name(node))


def _octet(node: int) -> int:
    return (os.getpid() + node) % 250


def _name(node: int) -> str:
    return f"lode-{os.getpid()}-{node}"


def _cable(node: int) -> str:
    return f"lo{os.getpid()}-{node}"


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)
