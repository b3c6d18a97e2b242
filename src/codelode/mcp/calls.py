"""Run a tool: arguments in, text for a model out. Nothing here knows the protocol."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from codelode.errors import NoIndexError, UsageError
from codelode.mcp import cursor as cursors
from codelode.mcp.arguments import checked
from codelode.mcp.budget import fit, shorten
from codelode.mcp.entries import Entry, entry_of, merged
from codelode.mcp.roots import Place, Roots, globs_of
from codelode.mcp.token_count import count_tokens
from codelode.mcp.tools import BY_NAME
from codelode.render.excerpt import split_lines
from codelode.render.sanitize import cut, visible_name, visible_text
from codelode.render.units import age, count
from codelode.store.storage import LocalStorage

if TYPE_CHECKING:
    from codelode.index import Index
    from codelode.types import Answer, Hit

    Values = dict[str, Any]


class Calls:
    """The tools over some roots. Threads may call it."""

    def __init__(self, roots: Roots, notes: Callable[[Index], str] = lambda index: "") -> None:
        """Take the roots; `notes` describes an update of an index that is under way."""
        self._roots = roots
        self._notes = notes
        self._run: dict[str, Callable[[Values], str]] = {
            "search": self._search,
            "related": self._related,
            "read": self._read,
            "status": self._status,
        }

    def run(self, name: str, arguments: Mapping[str, Any]) -> str:
        """Return the text of a tool's answer.

        Raises `UsageError` for an unknown tool or bad arguments, and what `Index.answer` raises.
        """
        tool = BY_NAME.get(name)
        if tool is None:
            raise UsageError(f"no tool is called {name!r}: there are {', '.join(BY_NAME)}")
        values, unknown = checked(tool.parameters, arguments)
        text = self._run[name](values)
        if not unknown:
            return text
        names = cut(visible_name(", ".join(unknown)), 60)
        note = f"(ignored unknown arguments: {names})"
        room = values.get("max_tokens", 0) - count_tokens(f"{note}\n")
        return f"{note}\n{shorten(text, room)}" if "max_tokens" in values else f"{note}\n{text}"

    def _search(self, values: Values) -> str:
        from codelode.search.parsed_query import parse_query

        query = parse_query(values["query"])
        request = repr([values[name] for name in ("query", "path", "language", "glob", "mode")])
        seen = cursors.read(request, values["cursor"])
        wanted = min(len(seen) + values["limit"] + 1, cursors.MAX_SEEN)
        answers = [
            (place.index, self._answer(place, values, wanted))
            for place in self._roots.find(values["path"])
        ]
        if not any(answer for _, answer in answers):
            return self._nothing_yet(values)
        hits = [(index, hit) for index, answer in answers if answer for hit in answer.hits]
        hits.sort(key=lambda pair: -pair[1].score)
        return self._page(hits[:wanted], query.terms, values, request, seen)

    def _answer(self, place: Place, values: Values, wanted: int) -> Answer | None:
        """Return the answer of one index; None while it does not exist."""
        languages = [each for each in values["language"].replace(",", " ").split() if each]
        try:
            return place.index.answer(
                values["query"],
                limit=wanted,
                mode=values["mode"] or "hybrid",
                languages=languages or None,
                globs=globs_of(place, values["glob"]),
            )
        except NoIndexError:
            return None

    def _nothing_yet(self, values: Values) -> str:
        notes = [note for index in self._roots.indexes if (note := self._notes(index))]
        text = "\n".join(notes or ["there is no index yet"])
        return shorten(f"nothing to search yet: use grep for now.\n{text}", values["max_tokens"])

    def _page(
        self,
        hits: list[tuple[Index, Hit]],
        terms: tuple[str, ...],
        values: Values,
        request: str,
        seen: list[bytes],
    ) -> str:
        """Return the entries that were not seen yet, as many as asked for and as fit."""
        found = [self._entry(index, hit) for index, hit in hits]
        entries = merged(each for each in found if cursors.digest(each.keys[0]) not in seen)
        footer = self._footer()
        page = entries[: values["limit"]]
        longest = _more(cursors.make(request, seen + _digests(page)))
        room = values["max_tokens"] - count_tokens(f"\n\n{footer}\n{longest}\n")
        blocks = fit(page, terms, max(room, 0))
        shown = seen + _digests(page[: len(blocks)])
        lines = [footer]
        if len(entries) > len(blocks) and len(shown) < cursors.MAX_SEEN:
            lines.append(_more(cursors.make(request, shown)))
        body = _joined(blocks) or ("no more places" if seen else "nothing found: try other words")
        return _within("\n\n".join([body, "\n".join(lines)]), values["max_tokens"])

    def _entry(self, index: Index, hit: Hit) -> Entry:
        return entry_of(hit, self._roots.shown(index, hit.path), _unmasked)

    def _footer(self) -> str:
        """Return one line about the state of the indexes."""
        states = [state for index in self._roots.indexes if (state := self._state(index))]
        return f"[{'; '.join(states)}]"

    def _state(self, index: Index) -> str:
        where = "" if len(self._roots.indexes) == 1 else f"{visible_name(str(index.root))}: "
        if not index.exists():
            outer = index.enclosing_root()
            text = self._notes(index) if outer is None else f"part of the index of {outer}"
            return f"{where}{text or 'no index yet'}"
        manifest = index.snapshot().manifest
        updated = age(max(time.time() - LocalStorage(index.directory).published_at(), 0))
        coverage = "" if manifest.complete else " so far, not all"
        note = self._notes(index)
        fields = [f"index: {count(manifest.files, 'file')}{coverage}", f"updated {updated}"]
        return where + ", ".join([*fields, note] if note else fields)

    def _related(self, values: Values) -> str:
        place = self._file(values["path"])
        hits = place.index.related(place.path, values["line"], values["limit"])
        entries = merged(self._entry(place.index, hit) for hit in hits)
        footer = self._footer()
        room = values["max_tokens"] - count_tokens(f"\n\n{footer}\n")
        blocks = fit(entries, (), max(room, 0))
        body = _joined(blocks) or "nothing related"
        return _within(f"{body}\n\n{footer}", values["max_tokens"])

    def _read(self, values: Values) -> str:
        from codelode.answers.files import indexed_text

        place = self._file(values["path"])
        shown = visible_name(self._roots.shown(place.index, place.path))
        lines = split_lines(_unmasked(indexed_text(place.index, place.path)))
        first = values["start_line"]
        last = min(values["end_line"] or len(lines), len(lines))
        if first > max(len(lines), 1) or last < first:
            return _within(f"{shown} has {count(len(lines), 'line')}", values["max_tokens"])
        room = values["max_tokens"] - count_tokens(f"{shown}:1000000-1000000 of 1000000 lines\n\n")
        chosen: list[str] = []
        for line in lines[first - 1 : last]:
            text = visible_text(line)
            cost = count_tokens(f"{text}\n")
            if cost > room:
                if not chosen:
                    chosen.append(shorten(text, room))
                break
            room -= cost
            chosen.append(text)
        header = f"{shown}:{first}-{first + len(chosen) - 1} of {count(len(lines), 'line')}"
        return _within("\n".join([header, *chosen]), values["max_tokens"])

    def _file(self, path: str) -> Place:
        found = self._roots.find(path)
        if not found[0].path:
            raise UsageError("path must name a file")
        return found[0]

    def _status(self, values: Values) -> str:
        lines = [
            f"root {visible_name(str(index.root))}: {self._state(index)}"
            for index in self._roots.indexes
        ]
        if self._roots.base is not None and str(self._roots.base) != os.path.realpath("."):
            lines.append("paths are relative to the root")
        return "\n".join(lines)


def _digests(entries: list[Entry]) -> list[bytes]:
    return [cursors.digest(key) for entry in entries for key in entry.keys]


def _more(cursor: str) -> str:
    return f"[more: cursor={cursor}]"


def _joined(blocks: list[str]) -> str:
    """Join entries: a blank line around those with source, none between locations."""
    text = ""
    for before, block in zip(["", *blocks], blocks, strict=False):
        gap = "" if not before else "\n\n" if "\n" in before or "\n" in block else "\n"
        text += f"{gap}{block}"
    return text


def _within(text: str, tokens: int) -> str:
    return shorten(text, tokens)


def _unmasked(text: str) -> str:
    return text
