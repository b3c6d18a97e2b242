"""Names of definitions, drawn from a tree, in the variants that people search for."""

from __future__ import annotations

import random
import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.quality.ctags import KINDS, Tag
from benchmarks.quality.tree_files import is_aside, is_program, is_test

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

NAMES_PER_REPOSITORY = 20
SHORTEST = 6
SHORTEST_WITH_ERROR = 9
AS_WRITTEN, OTHER_CASE, TYPING_ERROR, IN_SCOPE = "written", "other case", "typing error", "scoped"

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*[!?]?\Z")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class NameQuery(NamedTuple):
    """A name as queried, and the definition that is the right answer."""

    kind: str
    query: str
    name: str
    path: str
    line: int


def draw_names(
    tags: Sequence[Tag], seed: str, count: int = NAMES_PER_REPOSITORY
) -> list[NameQuery]:
    """Draw up to `count` names that are defined exactly once; return all queries made from them.

    Omits short names, and names in tests, examples, documentation and vendored folders. The same
    seed and tags give the same queries, whatever the order of the tags.
    """
    times = Counter(tag.name for tag in tags)
    names = sorted(tag for tag in tags if times[tag.name] == 1 and _is_drawable(tag))
    generator = random.Random(f"names {seed}")
    chosen = generator.sample(names, min(count, len(names)))
    return [
        NameQuery(kind, query, tag.name, tag.path, tag.line)
        for tag in chosen
        for kind, query in _ways(tag, times.keys(), generator)
    ]


def _is_drawable(tag: Tag) -> bool:
    hidden = any(part.startswith(".") for part in tag.path.split("/"))
    return (
        tag.kind in KINDS
        and len(tag.name) >= SHORTEST
        and _NAME.match(tag.name) is not None
        and not tag.name.startswith(("__anon", "AnonymousFunction"))  # names that ctags invents
        and is_program(tag.path)
        and not (hidden or is_test(tag.path) or is_aside(tag.path))
    )


def _ways(tag: Tag, known: Collection[str], generator: random.Random) -> list[tuple[str, str]]:
    ways = [(AS_WRITTEN, tag.name)]
    if (other := other_case(tag.name)) is not None:
        ways.append((OTHER_CASE, other))
    if len(tag.name) >= SHORTEST_WITH_ERROR:
        ways.append((TYPING_ERROR, with_typing_error(tag.name, known, generator)))
    if tag.scope:
        ways.append((IN_SCOPE, f"{tag.scope}.{tag.name}"))
    return ways


def other_case(name: str) -> str | None:
    """Convert snake_case to camelCase and vice versa; return None for a name of one part."""
    body = name.strip("_")
    lead = name[: len(name) - len(name.lstrip("_"))]
    if "_" in body:
        first, *rest = (part.lower() for part in body.split("_") if part)
        return lead + first + "".join(part[:1].upper() + part[1:] for part in rest)
    parts = _HUMP.split(body)
    return lead + "_".join(part.lower() for part in parts) if len(parts) > 1 else None


def with_typing_error(name: str, known: Collection[str], generator: random.Random) -> str:
    """Return the name with one letter lost, or two adjacent ones swapped; the first letter stays.

    The result is not in `known`. If every such name is, the first letter is doubled.
    """
    lost = [name[:i] + name[i + 1 :] for i in range(1, len(name))]
    swapped = [
        name[:i] + name[i + 1] + name[i] + name[i + 2 :]
        for i in range(1, len(name) - 1)
        if name[i] != name[i + 1]
    ]
    errors = generator.choice([lost, swapped or lost])
    fresh = [error for error in errors if error not in known]
    return generator.choice(fresh or [name[:1] + name])
