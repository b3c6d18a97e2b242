"""Folders on this machine as trees of the page."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from codelode.answers.files import indexed_text
from codelode.errors import CodelodeError, NoIndexError, UsageError
from codelode.index import Index
from codelode.page.trees import Found, State, Tree
from codelode.page.updates import Updates
from codelode.several import SeveralRoots
from codelode.store.storage import LocalStorage
from codelode.system.cpu import available_cores

if TYPE_CHECKING:
    from codelode.page.words import Filters
    from codelode.search.request import SearchRequest
    from codelode.types import Answer, Hit, SymbolHit

_MAX_PROCESSES = 4


@dataclass(frozen=True, slots=True)
class LocalTree:
    """One root: its index, its label, which no other root has, and its updates."""

    index: Index
    label: str
    updates: Updates
    is_on_disk: bool = True

    def file(self, path: str) -> Path:
        """Return the path of a file on this machine."""
        return self.index.root / path

    def text(self, path: str) -> str:
        """Return the text of a file as it is on disk now. Raises `UsageError`."""
        return indexed_text(self.index, path)

    def outline(self, path: str) -> list[SymbolHit]:
        """Return the definitions of a file. Raises `UsageError`."""
        return self.index.outline(path)

    def related(self, path: str, line: int, limit: int) -> list[Found]:
        """Return similar code from other files of this root. Raises `UsageError`."""
        return [Found(self, hit) for hit in self.index.related(path, line, limit)]

    def state(self) -> State:
        """Return the state of the index, and of its update."""
        state = State(self.label, os.fsdecode(self.index.root), **self.updates.state())
        try:
            manifest = self.index.snapshot().manifest
            return replace(
                state,
                exists=True,
                generation=manifest.generation,
                files=manifest.files,
                chunks=manifest.chunks,
                index_bytes=manifest.index_bytes,
                complete=manifest.complete,
                last_commit=LocalStorage(self.index.directory).published_at(),
            )
        except NoIndexError:
            return state
        except CodelodeError as error:
            return replace(state, problem=str(error))


class LocalTrees:
    """All roots, as `Trees`."""

    updates = True

    def __init__(self, roots: Sequence[str], index_dir: str | None = None) -> None:
        """Open the indexes, which need not exist yet. Raises `UsageError` for a bad root."""
        processes = min(available_cores(), _MAX_PROCESSES)
        opened = [Index.open(root, index_dir=index_dir, processes=processes) for root in roots]
        indexes = list({index.root: index for index in opened}.values())
        self._index_dir = index_dir
        self._several: dict[tuple[str, ...], SeveralRoots] = {}
        labels = _labels([os.fsdecode(index.root) for index in indexes])
        self.all = [
            LocalTree(index, label, Updates(index))
            for index, label in zip(indexes, labels, strict=True)
        ]

    @property
    def several(self) -> bool:
        """Whether paths begin with the label of a root."""
        return len(self.all) > 1

    def start(self) -> None:
        """Keep all indexes up to date from now on."""
        for tree in self.all:
            tree.updates.start()

    def update(self, label: str) -> bool:
        """Start an update; return whether none was running. Raises `UsageError`."""
        return self._called(label).updates.start()

    def search(self, filters: Filters, request: SearchRequest) -> tuple[Answer, list[Found]] | None:
        """Search the roots that filters allow, with one ranking; None if none can be searched.

        Does not wait for updates.
        """
        chosen = [
            tree
            for tree in self.all
            if (not filters.roots or tree.label in filters.roots)
            and tree.label not in filters.other_roots
            and tree.index.searchable()
        ]
        if not chosen:
            return None
        answer = self._answer(chosen, request)
        return answer, [self._located(chosen, answer, hit) for hit in answer.hits]

    def shown(self, tree: Tree, path: str) -> str:
        """Return the path of a file as the page shows it."""
        return f"{tree.label}/{path}" if self.several else path

    def find(self, path: str) -> tuple[Tree, str]:
        """Return the tree of an indexed file, and the path in that tree. Raises `UsageError`."""
        tree, inner = self.all[0], path
        if self.several:
            label, _, inner = path.partition("/")
            tree = self._called(label)
        if not inner or os.path.isabs(inner) or os.path.normpath(inner) != inner:  # noqa: PTH117
            raise UsageError(f"{path!r} is not the path of a file")
        if inner.split("/")[0] == ".." or "\0" in inner:
            raise UsageError(f"{path!r} is not the path of a file")
        try:
            held = tree.index.holds(inner)
        except NoIndexError:
            held = False
        if not held:
            raise UsageError(f"{path} is not in the index")
        return tree, inner

    def states(self) -> list[State]:
        """Return the states of all indexes."""
        return [tree.state() for tree in self.all]

    def languages(self, state: State) -> Counter[str]:
        """Return the number of live files by language. Raises `CodelodeError`."""
        numbers: Counter[str] = Counter()
        for live in self._called(state.label).index.snapshot().segments:
            files = live.segment.files[live.files & (live.segment.files["skip"] == 0)]
            counts = np.bincount(files["language"]).tolist()
            for name, number in zip(["", *live.segment.languages], counts, strict=False):
                numbers[name] += number
        return Counter({name: number for name, number in numbers.items() if number})

    def names(self) -> Sequence[tuple[str, int]]:
        """Return (), because `states` describes every root."""
        return ()

    def _called(self, label: str) -> LocalTree:
        for tree in self.all:
            if tree.label == label:
                return tree
        raise UsageError(f"no root is called {label!r}")

    def _answer(self, chosen: Sequence[LocalTree], request: SearchRequest) -> Answer:
        if len(chosen) == 1:
            return chosen[0].index.answer_request(request, "never")
        roots = tuple(os.fsdecode(tree.index.root) for tree in chosen)
        several = self._several.get(roots)
        if several is None:
            several = self._several[roots] = SeveralRoots(roots, self._index_dir)
        return several.answer(request, "never")

    def _located(self, chosen: Sequence[LocalTree], answer: Answer, hit: Hit) -> Found:
        """Return a hit of `answer` with its tree, and with its path in that tree."""
        if len(chosen) == 1:
            return Found(chosen[0], hit)
        path = Path(answer.root) / hit.path
        around = [tree for tree in chosen if path.is_relative_to(tree.index.root)]
        tree = max(around, key=lambda tree: len(tree.index.root.parts))
        return Found(tree, replace(hit, path=path.relative_to(tree.index.root).as_posix()))


def _labels(roots: Sequence[str]) -> list[str]:
    """Return a distinct label for each root: the name of its folder, with a number if needed."""
    labels: list[str] = []
    for root in roots:
        parts = [part for part in root.split("/") if part] or ["root"]
        label = "-".join(parts[-1].split())
        number = 2
        while label in labels:
            label = f"{'-'.join(parts[-1].split())}-{number}"
            number += 1
        labels.append(label)
    return labels
