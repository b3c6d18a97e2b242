"""The answers of the page as JSON, for programs. `openapi` describes them."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from codelode import __version__
from codelode.answers.search import answer_object, hit_object
from codelode.answers.unicode import path_fields, without_surrogates
from codelode.discover.language import language_of
from codelode.page.results import not_searched
from codelode.page.trees import url_path
from codelode.render.excerpt import split_lines

if TYPE_CHECKING:
    from codelode.page.search import Results
    from codelode.page.trees import Found, State, Tree, Trees


def search_object(trees: Trees, results: Results) -> dict[str, Any]:
    """Return the hits of all trees, and the state of their snapshots."""
    return {
        "query": without_surrogates(str(results.query)),
        "text": without_surrogates(results.query.text),
        "mode": results.mode,
        "hits": [_hit(trees, each) for each in results.found],
        "more": results.more,
        "snapshot": None if results.answer is None else answer_object(results.answer)["snapshot"],
        "problems": [
            without_surrogates(each)
            for each in (
                *results.filters.problems,
                results.problem,
                *not_searched(results.answer),
            )
            if each
        ],
        "seconds": round(results.seconds, 6),
    }


def file_object(tree: Tree, path: str) -> dict[str, Any]:
    """Return the text of an indexed file. Raises `UsageError`."""
    text = tree.text(path)
    return {
        "root": without_surrogates(tree.label),
        **path_fields(path),
        "language": language_of(path.rpartition("/")[2]),
        "lines": len(split_lines(text)),
        "text": text,
    }


def outline_object(tree: Tree, path: str) -> dict[str, Any]:
    """Return the definitions of a file. Raises `UsageError`."""
    return {
        "root": without_surrogates(tree.label),
        **path_fields(path),
        "symbols": [
            {
                "name": without_surrogates(each.name),
                "symbol": without_surrogates(each.symbol),
                "kind": each.kind,
                "line": each.line,
                "start_line": each.start_line,
                "end_line": each.end_line,
                "depth": each.depth,
            }
            for each in tree.outline(path)
        ],
    }


def related_object(trees: Trees, tree: Tree, path: str, line: int, limit: int) -> dict[str, Any]:
    """Return code in other files that is similar to the code at a place. Raises `UsageError`."""
    found = tree.related(path, line, limit)
    return {
        "root": without_surrogates(tree.label),
        **path_fields(path),
        "line": line,
        "hits": [_hit(trees, each) for each in found],
    }


def status_object(trees: Trees) -> dict[str, Any]:
    """Return the state of every index, and of its update."""
    return {"version": __version__, "roots": [*map(_root, trees.states())]}


def _hit(trees: Trees, found: Found) -> dict[str, Any]:
    tree, hit = found.tree, found.hit
    return {
        "root": without_surrogates(tree.label),
        "url": f"/file/{url_path(trees.shown(tree, hit.path))}#L{hit.line}",
        **hit_object(hit),
    }


def _root(state: State) -> dict[str, Any]:
    fields = asdict(state)
    label, place = fields.pop("label"), fields.pop("place")
    return {
        "root": without_surrogates(label),
        "folder": without_surrogates(place),
        **fields,
        "problem": state.problem or None,
    }
