"""Measure whether a search for a name finds and shows its definition under the right name.

    python -m benchmarks.quality.names --checkouts DIR --annotations DIR [--seed N] [--mode MODE]
        [--repo NAME ...] [--json FILE] [--against FILE] [--index-root DIR] [--jobs N]

The names are drawn with universal-ctags. A hit is right if it contains the definition's line.
Scores: `first`: the first hit is right; `three`: one of the first three is; `called`: the first hit
is right and its symbol is the name; `line`: the first hit is right and points within one line of
the definition; `shown`: the excerpt of the first hit, if it is right and the query is the name as
written, shows the definition's line.
"""

from __future__ import annotations

import io
import re
from contextlib import redirect_stdout
from typing import TYPE_CHECKING

from benchmarks.quality.checked_out import (
    RepositoryTask,
    drawn,
    indexed,
    repository_tasks,
    run_command,
    run_tasks,
)
from benchmarks.quality.ctags import tags_of
from benchmarks.quality.draw_names import AS_WRITTEN, NameQuery, draw_names
from benchmarks.quality.runs import hits_of, place_text
from benchmarks.quality.set_command import Settings
from benchmarks.quality.set_run import Row, SetRun
from codelode.cli import main as lode

if TYPE_CHECKING:
    from pathlib import Path

    from codelode import Index
    from codelode.types import Hit

_NUMBERED = re.compile(r" {2,}(\d+) {2}|\s+(\d+)\Z")


def main() -> None:
    """Draw the names, search for them, print the scores, and compare them if asked to."""
    run_command("names", __doc__, run)


def run(checkouts: Path, annotations: Path, settings: Settings, seed: int = 0) -> SetRun:
    """Search for the names of all repositories."""
    tasks = repository_tasks(checkouts, annotations, settings, seed)
    return run_tasks("names", ask_repository, tasks, settings)


def ask_repository(task: RepositoryTask) -> list[Row]:
    """Draw the names of one repository and search for them."""
    seed = f"{task.seed} {task.repository.name}"
    queries = drawn(task, "names", lambda: draw_names(tags_of(task.tree), seed), NameQuery)
    settings, name = task.settings, task.repository.name
    with indexed(task) as index:
        return [ask_name(index, name, query, settings) for query in queries]


def ask_name(index: Index, group: str, query: NameQuery, settings: Settings) -> Row:
    """Search for one name and score the first three hits."""
    hits = hits_of(index, query.query, settings.mode, limit=3)
    right = [holds(hit, query.path, query.line) for hit in hits]
    first = bool(right and right[0])
    scores = {"first": float(first), "three": float(any(right))}
    scores["called"] = float(first and last_part(hits[0].symbol) == query.name)
    scores["line"] = float(first and abs(_line(hits[0]) - query.line) <= 1)
    if first and query.kind == AS_WRITTEN:
        scores["shown"] = float(query.line in excerpt_lines(index, query.query, settings))
    return Row(
        group=group,
        kind=query.kind,
        tags=[],
        query=query.query,
        right=[f"{query.path}:{query.line} {query.name}"],
        scores=scores,
        hits=[place_text(hit) for hit in hits],
    )


def holds(hit: Hit, path: str, line: int | None) -> bool:
    """Return whether a hit is in a file and, unless `line` is None, contains this line."""
    return hit.path == path and (line is None or hit.start_line <= line <= hit.end_line)


def last_part(symbol: str | None) -> str | None:
    """Return the last component of a qualified name: `pop` of `Queue.pop`."""
    return re.split(r"[^\w!?]+", symbol)[-1] if symbol else None


def _line(hit: Hit) -> int:
    line = getattr(hit, "line", None)  # older versions of codelode have no such field
    return line if isinstance(line, int) else hit.start_line


def excerpt_lines(index: Index, query: str, settings: Settings) -> set[int]:
    """Return the numbers of the lines that `lode search` shows of the first hit."""
    output = io.StringIO()
    flags = ["--limit", "1", "--mode", settings.mode, "--index-dir", str(index.directory)]
    with redirect_stdout(output):
        lode(["search", *flags, query, str(index.root)])
    numbers = (_NUMBERED.match(text) for text in output.getvalue().splitlines())
    return {int(match[1] or match[2]) for match in numbers if match}


if __name__ == "__main__":
    main()
