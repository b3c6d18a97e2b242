"""A run of one set of queries: its data, its table, and its comparison with an earlier run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypedDict, cast

from benchmarks.quality.intervals import Estimate, Weighting, estimate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

ALL = "all"
SHOWN_CHANGES = 12


class Row(TypedDict):
    """One query. `group` is the unit of the bootstrap: a repository, or the query itself.

    `tags` name further subsets that the query belongs to. `scores` has only the scores that apply;
    for example, it has `shown` only if the first hit is right.
    """

    group: str
    kind: str
    tags: list[str]
    query: str
    right: list[str]
    scores: dict[str, float]
    hits: list[str]


class SetRun(TypedDict):
    """A run of a set: `scores` maps a kind of query, a tag or `all` to its scores by name.

    `weighting` applies to `all`; the scores of kinds and tags are means over their queries.
    """

    set: str
    mode: str
    weighting: Weighting
    scores: dict[str, dict[str, Estimate]]
    rows: list[Row]


def summarize(
    name: str, mode: str, rows: Sequence[Row], weighting: Weighting = "queries"
) -> SetRun:
    """Return the run with its scores: of each kind, of each tag, and of all queries."""
    parts: dict[str, list[Row]] = {kind: [] for kind in sorted({row["kind"] for row in rows})}
    for tag in sorted({tag for row in rows for tag in row["tags"]}):
        parts[tag] = []
    for row in rows:
        for part in (row["kind"], *row["tags"]):
            parts[part].append(row)
    scores = {part: _estimates(chosen, "queries") for part, chosen in parts.items()}
    scores[ALL] = _estimates(rows, weighting)
    return SetRun(set=name, mode=mode, weighting=weighting, scores=scores, rows=list(rows))


def _estimates(rows: Sequence[Row], weighting: Weighting) -> dict[str, Estimate]:
    values: dict[str, dict[str, list[float]]] = {}
    for row in rows:
        for name, value in row["scores"].items():
            values.setdefault(name, {}).setdefault(row["group"], []).append(value)
    return {name: estimate(groups, weighting) for name, groups in values.items()}


def load_run(path: Path) -> SetRun:
    """Read a run that `write_run` wrote."""
    return cast("SetRun", json.loads(path.read_text(encoding="utf-8")))


def write_run(run: SetRun, path: Path) -> None:
    """Write a run as JSON, one row per line."""
    head = json.dumps({key: value for key, value in run.items() if key != "rows"}, indent=1)
    rows = ",\n".join(json.dumps(row) for row in run["rows"])
    text = f'{head.removesuffix("}").rstrip()},\n "rows": [\n{rows}\n]}}\n'
    path.write_text(text, encoding="utf-8")


def table_lines(run: SetRun, form: str = ".3f") -> list[str]:
    """Return one line per score of each kind of query, of each tag, and of all queries.

    A line has the set, the kind or tag, the score's name, n, the value and the interval.
    """
    return [
        f"{run['set']:11} {kind:13} {name:9} {found['n']:5}  {found['value']:{form}}"
        f"  [{found['low']:{form}}, {found['high']:{form}}]"
        for kind, scores in run["scores"].items()
        for name, found in scores.items()
    ]


TABLE_HEAD = f"{'set':11} {'kind':13} {'score':9} {'n':>5}  {'value':5}  95 % interval"


def print_run(run: SetRun) -> None:
    """Print the table of a run."""
    print(TABLE_HEAD)
    print("\n".join(table_lines(run)))


def differences(before: SetRun, after: SetRun) -> SetRun:
    """Return a run of the scores of `after` minus those of `before`, for queries in both."""
    changes = [_change(was, now) for was, now in _pairs(before, after)]
    return summarize(after["set"], after["mode"], changes, after["weighting"])


def _change(was: Row, now: Row) -> Row:
    """Return `now`, its scores replaced by the differences of those scores that both rows have."""
    both = [name for name in now["scores"] if name in was["scores"]]
    return Row(
        group=now["group"],
        kind=now["kind"],
        tags=now["tags"],
        query=now["query"],
        right=now["right"],
        scores={name: now["scores"][name] - was["scores"][name] for name in both},
        hits=now["hits"],
    )


def print_comparison(before: SetRun, after: SetRun) -> None:
    """Print the differences between two runs, then the queries that moved most."""
    print(f"\nagainst a run in mode {before['mode']}:")
    compared = differences(before, after)
    print("\n".join(table_lines(compared, "+.3f")))
    changes = sorted(
        (change, row["group"], row["kind"], row["query"])
        for row in compared["rows"]
        if (change := sum(row["scores"].values()))
    )
    if not changes:
        print("no query changed")
        return
    gains = sum(change[0] > 0 for change in changes)
    print(f"\n{gains} queries better, {len(changes) - gains} worse; the largest changes:")
    half = SHOWN_CHANGES // 2
    shown = changes if len(changes) <= SHOWN_CHANGES else [*changes[:half], *changes[-half:]]
    for change, group, kind, query in shown:
        print(f"  {change:+.3f}  {group:18} {kind:9} {query.splitlines()[0][:70]}")


def _key(row: Row) -> tuple[str, str, str]:
    return row["group"], row["kind"], row["query"]


def _pairs(before: SetRun, after: SetRun) -> list[tuple[Row, Row]]:
    old = {_key(row): row for row in before["rows"]}
    return [(old[_key(row)], row) for row in after["rows"] if _key(row) in old]
