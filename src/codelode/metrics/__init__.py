"""Metrics for programs that run for long: what updates and searches do, for Prometheus and others.

Off until `enable` is called. While it is off, nothing of OpenTelemetry is imported, and where there
is something to count, it costs a look at a variable. `instruments` has what is counted, `export`
brings it to a file or an HTTP endpoint. docs/monitoring.md lists the metrics.

    from codelode import metrics

    metrics.enable("http://127.0.0.1:9464")
"""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from functools import wraps
from typing import TYPE_CHECKING

from codelode.errors import CodelodeError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from typing import Literal, ParamSpec, TypeVar

    from codelode.metrics.export import Exporter
    from codelode.metrics.instruments import Recorder

    P = ParamSpec("P")
    T = TypeVar("T")
    Phase = Literal["filter", "dense", "lexical", "rank", "text"]

_recorder: Recorder | None = None
_exporter: Exporter | None = None
_NOTHING = nullcontext()


def enable(target: str | None = None, loopback_only: bool = True) -> str | None:
    """Record metrics from now on; returns where they can be had.

    `target` is `file:PATH`, a file written every 15 seconds and at the end, as node_exporter's
    textfile collector wants it, or `http://127.0.0.1:PORT` (port 0: any that is free). Without one,
    metrics go to the program's own `opentelemetry.metrics.get_meter_provider()`. Only addresses of
    this machine's loopback are served, unless `loopback_only` is False. Needs the extra `metrics`.

    Raises `UsageError` if a package is missing or the target cannot be used, or if metrics are
    enabled already.
    """
    from codelode.metrics.export import Exporter, own_meter

    global _recorder, _exporter
    if _recorder is not None:
        raise UsageError("metrics are enabled already: call codelode.metrics.disable() first")
    if target is None:
        _recorder = own_meter()
        return None
    exporter = Exporter(target, loopback_only)
    _recorder, _exporter = exporter.recorder, exporter
    return exporter.address


def disable() -> None:
    """Record nothing more. A file is written a last time, an endpoint is closed.

    Raises `OSError` if the file cannot be written.
    """
    global _recorder, _exporter
    exporter = _exporter
    _recorder = _exporter = None
    if exporter is not None:
        exporter.close()


@contextmanager
def exporting(target: str) -> Iterator[None]:
    """Metrics are enabled for as long as the context lasts."""
    enable(target)
    try:
        yield
    finally:
        disable()


def recorder() -> Recorder | None:
    """Where to record, or None while metrics are not enabled."""
    return _recorder


def timed(phase: Phase) -> AbstractContextManager[None]:
    """Return a context that adds its time to a phase of this thread's search."""
    return _NOTHING if _recorder is None else _recorder.timed(phase)


def counting_errors(
    operation: Literal["update", "search"],
) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Count the errors that a method raises on purpose."""

    def decorate(method: Callable[P, T]) -> Callable[P, T]:
        @wraps(method)
        def counted(*arguments: P.args, **options: P.kwargs) -> T:
            try:
                return method(*arguments, **options)
            except CodelodeError as error:
                if _recorder is not None:
                    _recorder.failed(operation, type(error).__name__)
                raise

        return counted

    return decorate
