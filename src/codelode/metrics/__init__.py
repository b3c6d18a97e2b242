"""Metrics of updates and searches in long-running programs, for Prometheus and others.

They are off until `enable` is called. While they are off, OpenTelemetry is not imported, and the
code that would record something only reads a variable. `instruments` defines the metrics, `export`
writes them to a file or serves them over HTTP. docs/monitoring.md lists them.

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
    """Record metrics from now on; return their address.

    `target` is `file:PATH`, a file for node_exporter's textfile collector that is written every 15
    seconds and at the end, or `http://127.0.0.1:PORT` (port 0: any free one). Without a target,
    metrics go to the program's own `opentelemetry.metrics.get_meter_provider()`, and the address is
    None. Only loopback addresses are served, unless `loopback_only` is False. Needs the extra
    `metrics`.

    Raises `UsageError` if a package is missing, if the target cannot be used, or if metrics are
    enabled already.
    """
    from codelode import arguments
    from codelode.metrics.export import Exporter, own_meter

    global _recorder, _exporter
    if _recorder is not None:
        raise UsageError("metrics are enabled already: call codelode.metrics.disable() first")
    arguments.flag("loopback_only", loopback_only)
    if target is None:
        _recorder = own_meter()
        return None
    arguments.string("target", target)
    exporter = Exporter(target, loopback_only)
    _recorder, _exporter = exporter.recorder, exporter
    return exporter.address


def disable() -> None:
    """Stop recording; write a file a last time, close an endpoint.

    Raises `OSError` if the file cannot be written.
    """
    global _recorder, _exporter
    exporter = _exporter
    _recorder = _exporter = None
    if exporter is not None:
        exporter.close()


@contextmanager
def exporting(target: str) -> Iterator[None]:
    """Enable metrics, as `enable` does, while the block runs."""
    enable(target)
    try:
        yield
    finally:
        disable()


def recorder() -> Recorder | None:
    """Return the recorder, or None while metrics are off."""
    return _recorder


def timed(phase: Phase) -> AbstractContextManager[None]:
    """Return a context that adds its time to a phase of this thread's search."""
    return _NOTHING if _recorder is None else _recorder.timed(phase)


def counting_errors(
    operation: Literal["update", "search"],
) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Decorate a method so that every `CodelodeError` that it raises is counted."""

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
