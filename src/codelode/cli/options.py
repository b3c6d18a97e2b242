"""Commands and flags as data, parsers for the values of flags, and flags that commands share."""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from codelode.answers.notes import MOST_HITS
from codelode.errors import UsageError
from codelode.settings.quantities import parse_days, parse_size

if TYPE_CHECKING:
    from collections.abc import Iterator

_VALUELESS = ("store_true", "store_false", "store_const", "help")
"""The actions of flags that are given without a value."""


@dataclass(frozen=True, slots=True)
class Option:
    """A flag or a positional argument; `settings` are keywords of argparse's `add_argument`.

    With `any_text`, the next argument is the flag's value even if it begins with a dash. With
    `joined`, the value is optional and follows an equals sign: the next argument is not the value.
    """

    flags: tuple[str, ...]
    help: str
    settings: dict[str, Any] = field(default_factory=dict)
    any_text: bool = False
    joined: bool = False

    @property
    def dest(self) -> str:
        """The name of the attribute of the parsed arguments that holds the value."""
        long = next((flag for flag in self.flags if flag.startswith("--")), self.flags[0])
        return str(self.settings.get("dest") or long.lstrip("-").replace("-", "_"))

    @property
    def takes_value(self) -> bool:
        """Whether the argument takes a value, required or not; true for a positional argument."""
        return self.settings.get("action") not in _VALUELESS

    @property
    def value(self) -> str:
        """The value as the help shows it: a word, or all choices; empty if there is no value."""
        named = self.settings.get("metavar") or "|".join(self.settings.get("choices", ()))
        return str(named) if self.takes_value else ""


@dataclass(frozen=True, slots=True)
class Command:
    """A command: its arguments, its options in groups, and examples as (purpose, command line).

    `metrics` says whether the command honors LODE_METRICS; `tolerant` says whether it runs even if
    settings are invalid.
    """

    name: str
    summary: str
    description: str
    arguments: tuple[Option, ...]
    groups: tuple[tuple[str, tuple[Option, ...]], ...]
    examples: tuple[tuple[str, str], ...]
    exit_codes: str
    metrics: bool = False
    tolerant: bool = False

    def options(self) -> Iterator[Option]:
        """Yield the options, without the positional arguments."""
        for _, options in self.groups:
            yield from options


def option(*flags: str, help: str, any_text: bool = False, **settings: Any) -> Option:
    """Return a flag that takes a value, or a positional argument."""
    return Option(flags, help, settings, any_text)


def switch(*flags: str, help: str, **settings: Any) -> Option:
    """Return a flag without a value."""
    return Option(flags, help, {"action": "store_true", **settings})


