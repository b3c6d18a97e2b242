"""The comment before a definition, recognized by its lines: a search has no syntax tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codelode.search.passage import Passage
    from codelode.segment.definition_rows import DefinitionRow

_BEGINNINGS = (
    *(b"//", b"/*", b"*", b"# ", b"#:", b"#'", b"##", b"#\n", b"#\r", b"--", b";", b"%", b"! "),
    *(b"{-", b"(*", b"<!--", b"'", b"@", b"#["),
)
"""The beginnings of comments and attributes in all languages; no other line between definitions
begins with any of them."""

_ENDINGS = (b"*/", b"-}", b"-->")
_LAST_LINES = (b"*)", b"]]", b"--]]", b"=cut", b"=end")
"""The last lines of block comments, whose other lines may look like anything."""

_OPENINGS = (b"/*", b"{-", b"<!--", b"(*", b"--[[", b"=begin", b"=pod")
_DOCUMENTATION = (b"/**", b"/*!")
_HEREDOC = b'"""'


def documented(
    rows: Sequence[DefinitionRow],
    line: int,
    passage: Passage,
    holding: DefinitionRow | None,
) -> DefinitionRow | None:
    """Return the definition after a line if the line is in that definition's comment, else None.

    `rows` are the definitions on the lines of the passage and on the line after it, where the next
    chunk begins; they are in document order. `holding` is the innermost definition that holds the
    line.
    """
    after = next((row for row in rows if row.start_line > line), None)
    if after is None:
        return None
    if holding is not None and after.parent != holding.place:
        return None
    stop = min(after.start_line - passage.first_line, len(passage.starts))
    row = line - passage.first_line
    if not _may_end_comment(passage, stop):
        return None
    lines = passage.lines(0, min(stop + 1, len(passage.starts)))
    return after if _belongs_to_next(lines, row, stop, passage.path, passage.first_line) else None


def _may_end_comment(passage: Passage, stop: int) -> bool:
    """Return whether the last nonblank of the two lines before `stop` may end a comment.

    Most lines that match a query lie in code, so this check saves the check of all lines.
    """
    for place in range(stop - 1, max(stop - 3, -1), -1):
        (line,) = passage.lines(place, place + 1)
        if text := line.strip():
            return (
                _is_before_definitions(line, passage.path)
                or text.endswith(_ENDINGS)
                or text in _LAST_LINES
                or text == _HEREDOC
            )
    return False


def _belongs_to_next(lines: Sequence[bytes], row: int, stop: int, path: str, first: int) -> bool:
    """Return whether the line `row` is in a comment that belongs to the definition at `stop`.

    `row` and `stop` are indexes in `lines`; `stop`, the first line of the definition, may be just
    beyond the lines. `first` is the 1-based number of the first of `lines` in its file. A comment
    belongs to the definition right after it. If there is a blank line between the two, the comment
    must look like documentation, and must not be the one at the top of the file.
    """
    last = stop - 1
    while last >= row and not lines[last].strip():
        last -= 1
    if last < row or stop - last > 2:
        return False
    begin = row + _rest_of_block(lines[row : last + 1], path)
    if begin <= last and _is_indented_more(lines, last, stop):
        return False
    if not all(_is_before_definitions(line, path) for line in lines[begin : last + 1]):
        return False
    return last == stop - 1 or _is_documentation(lines, last, first)


def _is_before_definitions(line: bytes, path: str) -> bool:
    """Return whether a line is a comment, an attribute, or a type signature of Haskell."""
    is_signature = path.endswith(".hs") and b" :: " in line
    return is_signature or line.lstrip().startswith(_BEGINNINGS)


def _rest_of_block(lines: Sequence[bytes], path: str) -> int:
    """Return how many of the first lines belong to a comment that begins before `lines`."""
    heredocs = path.endswith((".ex", ".exs"))  # only Elixir documents definitions by heredocs
    for place, line in enumerate(lines):
        text = line.strip()
        if any(opening in text for opening in _OPENINGS):
            return 0
        if text.endswith(_ENDINGS) or text in _LAST_LINES or (heredocs and text == _HEREDOC):
            return place + 1
    return 0


def _is_documentation(lines: Sequence[bytes], last: int, first: int) -> bool:
    """Return whether the comment that ends on a line is documentation, but not the file's own."""
    if not lines[last].rstrip().endswith(b"*/"):
        return False
    for place in range(last, -1, -1):
        if lines[place].lstrip().startswith(b"/*"):
            return lines[place].lstrip().startswith(_DOCUMENTATION) and place + first > 1
    return True  # the comment begins in the chunk before


def _is_indented_more(lines: Sequence[bytes], last: int, stop: int) -> bool:
    """Return whether a comment is indented more than the definition, as at the end of a body."""
    return stop < len(lines) and _indentation(lines[last]) > _indentation(lines[stop]) + 1


def _indentation(line: bytes) -> int:
    return len(line) - len(line.lstrip())
