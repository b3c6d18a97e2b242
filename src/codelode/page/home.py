"""The first view, and the view of the state of the indexes, as HTML."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import numpy as np

from codelode.errors import CodelodeError, NoIndexError
from codelode.page.layout import search_url
from codelode.page.markup import Markup, join, tag
from codelode.page.words import FilteredQuery, Word
from codelode.render.sanitize import visible_name
from codelode.render.units import age, count, size
from codelode.store.storage import LocalStorage

if TYPE_CHECKING:
    from codelode.index import Index
    from codelode.page.trees import Tree, Trees

_LANGUAGES = 8
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
        filters.append(join([tag("dt", tag("code", "root:NAME")), tag("dd", "only this root")]))
    keys = [
        join([tag("dt", *[tag("kbd", key) for key in name.split()]), tag("dd", meaning)])
        for name, meaning in _KEYS
    ]
    return tag(
        "div",
        tag("h1", "Code search by meaning, words and names", class_="vh"),
        *[_tree(trees, tree, actions=False) for tree in trees.all],
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
        *[_tree(trees, tree, actions=True) for tree in trees.all],
        plots,
        class_="home",
    )


def summary(trees: Trees) -> str:
    """Return the state of all indexes in a few words: `9,720 files`."""
    updating = [tree for tree in trees.all if tree.updates.state()["updating"]]
    files = sum(_files(tree.index) for tree in trees.all)
    if updating and not files:
        return "indexing"
    return f"{count(files, 'file')}, updating" if updating else count(files, "file")


def _files(index: Index) -> int:
    try:
        return index.snapshot().manifest.files
    except CodelodeError:
        return 0


def _tree(trees: Trees, tree: Tree, actions: bool) -> Markup:
    index = tree.index
    update = tag(
        "form",
        tag("button", "Update now", type="submit"),
        method="post",
        action=f"/update?{urlencode({'root': tree.label}, errors='replace')}",
    )
    return tag(
        "section",
        tag(
            "h2",
            visible_name(tree.label),
            tag("span", visible_name(str(index.root)), class_="root"),
        ),
        tag("p", _facts(index), class_="facts"),
        tag("p", state, class_="hint") if (state := tree.updates.state()["problem"]) else None,
        _languages(trees, tree),
        update if actions else None,
        class_="tree",
        data_root=tree.label,
    )


def _facts(index: Index) -> str:
    try:
        manifest = index.snapshot().manifest
        updated = LocalStorage(index.directory).published_at()
    except NoIndexError:
        return "no index yet: it is being made"
    except CodelodeError as error:
        return str(error)
    coverage = "" if manifest.complete else " so far, not all"
    return " · ".join(
        [
            f"{count(manifest.files, 'file')}{coverage}",
            count(manifest.chunks, "chunk"),
            f"{size(manifest.index_bytes)} of index",
            f"updated {age(max(time.time() - updated, 0))}",
        ]
    )


def language_counts(index: Index) -> Counter[str]:
    """Return the number of live files per language; an empty name stands for no language."""
    numbers: Counter[str] = Counter()
    for live in index.snapshot().segments:
        files = live.segment.files[live.files & (live.segment.files["skip"] == 0)]
        counts = np.bincount(files["language"]).tolist()
        for name, number in zip(["", *live.segment.languages], counts, strict=False):
            numbers[name] += number
    return Counter({name: number for name, number in numbers.items() if number})


def _languages(trees: Trees, tree: Tree) -> Markup | None:
    """Return a bar of the languages, each with a link to a search in that language."""
    try:
        numbers = language_counts(tree.index)
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
        names.append(_language(trees, tree, name, number, color))
    return join(
        [
            tag("svg", *bars, class_="bar", aria_hidden="true", width="100%", height=8),
            tag("ul", *names, class_="legend"),
        ]
    )


def _language(trees: Trees, tree: Tree, name: str, number: int, color: str) -> Markup:
    dot = tag(
        "svg", tag("circle", cx=5, cy=5, r=4, class_=color), width=10, height=10, aria_hidden="true"
    )
    if name == "other":
        return tag("li", dot, "other ", tag("span", f"{number:,}", class_="n"))
    words = [Word("lang", name), *([Word("root", tree.label)] if trees.several else [])]
    href = search_url(f"{FilteredQuery('', tuple(words))} ")
    return tag("li", tag("a", dot, name, " ", tag("span", f"{number:,}", class_="n"), href=href))
