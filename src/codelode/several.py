"""Several roots, folders and files, searched as one."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING

from codelode import metrics
from codelode.errors import UsageError
from codelode.index import Index
from codelode.render.paths import GivenRoot
from codelode.search.filters import files_by_language, languages_needed
from codelode.search.source import Source
from codelode.search.tree_part import TreePart
from codelode.store.manifest import check_model
from codelode.types import Answer, Freshness

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from codelode.reader import IndexReader
    from codelode.search.request import SearchRequest
    from codelode.search.searcher import Found
    from codelode.search.symbol_query import SymbolRequest
    from codelode.types import Fresh, Hit, SymbolHit


@dataclass(frozen=True, slots=True)
class Root:
    """A folder or a file to search: as given, its real path, and the index that covers it."""

    given: str
    path: Path
    index: Index
    is_file: bool

    @property
    def folder(self) -> Path:
        """The folder itself, or the folder of the file."""
        return self.path.parent if self.is_file else self.path

    def path_in(self, tree: Path) -> str | None:
        """Return the path in a tree, with a final slash for a folder; None if it is outside."""
        if not self.path.is_relative_to(tree):
            return None
        inside = self.path.relative_to(tree).as_posix()
        return inside if self.is_file else f"{inside}/".removeprefix("./")


class SeveralRoots:
    """Several roots, which may be nested, and their indexes, searched with one ranking.

    A file is searched once, in the index of the innermost root around it. Paths are relative to
    the folder that holds all roots, in the ranking too: the name of a root is a word of its paths.
    """

    def __init__(self, roots: Sequence[str], index_dir: str | None = None) -> None:
        """Open the indexes, which need not exist yet. Raises `UsageError` for a bad root."""
        self._index_dir = index_dir
        self.roots = [_opened(root, index_dir) for root in roots]

    @property
    def indexes(self) -> list[Index]:
        """The indexes, each once."""
        return list({each.index.root: each.index for each in self.roots}.values())

    @property
    def given(self) -> list[GivenRoot]:
        """The roots as given, for `render.paths`."""
        return [GivenRoot(each.given, os.fspath(each.path)) for each in self.roots]

    @property
    def root(self) -> Path:
        """The innermost folder that holds all roots; paths of hits are relative to it."""
        return Path(os.path.commonpath([each.folder for each in self.roots]))

    @metrics.counting_errors("search")
    def answer(self, request: SearchRequest, fresh: Fresh = "auto") -> Answer:
        """Search all roots, after bringing their indexes up to date: see `Index.answer`.

        `files` and `chunks` are sums over the indexes, `generation` is the highest. Raises what
        `Index.answer` does, and `UsageError` if a file is not in the index.
        """
        if len(self.roots) == 1 and not self.roots[0].is_file:
            return self.roots[0].index.answer_request(request, fresh)
        began = time.perf_counter()
        freshness = self.refresh(fresh)
        readers, sources = self.sources(request)
        readers_used, sources_used = _having(request.languages, readers, sources)
        hits, found = self._hits(readers_used, sources_used, request)
        if freshness.deleted:
            hits = self._marked(readers_used, found, hits)
        seconds = time.perf_counter() - began
        if (recorder := metrics.recorder()) is not None:
            recorder.query_done(request.mode, seconds)
        manifests = [source.shard.snapshot.manifest for source in sources]
        return Answer(
            query=request.query,
            root=os.fsdecode(self.root),
            generation=max(manifest.generation for manifest in manifests),
            files=sum(manifest.files for manifest in manifests),
            chunks=sum(manifest.chunks for manifest in manifests),
            complete=all(manifest.complete for manifest in manifests),
            stale_files=len({hit.path for hit in hits if hit.stale}),
            hits=hits,
            seconds=seconds,
            freshness=freshness,
            left_out=found.left_out,
            matching=found.matching,
        )

    def refresh(self, fresh: Fresh = "auto") -> Freshness:
        """Bring the indexes up to date, as `answer` does; return how they compare with the trees.

        The age is the age of the oldest index. Raises what `Index.refresh` does.
        """
        states = [index.refresh(fresh) for index in self.indexes]
        age = max(index.reader.home().age() for index in self.indexes)
        return replace(reduce(_together, states), age=age)

    def symbols(self, request: SymbolRequest) -> list[SymbolHit]:
        """Return definitions of all roots, the best first: see `Index.symbols`.

        Raises what `Index.symbols` does, and `UsageError` if a file is not in the index.
        """
        from codelode.search.symbol_finder import symbols_in
        from codelode.search.symbols import Stage, SymbolPart, find_symbols

        readers, sources = self.sources()
        base = self.root

        def ask(stage: Stage) -> Iterator[SymbolPart]:
            for reader, source in zip(readers, sources, strict=True):
                with source.shard.searched():
                    part = symbols_in(source.shard, source.root, request, stage, source.part)
                found = [
                    each._replace(
                        hit=replace(each.hit, path=_from(base, reader.root, each.hit.path))
                    )
                    for each in part.found
                ]
                yield replace(part, found=found)

        for reader in readers:
            reader.storage.note_use()
        return find_symbols(ask, request)

    def _hits(
        self, readers: Sequence[IndexReader], sources: Sequence[Source], request: SearchRequest
    ) -> tuple[list[Hit], Found]:
        """Return the best hits with paths relative to `root`, and the search that found them.

        Raises `MismatchError` unless all indexes have the same encoder.
        """
        manifests = [source.shard.snapshot.manifest for source in sources]
        encoder = None
        if request.mode != "lexical":
            encoder = readers[0].load_encoder(manifests[0])
            for manifest in manifests[1:]:
                check_model(manifest, encoder.name, encoder.fingerprint)
        from codelode.search.searcher import search_all  # lists of definitions do not need it

        found = search_all(sources, encoder, request)
        for reader in readers:
            reader.storage.note_use()
        base = self.root
        placed = zip(found.indexes, found.hits, strict=True)
        return [
            replace(hit, path=_from(base, readers[number].root, hit.path)) for number, hit in placed
        ], found

    def _marked(self, readers: Sequence[IndexReader], found: Found, hits: list[Hit]) -> list[Hit]:
        """Return hits with the excluded ones marked, each by the rules of its own index."""
        from codelode.freshness.excluded import mark_excluded  # few searches need it

        marked: dict[int, Hit] = {}
        for number, reader in enumerate(readers):
            places = [place for place, each in enumerate(found.indexes) if each == number]
            mine = mark_excluded(reader, self.root, [hits[place] for place in places])
            marked.update(zip(places, mine, strict=True))
        return [marked[place] for place in range(len(hits))]

    def sources(
        self, request: SearchRequest | None = None
    ) -> tuple[list[IndexReader], list[Source]]:
        """Return the indexes that answer a request, and the source to search in each.

        Raises `UsageError` if a file is not in the index, or if git does not know what has changed.
        """
        self.roots = [self._settled(each) for each in self.roots]
        homes: dict[Path, IndexReader] = {}
        within: dict[Path, list[str]] = {}
        folders: dict[Path, set[Path]] = {}
        for each in self.roots:
            home = each.index.reader.home()
            tree = homes.setdefault(home.root, home).root
            inside = each.path_in(tree)
            if inside is not None:
                within.setdefault(tree, []).append(inside)
                folders.setdefault(tree, set()).add(each.folder)
        sources, base = [], self.root
        for tree, paths in within.items():
            nested = {each.path_in(tree) for each in self.roots} - {None, *paths}
            part = TreePart.of(paths, filter(None, nested))
            if request is not None and (request.changed is not None or request.since is not None):
                from codelode.search.modified import modified  # few searches need git or dates

                part = modified(part, request, tree, folders[tree])
            sources.append(Source(homes[tree].shard().below(_prefix(base, tree)), tree, part))
        return [homes[tree] for tree in within], sources

    def _settled(self, root: Root) -> Root:
        """Return a root with the index that covers it now; this index need not exist yet.

        Only the index of a file can change: an update of its old index may have removed the file,
        because the rules now leave out its folder. Raises `UsageError` if the old index still
        covers the folder, but does not have the file.
        """
        if not root.is_file:
            return root
        from codelode.search.one_file import find_file  # few searches need it

        home = root.index.reader.home()
        inside = root.path_in(home.root)
        if inside is None or find_file(home.shard(), inside) is not None:
            return root
        index = Index.around(root.folder, self._index_dir)
        if index.reader.home().root != home.root:
            return replace(root, index=index)
        from codelode.render.index_command import index_command

        command = index_command(home.root, "--dry-run --list-skipped")
        raise UsageError(f"{root.given} is not in the index of {home.root}: `{command}` says why")


def _opened(root: str, index_dir: str | None) -> Root:
    path = Path(root)
    if not path.is_file():
        index = Index.open(root, index_dir)
        return Root(root, index.root, index, is_file=False)
    real = path.resolve()
    return Root(root.rstrip("/"), real, Index.around(real.parent, index_dir), is_file=True)


def _prefix(base: Path, tree: Path) -> str:
    """Return a tree's path relative to `base`, with a final slash; "" if it is not below `base`."""
    return f"{tree.relative_to(base).as_posix()}/" if base in tree.parents else ""


