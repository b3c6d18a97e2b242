"""Find definitions by their first lines, where a parser fails and where there is no grammar.

One construct that a grammar does not know must not hide the definitions in the rest of the file.
Where parsing failed, a line that looks like the first line of a definition counts as one;
indentation tells where the definition ends.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from codelode.chunk.definitions import (
    MODULE_KINDS,
    Outline,
    RawDefinition,
    in_document_order,
)
from codelode.chunk.languages import FUNCTION_KINDS, TYPE_KINDS
from codelode.chunk.naming import bare, in_module
from codelode.chunk.outline import MAX_LEVEL

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_HEADS: Final = 2000
"""Limits against hostile text: heads per file, and bytes per head."""
MAX_REACH: Final = 20_000

MAX_COMMENT_LINES: Final = 100
CLAUSE: Final = "clause"
"""A group of this name is a function; neighbors of one name are one definition."""
_COMMENTS: Final = (b"#", b"//", b"--", b";", b"%", b"*", b"/*", b"@", b"!", b"(*", b"'")
_DIRECTIVE: Final = re.compile(
    rb"[ \t]*#[ \t]*(?:define|undef|include|if|ifdef|ifndef|elif|else|endif|pragma|error)\b"
)
_CONTINUED_LINE: Final = re.compile(rb"(?:[^\n]*\\\r?\n)*[^\n]*")
_CLOSER: Final = re.compile(rb"[ \t]*(?:[})\]]|end\b)[^\n]*")
_CONTINUES: Final = (b"{", b"#", b")")


def head_outline(heads: re.Pattern[bytes], text: bytes) -> Outline:
    """Return a text's definitions, found by first lines alone, and split points before them."""
    found = Outline(in_document_order(heads_in([(0, len(text))], heads, text, [])))
    depths: list[int] = []
    for each in found.definitions:
        depths.append(0 if each.parent < 0 else min(depths[each.parent] + 1, MAX_LEVEL))
        each.lead = _lead(text, each.start)
        if each.lead:
            found.cuts.setdefault(each.lead, depths[-1])
    return found


def _lead(text: bytes, start: int) -> int:
    """Return where the comments and attributes before a definition begin."""
    line = text.rfind(b"\n", 0, start) + 1
    for _ in range(MAX_COMMENT_LINES):
        above = text.rfind(b"\n", 0, max(0, line - 1)) + 1
        if (
            above >= line
            or not text[above:line].lstrip().startswith(_COMMENTS)
            or _DIRECTIVE.match(text, above)
        ):
            break
        line = above
    return line


def heads_in(
    damaged: list[tuple[int, int]],
    heads: re.Pattern[bytes],
    text: bytes,
    known: list[RawDefinition],
) -> list[RawDefinition]:
    """Return the known definitions, plus those found by their first lines in damaged ranges."""
    names = {each.name_start for each in known}
    found: list[RawDefinition] = []
    for start, end in whole_lines(damaged, text):
        for match in heads.finditer(text, start, end):
            group = match.lastgroup
            if group is None or group.startswith("owner") or match.start(group) in names:
                continue
            names.add(match.start(group))
            each = _definition(match, group, text)
            if group == CLAUSE and found and found[-1].joins(each.name, each.kind):
                found[-1].end = each.end
                continue
            found.append(each)
            if len(found) == MAX_HEADS:
                return nested(known + found)
    return nested(known + found) if found else known


def whole_lines(ranges: list[tuple[int, int]], text: bytes) -> Iterable[tuple[int, int]]:
    """Yield the ranges extended to whole lines, in order and without overlap."""
    done = 0
    for start, end in sorted(ranges):
        first = max(done, text.rfind(b"\n", 0, start) + 1)
        last = text.find(b"\n", end)
        done = max(done, len(text) if last < 0 else last)
        if first < done:
            yield first, done


def _definition(match: re.Match[bytes], group: str, text: bytes) -> RawDefinition:
    """Return the definition whose first line was matched; `group` matched its name."""
    start = match.start()
    while text[start : start + 1] in (b" ", b"\t", b"\n", b"\r"):
        start += 1
    indent = start - (text.rfind(b"\n", 0, start) + 1)
    name_start, name_end = match.span(group)
    kind = "function" if group == CLAUSE else group.partition("_")[0]
    of, name = "", bare(text[name_start:name_end].decode("utf-8", "replace"))
    if kind in MODULE_KINDS:
        of, name = in_module(name)
    if _DIRECTIVE.match(text, start):
        line = _CONTINUED_LINE.match(text, name_end, name_end + MAX_REACH)
        end = line.end() if line else name_end
    else:
        end = _block_end(text, match.end(), indent)
    return RawDefinition(
        name=name,
        kind=kind,
        name_start=name_start,
        lead=start,
        start=start,
        end=max(name_end, end),
        owner=_owner(match).decode("utf-8", "replace") or of,
    )


def _owner(match: re.Match[bytes]) -> bytes:
    """Return the owner named in a definition's first line (`owner` or `owner_2`), or b""."""
    groups = match.groupdict()
    return next((text for name, text in groups.items() if text and name.startswith("owner")), b"")


@cache
def _back_out(indent: int) -> re.Pattern[bytes]:
    """Return a pattern for the start of a nonempty line with an indent of at most `indent`."""
    return re.compile(rb"\n(?=[ \t]{0,%d}[^\s])" % min(indent, 200))


def _block_end(text: bytes, at: int, indent: int) -> int:
    """Return the end of a definition whose first line ends at `at` and is indented by `indent`."""
    limit = min(len(text), at + MAX_REACH)
    for line in _back_out(indent).finditer(text, at, limit):
        rest = text[line.end() : line.end() + indent + 8].lstrip()
        if rest.startswith(_CONTINUES):
            continue
        closer = _CLOSER.match(text, line.end())
        return closer.end() if closer else line.start()
    return limit if limit == len(text) else text.find(b"\n", at, limit) % (limit + 1)


def nested(definitions: list[RawDefinition]) -> list[RawDefinition]:
    """Recompute parents: a definition found by its first line may enclose parsed definitions.

    A function whose new parent is a type becomes a method. Returns `definitions`, changed in place.
    """
    order = sorted(
        range(len(definitions)), key=lambda i: (definitions[i].start, -definitions[i].end)
    )
    enclosing: list[int] = []
    for index in order:
        each = definitions[index]
        while enclosing and definitions[enclosing[-1]].end < each.end:
            enclosing.pop()
        if each.node is None or each.parent < 0:
            each.parent = enclosing[-1] if enclosing else -1
            if each.parent >= 0 and each.kind == "function":
                each.kind = "method" if definitions[each.parent].kind in TYPE_KINDS else each.kind
        if each.kind not in FUNCTION_KINDS:  # functions enclose nothing: their ends may be wrong
            enclosing.append(index)
    return definitions
