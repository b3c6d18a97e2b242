"""The outline of a text by its syntax: parse it, walk the tree, mend what the parser lost."""

from __future__ import annotations

from codelode.chunk.damage import heads_in
from codelode.chunk.definitions import Outline, in_document_order
from codelode.chunk.grammars import Grammar
from codelode.chunk.outline import NO_LIMIT, outline
from codelode.chunk.parse import parse


def syntax_outline(grammar: Grammar, text: bytes, limit: int = NO_LIMIT) -> Outline | None:
    """Return the definitions of a text, in document order, and cuts inside what is over `limit`.

    None if the parser has lost its way (see `parse`).
    """
    source = grammar.legible(text)
    tree = parse(grammar, source)
    if tree is None:
        return None
    found = outline(grammar, tree.root_node, text, limit)
    syntax = grammar.syntax
    if found.lost and syntax.repair is not None:
        mended, blanked = syntax.repair(source)
        if mended != source and (again := parse(grammar, mended)) is not None:
            found = outline(grammar, again.root_node, text, limit)
            found.damaged += blanked
    definitions = found.definitions
    if found.damaged and syntax.heads is not None:
        definitions = heads_in(found.damaged, syntax.heads, text, definitions)
    found.definitions = in_document_order(definitions)
    return found
