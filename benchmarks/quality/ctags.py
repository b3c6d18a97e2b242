"""Definitions of a tree as universal-ctags finds them (Debian package `universal-ctags`)."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

COMMAND = ("ctags", "-R", "--output-format=json", "--fields=+nKsS", "-f", "-", ".")

KINDS = frozenset(
    "function func method singletonMethod class struct interface trait enum module type typedef"
    " typealias macro object protocol record delegate def subroutine".split()
)
SCOPE_KINDS = frozenset(
    "class struct interface trait enum module type object protocol record implementation".split()
)


class Tag(NamedTuple):
    """A definition: `path` is POSIX and relative to the tree, `line` is 1-based.

    `scope` is the last part of the name of the enclosing type or module; empty if there is none.
    """

    name: str
    path: str
    line: int
    kind: str
    scope: str


def tags_of(tree: Path) -> list[Tag]:
    """Run ctags over a tree and return all tags of all kinds.

    Exits with a message if ctags is missing or fails; a ctags that cannot write JSON fails.
    """
    try:
        done = subprocess.run(COMMAND, cwd=tree, capture_output=True, check=False)
    except FileNotFoundError:
        raise SystemExit("ctags is not installed (Debian package universal-ctags)") from None
    if done.returncode:
        message = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise SystemExit(f"ctags failed: {message[-1] if message else done.returncode}")
    return read_tags(done.stdout.decode("utf-8", "surrogateescape").splitlines())


def read_tags(lines: Iterable[str]) -> list[Tag]:
    """Read ctags' JSON lines; skip lines that are not a tag with a line number."""
    tags = []
    for text in lines:
        try:
            row = json.loads(text)
        except json.JSONDecodeError:  # a name that is not UTF-8
            continue
        if row.get("_type") != "tag" or "line" not in row:
            continue
        tags.append(
            Tag(
                name=row["name"],
                path=row["path"].removeprefix("./"),
                line=int(row["line"]),
                kind=row.get("kind", ""),
                scope=_scope(row.get("scope", ""), row.get("scopeKind", "")),
            )
        )
    return tags


def _scope(scope: str, kind: str) -> str:
    last = re.split(r"[^\w!?]+", scope)[-1]
    return last if kind in SCOPE_KINDS and not last.startswith("__anon") else ""
