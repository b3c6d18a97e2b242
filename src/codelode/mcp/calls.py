"""Run a tool: arguments in, text for a model out. Nothing here knows the protocol."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from codelode.errors import NoIndexError, UsageError
from codelode.mcp import cursor as cursors
from codelode.mcp.arguments import checked
from codelode.mcp.budget import shorten
from codelode.mcp.entries import entry_of
from codelode.mcp.names import fitting, outline_line, symbol_line
from codelode.mcp.page import Paging, page
from codelode.mcp.roots import Place, Roots, globs_of
from codelode.mcp.state import footer, index_state
from codelode.mcp.token_count import count_tokens
from codelode.mcp.tools import BY_NAME
from codelode.render.excerpt import split_lines
from codelode.render.sanitize import cut, visible_name, visible_text
from codelode.render.secrets import SecretMask
from codelode.render.units import count

if TYPE_CHECKING:
    from pathlib import Path

    from codelode.index import Index
    from codelode.types import Answer, Freshness, Hit

    Values = dict[str, Any]

MAX_SYMBOLS = 500


class Calls:
    """The tools for some roots. Several threads may call them at once."""

    def __init__(
        self,
        roots: Roots,
        notes: Callable[[Index], str] = lambda index: "",
        show_secrets: bool = False,
    ) -> None:
        """Take the roots; `notes` describes the update of an index, if one is under way."""
        self._roots = roots
        self._notes = notes
        self._show_secrets = show_secrets
        self._run: dict[str, Callable[[Values], str]] = {
            "search": self._search,
            "symbols": self._symbols,
            "outline": self._outline,
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
        paging = Paging(values["max_tokens"], values["limit"], request, seen)
        compared = {index.root: answer.freshness for index, answer in answers if answer}
        return self._page(hits[:wanted], query.terms, paging, compared)

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
        paging: Paging,
        compared: Mapping[Path, Freshness],
    ) -> str:
        mask = self._mask()
        found = [entry_of(hit, self._roots.shown(index, hit.path), mask) for index, hit in hits]
        return page(found, terms, self._footer(compared, mask.masked), paging)

    def _mask(self) -> SecretMask:
        return SecretMask(enabled=not self._show_secrets)

    def _footer(self, compared: Mapping[Path, Freshness], masked: int = 0) -> str:
        """Return one line about the state of the indexes; `compared` has the freshness by root."""
        states = []
        for index in self._roots.indexes:
            state = index_state(index, self._notes(index), compared.get(index.root))
            states.append(state if len(self._roots.indexes) == 1 else f"{index.root}: {state}")
        return footer(states, masked)

    def _symbols(self, values: Values) -> str:
        if not (values["name"] or values["kind"] or values["path"]):
            raise UsageError("name is required, or kind or path")
        lines: list[str] = []
        for place in self._roots.find(values["path"]):
            with suppress(NoIndexError):
                found = place.index.symbols(
                    values["name"],
                    MAX_SYMBOLS,
                    kinds=values["kind"].replace(",", " ").split() or None,
                    globs=globs_of(place, ""),
                )
                lines += [symbol_line(e, self._roots.shown(place.index, e.path)) for e in found]
        lines = lines or ["no such definition: search for what it does"]
        return fitting(lines, self._footer({}), values["max_tokens"])

    def _outline(self, values: Values) -> str:
        place = self._file(values["path"])
        found = place.index.outline(place.path)
        header = visible_name(self._roots.shown(place.index, place.path))
        lines = [header, *(outline_line(each) for each in found)]
        return fitting(lines, self._footer({}), values["max_tokens"])

    def _related(self, values: Values) -> str:
        place = self._file(values["path"])
        hits = place.index.related(place.path, values["line"], values["limit"])
        paging = Paging(values["max_tokens"], values["limit"])
        return self._page([(place.index, hit) for hit in hits], (), paging, {})

    def _read(self, values: Values) -> str:
        from codelode.answers.files import indexed_text

        place = self._file(values["path"])
        shown = visible_name(self._roots.shown(place.index, place.path))
        lines = split_lines(self._mask()(indexed_text(place.index, place.path)))
        first = values["start_line"]
        last = min(values["end_line"] or len(lines), len(lines))
        if first > max(len(lines), 1) or last < first:
            return shorten(f"{shown} has {count(len(lines), 'line')}", values["max_tokens"])
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
        return shorten("\n".join([header, *chosen]), values["max_tokens"])

    def _file(self, path: str) -> Place:
        found = self._roots.find(path)
        if not found[0].path:
            raise UsageError("path must name a file")
        return found[0]

    def _status(self, values: Values) -> str:
        lines = [
            visible_name(f"root {index.root}: {index_state(index, self._notes(index))}")
            for index in self._roots.indexes
        ]
        if self._roots.base is not None and str(self._roots.base) != os.path.realpath("."):
            lines.append("paths are relative to the root")
        return "\n".join(lines)
