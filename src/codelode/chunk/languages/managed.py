"""C#, Java, Kotlin and Scala: the languages of the large runtimes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.chunk.languages.model import (
    Rule,
    Syntax,
    by_field,
    by_type,
    content,
    first_of,
    named,
    words,
)

if TYPE_CHECKING:
    from tree_sitter import Node

_leaf = Rule("method", holds=False)


def _constant_field(node: Node, text: bytes) -> str | None:
    """A static final field is a constant; other fields are details of their class."""
    modifiers = content(by_type("modifiers")(node), text).split()
    return "constant" if b"static" in modifiers and b"final" in modifiers else None


JAVA = Syntax(
    module="tree_sitter_java",
    rules={
        "class_declaration": Rule("class"),
        "record_declaration": Rule("class"),
        "interface_declaration": Rule("interface"),
        "annotation_type_declaration": Rule("interface"),
        "enum_declaration": Rule("enum"),
        "method_declaration": _leaf,
        "constructor_declaration": _leaf,
        "compact_constructor_declaration": _leaf,
        "annotation_type_element_declaration": _leaf,
        "field_declaration": Rule(
            _constant_field,
            by_field("declarator", "name"),
            by_field("declarator", "value"),
            holds=False,
        ),
        "constant_declaration": Rule(
            "constant", by_field("declarator", "name"), by_field("declarator", "value"), holds=False
        ),
    },
    scopes=words("class_body interface_body enum_body enum_body_declarations annotation_type_body"),
    bodies=words(
        "block constructor_body class_body interface_body enum_body enum_body_declarations "
        "annotation_type_body switch_block"
    ),
    comments=words("line_comment block_comment"),
)

_property_body = first_of(by_field("accessors"), by_field("value"))

CSHARP = Syntax(
    module="tree_sitter_c_sharp",
    rules={
        "namespace_declaration": Rule("namespace"),
        "class_declaration": Rule("class"),
        "record_declaration": Rule("class"),
        "struct_declaration": Rule("struct"),
        "interface_declaration": Rule("interface"),
        "enum_declaration": Rule("enum", holds=False),
        "delegate_declaration": Rule("type", holds=False),
        "method_declaration": _leaf,
        "constructor_declaration": _leaf,
        "destructor_declaration": _leaf,
        "operator_declaration": Rule("method", by_field("operator"), holds=False),
        "indexer_declaration": Rule("property", by_type("this"), _property_body, holds=False),
        "property_declaration": Rule("property", named, _property_body, holds=False),
        "event_declaration": Rule("property", named, by_field("accessors"), holds=False),
    },
    scopes=words("declaration_list preproc_if preproc_else preproc_elif"),
    bodies=words("block declaration_list enum_member_declaration_list accessor_list"),
    attributes=words("attribute_list"),
)


def _kotlin_class_kind(node: Node, text: bytes) -> str:
    for child in node.children:
        if child.type == "interface":
            return "interface"
        if child.type == "modifiers" and b"enum" in content(child, text).split():
            return "enum"
        if child.type == "identifier":
            break
    return "class"


def _kotlin_property_kind(node: Node, text: bytes) -> str | None:
    first = node.child(0)
    is_const = first is not None and first.type == "modifiers"
    return "constant" if is_const and b"const" in content(first, text).split() else "property"


_kotlin_body = by_type("function_body", "class_body", "enum_class_body")


def _kotlin_property_name(node: Node) -> Node | None:
    declared = by_type("variable_declaration")(node)
    return by_type("identifier")(declared) if declared else None


KOTLIN = Syntax(
    module="tree_sitter_kotlin",
    rules={
        "class_declaration": Rule(_kotlin_class_kind, named, _kotlin_body),
        "object_declaration": Rule("object", named, _kotlin_body),
        "companion_object": Rule("object", named, _kotlin_body),
        "function_declaration": Rule("function", named, _kotlin_body, holds=False),
        "property_declaration": Rule(
            _kotlin_property_kind, _kotlin_property_name, by_type("getter", "setter"), holds=False
        ),
        "type_alias": Rule("type", by_field("type"), holds=False),
    },
    scopes=words("class_body enum_class_body companion_object"),
    bodies=words("block function_body class_body enum_class_body"),
    comments=words("line_comment block_comment"),
)

_value = by_field("value")
_pattern = by_field("pattern")


def _simple_pattern(kind: str) -> Rule:
    def kind_of(node: Node, text: bytes) -> str | None:
        pattern = node.child_by_field_name("pattern") or node.child_by_field_name("name")
        return kind if pattern is not None and pattern.type == "identifier" else None

    return Rule(kind_of, first_of(_pattern, named), _value, holds=False)


SCALA = Syntax(
    module="tree_sitter_scala",
    rules={
        "class_definition": Rule("class"),
        "trait_definition": Rule("trait"),
        "object_definition": Rule("object"),
        "package_object": Rule("object"),
        "enum_definition": Rule("enum"),
        "given_definition": Rule("instance"),
        "function_definition": Rule("function", holds=False),
        "function_declaration": Rule("function", holds=False),
        "val_definition": _simple_pattern("property"),
        "var_definition": _simple_pattern("property"),
        "val_declaration": _simple_pattern("property"),
        "type_definition": Rule("type", named, by_field("type"), holds=False),
    },
    scopes=words(
        "template_body enum_body with_template_body extension_definition indented_block "
        "package_clause"
    ),
    bodies=words("block indented_block template_body enum_body with_template_body case_block"),
    comments=words("comment block_comment"),
)
