"""The names of repositories in a roster, and access labels.

A name is a path such as `acme/api`: it becomes the folder in front of the paths of the repository's
files. No name lies in another, so a path belongs to one repository. Names and labels are ASCII: no
two of them look alike, and none can control a terminal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from codelode.errors import UsageError

_PART = r"(?!\.\.?(?:/|\Z))[A-Za-z0-9_.+@~][A-Za-z0-9_.+@~-]{0,99}"
_NAME = re.compile(rf"(?=.{{1,200}}\Z){_PART}(?:/{_PART})*\Z")
_LABEL = re.compile(r"[A-Za-z0-9_.+@:/][A-Za-z0-9_.+@:/-]{0,99}\Z")


def check_name(name: str) -> str:
    """Return `name`. Raises `UsageError` if it cannot be the name of a repository."""
    if not _NAME.match(name):
        raise UsageError(
            f"{name!r} cannot be the name of a repository: it consists of parts such as acme/api,"
            " of letters, digits and ._+@~-, 200 at most"
        )
    return name


def check_label(label: str) -> str:
    """Return `label`. Raises `UsageError` unless it can be an access label, or is "" (no label)."""
    if label and not _LABEL.match(label):
        raise UsageError(
            f"{label!r} cannot be a label: it consists of letters, digits and ._+@:/-, 100 at most"
        )
    return label


def bad_name(names: Iterable[str]) -> str | None:
    """Return the first of some names that cannot be the name of a repository, or None."""
    match = _NAME.match
    return next((name for name in names if not match(name)), None)


def bad_label(labels: Iterable[str]) -> str | None:
    """Return the first of some labels that is not valid, or None. "" stands for no label."""
    return next((label for label in labels if label and not _LABEL.match(label)), None)


def folders_of(name: str) -> Iterator[str]:
    """Yield the folders that a name lies in, from the outermost."""
    end = name.find("/")
    while end >= 0:
        yield name[:end]
        end = name.find("/", end + 1)
