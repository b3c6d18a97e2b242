"""The command line.

`options` defines every flag once, `parser` makes argparse parsers of them (and `reference` makes
docs/cli.md), `entry` runs a command and turns exceptions into one line and an exit code, `streams`
knows about terminals. `indexing`, `searching` and `status` are the commands.
"""

from codelode.cli.entry import main

__all__ = ["main"]
