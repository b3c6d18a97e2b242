"""C and C++."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.chunk.languages.model import Rule, Syntax, by_field, named, words

if TYPE_CHECKING:
    from tree_sitter import Node

_NAMES = words(
    "identifier field_identifier type_identifier destructor_name operator_name operator_cast "
    "primitive_type"
)
_RECORDS = words("struct_specifier union_specifier enum_specifier class_specifier")


def _declared(node: Node) -> Node | None:
    """The name at the end of a chain of declarators: `f` in `*(*f(int))[3]` or `a::b::f<T>`."""
    found = node.child_by_field_name("declarator")
    while found is not None and found.type not in _NAMES:
        inner = found.child_by_field_name("declarator") or found.child_by_field_name("name")
        if inner is None:  # parentheses and references have no field for what they hold
            inner = (
                found.named_child(found.named_child_count - 1) if found.named_child_count else None
            )
        found = inner
    return found


def _method_kind(node: Node, text: bytes) -> str:
    """A C++ function with a qualified name belongs to a class (or, rarely, to a namespace)."""
    found = node.child_by_field_name("declarator")
    while found is not None and found.type != "qualified_identifier":
        found = found.child_by_field_name("declarator")
    return "function" if found is None else "method"


def _with_body(kind: str, *, holds: bool = False) -> Rule:
    return Rule(lambda node, text: kind if node.child_by_field_name("body") else None, holds=holds)


def _type_kind(node: Node, text: bytes) -> str:
    """A typedef of a record that is written out is as good as the record."""
    record = node.child_by_field_name("type")
    if record is None or record.type not in _RECORDS or not record.child_by_field_name("body"):
        return "type"
    return record.type.removesuffix("_specifier")


def _variable_kind(node: Node, text: bytes) -> str | None:
    declarator = node.child_by_field_name("declarator")
    return "variable" if declarator is not None and declarator.type == "init_declarator" else None


def _macro_kind(node: Node, text: bytes) -> str | None:
    """A macro without a value is a switch or an include guard."""
    return "macro" if node.child_by_field_name("value") else None


_SHARED = {
    "union_specifier": _with_body("union"),
    "enum_specifier": _with_body("enum"),
    "type_definition": Rule(_type_kind, _declared, by_field("type", "body"), holds=False),
    "preproc_def": Rule(_macro_kind, named, by_field("value"), holds=False),
    "preproc_function_def": Rule("macro", named, by_field("value"), holds=False),
    "declaration": Rule(_variable_kind, _declared, by_field("declarator", "value"), holds=False),
}
_SCOPES = words(
    "preproc_ifdef preproc_if preproc_else preproc_elif preproc_elifdef linkage_specification "
    "declaration_list"
)
_WRAPPERS = words("declaration")
_BODIES = words("compound_statement declaration_list field_declaration_list enumerator_list")

C = Syntax(
    module="tree_sitter_c",
    rules=_SHARED
    | {
        "function_definition": Rule("function", _declared, holds=False),
        "struct_specifier": _with_body("struct"),
    },
    scopes=_SCOPES,
    wrappers=_WRAPPERS,
    bodies=_BODIES,
)

CPP = Syntax(
    module="tree_sitter_cpp",
    rules=_SHARED
    | {
        "function_definition": Rule(_method_kind, _declared, holds=False),
        "struct_specifier": _with_body("struct", holds=True),
        "class_specifier": _with_body("class", holds=True),
        "namespace_definition": Rule("namespace"),
        "alias_declaration": Rule("type", named, by_field("type"), holds=False),
        "concept_definition": Rule("type", holds=False),
    },
    scopes=_SCOPES | words("field_declaration_list"),
    wrappers=_WRAPPERS | words("field_declaration template_declaration"),
    bodies=_BODIES,
    attributes=words("attribute_declaration"),
)