def size(text: str) -> int:
    """Parse a size in bytes, such as `500K`, `1M` or `65536`. K, M, G, T are powers of 1024."""
    try:
        return parse_size(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def days(text: str) -> int:
    """Parse an age such as `90`, `90d`, `12w`, `3m` or `1y`; return it in days."""
    try:
        return parse_days(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def positive(text: str) -> int:
    """Parse a whole number of at least 1."""
    if not text.strip().isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number of at least 1, not {text!r}")
    return int(text)


def hit_number(text: str) -> int:
    """Parse a whole number from 1 to the largest limit of a search."""
    if not text.strip().isdecimal() or not 1 <= int(text[:9]) <= MOST_HITS:
        wanted = f"must be a whole number from 1 to {MOST_HITS:,}"
        raise argparse.ArgumentTypeError(f"{wanted}, not {text!r}")
    return int(text)


def natural(text: str) -> int:
    """Parse a whole number of at least 0."""
    if not text.strip().isdecimal():
        raise argparse.ArgumentTypeError(f"must be a whole number, not {text!r}")
    return int(text)


def seconds(text: str) -> float:
    """Parse a number of seconds, at least 0."""
    try:
        duration = float(text)
    except ValueError:
        duration = -1.0
    if not 0 <= duration <= math.inf:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a number of seconds (give ROOT before --wait, or --wait=SECONDS)"
        )
    return duration


def finite(text: str) -> float:
    """Parse a number."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number")
    return value


def profile_file(text: str) -> str:
    """Parse the name of a file to write.

    Raises `argparse.ArgumentTypeError` for `--profile -- ROOT`: argparse takes ROOT for the file.
    """
    if "\0" in text:
        raise argparse.ArgumentTypeError("give ROOT before --profile, or --profile=FILE")
    return text


def limit(default: int) -> Option:
    """Return the option `--limit` for places to print; if they are hits, `check_limit` bounds it.

    If the flag is omitted, its value is None; `default` appears only in the help.
    """
    return option(
        "-k",
        "--limit",
        "--topk",
        metavar="N",
        type=positive,
        help=f"print at most N; a search prints {MOST_HITS:,} at most (default: {default})",
    )


def check_limit(options: argparse.Namespace) -> None:
    """Raise `UsageError` if the limit of a command that prints hits is beyond `MOST_HITS`."""
    if options.limit is not None and options.limit > MOST_HITS:
        raise UsageError(
            f"-k/--limit/--topk must be from 1 to {MOST_HITS:,}, not {options.limit}: to get every"
            " match of a text, use ripgrep"
        )


ROOT = option(
    "root",
    nargs="?",
    default=".",
    metavar="ROOT",
    help="the folder to work on (default: the current one)",
)
ROOTS = option(
    "roots",
    nargs="*",
    metavar="ROOT",
    help="folders and files to search, as one (default: the current folder)",
)
INDEX_DIR = option(
    "--index-dir",
    metavar="DIR",
    help="keep indexes in DIR, or use the index in DIR if DIR is one (default: $LODE_INDEX_DIR,"
    " else codelode/ in the user's cache folder)",
)
GLOB = option(
    "-g",
    "--glob",
    metavar="GLOB",
    action="append",
    default=[],
    help="only paths that match GLOB, or with a leading ! only paths that do not;"
    " repeatable, the last match decides",
)
TYPE = option(
    "-t",
    "--type",
    metavar="LANG",
    dest="languages",
    action="append",
    default=[],
    help="only files in this language: a name, an alias or an extension (ts, c++),"
    " or a comma-separated list; repeatable",
)
REPO = option(
    "-r",
    "--repo",
    metavar="GLOB",
    action="append",
    default=[],
    help="only repositories whose names match GLOB, or with a leading ! only those that do not;"
    " repeatable, the last match decides",
)
CACHE_SIZE = option(
    "--cache-size",
    metavar="SIZE",
    type=size,
    default=20 << 30,
    help="keep at most SIZE of fetched segments on this machine; K, M and G are powers of 1024"
    " (default: 20G)",
)
LABEL = option(
    "--label",
    metavar="LABEL",
    action="append",
    default=[],
    help="the access label of a repository; in a search, one that you have: repositories with"
    " other labels are as if they were not there; repeatable",
)
MODEL = option(
    "--model",
    metavar="NAME|PATH",
    help="embed with this model: a name, a model2vec folder or a"
    " sentence-transformers ONNX folder (default: the model of the index, or the"
    " bundled one)",
)
WAIT = option(
    "--wait",
    metavar="SECONDS",
    nargs="?",
    type=seconds,
    default=0.0,
    const=math.inf,
    help="if another process is indexing, wait until it has finished, or for at"
    " most SECONDS (default: fail at once)",
)
NO_INDEX = switch("--no-index", help="fail if there is no index, instead of building one")
QUIET = switch("-q", "--quiet", help="no progress and no summary; errors are still shown")
HOST_NAMES = option(
    "--name",
    metavar="NAME",
    dest="names",
    action="append",
    default=[],
    help="with an address that others reach, another name or address by which they reach this"
    " server; repeatable",
)
HELP = option("-h", "--help", action="help", help="show this help and exit")
WITH_SECRETS = switch("--with-secrets", help="share an index that was made with --secrets")
BANDWIDTH = option(
    "--bandwidth",
    metavar="SIZE",
    type=size,
    help="move at most SIZE bytes per second, such as 500K or 10M (default: no limit)",
)
DRY_RUN = switch("--dry-run", help="only report what would be done; change nothing")
SHOW_SECRETS = switch(
    "--show-secrets", help="do not mask what looks like a secret in text for agents"
)
YES = switch("-y", "--yes", help="do not ask: the answer is yes")
COLOR = option(
    "--color",
    "--colour",
    choices=("auto", "always", "never"),
    default="auto",
    help="when to use color; auto: on a terminal unless NO_COLOR is set, and elsewhere if"
    " FORCE_COLOR is set (default: auto)",
)
