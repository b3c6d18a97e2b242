"""Run a tool: arguments in, text for a model out. Nothing here knows the protocol."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from codelode.errors import UsageError
from codelode.mcp import cursor as cursors
from codelode.mcp.arguments import checked
from codelode.mcp.budget import shorten
from codelode.mcp.entries import entry_of
from codelode.mcp.names import fitting, outline_line, symbol_line
from codelode.mcp.page import Paging, page
from codelode.mcp.state import footer
from codelode.mcp.token_count import count_tokens
from codelode.mcp.tools import BY_NAME
from codelode.render.excerpt import split_lines
from codelode.render.sanitize import cut, visible_name, visible_text
from codelode.render.secrets import SecretMask
from codelode.render.units import count
from codelode.search.request import SearchRequest

if TYPE_CHECKING:
    from codelode.mcp.sources import Sources
    from codelode.types import Hit

    Values = dict[str, Any]

MAX_SYMBOLS = 500

_GLOB = re.compile(r"(?:\{[^{}]*\}|[^\s,])+")
"""The globs in a list. Commas within braces belong to a glob."""


class Calls:
    """The tools of the server, run by name; several threads may run them at once."""

    def __init__(
        self,
        sources: Sources,
        show_secrets: bool = False,
    ) -> None:
        """Take the sources of the answers. Likely secrets are masked unless `show_secrets`."""
        self._sources = sources
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
        wanted = repr([values[name] for name in ("query", "path", "language", "glob", "mode")])
        seen = cursors.read(wanted, values["cursor"])
        most = min(len(seen) + values["limit"] + 1, cursors.MAX_SEEN)
        request = SearchRequest(
            values["query"],
            most,
            values["mode"] or "hybrid",
            languages=values["language"].replace(",", " ").split(),
            globs=_GLOB.findall(values["glob"]),
        )
        found = self._sources.search(values["path"], request)
        if found is None:
            return self._nothing_yet(values)
        paging = Paging(values["max_tokens"], values["limit"], wanted, seen)
        return self._page(found.hits[:most], query.terms, paging, found.states)

    def _nothing_yet(self, values: Values) -> str:
        notes = [note for each in self._sources.first.values() if (note := each.state())]
        text = "\n".join(notes or ["there is no index yet"])
        return shorten(f"nothing to search yet: use grep for now.\n{text}", values["max_tokens"])

    def _page(
        self, hits: Sequence[Hit], terms: tuple[str, ...], paging: Paging, states: list[str]
    ) -> str:
        mask = self._mask()
        entries = [entry_of(hit, hit.path, mask) for hit in hits]
        return page(entries, terms, footer(states, mask.masked), paging)

    def _mask(self) -> SecretMask:
        return SecretMask(enabled=not self._show_secrets)

    def _footer(self) -> str:
        return footer(self._sources.states(), 0)

    def _symbols(self, values: Values) -> str:
        from codelode.search.symbol_query import SymbolRequest

        if not (values["name"] or values["kind"] or values["path"]):
            raise UsageError("name is required, or kind or path")
        kinds = values["kind"].replace(",", " ").split()
        request = SymbolRequest(values["name"], MAX_SYMBOLS, kinds)
        found = self._sources.symbols(values["path"], request)
        lines = [symbol_line(each, each.path) for each in found]
        lines = lines or ["no such definition: search for what it does"]
        return fitting(lines, self._footer(), values["max_tokens"])

    def _outline(self, values: Values) -> str:
        path, found = self._sources.outline(values["path"])
        lines = [visible_name(path), *(outline_line(each) for each in found)]
        return fitting(lines, self._footer(), values["max_tokens"])

    def _related(self, values: Values) -> str:
        hits = self._sources.related(values["path"], values["line"], values["limit"])
        paging = Paging(values["max_tokens"], values["limit"])
        return self._page(hits, (), paging, self._sources.states())

    def _read(self, values: Values) -> str:
        path, text = self._sources.text(values["path"])
        shown = visible_name(path)
        lines = split_lines(self._mask()(text))
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

    def _status(self, values: Values) -> str:
        return "\n".join(map(visible_name, self._sources.status()))
