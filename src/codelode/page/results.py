"""The results of a search as HTML."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from codelode.answers.lines import shown_lines
from codelode.page.editor import editor_link
from codelode.page.layout import chip, path_name, search_url
from codelode.page.lines import excerpt_lines
from codelode.page.markup import Markup, join, tag
from codelode.page.search import facets
from codelode.page.trees import url_path
from codelode.page.words import NAMES, Word
from codelode.render.sanitize import visible_name
from codelode.render.units import count, fine_seconds

if TYPE_CHECKING:
    from codelode.page.search import Results
    from codelode.page.trees import Found, Trees
    from codelode.types import Answer

MODES = {"hybrid": "meaning and words", "semantic": "meaning only", "lexical": "words only"}
MOST_HITS = 200
_CHIPS = {"lang": 5, "path": 5, "kind": 4, "root": 6}


def results_view(trees: Trees, results: Results, editor: str) -> Markup:
    """Return the results as HTML: the filters, the state of the search and the hits."""
    files = [_file(trees, group, results, editor) for group in results.by_file()]
    return join(
        [
            tag("h1", "Results", class_="vh"),
            _filters(trees, results),
            _state(results),
            tag("div", *files, class_="files"),
            _more(results),
        ]
    )


def file_url(trees: Trees, found: Found, query: str = "") -> str:
    """Return the URL that shows the file of a hit; the words of `query` are marked there."""
    path = url_path(trees.shown(found.tree, found.hit.path))
    return f"/file/{path}?{urlencode({'q': query}, errors='replace')}" if query else f"/file/{path}"


def _filters(trees: Trees, results: Results) -> Markup:
    """Return links that remove the query's filters, or add filters that the hits suggest."""
    query, mode = results.query, results.mode
    options = {} if mode == "hybrid" else {"mode": mode}
    active = [
        chip(str(word), search_url(str(query.without_word(word)), **options), on=True)
        for word in query.words
    ]
    used = {word.name for word in query.words if not word.excludes}
    found = facets(results)
    suggested = []
    for name in NAMES:
        values = found[name] if name != "root" or trees.several else []
        if name in used or len(values) < 2:
            continue
        for value, number in values[: _CHIPS[name]]:
            word = Word(name, value)
            href = search_url(str(query.with_word(word)), **options)
            suggested.append(chip(visible_name(value), href, number=number, title=str(word)))
        suggested.append(tag("span", class_="sep", role="presentation"))
    row = [*active, tag("span", class_="sep") if active else None, *suggested[:-1]]
    return tag("nav", *row, class_="chips", aria_label="Filters")


def _state(results: Results) -> Markup:
    """Return as HTML: the number of hits, the time, links to the modes, and the notes."""
    if results.problem:
        text = results.problem
    elif results.answer is None:
        text = "nothing to search yet: the first index is being made"
    elif not results.found:
        fewer = ", or fewer filters" if results.query.words else ""
        text = f"nothing found: try other words{fewer}"
    else:
        files = len({(each.tree.label, each.hit.path) for each in results.found})
        first = "first " if results.more else ""
        text = f"{first}{count(len(results.found), 'place')} in {count(files, 'file')}"
    time = tag("span", fine_seconds(results.seconds), class_="time") if results.found else None
    hints = [*results.filters.problems, *not_searched(results.answer)]
    if results.answer is not None and not results.answer.complete and not results.answer.missing:
        hints.append("the index does not cover the whole tree yet")
    modes = [
        tag(
            "a",
            label,
            href=search_url(str(results.query), **({} if name == "hybrid" else {"mode": name})),
            aria_current="true" if name == results.mode else None,
        )
        for name, label in MODES.items()
    ]
    return join(
        [
            tag(
                "div",
                tag("p", text, " ", time, id="count", role="status"),
                tag("nav", *modes, class_="modes", aria_label="Mode"),
                class_="state",
            ),
            *[tag("p", hint, class_="hint") for hint in hints],
        ]
    )


def not_searched(answer: Answer | None) -> list[str]:
    """Return a list with a note on the repositories that a cluster could not search, or []."""
    if answer is None or not answer.missing:
        return []
    return [f"not searched in time: {', '.join(answer.missing)}"]


def _file(trees: Trees, group: list[Found], results: Results, editor: str) -> Markup:
    first = group[0]
    href = file_url(trees, first, results.query.text)
    shown = visible_name(trees.shown(first.tree, first.hit.path))
    return tag(
        "section",
        tag(
            "h2",
            tag("a", path_name(shown), href=f"{href}#L{first.hit.line}", tabindex="-1"),
            tag("span", first.hit.language or "", class_="lang"),
            tag("span", "changed since", class_="stale") if first.hit.stale else None,
        ),
        *[_hit(trees, each, results, editor) for each in group],
        class_="file",
    )


def _hit(trees: Trees, found: Found, results: Results, editor: str) -> Markup:
    hit = found.hit
    href = file_url(trees, found, results.query.text)
    lines = shown_lines(Path(), hit, results.terms)  # no lines around the hit, so no file is read
    name = visible_name(hit.symbol) if hit.symbol else f"line {hit.line}"
    path = url_path(trees.shown(found.tree, hit.path))
    return tag(
        "article",
        tag(
            "h3",
            tag("a", name, class_="go", href=f"{href}#L{hit.line}"),
            tag("span", hit.kind, class_="kind") if hit.symbol and hit.kind else None,
            tag("span", f"{hit.start_line}–{hit.end_line}", class_="where"),
            tag(
                "span",
                tag("a", "related", href=f"/related/{path}?line={hit.line}", data_key="r"),
                editor_link(editor, found.tree.file(hit.path), hit.line),
                class_="acts",
            ),
        ),
        excerpt_lines(lines, hit, href),
        class_="hit",
    )


def _more(results: Results) -> Markup | None:
    if not results.more or results.limit >= MOST_HITS or not results.found:
        return None
    wanted = min(results.limit * 2 + 10, MOST_HITS)
    options = {} if results.mode == "hybrid" else {"mode": results.mode}
    href = search_url(str(results.query), **options, n=wanted)
    return tag("p", tag("a", "Show more", href=href, class_="button"), class_="more")
