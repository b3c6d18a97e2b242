"""Notes about the index of an answer: incomplete, stale, or not compared with the tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.render.units import age, count

if TYPE_CHECKING:
    from codelode.types import Answer, Freshness


def notes(answer: Answer) -> list[str]:
    """Return notes on completeness and freshness; an empty list if all is well."""
    found = []
    if answer.missing:
        found.append(f"not searched in time: {', '.join(answer.missing)}")
    elif not answer.complete:
        found.append("the index does not cover the whole tree yet: run `lode index`")
    state = answer.freshness
    if state.differing:
        found.append(f"{_differences(state)} since the last update{_reason(state)}{_advice(state)}")
    elif state.differing is None and state.problem:
        found.append(
            f"the index, updated {age(state.age)}, may lack the last edits"
            f"{_reason(state)}{_advice(state)}"
        )
    elif state.differing is None and answer.stale_files:
        files = count(answer.stale_files, "file")
        found.append(f"{files} with hits changed since the last update: run `lode index`")
    return found


def _differences(state: Freshness) -> str:
    """Return how many files were changed, added and deleted: `3 files changed, 1 deleted`."""
    numbers = {"changed": state.changed, "added": state.added, "deleted": state.deleted}
    parts = [f"{number:,} {name}" for name, number in numbers.items() if number]
    first, *others = parts
    amount, _, name = first.partition(" ")
    noun = "file" if amount == "1" else "files"
    return ", ".join([f"{amount} {noun} {name}", *others])


def _reason(state: Freshness) -> str:
    return f" ({state.problem})" if state.problem else ""


def _advice(state: Freshness) -> str:
    return "" if state.updating else ": run `lode index`"
