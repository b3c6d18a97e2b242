"""C and C++."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from codelode.chunk.languages.c_names import (
    declaration,
    function,
    is_guard,
    macro_among_enumerators,
    macro_call,
    prototype,
    typedef,
)
from codelode.chunk.languages.c_text import readable_c, repaired, without_record_macros
from codelode.chunk.languages.model import (
    Rule,
    Syntax,
    body_field,
    by_field,
    heads,
    named,
    nothing,
    words,
)

if TYPE_CHECKING:
    from tree_sitter import Node


def _type_name(node: Node) -> Node | None:
    """Return `hash` of `struct hash<Key> {`, `Inner` of `class Outer::Inner {`."""
    found = node.child_by_field_name("name")
    while found is not None and (inner := found.child_by_field_name("name")) is not None:
        found = inner
    return found


def _with_body(kind: str, *, holds: bool | tuple[bytes, ...] = False) -> Rule:
    """Make a rule for a record with a body; without a body, a name only refers to a record."""
    return Rule(kind, _type_name, holds=holds, given=body_field)


_INHERITS = rb"[ \t]*(?:final[ \t]*)?(?::[^:;\n][^;\n]*)?\{?[ \t]*$"
_HEADS = heads(
    rb"(?:template[^\n;{]*>\s*)?class(?:[ \t]+[A-Z_]+)?[ \t]+(?P<class>\w+)" + _INHERITS,
    rb"(?:template[^\n;{]*>\s*)?struct(?:[ \t]+[A-Z_]+)?[ \t]+(?P<struct>\w+)" + _INHERITS,
    rb"(?!return|else|if|while|for|switch|typedef|case)[A-Za-z_][\w \t*&:<>,]*[ \t*&]"
    rb"(?!if\b|for\b|while\b|switch\b|catch\b)(?P<function>[A-Za-z_]\w*)"
    rb"[ \t]*\([^;{}]{0,600}\)[^;{}()=]{0,80}\{",
    rb"#[ \t]*define[ \t]+(?P<macro>\w+)",
)
_NESTED = (b"{", b"#define")
_LOCAL = (b"#define", b"struct ", b"class ", b"enum ")
_value = by_field("value")
_USUAL_MACRO = re.compile(rb"#[ \t]*define[ \t]+([A-Za-z_]\w{0,255})[ \t]+[^\s/\\]")
"""A value that begins with a slash may be a comment, which is no value."""

_SHARED = {
    "union_specifier": _with_body("union", holds=_NESTED),
    "enum_specifier": _with_body("enum", holds=True),
    "enumerator": Rule("variant", declaration=True, holds=False),
    "type_definition": Rule(typedef, nothing, by_field("type", "body"), encloses=False),
    "preproc_def": Rule(
        "macro",
        named,
        _value,
        holds=False,
        declaration=None,
        unless=is_guard,
        usual=_USUAL_MACRO,
    ),
    "preproc_call": Rule(macro_among_enumerators, nothing, nothing, holds=False),
    "preproc_function_def": Rule("macro", named, _value, holds=False),
    "expression_statement": Rule(macro_call, nothing, nothing, holds=False),
    "declaration": Rule(declaration, nothing, by_field("declarator", "value"), holds=False),
}
_SCOPES = words(
    "preproc_ifdef preproc_if preproc_else preproc_elif preproc_elifdef linkage_specification "
    "declaration_list compound_statement labeled_statement enumerator_list"
)
_COMPACT = words("linkage_specification enum_specifier enumerator_list")
_WRAPPERS = words("declaration")
_BODIES = words("compound_statement declaration_list field_declaration_list enumerator_list")

C = Syntax(
    module="tree_sitter_c",
    rules=_SHARED
    | {
        "function_definition": Rule(function, nothing, holds=(b"#define",)),
        "struct_specifier": _with_body("struct", holds=_NESTED),
        "macro_type_specifier": Rule(macro_call, nothing, nothing, holds=False),
    },
    scopes=_SCOPES | words("field_declaration_list field_declaration"),
    compact=_COMPACT,
    wrappers=_WRAPPERS,
    bodies=_BODIES,
    prepare=readable_c,
    repair=repaired,
    heads=_HEADS,
)

CPP = Syntax(
    module="tree_sitter_cpp",
    rules=_SHARED
    | {
        "struct_specifier": _with_body("struct", holds=True),
        "function_definition": Rule(function, nothing, holds=_LOCAL),
        "class_specifier": _with_body("class", holds=True),
        "namespace_definition": Rule("namespace"),
        "alias_declaration": Rule("type", named, by_field("type"), holds=False),
        "concept_definition": Rule("type", holds=False),
        "field_declaration": Rule(prototype, nothing, nothing, holds=False),
    },
    scopes=_SCOPES | words("field_declaration_list"),
    compact=_COMPACT | words("field_declaration_list"),
    wrappers=_WRAPPERS | words("field_declaration template_declaration friend_declaration"),
    bodies=_BODIES,
    attributes=words("attribute_declaration"),
    prepare=without_record_macros,
    repair=repaired,
    heads=_HEADS,
)
