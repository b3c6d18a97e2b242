"""Extract the definitions of a file (functions, types, constants) and their documentation."""

from __future__ import annotations

from dataclasses import dataclass

from codelode.chunk.definitions import RawDefinition
from codelode.chunk.grammars import Grammar, grammar
from codelode.chunk.syntax import syntax_outline


@dataclass(frozen=True, slots=True)
class DocumentedDefinition:
    """A named definition: the bytes `[start, end)` of the UTF-8 text.

    It includes its attributes, decorators and `export`, but not the comments before it. The header
    ends at `body_start` (`end` if there is no body). `doc` is the range of the comments directly
    before it or of the docstring inside it, delimiters included. `parent` is the list index of the
    enclosing definition.
    """

    name: str
    kind: str
    start: int
    end: int
    body_start: int
    doc: tuple[int, int] | None
    parent: int | None
    name_start: int


def definitions(language: str, text: bytes) -> list[DocumentedDefinition]:
    """Parse `text` and return its definitions in file order, outer before inner.

    `language` is a key of `languages.SYNTAXES`; any other raises KeyError. Returns an empty list
    for text that the parser gives up on (see `parse`).
    """
    known = grammar(language)
    found = syntax_outline(known, text)
    return [] if found is None else [_documented(each, known, text) for each in found.definitions]


def _documented(each: RawDefinition, known: Grammar, text: bytes) -> DocumentedDefinition:
    body = docstring = None
    if each.node is not None and each.rule is not None:
        body = each.rule.body(each.node)
        docstring = known.syntax.docstring(each.node, text)
    return DocumentedDefinition(
        name=each.name,
        kind=each.kind,
        start=each.start,
        end=each.end,
        body_start=each.end if body is None else body.start_byte,
        doc=each.doc if docstring is None else docstring.byte_range,
        parent=None if each.parent < 0 else each.parent,
        name_start=each.name_start,
    )
