"""C# and Java, languages of managed runtimes, whose definitions begin with modifiers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from codelode.chunk.languages.model import (
    Match,
    Rule,
    Syntax,
    by_field,
    by_type,
    content,
    heads,
    named,
    nothing,
    words,
)

if TYPE_CHECKING:
    from tree_sitter import Node

_MODIFIERS = (
    rb"(?:(?:public|protected|private|internal|static|abstract|final|sealed|partial|readonly|async|"
    rb"override|virtual|synchronized|native|default|unsafe|extern|strictfp|new|non-sealed) )"
)
_OPENS = rb"[^;(){}=]{0,300}\{"
_HEADS = heads(
    _MODIFIERS + rb"*class (?P<class>\w+)" + _OPENS,
    _MODIFIERS + rb"*record (?:class |struct )?(?P<class_2>\w+)\s*[(<]",
    _MODIFIERS + rb"*@?interface (?P<interface>\w+)" + _OPENS,
    _MODIFIERS + rb"*enum (?P<enum>\w+)" + _OPENS,
    _MODIFIERS + rb"*struct (?P<struct>\w+)" + _OPENS,
    rb"namespace (?P<namespace>[\w.]+)\s*[{;]",
    _MODIFIERS + rb"+(?:<[^>\n]{0,200}> )?[\w.<>\[\], ?@]+ (?P<method>\w+)(?:<[^>\n]{0,99}>)?"
    rb"\([^;{}]{0,600}\)[^;{}=]{0,200}(?:\{|=>)",
    rb"(?:public|protected|private|internal) (?P<method_2>[A-Z]\w*)\([^;{}]{0,600}\)"
    rb"[^;{}=]{0,300}\{",
)

_leaf = Rule("method", holds=False, declaration=None)
_LOCAL = (b"@Override", b"() {", b"class ", b"interface ", b"record ", b"enum ")
_method = Rule("method", holds=_LOCAL, declaration=None)


def _constants(node: Node, text: bytes) -> list[Match] | None:
    """Return the constants that a field declaration defines; None unless it is static and final.

    Other fields are details of their class.
    """
    modifiers = content(by_type("modifiers")(node), text).split()
    if b"static" not in modifiers or b"final" not in modifiers:
        return None
    return _declarators(node, text)


def _declarators(node: Node, text: bytes) -> list[Match]:
    declarators = node.children_by_field_name("declarator")
    return [Match("constant", each.child_by_field_name("name")) for each in declarators]


JAVA = Syntax(
    module="tree_sitter_java",
    rules={
        "class_declaration": Rule("class"),
        "record_declaration": Rule("class"),
        "interface_declaration": Rule("interface"),
        "annotation_type_declaration": Rule("interface"),
        "enum_declaration": Rule("enum"),
        "enum_constant": Rule("variant", declaration=True),
        "method_declaration": _method,
        "constructor_declaration": _method,
        "compact_constructor_declaration": _leaf,
        "annotation_type_element_declaration": _leaf,
        "field_declaration": Rule(
            _constants, nothing, by_field("declarator", "value"), holds=_LOCAL
        ),
        "constant_declaration": Rule(
            _declarators, nothing, by_field("declarator", "value"), holds=_LOCAL
        ),
    },
    scopes=words(
        "class_body interface_body enum_body enum_body_declarations annotation_type_body block "
        "constructor_body local_variable_declaration variable_declarator expression_statement "
        "object_creation_expression argument_list method_invocation return_statement "
        "lambda_expression assignment_expression if_statement for_statement try_statement "
        "enhanced_for_statement while_statement synchronized_statement"
    ),
    inline=_LOCAL,
    bodies=words(
        "block constructor_body class_body interface_body enum_body enum_body_declarations "
        "annotation_type_body switch_block"
    ),
    comments=words("line_comment block_comment"),
    heads=_HEADS,
)


def _record_kind(node: Node, text: bytes) -> str:
    return "struct" if by_type("struct")(node) else "class"


def _fields(node: Node, text: bytes) -> list[Match] | None:
    """Return the constants of a field declaration; None unless `const` or `static readonly`."""
    words = {content(child, text) for child in node.children if child.type == "modifier"}
    if b"const" not in words and not words >= {b"static", b"readonly"}:
        return None
    return _variables(node, "constant")


def _events(node: Node, text: bytes) -> list[Match]:
    return _variables(node, "property")


def _variables(node: Node, kind: str) -> list[Match]:
    declared = by_type("variable_declaration")(node)
    if declared is None:
        return []
    variables = [child for child in declared.children if child.type == "variable_declarator"]
    return [Match(kind, each.child_by_field_name("name")) for each in variables]


def _property_body(node: Node) -> Node | None:
    """Return the body of a property; in an interface, `{ get; set; }` alone is not a body."""
    accessors = node.child_by_field_name("accessors")
    if accessors is not None:
        bodies = (accessor.child_by_field_name("body") for accessor in accessors.named_children)
        return accessors if any(bodies) else None
    return node.child_by_field_name("value")


_interface = by_type("explicit_interface_specifier")


def _implemented(node: Node) -> Node | None:
    """Return the interface of an explicit implementation: `IShape` of `int IShape.Area() {`."""
    specifier = _interface(node)
    return specifier.named_child(0) if specifier is not None else None


_CONDITIONAL_TARGET = re.compile(
    rb"(?<=[\w\])])\?(?=\.[\w.?]{1,200}(?:\[[^\]\n]{0,80}\])?\s{0,4}(?:[-+*/|&^%]|\?\?)?=[^=>])"
)


def _repaired(text: bytes) -> tuple[bytes, list[tuple[int, int]]]:
    """Rewrite `a?.b = c` as `a .b = c`; return the text, and no blanked ranges (see `Syntax`)."""
    return _CONDITIONAL_TARGET.sub(b" ", text), []


_member = Rule("method", holds=(b"(",), declaration=None, owner=_implemented)
_property = Rule("property", named, _property_body, False, declaration=None, owner=_implemented)

CSHARP = Syntax(
    module="tree_sitter_c_sharp",
    rules={
        "namespace_declaration": Rule("namespace"),
        "class_declaration": Rule("class"),
        "record_declaration": Rule(_record_kind),
        "struct_declaration": Rule("struct"),
        "interface_declaration": Rule("interface"),
        "enum_declaration": Rule("enum"),
        "enum_member_declaration": Rule("variant", holds=False, declaration=True),
        "delegate_declaration": Rule("type", holds=False),
        "method_declaration": _member,
        "local_function_statement": Rule("function"),
        "constructor_declaration": _member,
        "destructor_declaration": _leaf,
        "operator_declaration": Rule("method", by_field("operator"), holds=False),
        "conversion_operator_declaration": Rule("method", by_field("type"), holds=False),
        "indexer_declaration": Rule(
            "property", by_type("this"), _property_body, False, declaration=None
        ),
        "property_declaration": _property,
        "event_declaration": _property,
        "event_field_declaration": Rule(_events, nothing, nothing, holds=False),
        "field_declaration": Rule(_fields, nothing, nothing, holds=False),
    },
    scopes=words(
        "declaration_list enum_member_declaration_list preproc_if preproc_else preproc_elif block "
        "global_statement"
    ),
    compact=words("global_statement"),
    bodies=words("block declaration_list enum_member_declaration_list accessor_list"),
    attributes=words("attribute_list"),
    repair=_repaired,
    heads=_HEADS,
)
