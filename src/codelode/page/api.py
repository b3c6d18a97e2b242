"""The answers of the page as JSON, for programs. `openapi` describes them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from codelode import __version__
from codelode.answers.files import indexed_text
from codelode.answers.search import answer_object, hit_object
from codelode.answers.unicode import path_fields, without_surrogates
from codelode.discover.language import language_of
from codelode.errors import CodelodeError, NoIndexError
from codelode.page.trees import url_path
from codelode.render.excerpt import split_lines
from codelode.store.storage import LocalStorage

if TYPE_CHECKING:
    from codelode.page.search import Results
    from codelode.page.trees import Tree, Trees
    from codelode.types import Hit


def search_object(trees: Trees, results: Results) -> dict[str, Any]:
    """Return the hits of all trees, and the state of their snapshots."""
    return {
        "query": without_surrogates(str(results.query)),
        "text": without_surrogates(results.query.text),
        "mode": results.mode,
        "hits": [_hit(trees, each.tree, each.hit) for each in results.found],
        "more": results.more,
        "snapshot": None if results.answer is None else answer_object(results.answer)["snapshot"],
        "problems": [
            without_surrogates(each)
            for each in (*results.filters.problems, results.problem)
            if each
        ],
        "seconds": round(results.seconds, 6),
    }


def file_object(tree: Tree, path: str) -> dict[str, Any]:
    """Return the text of an indexed file as it is on disk now. Raises `UsageError`."""
    text = indexed_text(tree.index, path)
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
            for each in tree.index.outline(path)
        ],
    }


def related_object(trees: Trees, tree: Tree, path: str, line: int, limit: int) -> dict[str, Any]:
    """Return the code of other files that is similar to a place. Raises `UsageError`."""
    hits = tree.index.related(path, line, limit)
    return {
        "root": without_surrogates(tree.label),
        **path_fields(path),
        "line": line,
        "hits": [_hit(trees, tree, hit) for hit in hits],
    }


def status_object(trees: Trees) -> dict[str, Any]:
    """Return the state of every index, and of its update."""
    return {"version": __version__, "roots": [_root(tree) for tree in trees.all]}


def _hit(trees: Trees, tree: Tree, hit: Hit) -> dict[str, Any]:
    return {
        "root": without_surrogates(tree.label),
        "url": f"/file/{url_path(trees.shown(tree, hit.path))}#L{hit.line}",
        **hit_object(hit),
    }


def _root(tree: Tree) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "root": without_surrogates(tree.label),
        "folder": without_surrogates(os.fsdecode(tree.index.root)),
        "exists": False,
        "generation": 0,
        "files": 0,
        "chunks": 0,
        "index_bytes": 0,
        "complete": False,
        "last_commit": None,
        **tree.updates.state(),
    }
    try:
        manifest = tree.index.snapshot().manifest
        fields |= {
            "exists": True,
            "generation": manifest.generation,
            "files": manifest.files,
            "chunks": manifest.chunks,
            "index_bytes": manifest.index_bytes,
            "complete": manifest.complete,
            "last_commit": LocalStorage(tree.index.directory).published_at(),
        }
    except NoIndexError:
        pass
    except CodelodeError as error:
        fields["problem"] = str(error)
    return fields
