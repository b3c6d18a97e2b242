"""The command line.

`commands` defines every flag once, of what `options` has; `parser` makes argparse parsers of them,
and `reference` makes docs/cli.md. `entry` runs a command and turns exceptions into one line and an
exit code, `streams` knows about terminals. `indexing`, `searching`, `status`, `verifying` and
`benching` do the work.
"""

from codelode.cli.entry import main

__all__ = ["main"]
