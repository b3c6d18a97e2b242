"""The parameters of a request, checked."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from codelode.errors import UsageError
from codelode.http.parameters import whole_number
from codelode.page.results import MODES, MOST_HITS
from codelode.page.trees import path_of_url

if TYPE_CHECKING:
    from starlette.requests import Request

    from codelode.search.request import Mode

MOST_CHARACTERS = 1000
DEFAULT_HITS = 20
_MOST_LINE = 1 << 31


class Parameters:
    """The parameters in a URL. If a parameter is given twice, the last value counts."""

    def __init__(self, request: Request) -> None:
        """Decode the query; bytes that are not UTF-8 stay as surrogates, as in paths."""
        fields = parse_qsl(
            request.scope["query_string"].decode("latin-1"),
            keep_blank_values=True,
            errors="surrogateescape",
        )
        self._values: dict[str, str] = dict(fields)

    def text(self, name: str, most: int = MOST_CHARACTERS) -> str:
        """Return the text of a parameter, or "". Raises `UsageError` if it is too long."""
        value = self._values.get(name, "")
        if len(value) > most:
            raise UsageError(f"{name} has more than {most:,} characters")
        return value

    def number(self, name: str, default: int, most: int) -> int:
        """Return a whole number from 1 to `most`; `default` if it is absent.

        Raises `UsageError` for anything else.
        """
        value = self._values.get(name)
        return default if value is None else whole_number(name, value, most)

    def line(self) -> int:
        """Return the parameter `line`, 1 by default. Raises `UsageError`."""
        return self.number("line", 1, _MOST_LINE)

    def hits(self, name: str) -> int:
        """Return the number of hits asked for. Raises `UsageError`."""
        return self.number(name, DEFAULT_HITS, MOST_HITS)

    def mode(self) -> Mode:
        """Return the mode of a search. Raises `UsageError`."""
        value = self._values.get("mode", "hybrid")
        for mode in ("hybrid", "semantic", "lexical"):
            if value == mode:
                return mode
        raise UsageError(f"mode must be one of {', '.join(MODES)}")


def path_after(request: Request, prefix: str) -> str:
    """Return the file path that follows a prefix in the URL."""
    raw: bytes = request.scope["raw_path"]
    return path_of_url(raw.decode("latin-1").removeprefix(prefix))