def _from(base: Path, tree: Path, path: str) -> str:
    """Return the path of a hit relative to `base`.

    If `tree` is below `base`, `path` has the prefix of the tree already; else `path` is relative to
    `tree`.
    """
    return path if _prefix(base, tree) else os.path.relpath(tree / path, base)


def _having(
    languages: Sequence[str] | None, readers: Sequence[IndexReader], sources: Sequence[Source]
) -> tuple[Sequence[IndexReader], Sequence[Source]]:
    """Return the indexes with files in the requested languages: the ones to search and count.

    Returns all indexes if no languages are requested, or if no index has a file in any of them.
    In the second case the search finds nothing.
    """
    from codelode.search.searcher import canonical

    wanted = languages_needed(canonical(languages or ()))
    kept = [
        number
        for number, source in enumerate(sources)
        if not wanted or wanted & files_by_language(source.shard.snapshot).keys()
    ]
    if not kept:
        return readers, sources
    return [readers[number] for number in kept], [sources[number] for number in kept]


def _together(one: Freshness, other: Freshness) -> Freshness:
    """Combine the freshness of two indexes; a number is None if it is None for either."""

    def total(name: str) -> int | None:
        counts = [getattr(one, name), getattr(other, name)]
        return None if None in counts else sum(counts)

    coverages = [each.coverage for each in (one, other) if each.coverage is not None]
    return Freshness(
        changed=total("changed"),
        added=total("added"),
        deleted=total("deleted"),
        coverage=min(coverages) if len(coverages) == 2 else None,
        updated=one.updated or other.updated,
        updating=one.updating or other.updating,
        problem=one.problem or other.problem,
    )
