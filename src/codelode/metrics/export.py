"""Targets of metrics: a file for node_exporter, or an HTTP endpoint for Prometheus.

OpenTelemetry's SDK adds up the metrics, its Prometheus exporter translates them, and
prometheus_client writes or serves them. No metric is ever sent: a file is written, or a scraper is
answered.
"""

from __future__ import annotations

import atexit
import threading
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from codelode.errors import UsageError
from codelode.system.loopback import is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable

    from prometheus_client import CollectorRegistry

    from codelode.metrics.instruments import Recorder

WRITE_SECONDS = 15.0
"""The time between two writes of a file: no longer than Prometheus's default between scrapes."""


def own_meter() -> Recorder:
    """Return a recorder for the meter provider that the program has set up itself."""
    _require("opentelemetry.metrics")
    from opentelemetry.metrics import get_meter

    from codelode.metrics.instruments import Recorder

    return Recorder(get_meter("codelode"))


class Exporter:
    """Instruments, and the target that shows them: the file or endpoint at `address`."""

    def __init__(self, target: str, loopback_only: bool) -> None:
        """Open a target. Raises `UsageError` if it is invalid or cannot be used."""
        for module in ("opentelemetry.sdk.metrics", "opentelemetry.exporter.prometheus"):
            _require(module)
        open_target = _target(target, loopback_only)
        from opentelemetry.exporter.prometheus import PrometheusMetricReader
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.resources import Resource
        from prometheus_client import CollectorRegistry

        from codelode.metrics.instruments import Recorder

        registry = CollectorRegistry()  # a new one: without the program's other metrics
        reader = PrometheusMetricReader(
            disable_target_info=True, scope_info_enabled=False, registry=registry
        )
        resource = Resource({"service.name": "codelode"})
        self._provider = MeterProvider([reader], resource, shutdown_on_exit=False)
        self.recorder: Recorder = Recorder(self._provider.get_meter("codelode"))
        try:
            self.address, self._close = open_target(registry)
        except OSError as error:
            self._provider.shutdown()
            raise UsageError(
                f"cannot show metrics at {target}: {error.strerror or error}"
            ) from error
        atexit.register(self._close_at_exit)

    def close(self) -> None:
        """Write the file a last time, or close the endpoint. Raises `OSError`."""
        atexit.unregister(self._close_at_exit)
        try:
            self._close()
        finally:
            self._provider.shutdown()

    def _close_at_exit(self) -> None:
        with suppress(OSError):  # the program has ended: nobody can handle the error
            self.close()


def _require(module: str) -> None:
    try:
        import_module(module)
    except ImportError as error:
        raise UsageError(
            f"metrics need the package {module.replace('.', '-').removesuffix('-metrics')!r}:"
            " pip install 'codelode[metrics]'"
        ) from error


def _target(
    target: str, loopback_only: bool
) -> Callable[[CollectorRegistry], tuple[str, Callable[[], None]]]:
    """Return a function that opens a target for a registry. Raises `UsageError`.

    The function returns the target's address, and a function that closes the target.
    """
    if target.startswith("file:"):
        path = Path(target.removeprefix("file:").removeprefix("//")).absolute()
        return lambda registry: _write_regularly(path, registry)
    parts = urlsplit(target)
    try:
        port = parts.port
    except ValueError:
        port = None
    host = "127.0.0.1" if parts.hostname == "localhost" else parts.hostname
    if parts.scheme != "http" or host is None or port is None:
        raise UsageError(
            f"metrics cannot go to {target!r}: give file:PATH or http://127.0.0.1:PORT"
        )
    if loopback_only and not is_loopback(host):
        raise UsageError(
            f"metrics are shown to this machine only, not at {target!r}: use a loopback address"
        )
    return lambda registry: _serve(host, port, registry)


def _write_regularly(path: Path, registry: CollectorRegistry) -> tuple[str, Callable[[], None]]:
    from prometheus_client import write_to_textfile

    def write() -> None:
        write_to_textfile(str(path), registry)  # writes a temporary file, then renames it

    write()  # a file that cannot be written is an error now, not in 15 seconds
    ended = threading.Event()

    def keep_writing() -> None:
        while not ended.wait(WRITE_SECONDS):
            with suppress(OSError):  # a full disk may have room the next time
                write()

    thread = threading.Thread(target=keep_writing, name="lode-metrics", daemon=True)
    thread.start()

    def close() -> None:
        ended.set()
        thread.join()
        write()

    return f"file:{path}", close


def _serve(host: str, port: int, registry: CollectorRegistry) -> tuple[str, Callable[[], None]]:
    from prometheus_client import start_http_server

    server: Any
    server, thread = start_http_server(port, host, registry)

    def close() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{server.server_port}/metrics", close
