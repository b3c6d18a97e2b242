"""The annotated queries: repositories, their queries, and the targets of each query.

A data folder holds `repos.json` and `annotations/<name>.json`; `README.md` shows both formats.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Target:
    """A right answer: a file, or its 1-based inclusive lines `[start_line, end_line]`."""

    path: str
    start_line: int | None = None
    end_line: int | None = None

    def __str__(self) -> str:
        if self.start_line is None:
            return self.path
        return f"{self.path}:{self.start_line}-{self.end_line}"


@dataclass(frozen=True, slots=True)
class Query:
    """A query with its targets; primary and secondary targets weigh the same."""

    text: str
    category: str
    targets: tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository at a revision. `root` is the POSIX path of the indexed folder ("": the top)."""

    name: str
    language: str
    url: str
    revision: str
    root: str


def load_repositories(data: Path, names: Sequence[str] = ()) -> list[Repository]:
    """Return the repositories of `data`; only those in `names`, if any are given."""
    rows = json.loads((data / "repos.json").read_text(encoding="utf-8"))
    found = [
        Repository(
            name=row["name"],
            language=row["language"],
            url=row["url"],
            revision=row["revision"],
            root=(row.get("benchmark_root") or "").strip("/"),
        )
        for row in rows
    ]
    unknown = set(names) - {repository.name for repository in found}
    if unknown:
        raise SystemExit(f"not in {data / 'repos.json'}: {', '.join(sorted(unknown))}")
    return [repository for repository in found if not names or repository.name in names]


def load_queries(data: Path, name: str) -> list[Query]:
    """Return all annotated queries of one repository."""
    rows = json.loads((data / "annotations" / f"{name}.json").read_text(encoding="utf-8"))
    return [
        Query(
            text=row["query"],
            category=row["category"],
            targets=tuple(_target(entry) for entry in [*row["relevant"], *row["secondary"]]),
        )
        for row in rows
    ]


def split_by_presence(
    queries: Sequence[Query], checkout: Path, root: str
) -> tuple[list[Query], list[Query]]:
    """Split queries into queries that this checkout can answer, and queries with missing targets.

    Some annotations name files relative to the top of the checkout, others relative to the indexed
    folder `root`. A target counts as present if its file is in either place.
    """
    kept: list[Query] = []
    dropped: list[Query] = []
    for query in queries:
        present = all(
            (checkout / target.path).is_file() or (checkout / root / target.path).is_file()
            for target in query.targets
        )
        (kept if present else dropped).append(query)
    return kept, dropped


def _target(entry: str | Mapping[str, str | int]) -> Target:
    if isinstance(entry, str):
        return Target(entry)
    path, start, end = entry["path"], entry.get("start_line"), entry.get("end_line")
    if start is None or end is None:
        return Target(str(path))
    return Target(str(path), int(start), int(end))
