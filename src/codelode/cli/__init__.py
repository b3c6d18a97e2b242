"""The command line, `lode`.

Each module of `commands` is a command: its flags, its help and `run`. `options` has the flags that
commands share; `parser` makes parsers of all flags, and `reference` makes docs/cli.md. `entry` runs
a command and turns errors into one line and an exit code. `views` lays out what commands print for
people; `streams` knows about terminals, progress and JSON.
"""

from codelode.cli.entry import main

__all__ = ["main"]
