"""Go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.chunk.languages.model import (
    Match,
    Rule,
    Syntax,
    by_field,
    content,
    heads,
    named,
    nothing,
    words,
)

if TYPE_CHECKING:
    from tree_sitter import Node

_KINDS = {"struct_type": "struct", "interface_type": "interface"}


def _type_kind(node: Node, text: bytes) -> str:
    shape = node.child_by_field_name("type")
    return _KINDS.get(shape.type if shape else "", "type")


def _function_kind(node: Node, text: bytes) -> str:
    """Return `test` for a parameter `*testing.T`, `*testing.B` or `*testing.F`, else `function`."""
    return (
        "test"
        if b"testing." in content(node.child_by_field_name("parameters"), text)
        else ("function")
    )


def _names(kind: str) -> Rule:
    """Make a rule for a statement with several names: `a, b = 1, 2`."""

    def found(node: Node, text: bytes) -> list[Match]:
        names = node.children_by_field_name("name")
        return [Match(kind, name) for name in names if name.is_named]  # skips the commas

    return Rule(found, nothing, by_field("value"), holds=False)


def _receiver(node: Node) -> Node | None:
    """Return the type of the receiver: `Stack` of `func (s *Stack[T]) Push()`."""
    found = node.child_by_field_name("receiver")
    while found is not None and found.type != "type_identifier":
        inner = found.child_by_field_name("type")
        if inner is None:
            inner = found.named_child(0) if found.named_child_count else None
        found = inner
    return found


def _subtest(node: Node, text: bytes) -> Match | None:
    """Return the title of `t.Run("...", func(t *testing.T) {` or `b.Run(...`."""
    function = node.child_by_field_name("function")
    if content(function, text) not in (b"t.Run", b"b.Run"):
        return None
    arguments = node.child_by_field_name("arguments")
    title = arguments.named_child(0) if arguments and arguments.named_child_count > 1 else None
    if title is None or title.type not in ("interpreted_string_literal", "raw_string_literal"):
        return None
    return Match("test", title)


_LOCAL = (b"\ttype ", b'.Run("', b".Run(`")

GO = Syntax(
    module="tree_sitter_go",
    rules={
        "function_declaration": Rule(_function_kind, named, holds=_LOCAL, declaration=None),
        "method_declaration": Rule(
            "method", named, holds=_LOCAL, declaration=None, owner=_receiver
        ),
        "method_elem": Rule("method", named, nothing, holds=False, declaration=True),
        "type_spec": Rule(_type_kind, named, by_field("type"), holds=frozenset({"interface"})),
        "type_alias": Rule("type", named, by_field("type"), holds=False),
        "const_spec": _names("constant"),
        "var_spec": _names("variable"),
        "call_expression": Rule(_subtest, nothing, nothing),
    },
    scopes=words(
        "type_declaration const_declaration var_declaration var_spec_list interface_type block "
        "statement_list expression_statement argument_list func_literal for_statement"
    ),
    closures=words("func_literal"),
    compact=words("type_declaration const_declaration var_declaration interface_type"),
    inline=(b".Run(",),
    wrappers=words("type_declaration const_declaration var_declaration"),
    bodies=words("block statement_list field_declaration_list const_declaration var_spec_list"),
    heads=heads(
        rb"func \((?:\w+ )?\*?(?P<owner>\w+)[^()\n]{0,200}\) (?P<method>\w+)\(",
        rb"func (?P<function>\w+)\s*[(\[]",
        rb"type (?P<struct>\w+)(?:\[[^\]\n]*\])? struct\s*\{",
        rb"type (?P<interface>\w+)(?:\[[^\]\n]*\])? interface\s*\{",
        rb"type (?P<type>\w+) ",
    ),
)
