"""The instructions that agents read: short, and with the cases in which grep is better.

Agents ignore commands in capitals or take them for an attack, but follow reasons and examples.
"""

from __future__ import annotations

import re

BEGIN = "<!-- lode:begin (`lode agent uninstall` removes this block) -->"
END = "<!-- lode:end -->"

_BLOCK = re.compile(
    rf"(?:^|\n)?(?:\r?\n)?{re.escape(BEGIN[:15])}.*?{re.escape(END)}\r?\n?", re.DOTALL
)

_MCP = """\
## Code search

This project has a semantic code index, the tool `search` of the MCP server `lode`.

- To find where or how something is done, call `search` with the question, for example
  "where are retries scheduled", before grep or reading files. It takes the place of several rounds
  of grep and read. Each result is `path:line` with the lines that matter: open that line directly.
- To list every occurrence of an exact string, use grep.
- `related` finds code that is similar in meaning to `path:line`.
"""

_SHELL = """\
## Code search

This project has a semantic code index: `lode search --agent "QUESTION"`.

- To find where or how something is done, run it with the question, for example
  `lode search --agent "where are retries scheduled"`, before grep or reading files. It takes the
  place of several rounds of grep and read. Each result is `path:line` with the lines that matter:
  open that line directly.
- To list every occurrence of an exact string, use grep.
- `-g 'src/**'` and `-t python` narrow the search.
"""


def text_for(shell: bool) -> str:
    """Return the instructions for an agent with only a shell, or with the MCP server."""
    return _SHELL if shell else _MCP


def block(shell: bool) -> str:
    """Return the instructions as a block between two marks."""
    return f"{BEGIN}\n{text_for(shell)}{END}\n"


def has_block(text: str) -> bool:
    """Return whether a text has a block of codelode's instructions."""
    return _BLOCK.search(text) is not None


def with_block(text: str, shell: bool) -> str:
    """Return a text with the block, which replaces an older block or is appended."""
    newline = "\r\n" if "\r\n" in text else "\n"
    new = block(shell).replace("\n", newline)
    found = _BLOCK.search(text)
    if found is not None:
        start = text.index(BEGIN[:15])
        return text[:start] + new + text[found.end() :]
    ended = text if not text or text.endswith("\n") else text + newline
    return f"{ended}{newline if ended.strip() else ''}{new}"


def without_block(text: str) -> str:
    """Return a text without codelode's block and without the blank line before the block."""
    return _BLOCK.sub("", text, count=1)
