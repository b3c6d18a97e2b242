"""Notes about the index of an answer: incomplete, stale, or not compared with the tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.render.units import age, count

if TYPE_CHECKING:
    from codelode.types import Answer, Freshness


MOST_HITS = 1000
"""The largest limit of a search."""


def notes(answer: Answer, update: str = "lode index") -> list[str]:
    """Return notes on completeness and freshness; an empty list if all is well.

    `update` is the command that updates the index.
    """
    found = []
    if answer.missing:
        found.append(f"not searched in time: {', '.join(answer.missing)}")
    elif not answer.complete:
        found.append(f"the index does not cover the whole tree yet: run `{update}`")
    return [*found, *notes_on_freshness(answer.freshness, answer.stale_files, update)]


def note_on_left_out(answer: Answer, threshold: float | None) -> str:
    """Return a note on the number of places left out, with the reason; empty if there are none.

    The answer counts them only if it has fewer hits than the request asked for. `threshold` is the
    threshold of the request.
    """
    if not answer.left_out:
        return ""
    places = count(answer.left_out, "place")
    if threshold is None:
        return f"{places} hardly related left out: --threshold 0 shows all"
    return f"{places} below the threshold left out"


def note_on_more(answer: Answer, max_per_file: int | None = None) -> str:
    """Return a note that more places match than `answer` has hits; "" if none is needed.

    This concerns requests with a text that must occur. If the request has `max_per_file`, there is
    no note, because a higher limit would not bring all matches.
    """
    number, shown = answer.matching or 0, len(answer.hits)
    if number <= shown or not shown or answer.left_out or max_per_file is not None:
        return ""
    advice = f"`-k {number}` shows all" if number <= MOST_HITS else f"`-k {MOST_HITS}` shows more"
    if shown >= MOST_HITS:
        advice = "-k goes no further; to get every match, use ripgrep"
    return f"the best {shown:,} of {number:,} places that match: {advice}"


def notes_on_freshness(state: Freshness, stale_files: int, update: str = "lode index") -> list[str]:
    """Return notes on how an index compares with its tree.

    `stale_files` is the number of files with hits that have changed since they were indexed.
    `update` is the command that updates the index.
    """
    advice = "" if state.updating else f": run `{update}`, or add `--fresh always`"
    if state.differing:
        return [f"{_differences(state)} since the last update{_reason(state)}{advice}"]
    if state.differing is None and state.problem:
        return [
            f"the index, updated {age(state.age)}, may lack the last edits{_reason(state)}{advice}"
        ]
    if state.differing is None and stale_files:
        files = count(stale_files, "file")
        return [f"{files} with hits changed since the last update: run `{update}`"]
    return []


def _differences(state: Freshness) -> str:
    """Return how many files differ: `3 files changed, 1 added, 2 deleted or excluded`."""
    gone = "deleted or excluded"
    numbers = {"changed": state.changed, "added": state.added, gone: state.deleted}
    parts = [f"{number:,} {name}" for name, number in numbers.items() if number]
    first, *others = parts
    amount, _, name = first.partition(" ")
    noun = "file" if amount == "1" else "files"
    return ", ".join([f"{amount} {noun} {name}", *others])


def _reason(state: Freshness) -> str:
    return f" ({state.problem})" if state.problem else ""
