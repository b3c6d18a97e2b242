"""C and C++."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.chunk.languages.model import (
    TYPE_KINDS,
    Rule,
    Syntax,
    body_field,
    by_field,
    by_type,
    content,
    named,
    words,
)

if TYPE_CHECKING:
    from tree_sitter import Node

_NAMES = words(
    "identifier field_identifier type_identifier destructor_name operator_name operator_cast "
    "primitive_type"
)
_RECORDS = words("struct_specifier union_specifier enum_specifier class_specifier")


def _next_declarator(node: Node) -> Node | None:
    """One step towards the name: `f` of `f(int)`, `*f`, `(f)`, `&f` and `a::f`."""
    found = node.child_by_field_name("declarator") or node.child_by_field_name("name")
    if found is None and node.named_child_count:  # parentheses and references have no field
        found = node.named_child(node.named_child_count - 1)
    return found


def _declared(node: Node) -> Node | None:
    """The name at the end of a chain of declarators: `f` in `*(*f(int))[3]` or `a::b::f<T>`."""
    return _name_in(node.child_by_field_name("declarator"))


def _name_in(found: Node | None) -> Node | None:
    while found is not None and found.type not in _NAMES:
        found = _next_declarator(found)
    return found


def _function_declarator(node: Node) -> Node | None:
    """The declarator that has parameters, on the way to the name."""
    found = node.child_by_field_name("declarator")
    while found is not None and found.type not in ("function_declarator", "operator_cast"):
        found = None if found.type in _NAMES else _next_declarator(found)
    return found


def _function(node: Node, text: bytes) -> str | tuple[str, Node | None] | None:
    """Without parameters it is no function: `class EXPORT Name {` and `BEGIN namespace {`.

    The parser does not know macros, and takes what follows them for a function. A qualified name
    belongs to a class (or, rarely, to a namespace).
    """
    function = _function_declarator(node)
    if function is None:
        record = node.child_by_field_name("type")
        is_record = record is not None and record.type in _RECORDS
        return record.type.removesuffix("_specifier") if record and is_record else None
    declared = function.child_by_field_name("declarator")
    kind = declared.type if declared is not None else ""
    of_test = _test_name(node)
    name = of_test or (declared if kind == "identifier" else _name_in(function))
    if kind == "qualified_identifier":
        return "method", name
    is_test = of_test is not None and b"TEST" in content(declared, text)
    return "test" if is_test else "function", name


def _test_name(node: Node) -> Node | None:
    """`Name` of `TEST(Suite, Name) {`: it has no type, and its parameters have no names."""
    if node.child_by_field_name("type") is not None:
        return None
    function = node.child_by_field_name("declarator")
    parameters = function.child_by_field_name("parameters") if function else None
    if parameters is None or parameters.named_child_count != 2:
        return None
    last = parameters.named_child(1)
    kind = last.child_by_field_name("type")
    is_name = kind is not None and kind.type == "type_identifier" and last.named_child_count == 1
    return kind if is_name else None


def _lost_name(node: Node) -> Node | None:
    """The name of what was taken for a function without parameters."""
    lost = by_type("ERROR")(node)  # where it is when base classes follow it
    return lost.named_child(0) if lost and lost.named_child_count else _declared(node)


def _type_name(node: Node) -> Node | None:
    """`hash` of `struct hash<Key> {`, `Inner` of `class Outer::Inner {`."""
    found = node.child_by_field_name("name")
    while found is not None and (inner := found.child_by_field_name("name")) is not None:
        found = inner
    return found


def _with_body(kind: str, *, holds: bool = False) -> Rule:
    """A record that is written out; elsewhere its name only refers to it."""
    return Rule(kind, _type_name, holds=holds, given=body_field)


def _type_kind(node: Node, text: bytes) -> str:
    """A typedef of a record that is written out is as good as the record."""
    record = node.child_by_field_name("type")
    if record is None or record.type not in _RECORDS or not record.child_by_field_name("body"):
        return "type"
    return record.type.removesuffix("_specifier")


def _variable_kind(node: Node, text: bytes) -> str | None:
    """What has a value, and `DEFINE_MUTEX(lock)`: mere declarations define nothing."""
    declarator = node.child_by_field_name("declarator")
    if declarator is None or declarator.type not in ("init_declarator", "parenthesized_declarator"):
        return None
    of_type = node.child_by_field_name("type")
    if of_type is not None and of_type.type in _RECORDS and of_type.child_by_field_name("body"):
        return None if of_type.child_by_field_name("name") else "variable"  # the record, rather
    is_macro = content(of_type, text).isupper()
    return "variable" if is_macro or declarator.type == "init_declarator" else None


_value = by_field("value")
_function_rule = Rule(_function, _lost_name, holds=TYPE_KINDS)

_SHARED = {
    "union_specifier": _with_body("union"),
    "enum_specifier": _with_body("enum"),
    "type_definition": Rule(_type_kind, _declared, by_field("type", "body"), holds=False),
    # A macro without a value is a switch or an include guard.
    "preproc_def": Rule("macro", named, _value, holds=False, given=_value),
    "preproc_function_def": Rule("macro", named, _value, holds=False),
    "declaration": Rule(_variable_kind, _declared, by_field("declarator", "value"), holds=False),
}
_SCOPES = words(
    "preproc_ifdef preproc_if preproc_else preproc_elif preproc_elifdef linkage_specification "
    "declaration_list compound_statement labeled_statement"
)
_WRAPPERS = words("declaration")
_BODIES = words("compound_statement declaration_list field_declaration_list enumerator_list")

C = Syntax(
    module="tree_sitter_c",
    rules=_SHARED
    | {
        "function_definition": _function_rule,
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
        "function_definition": _function_rule,
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
