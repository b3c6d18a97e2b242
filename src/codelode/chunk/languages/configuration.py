"""Dockerfiles, makefiles, Nix and Terraform: languages for building and running software."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.chunk.languages.model import (
    Match,
    Rule,
    Syntax,
    Written,
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

DOCKERFILE = Syntax(
    module="tree_sitter_dockerfile",
    rules={
        "from_instruction": Rule("stage", by_field("as"), nothing, holds=False),
        "arg_instruction": Rule("variable", named, nothing, holds=False),
        "env_pair": Rule("variable", named, nothing, holds=False),
    },
    scopes=words("env_instruction"),
    compact=words("env_instruction"),
    heads=heads(rb"FROM \S+ AS (?P<stage>\S+)", rb"ARG (?P<variable>\w+)"),
)


def _targets(node: Node, text: bytes) -> list[Match] | None:
    """Return the targets of a rule; None if it has none.

    Targets with a `%` or a variable, `.PHONY` and `.SUFFIXES` are left out.
    """
    targets = by_type("targets")(node)
    if targets is None:
        return None
    found = [(child, content(child, text)) for child in targets.named_children]
    return [
        Match("target", child)
        for child, name in found
        if not name.startswith((b".PHONY", b".SUFFIXES")) and b"%" not in name and b"$" not in name
    ]


MAKE = Syntax(
    module="tree_sitter_make",
    rules={
        "rule": Rule(_targets, nothing, by_type("recipe"), holds=False),
        "variable_assignment": Rule("variable", named, by_field("value"), holds=False),
        "define_directive": Rule("macro", named, by_field("value"), holds=False),
    },
    scopes=words("conditional elsif_directive else_directive export_directive"),
    compact=words("export_directive"),
    wrappers=words("export_directive"),
    bodies=words("recipe"),
    heads=heads(
        rb"(?P<target>[\w./-]+)[ \t]*:(?![:=])",
        rb"(?:export )?(?P<variable>\w+)[ \t]*[:?+]?=",
        rb"define[ \t]+(?P<macro>\w+)",
    ),
)


def _binding(node: Node, text: bytes) -> Match:
    """Return `c` of `a.b.c = ...`: a function if the value is one, else a property."""
    path, value = node.child_by_field_name("attrpath"), node.child_by_field_name("expression")
    last = path.named_child(path.named_child_count - 1) if path and path.named_child_count else None
    is_function = value is not None and value.type == "function_expression"
    return Match("function" if is_function else "property", last)


NIX = Syntax(
    module="tree_sitter_nix",
    rules={"binding": Rule(_binding, nothing, by_field("expression"))},
    scopes=words(
        "let_expression binding_set attrset_expression rec_attrset_expression function_expression "
        "apply_expression parenthesized_expression with_expression"
    ),
    bodies=words("binding_set"),
    heads=heads(rb"(?P<property>[\w.-]+)[ \t]*=(?!=)"),
)

_LABELED = {
    b"resource": "resource",
    b"data": "resource",
    b"module": "module",
    b"variable": "variable",
    b"output": "property",
    b"provider": "provider",
    b"check": "test",
    b"run": "test",
}


def _block(node: Node, text: bytes) -> Match | None:
    """Return the last label of a block: `main` of `resource "aws_vpc" "main" {`."""
    kind = _LABELED.get(content(by_type("identifier")(node), text))
    labels = [child for child in node.named_children if child.type == "string_lit"]
    if kind is None or not labels:
        return None
    owner = None
    if kind == "resource" and len(labels) > 1:
        owner = Written((labels[-2].start_byte + 1, labels[-2].end_byte - 1))
    return Match(kind, labels[-1], owner=owner)


def _local(node: Node, text: bytes) -> Match | None:
    """Return the variable that an attribute of a `locals` block defines; None elsewhere."""
    block = node.parent.parent if node.parent is not None else None
    if block is None or content(by_type("identifier")(block), text) != b"locals":
        return None
    return Match("variable", by_type("identifier")(node))


TERRAFORM = Syntax(
    module="tree_sitter_hcl",
    rules={
        "block": Rule(_block, nothing, by_type("body"), holds=frozenset()),
        "attribute": Rule(_local, nothing, nothing, holds=False),
    },
    scopes=words("body block"),
    bodies=words("body"),
    heads=heads(
        rb'resource "\w+" "(?P<resource>[\w-]+)"',
        rb'variable "(?P<variable>[\w-]+)"',
        rb'module "(?P<module>[\w-]+)"',
        rb'output "(?P<property>[\w-]+)"',
    ),
)
