"""SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.chunk.languages.model import (
    Match,
    Rule,
    Syntax,
    by_field,
    by_type,
    first_of,
    heads,
    nothing,
    words,
)

if TYPE_CHECKING:
    from tree_sitter import Node

_reference = by_type("object_reference")


def _created(kind: str) -> Rule:
    """Make a rule for a `CREATE` statement; a schema before the name is its owner."""

    def found(node: Node, text: bytes) -> Match | None:
        reference = _reference(node)
        if reference is None:
            return None
        name = reference.child_by_field_name("name")
        return Match(kind, name, owner=reference.child_by_field_name("schema"))

    return Rule(found, nothing, nothing, holds=False)


_NAME = rb'(?:IF NOT EXISTS )?(?:[\w"`\[\]]+\.)?["`\[]?'
_KINDS = (
    *((b"(?:GLOBAL |LOCAL |TEMP |TEMPORARY |UNLOGGED |EXTERNAL )*TABLE", b"table"),),
    *((b"(?:MATERIALIZED |RECURSIVE |TEMP )*VIEW", b"view"),),
    *((b"FUNCTION", b"function"), (b"PROC(?:EDURE)?", b"procedure"), (b"TRIGGER", b"trigger")),
    *((b"(?:UNIQUE )?INDEX(?: CONCURRENTLY)?", b"index"), (b"TYPE", b"type")),
    *((b"SEQUENCE", b"sequence"), (b"SCHEMA", b"namespace"), (b"DOMAIN", b"domain")),
)

SQL = Syntax(
    module="tree_sitter_sql",
    rules={
        "create_table": _created("table"),
        "create_view": _created("view"),
        "create_materialized_view": _created("view"),
        "create_function": _created("function"),
        "create_procedure": _created("procedure"),
        "create_trigger": _created("trigger"),
        "create_type": _created("type"),
        "create_sequence": _created("sequence"),
        "create_index": Rule(
            "index", first_of(by_field("column"), by_type("identifier")), nothing, holds=False
        ),
        "create_schema": Rule("namespace", by_type("identifier"), nothing, holds=False),
    },
    scopes=words("statement transaction block"),
    wrappers=words("statement"),
    compact=words("statement"),
    comments=words("comment marginalia"),
    heads=heads(
        *(
            rb"(?i:CREATE (?:OR (?:REPLACE|ALTER) )?"
            + keyword
            + rb"\s+"
            + _NAME
            + rb")(?P<"
            + kind
            + rb">\w+)"
            for keyword, kind in _KINDS
        )
    ),
)
