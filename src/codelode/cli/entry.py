"""Run a command, and turn every error meant for users into one line and an exit code."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

from codelode import __version__
from codelode.cli import streams
from codelode.cli.commands import find, load_groups, run
from codelode.cli.parser import overview, parse
from codelode.errors import CodelodeError
from codelode.settings.files import may_have_unread

if TYPE_CHECKING:
    from collections.abc import Sequence

_HELP = ("-h", "--help", "help")

DONE, NOTHING_FOUND, ERROR, INTERRUPTED = 0, 1, 2, 128 + signal.SIGINT


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the `lode` command and return its exit code."""
    # No matrix product here is large enough for two threads, and idle BLAS threads spin. This must
    # be set before numpy is imported. It saves 10 ms of a cold search and a third of its CPU time.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        streams.prepare()
        code = _run(sys.argv[1:] if arguments is None else arguments)
        sys.stdout.flush()
        return code
    except CodelodeError as error:
        streams.say(str(error))
        return ERROR
    except BrokenPipeError:  # `lode search ... | head` is not an error, as in ripgrep
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
    if not arguments:
        print(overview(__version__, load_groups()), end="", file=sys.stderr)
        return ERROR
    name, *others = arguments
    if name in _HELP and others:
        name, others = others[0], ["--help"]
    if name in _HELP:
        print(overview(__version__, load_groups()), end="")
        return DONE
    if name in ("-V", "--version", "version"):
        print(f"lode {__version__}")
        return DONE
    command = find(name, others)
    try:
        options = parse(command, others)
    except SystemExit:  # argparse has shown the help of the command
        return DONE
    if command.name != "doctor":  # `lode doctor` reports unread variables itself
        _name_unread_variables()
    target = os.environ.get("LODE_METRICS")
    if target and command.metrics:
        from codelode import metrics

        with metrics.exporting(target):
            return run(command.name, options)
    return run(command.name, options)


def _name_unread_variables() -> None:
    """Name environment variables that look like settings but are not: they may be misspelled."""
    if may_have_unread():
        from codelode.settings.variables import unread_variables

        for each in unread_variables():
            streams.say(str(each))
