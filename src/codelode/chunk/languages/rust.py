"""Rust."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from codelode.chunk.languages.model import (
    Match,
    Rule,
    Syntax,
    Written,
    by_field,
    by_type,
    heads,
    named,
    nothing,
    words,
)

if TYPE_CHECKING:
    from tree_sitter import Node


def _impl_type(node: Node) -> Node | None:
    """Return the type that an `impl` is for, without its arguments, references and bounds."""
    found = node.child_by_field_name("type")
    while found is not None and found.type not in ("type_identifier", "primitive_type"):
        inner = (
            found.child_by_field_name("type")
            or found.child_by_field_name("name")
            or found.child_by_field_name("trait")
        )
        if inner is None and found.type == "bounded_type":
            inner = found.named_child(0)
        if inner is None:
            return found
        found = inner
    return found


_KINDS = {
    b"const": "constant",
    b"enum": "enum",
    b"fn": "function",
    b"mod": "module",
    b"static": "variable",
    b"struct": "struct",
    b"trait": "trait",
    b"type": "type",
    b"union": "union",
}
_ITEM = re.compile(
    rb"(?:^|(?<=[;{}(]))[ \t]*(?:pub(?:\([^()\n]*\))?\s+)?(?:(?:unsafe|async|extern)\s+)*"
    rb"(const|enum|fn|mod|static|struct|trait|type|union)\s+(?:ref\s+|mut\s+)*([A-Za-z_]\w*)"
    rb"[^\n;{]*",
    re.MULTILINE,
)
MAX_ITEMS = 1000


def _in_macro(node: Node, text: bytes) -> list[Match]:
    """Return the items among the arguments of a macro: `lazy_static!`, `bitflags!`, `cfg_if!`."""
    found: list[Match] = []
    for item in _ITEM.finditer(text, *node.byte_range):
        whole = Written((item.start(), item.end()))
        found.append(Match(_KINDS[item[1]], Written(item.span(2)), whole=whole))
        if len(found) == MAX_ITEMS:
            break
    return found


_LOCAL = (b"struct ", b"fn ", b"impl ", b"impl<", b"enum ", b"trait ", b"macro_rules!", b"mod ")

RUST = Syntax(
    module="tree_sitter_rust",
    rules={
        "function_item": Rule("function", holds=_LOCAL),
        "function_signature_item": Rule("function", holds=False, declaration=True),
        "struct_item": Rule("struct", holds=False),
        "enum_item": Rule("enum"),
        "enum_variant": Rule("variant", holds=False, declaration=True),
        "union_item": Rule("union", holds=False),
        "trait_item": Rule("trait"),
        "impl_item": Rule("impl", _impl_type),
        "mod_item": Rule(lambda node, text: "module" if node.child_by_field_name("body") else None),
        "type_item": Rule("type", named, by_field("type"), holds=False),
        "associated_type": Rule("type", holds=False, declaration=True),
        "const_item": Rule("constant", named, by_field("value"), False, declaration=None),
        "static_item": Rule("variable", named, by_field("value"), holds=False),
        "macro_definition": Rule("macro", named, by_type("macro_rule"), holds=False),
        "macro_invocation": Rule(_in_macro, nothing, nothing, holds=False),
    },
    scopes=words("declaration_list foreign_mod_item enum_variant_list block expression_statement"),
    compact=words("foreign_mod_item enum_variant_list"),
    inline=(b"!",),
    bodies=words("block declaration_list field_declaration_list enum_variant_list"),
    comments=words("line_comment block_comment"),
    attributes=words("attribute_item"),
    heads=heads(
        *(
            rb"(?:pub(?:\([^()\n]*\))? )?(?:(?:unsafe|async|const|default) )*(?:extern \"\w+\" )?"
            + keyword
            + rb" (?P<"
            + kind
            + rb">(?:r#)?\w+)"
            for keyword, kind in (
                *((b"fn", b"function"), (b"struct", b"struct"), (b"enum", b"enum")),
                *((b"trait", b"trait"), (b"mod", b"module"), (b"union", b"union")),
            )
        ),
        rb"(?:unsafe )?impl(?:<[^\n{]*?>)? (?:[\w:<>', &]+ for )?&?(?P<impl>\w+)[^\n;{]*\{",
        rb"macro_rules! (?P<macro>\w+)",
    ),
)
