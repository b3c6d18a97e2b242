"""Ada."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.chunk.languages.model import (
    Match,
    Rule,
    Syntax,
    by_type,
    content,
    first_of,
    heads,
    named,
    nothing,
    words,
)

if TYPE_CHECKING:
    from tree_sitter import Node

_identifier = by_type("identifier")

_SPECIFICATIONS = by_type("procedure_specification", "function_specification")


def _subprogram(node: Node, text: bytes) -> Match | None:
    """Return a procedure or function, else None; a specification alone is a declaration."""
    specification = _SPECIFICATIONS(node)
    if specification is None:
        return None
    name = specification.child_by_field_name("name")
    bodiless = node.type == "subprogram_declaration"
    return Match("function", name, declaration=bodiless)


def _ada_type(node: Node, text: bytes) -> list[Match]:
    """Return a type, and the literals of an enumeration."""
    shape = node.named_child(node.named_child_count - 1) if node.named_child_count else None
    if shape is None:
        return []
    if shape.type in ("task_type_declaration", "protected_type_declaration"):
        return [Match("class", _identifier(shape))]
    kinds = {"record_type_definition": "struct", "enumeration_type_definition": "enum"}
    kind = kinds.get(shape.type, "type")
    found = [Match(kind, _identifier(node))]
    if kind == "enum":
        literals = [child for child in shape.named_children if child.type == "identifier"]
        found += [Match("variant", each, declaration=True, whole=each) for each in literals]
    return found


def _ada_object(node: Node, text: bytes) -> str:
    return "constant" if b"constant" in content(node, text).lower()[:200] else "variable"


ADA = Syntax(
    module="tree_sitter_ada",
    rules={
        "package_body": Rule("module", named, nothing),
        "package_declaration": Rule("module", named, nothing),
        "generic_package_declaration": Rule("module", named, nothing),
        "subprogram_body": Rule(_subprogram, nothing, nothing, holds=False),
        "subprogram_declaration": Rule(_subprogram, nothing, nothing, holds=False),
        "expression_function_declaration": Rule(_subprogram, nothing, nothing, holds=False),
        "number_declaration": Rule("constant", _identifier, nothing, holds=False),
        "private_type_declaration": Rule("type", _identifier, nothing, False, declaration=True),
        "full_type_declaration": Rule(_ada_type, nothing, nothing, holds=False),
        "subtype_declaration": Rule("type", _identifier, nothing, holds=False),
        "object_declaration": Rule(_ada_object, named, nothing, holds=False),
        "exception_declaration": Rule("error", first_of(named, _identifier), nothing, holds=False),
    },
    scopes=words("compilation_unit non_empty_declarative_part"),
    bodies=words("compilation non_empty_declarative_part package_declaration"),
    heads=heads(
        rb"(?i:procedure|function)[ \t]+(?P<function>\w+)",
        rb"(?i:package(?: body)?)[ \t]+(?P<module>[\w.]+)",
        rb"(?i:type)[ \t]+(?P<type>\w+)",
    ),
)
