"""SystemVerilog and VHDL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.chunk.languages.model import (
    Match,
    Rule,
    Syntax,
    by_field,
    by_type,
    heads,
    last_part,
    nothing,
    words,
)

if TYPE_CHECKING:
    from tree_sitter import Node


def _headed(*headers: str) -> Rule:
    """Make a rule for a unit that has its name in a header."""

    def name(node: Node) -> Node | None:
        found = node.child_by_field_name("name")
        header = by_type(*headers)(node) if found is None else None
        return found if header is None else header.child_by_field_name("name")

    return Rule("interface" if headers[0].startswith("interface") else "module", name, nothing)


def _body_name(node: Node) -> Node | None:
    body = by_type("function_body_declaration", "task_body_declaration")(node)
    return body.child_by_field_name("name") if body is not None else None


def _parameters(node: Node, text: bytes) -> list[Match]:
    """Return the constants among parameters: `parameter N = 8, M = 2`."""
    assignments = by_type("list_of_param_assignments")(node)
    if assignments is None:
        return []
    names = (each.named_child(0) for each in assignments.named_children if each.named_child_count)
    return [Match("constant", name) for name in names]


def _typedef(node: Node, text: bytes) -> Match | None:
    """Return the name of a typedef."""
    declared = by_type("type_declaration")(node)
    if declared is None:
        return None
    return Match("type", declared.child_by_field_name("type_name"))


_function = Rule("function", _body_name, nothing, holds=False)
_parameter_rule = Rule(_parameters, nothing, nothing, holds=False)

VERILOG = Syntax(
    module="tree_sitter_systemverilog",
    rules={
        "module_declaration": _headed("module_ansi_header", "module_nonansi_header"),
        "interface_declaration": _headed("interface_ansi_header", "interface_nonansi_header"),
        "program_declaration": _headed("program_ansi_header", "program_nonansi_header"),
        "package_declaration": Rule("module"),
        "class_declaration": Rule("class"),
        "function_declaration": _function,
        "task_declaration": _function,
        "class_constructor_declaration": Rule("method", by_type("new"), nothing, holds=False),
        "parameter_declaration": _parameter_rule,
        "local_parameter_declaration": _parameter_rule,
        "data_declaration": Rule(_typedef, nothing, nothing, holds=False),
        "text_macro_definition": Rule(
            "macro", last_part(by_type("text_macro_name")), nothing, holds=False
        ),
    },
    scopes=words("package_item module_item interface_item class_item class_method"),
    compact=words("package_item module_item interface_item class_item class_method"),
    wrappers=words("package_item module_item interface_item class_item class_method"),
    bodies=words("module_declaration package_declaration class_declaration interface_declaration"),
    comments=words("one_line_comment block_comment"),
    heads=heads(
        rb"(?:macro)?module[ \t]+(?:automatic |static )?(?P<module>\w+)",
        rb"interface[ \t]+(?P<interface>\w+)",
        rb"package[ \t]+(?P<module_2>\w+)",
        rb"(?:virtual )?class[ \t]+(?P<class>\w+)",
        rb"(?:\w+ )*function[ \t]+[^;(\n]{0,200}?(?P<function>\w+)[ \t]*[(;]",
        rb"(?:\w+ )*task[ \t]+(?:automatic |static )?(?P<function_2>\w+)",
        rb"`define[ \t]+(?P<macro>\w+)",
        rb"(?:local)?param(?:eter)?[ \t]+[^=;\n]{0,200}?(?P<constant>\w+)[ \t]*=",
    ),
)


def _names(kind: str) -> Rule:
    """Make a rule for a list of names."""

    def found(node: Node, text: bytes) -> list[Match]:
        names = by_type("identifier_list")(node)
        return [Match(kind, name) for name in names.named_children] if names is not None else []

    return Rule(found, nothing, nothing, holds=False)


def _specified(node: Node, text: bytes) -> Match | None:
    """Return the function or procedure that a node specifies; without a body, as a declaration."""
    written = by_type("function_specification", "procedure_specification")(node)
    if written is None:
        return None
    name = written.child_by_field_name("function") or written.child_by_field_name("procedure")
    return Match("function", name, declaration=node.type == "subprogram_declaration")


def _process(node: Node, text: bytes) -> Match | None:
    label = by_type("label_declaration")(node)
    return Match("process", label.child_by_field_name("label") if label is not None else None)


_subprogram = Rule(_specified, nothing, nothing, holds=False)

VHDL = Syntax(
    module="tree_sitter_vhdl",
    rules={
        "entity_declaration": Rule("class", by_field("entity"), nothing, holds=False),
        "architecture_definition": Rule("module", by_field("architecture"), nothing),
        "package_declaration": Rule("module", by_field("package"), nothing),
        "package_definition": Rule("module", by_field("package"), nothing),
        "component_declaration": Rule(
            "class", by_field("component"), nothing, holds=False, declaration=True
        ),
        "type_declaration": Rule("type", by_field("type"), nothing, holds=False),
        "subtype_declaration": Rule("type", by_field("type"), nothing, holds=False),
        "constant_declaration": _names("constant"),
        "subprogram_definition": _subprogram,
        "subprogram_declaration": _subprogram,
        "process_statement": Rule(_process, nothing, nothing, holds=False),
    },
    scopes=words(
        "design_unit architecture_head concurrent_block package_declaration_body "
        "package_definition_body"
    ),
    compact=words("design_unit"),
    wrappers=words("design_unit"),
    bodies=words("architecture_head concurrent_block sequential_block package_declaration_body"),
    comments=words("line_comment block_comment"),
    heads=heads(
        rb"(?i:entity)[ \t]+(?P<class>\w+)[ \t]+(?i:is)\b",
        rb"(?i:architecture)[ \t]+(?P<module>\w+)[ \t]+(?i:of)\b",
        rb"(?i:package(?: body)?)[ \t]+(?P<module_2>\w+)[ \t]+(?i:is)\b",
        rb"(?i:(?:im)?(?:pure )?function|procedure)[ \t]+(?P<function>\w+)",
        rb"(?i:component)[ \t]+(?P<class_2>\w+)",
    ),
)
