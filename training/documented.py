"""The definitions of a file with the documentation and the body of each."""

from __future__ import annotations

from dataclasses import dataclass

from codelode.chunk.definitions import RawDefinition
from codelode.chunk.grammars import Grammar, grammar
from codelode.chunk.syntax import syntax_outline


@dataclass(frozen=True, slots=True)
class DocumentedDefinition:
    """A named definition on the bytes `[start, end)`, all offsets into the UTF-8 text.

    It begins with its attributes, decorators or `export`, but after its comments; `body_start` is
    where the header ends (`end` if there is no body). `doc` is the run of comments directly before
    it, or the docstring inside it, delimiters included. `parent` is the index, in the same list,
    of the definition that it lies in.
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
    """List the definitions of a text in document order, outer before inner.

    `language` is a name of `languages.SYNTAXES`. Raises KeyError for any other. A text on which the
    parser loses its way (see `parse`) has none.
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
