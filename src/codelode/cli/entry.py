"""Run a command; turn every exception that is meant to be seen into one line and an exit code."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

from codelode import __version__
from codelode.cli import streams
from codelode.cli.parser import overview, parse
from codelode.errors import CodelodeError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

DONE, NOTHING_FOUND, ERROR, INTERRUPTED = 0, 1, 2, 128 + signal.SIGINT


def main(arguments: Sequence[str] | None = None) -> int:
    """The `lode` command; returns its exit code."""
    # No product here is large enough for two threads, and idle ones wait by spinning. To be said
    # before numpy is imported: 10 ms of a cold search, and a third of its CPU time.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        streams.prepare()
        code = _run(sys.argv[1:] if arguments is None else arguments)
        sys.stdout.flush()
        return code
    except CodelodeError as error:
        streams.say(str(error))
        return ERROR
    except BrokenPipeError:  # `lode search ... | head` is no error, as in ripgrep
        streams.discard_output()
        return DONE
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        streams.write_error("\nlode: interrupted\n")
        streams.discard_output()
        return INTERRUPTED
    except OSError as error:
        name = f": {error.filename}" if error.filename else ""
        streams.say(f"{error.strerror or error}{name}")
        streams.discard_output()
        return ERROR


def _run(arguments: Sequence[str]) -> int:
    try:
        options = parse(arguments)
    except SystemExit:  # argparse has shown the help of a command
        return DONE
    target = os.environ.get("LODE_METRICS")
    if target and options.command in ("index", "search"):
        from codelode import metrics

        with metrics.exporting(target):
            return _dispatch(options)
    return _dispatch(options)


def _dispatch(options: argparse.Namespace) -> int:
    """Each command imports what it needs, and nothing else does."""
    match options.command:
        case "help":
            print(overview(__version__), end="", file=sys.stdout if options.asked else sys.stderr)
            return DONE if options.asked else ERROR
        case "version":
            print(f"lode {__version__}")
            return DONE
        case "index":
            from codelode.cli import indexing

            return indexing.run(options)
        case "search":
            from codelode.cli import searching

            return searching.run(options)
        case "status":
            from codelode.cli import status

            return status.run(options)
        case "bench":
            from codelode.cli import benching

            return benching.run(options)
        case _:
            from codelode.cli import verifying

            return verifying.run(options)
