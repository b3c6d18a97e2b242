"""The first view, and the view of the state of the indexes, as HTML."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from codelode.errors import CodelodeError
from codelode.page.layout import chip, search_url
from codelode.page.markup import Markup, join, tag
from codelode.page.words import FilteredQuery, Word
from codelode.render.sanitize import visible_name
from codelode.render.units import age, count, size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codelode.page.trees import State, Trees

_LANGUAGES = 8
_NAMES = 60
_FILTERS = (
    ("lang:python", "only files in this language"),
    ("path:src/", "only this folder; any part of a path or a glob will do"),
    ("kind:function", "only functions; also class, method, type …"),
    ("-path:tests/", "the opposite, for each of them"),
)
_KEYS = (
    ("/", "search"),
    ("j k", "next and previous hit"),
    ("Enter", "open the hit"),
    ("o", "open in the editor"),
    ("r", "related code"),
    ("Esc", "back to the field, to the results"),
)


def home_view(trees: Trees) -> Markup:
    """Return the first view: what can be searched, and how."""
    filters = [
        join([tag("dt", tag("code", word)), tag("dd", meaning)]) for word, meaning in _FILTERS
    ]
    if trees.several:
        what = "root" if trees.updates else "repository, or all that match a glob"
        filters.append(join([tag("dt", tag("code", "root:NAME")), tag("dd", f"only this {what}")]))
    keys = [
        join([tag("dt", *[tag("kbd", key) for key in name.split()]), tag("dd", meaning)])
        for name, meaning in _KEYS
    ]
    return tag(
        "div",
        tag("h1", "Code search by meaning, words and names", class_="vh"),
        *[_tree(trees, state, actions=False) for state in trees.states()],
        _names(trees.names()),
        tag(
            "div",
            tag("section", tag("h2", "Filters"), tag("dl", *filters)),
            tag("section", tag("h2", "Keys"), tag("dl", *keys), class_="keys"),
            class_="columns",
        ),
        class_="home",
    )


def status_view(trees: Trees, plots: Markup | None) -> Markup:
    """Return the state of every index, with the figures of `lode bench` if there are any."""
    return tag(
        "div",
        tag("h1", "Indexes"),
        *[_tree(trees, state, actions=trees.updates) for state in trees.states()],
        plots,
        class_="home",
    )


def summary(trees: Trees) -> str:
    """Return the state of all indexes in a few words: `9,720 files`."""
    states = trees.states()
    updating = any(state.updating for state in states)
    files = sum(state.files for state in states)
    if updating and not files:
        return "indexing"
    return f"{count(files, 'file')}, updating" if updating else count(files, "file")


def _tree(trees: Trees, state: State, actions: bool) -> Markup:
    update = tag(
        "form",
        tag("button", "Update now", type="submit"),
        method="post",
        action=f"/update?{urlencode({'root': state.label}, errors='replace')}",
    )
    place = None if state.label == state.place else visible_name(state.place)
    return tag(
        "section",
        tag(
            "h2",
            visible_name(state.label),
            tag("span", place, class_="root") if place else None,
        ),
        tag("p", _facts(state), class_="facts"),
        tag("p", state.problem, class_="hint") if state.problem else None,
        _languages(trees, state),
        update if actions else None,
        class_="tree",
        data_root=state.label,
    )


def _facts(state: State) -> str:
    if not state.exists:
        return "" if state.problem else "no index yet: it is being made"
    coverage = "" if state.complete else " so far, not all"
    facts = [
        f"{count(state.files, 'file')}{coverage}",
        count(state.chunks, "chunk"),
        f"{size(state.index_bytes)} of index",
    ]
    if state.last_commit is not None:
        facts.append(f"updated {age(max(time.time() - state.last_commit, 0))}")
    return " · ".join(facts)


def _names(names: Sequence[tuple[str, int]]) -> Markup | None:
    """Return links to searches in the repositories with the most files."""
    if not names:
        return None
    first = sorted(names, key=lambda each: -each[1])[:_NAMES]
    items = [
        chip(name, search_url(f"{Word('root', name)} "), number=files)
        for name, files in sorted(first)
    ]
    rest = len(names) - len(first)
    more = tag("p", f"and {rest:,} more: root:NAME", class_="hint") if rest else None
    return join([tag("nav", *items, class_="chips", aria_label="Repositories"), more])


def _languages(trees: Trees, state: State) -> Markup | None:
    """Return a bar of languages, and a legend that links to a search in each; None without any."""
    try:
        numbers = Counter(trees.languages(state))
    except CodelodeError:
        return None
    total = sum(numbers.values())
    if not total:
        return None
    first = [(name, n) for name, n in numbers.most_common() if name][:_LANGUAGES]
    rest = total - sum(number for _, number in first)
    parts = [*first, *([("other", rest)] if rest else [])]
    at = 0.0
    bars, names = [], []
    for place, (name, number) in enumerate(parts):
        share = 100 * number / total
        color = f"part{place}" if name != "other" else "part-rest"
        bars.append(tag("rect", x=f"{at:.2f}%", y=0, width=f"{share:.2f}%", height=8, class_=color))
        at += share
        names.append(_language(_root_word(trees, state), name, number, color))
    return join(
        [
            tag("svg", *bars, class_="bar", aria_hidden="true", width="100%", height=8),
            tag("ul", *names, class_="legend"),
        ]
    )


def _root_word(trees: Trees, state: State) -> list[Word]:
    """Return the filter for the root of a state, as a list.

    The list is empty if there is only one root, or if all roots share one state.
    """
    return [Word("root", state.label)] if trees.several and trees.updates else []


def _language(roots: list[Word], name: str, number: int, color: str) -> Markup:
    dot = tag(
        "svg", tag("circle", cx=5, cy=5, r=4, class_=color), width=10, height=10, aria_hidden="true"
    )
    if name == "other":
        return tag("li", dot, "other ", tag("span", f"{number:,}", class_="n"))
    href = search_url(f"{FilteredQuery('', (Word('lang', name), *roots))} ")
    return tag("li", tag("a", dot, name, " ", tag("span", f"{number:,}", class_="n"), href=href))
