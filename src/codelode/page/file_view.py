"""A file as HTML: its lines, its outline, and links to similar code and to the editor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.discover.language import language_of
from codelode.errors import UsageError
from codelode.page.editor import editor_link
from codelode.page.layout import path_name, search_url
from codelode.page.lines import MAX_HIGHLIGHTED, excerpt_lines, file_lines
from codelode.page.markup import Markup, join, tag
from codelode.page.results import file_url
from codelode.page.trees import url_path
from codelode.page.words import parse
from codelode.render.excerpt import number_lines, split_lines
from codelode.render.sanitize import visible_name
from codelode.render.units import count, size
from codelode.search.parsed_query import parse_query

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codelode.page.trees import Found, Tree, Trees
    from codelode.types import Hit

RELATED_HITS = 20
_RELATED_LINES = 7


def file_view(trees: Trees, tree: Tree, path: str, query: str, editor: str) -> Markup:
    """Return a file with its outline, and with the words of the query marked.

    Raises `UsageError` if the file can no longer be read.
    """
    text = tree.text(path)
    lines = split_lines(text)
    language = language_of(path.rpartition("/")[2])
    plain = " · too long for colors" if len(text) > MAX_HIGHLIGHTED else ""
    origin = "" if tree.is_on_disk else " · as indexed"
    bytes_ = size(len(text.encode("utf-8", "replace")))
    facts = f"{language or 'text'} · {count(len(lines), 'line')} · {bytes_}{origin}{plain}"
    return tag(
        "div",
        tag(
            "div",
            _title(trees, tree, path),
            tag("p", facts, class_="facts"),
            tag(
                "p",
                _back(query),
                tag("a", "related", href=_related_url(trees, tree, path, 1), data_key="r"),
                editor_link(editor, tree.file(path), 1, changing=True),
                class_="acts",
                id="acts",
            ),
            class_="filehead",
        ),
        _outline(tree, path),
        file_lines(lines, language, terms_of(query)),
        class_="fileview",
    )


def terms_of(query: str) -> tuple[str, ...]:
    """Return the terms of a query to mark; none for a query without words."""
    try:
        return parse_query(parse(query).text).terms
    except UsageError:
        return ()


def _title(trees: Trees, tree: Tree, path: str) -> Markup:
    return tag("h1", path_name(visible_name(trees.shown(tree, path))))


def _back(query: str) -> Markup | None:
    return tag("a", "results", href=search_url(query), id="back") if query else None


def _related_url(trees: Trees, tree: Tree, path: str, line: int) -> str:
    return f"/related/{url_path(trees.shown(tree, path))}?line={line}"


def _outline(tree: Tree, path: str) -> Markup | None:
    symbols = tree.outline(path)
    if not symbols:
        return None
    items = [
        tag(
            "li",
            tag(
                "a",
                visible_name(symbol.name),
                href=f"#L{symbol.line}",
                class_=f"depth{min(symbol.depth, 5)}",
                title=f"{symbol.kind}, line {symbol.line}",
            ),
        )
        for symbol in symbols
    ]
    return tag(
        "nav",
        tag("details", tag("summary", "Outline"), tag("ol", *items), open=True),
        class_="outline",
        aria_label="Outline",
    )


def related_view(trees: Trees, tree: Tree, path: str, line: int, editor: str) -> Markup:
    """Return the code in other files that is similar to the code at a place.

    Raises `UsageError` if there is no code at the line.
    """
    found = tree.related(path, line, RELATED_HITS)
    shown = visible_name(trees.shown(tree, path))
    href = f"/file/{url_path(trees.shown(tree, path))}#L{line}"
    return join(
        [
            tag("h1", "Related code", class_="vh"),
            tag(
                "p",
                "Similar in meaning to ",
                tag("a", f"{shown}:{line}", href=href, id="back"),
                class_="state",
            ),
            tag("div", *[_related(trees, each, editor) for each in found], class_="files")
            if found
            else tag("p", "nothing related", class_="hint"),
        ]
    )


def _related(trees: Trees, found: Found, editor: str) -> Markup:
    tree, hit = found.tree, found.hit
    href = file_url(trees, found)
    lines = number_lines(_first_lines(hit), hit.start_line)
    name = visible_name(hit.symbol) if hit.symbol else f"line {hit.line}"
    return tag(
        "section",
        tag(
            "h2",
            tag(
                "a", path_name(visible_name(trees.shown(tree, hit.path))), href=href, tabindex="-1"
            ),
            tag("span", f"{hit.score:.2f}", class_="lang", title="cosine similarity"),
        ),
        tag(
            "article",
            tag(
                "h3",
                tag("a", name, class_="go", href=f"{href}#L{hit.line}"),
                tag("span", hit.kind, class_="kind") if hit.kind else None,
                tag("span", f"{hit.start_line}–{hit.end_line}", class_="where"),
                tag("span", editor_link(editor, tree.file(hit.path), hit.line), class_="acts"),
            ),
            excerpt_lines(lines, hit, href),
            class_="hit",
        ),
        class_="file",
    )


def _first_lines(hit: Hit) -> Sequence[str]:
    return split_lines(hit.text)[:_RELATED_LINES]
