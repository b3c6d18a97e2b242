"""The tools that agents see: names, descriptions and parameters, in a fixed order.

Clients cut descriptions at 2 KB, and one client reads only 512 characters, so the first sentences
say when to use a tool and when to use grep. Schemas have plain types only: some clients fail on
unions and on nullable types.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from codelode.mcp.arguments import Number, Parameter, Text
from codelode.search.request import MODES

DEFAULT_TOKENS = 2000
LEAST_TOKENS, MOST_TOKENS = 100, 20_000
MAX_LIMIT = 30


@dataclass(frozen=True, slots=True)
class Tool:
    """A read-only tool. `always` asks clients that load tools on demand to load it at the start."""

    name: str
    title: str
    description: str
    parameters: Mapping[str, Parameter]
    always: bool = False

    def schema(self) -> dict[str, Any]:
        """Return the JSON schema of the arguments."""
        return {
            "type": "object",
            "properties": {name: _schema(each) for name, each in self.parameters.items()},
            "required": [
                name
                for name, each in self.parameters.items()
                if isinstance(each, Text) and each.required
            ],
        }


def _schema(parameter: Parameter) -> dict[str, Any]:
    if isinstance(parameter, Number):
        return {
            "type": "integer",
            "description": parameter.description,
            "default": parameter.default,
            "minimum": parameter.least,
            "maximum": parameter.most,
        }
    fields: dict[str, Any] = {"type": "string", "description": parameter.description}
    if parameter.choices:
        fields["enum"] = list(parameter.choices)
    return fields


_TOKENS = Number("most tokens of the answer", DEFAULT_TOKENS, LEAST_TOKENS, MOST_TOKENS)
_LIMIT = Number("most places in the answer", 10, 1, MAX_LIMIT)
_CURSOR = Text("from the last line of the previous page, for the next page of the same call")

TOOLS = (
    Tool(
        "search",
        "Search code by meaning",
        "Find where code does something, from a question in plain words or the name of a symbol:"
        " 'where are retries scheduled', 'parse config file', 'Queue.push'. Use it first when you"
        " do not know the file or the exact words: one call replaces several rounds of grep and"
        " read. Use grep instead to list every occurrence of an exact string or regular expression."
        " Each answer is path:line, the name and the lines that matter, best first; open that line"
        " directly."
        "\n\nThe answer fits into max_tokens: the best places with their source, the others as"
        " locations. The last line says how old the index is. If the best places do not answer,"
        " search again with other words rather than reading files one by one, or narrow by path,"
        " language or glob.",
        {
            "query": Text("what to look for: a question, a description or a name", required=True),
            "path": Text("only in this folder or file"),
            "language": Text("only in this language, such as python, ts or c++"),
            "glob": Text("only paths that match, such as *.py or !tests; several by spaces"),
            "mode": Text("hybrid (default), semantic (by meaning) or lexical (by words)", MODES),
            "limit": _LIMIT,
            "max_tokens": _TOKENS,
            "cursor": _CURSOR,
        },
        always=True,
    ),
    Tool(
        "symbols",
        "Find definitions by name",
        "Find where a function, method, class or constant is defined, from its name: 'Queue.push',"
        " 'parse_config', or 'parse*' for a prefix. Use it when you know the name; it also finds"
        " names that are written in another case, or with a typing error. Use grep to find the"
        " callers of a name.",
        {
            "name": Text("the name, qualified or not; empty for all definitions below path"),
            "kind": Text("only of this kind, such as function, method, class or constant"),
            "path": Text("only in this folder or file"),
            "max_tokens": _TOKENS,
        },
    ),
    Tool(
        "outline",
        "Outline of a file",
        "List the definitions of a file with their lines, in order. Use it to find your way in a"
        " long file before you read a part of it; it costs a fraction of the tokens.",
        {"path": Text("the file", required=True), "max_tokens": _TOKENS},
    ),
    Tool(
        "related",
        "Find similar code",
        "Find code in other files that does something similar to the code at path:line: other"
        " implementations, the tests of it, copies. Use it before changing a pattern that may occur"
        " elsewhere in other words; use grep to find the callers of a name.",
        {
            "path": Text("the file", required=True),
            "line": Number("the line, from 1", 1, 1, 1 << 31),
            "limit": _LIMIT,
            "max_tokens": _TOKENS,
        },
    ),
    Tool(
        "read",
        "Read lines of a file",
        "Read lines of an indexed file, up to max_tokens: as they are on disk now, or as they were"
        " indexed if the file is on another machine. Use your own"
        " tool for reading files if you have one; this one is for agents that cannot reach the"
        " files.",
        {
            "path": Text("the file", required=True),
            "start_line": Number("the first line, from 1", 1, 1, 1 << 31),
            "end_line": Number(
                "the last line; 0 for the end of the file", default=0, least=0, most=1 << 31
            ),
            "max_tokens": _TOKENS,
        },
    ),
    Tool(
        "status",
        "State of the index",
        "Say which folders are indexed, how many files they have, and how old the index is. Use it"
        " when answers seem to be missing or out of date.",
        {},
    ),
)
"""All tools, in the order in which they are listed."""

BY_NAME = {tool.name: tool for tool in TOOLS}

INSTRUCTIONS = (
    "lode searches this code base by meaning. For 'where is', 'how does' and 'which code'"
    " questions, call search with the question before grep or reading files; go straight to the"
    " path:line it returns. For every occurrence of an exact string, grep is right."
)
