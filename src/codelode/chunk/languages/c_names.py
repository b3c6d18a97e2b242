"""The names in C and C++: at the end of a chain of declarators, or inside a macro."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from codelode.chunk.languages.c_text import named_argument
from codelode.chunk.languages.model import Match, Written, by_type, words

if TYPE_CHECKING:
    from tree_sitter import Node

_NAMES = words(
    "identifier field_identifier type_identifier destructor_name operator_name operator_cast "
    "primitive_type"
)
RECORDS = words("struct_specifier union_specifier enum_specifier class_specifier")
_PROTOTYPES = words("function_declarator pointer_declarator reference_declarator operator_cast")

_MACRO = re.compile(rb"(?:static\s+)?([A-Z_][A-Z0-9_]+)(?=\s*\()")
_MACRO_CALL = re.compile(rb"(?:static\s+)?([A-Z_][A-Z0-9_]+)\(((?:[^(){};,]*,){0,1}[^(){};,]*)")
_DEFINE = re.compile(rb"#[ \t]*define[ \t]+(\w+)")
_DEFINES = re.compile(rb"DEFINE|DECLARE|TRACE_EVENT")
_ANNOTATION = re.compile(
    rb"__(?:printf|scanf|acquires|releases|must_hold|aligned|section|attribute)"
)
_USES = re.compile(rb"EXPORT|MODULE|REGISTER|ASSERT|CHECK|INSTANTIATE|BENCHMARK|CAPTURE|LICENSE")
_TEST = re.compile(rb"TEST|BENCHMARK|FUZZ|FIXTURE|SECTION|SCENARIO|SUBCASE")
_METHOD = re.compile(rb"METHOD\w*\(\s*(\w+)\s*,")


def _next_declarator(node: Node) -> Node | None:
    """Return the node one step nearer the name: `f` of `f(int)`, `*f`, `(f)`, `&f` and `a::f`."""
    found = node.child_by_field_name("declarator") or node.child_by_field_name("name")
    if found is None and node.named_child_count:  # as in `(f)` and `&f`
        found = node.named_child(node.named_child_count - 1)
    return found


def declared(node: Node) -> Node | Written | None:
    """Return the name at the end of a chain of declarators: `f` in `*(*f(int))[3]` or `a::f<T>`."""
    return _name_in(node.child_by_field_name("declarator"))


def _name_in(found: Node | None) -> Node | Written | None:
    while found is not None and found.type not in _NAMES:
        found = _next_declarator(found)
    if found is not None and found.type == "operator_cast":  # the node includes the parameters
        target = found.child_by_field_name("type")
        return Written((found.start_byte, target.end_byte if target else found.end_byte))
    return found


def _owner(qualified: Node | None) -> Node | None:
    """Return the innermost scope of a qualified name, or None: `B` of `A::B<int>::f`."""
    scope = None
    while qualified is not None and qualified.type == "qualified_identifier":
        scope = qualified.child_by_field_name("scope") or scope
        qualified = qualified.child_by_field_name("name")
    if scope is not None and scope.type == "template_type":
        return scope.child_by_field_name("name")
    return scope


def _function_declarator(node: Node) -> Node | None:
    """Return the declarator that has parameters, on the way to the name."""
    found = node.child_by_field_name("declarator")
    while found is not None and found.type not in ("function_declarator", "operator_cast"):
        found = None if found.type in _NAMES else _next_declarator(found)
    return found


def function(node: Node, text: bytes) -> Match | None:
    """Return the definition that a node with a body makes.

    A node without parameters is not a function: the parser has misread the text after a macro, as
    in `class EXPORT Name {` and `BEGIN namespace {`. A function with a qualified name belongs to a
    class (or, rarely, to a namespace).
    """
    function = _function_declarator(node)
    if function is None:
        return _behind_macro(node, text)
    name = function.child_by_field_name("declarator")
    if function.type == "operator_cast":
        name = node.child_by_field_name("declarator")
    kind = name.type if name is not None else ""
    if node.has_error and (kind == "identifier" or not kind):
        return _amid_errors(function, text)
    if kind == "identifier":
        return _last_argument(node, text) or Match("function", name)
    if kind == "qualified_identifier":
        return Match("method", _name_in(name), owner=_owner(name))
    return Match("function", _name_in(name))


def _amid_errors(function: Node, text: bytes) -> Match | None:
    """Return a function whose node has errors, if a name directly precedes its parameters."""
    parameters = function.child_by_field_name("parameters")
    before = parameters.prev_named_sibling if parameters is not None else None
    if before is not None and before.type == "ERROR" and before.named_child_count:
        before = before.named_child(before.named_child_count - 1)
    if before is None or before.type != "identifier" or _ANNOTATION.match(text, before.start_byte):
        return None
    return Match("function", before)


def _behind_macro(node: Node, text: bytes) -> Match | None:
    """Return the argument of `PHP_FUNCTION(name) {`, or the record whose name follows a macro."""
    record, name = node.child_by_field_name("type"), node.child_by_field_name("declarator")
    if record is None or name is None:
        return None
    if name.type == "parenthesized_declarator":
        return _defined_by_macro(node, declared(node), text)
    if record.type not in RECORDS:
        return None
    return Match(record.type.removesuffix("_specifier"), lost_name(node))


def _last_argument(node: Node, text: bytes) -> Match | None:
    """Match `TEST(Suite, Name) {`, which has no return type: its last argument is the name."""
    if node.child_by_field_name("type") is not None or not _MACRO.match(text, node.start_byte):
        return None
    function = node.child_by_field_name("declarator")
    parameters = function.child_by_field_name("parameters") if function else None
    if parameters is None or not 1 <= parameters.named_child_count <= 2:
        return None
    last = parameters.named_child(parameters.named_child_count - 1)
    name = last.child_by_field_name("type")
    if name is None or name.type != "type_identifier" or last.named_child_count != 1:
        return None
    return _defined_by_macro(node, name, text)


def _defined_by_macro(node: Node, name: Node | Written | None, text: bytes) -> Match | None:
    """Return the definition that a macro with a body makes; the macro's name gives the kind."""
    if name is None:
        return None
    start, end = node.start_byte, name.byte_range[0]
    if _TEST.search(text, start, end):
        return Match("test", name)
    method = _METHOD.search(text, start, end)
    if method is None:
        return Match("function", name)
    return Match("method", name, owner=Written(method.span(1)))


def lost_name(node: Node) -> Node | Written | None:
    """Return the real name of a definition misread as a function without parameters, or None."""
    lost = by_type("ERROR")(node)  # an error node holds the name before base classes
    return lost.named_child(0) if lost and lost.named_child_count else declared(node)


def typedef(node: Node, text: bytes) -> list[Match]:
    """Return the names of a typedef; for a nameless record, the typedef names the record."""
    record, kind = node.child_by_field_name("type"), "type"
    if (
        record is not None
        and record.type in RECORDS
        and record.child_by_field_name("body")
        and not record.child_by_field_name("name")
    ):
        kind = record.type.removesuffix("_specifier")
    return [Match(kind, _name_in(each)) for each in node.children_by_field_name("declarator")]


def declaration(node: Node, text: bytes) -> Match | Sequence[Match] | None:
    """Return the definitions that a declaration makes.

    These are variables with values, the `lock` of `DEFINE_MUTEX(lock)`, or a prototype.
    """
    if node.has_error and (match := _macro_statement(node, text)) is not None:
        return match
    first = node.child_by_field_name("declarator")
    if first is None:
        return None
    if first.type == "parenthesized_declarator":
        return _variable_of_macro(node.child_by_field_name("type"), declared(node), text)
    if first.type != "init_declarator" and first.type not in _PROTOTYPES:
        return None
    record = node.child_by_field_name("type")
    if record is not None and record.type in RECORDS and record.child_by_field_name("body"):
        # A record with a name has a rule of its own.
        return None if record.child_by_field_name("name") else _variable(first)
    if first.type != "init_declarator":
        return prototype(node, text)
    if first.next_named_sibling is None:
        return _variable(first)
    several = node.children_by_field_name("declarator")
    return [_variable(each) for each in several if each.type == "init_declarator"]


def _variable(declarator: Node) -> Match:
    name = declarator.child_by_field_name("declarator")
    return Match("variable", _name_in(name), owner=_owner(name))


def prototype(node: Node, text: bytes) -> Match | None:
    """Return the function that a prototype declares."""
    above, found = node, node.child_by_field_name("declarator")
    while found is not None and found.type not in _NAMES and found.type != "qualified_identifier":
        above, found = found, _next_declarator(found)
    if found is None or (found.type != "operator_cast" and above.type != "function_declarator"):
        return None  # a variable, or a pointer to a function
    if node.has_error and not text.endswith(b";", node.start_byte, node.end_byte):
        return None  # without its semicolon, this can be the start of any construct
    kind = "method" if found.type == "qualified_identifier" else "function"
    return Match(kind, _name_in(found), declaration=True, owner=_owner(found))


def _variable_of_macro(
    macro: Node | None, name: Node | Written | None, text: bytes
) -> Match | None:
    """Return the variable that `DEFINE_MUTEX(lock);` defines; None if a macro only uses it."""
    written = _MACRO.match(text, macro.start_byte) if macro is not None else None
    if written is None or _USES.search(written[1]):
        return None
    return Match("variable", name, declaration=b"DECLARE" in written[1])


def macro_call(node: Node, text: bytes) -> Match | None:
    """Return the definition made by a macro call on its own: `DEFINE_TIMER(name, function);`.

    A block after it is its body: `SYSCALL_DEFINE2(name, int, argument) {`.
    """
    match = _macro_statement(node, text)
    if match is None:
        return None
    body = node.next_named_sibling
    if body is not None and body.type == "compound_statement":
        defined = _defined_by_macro(node, match.name, text)
        whole = Written((node.start_byte, body.end_byte))
        return None if defined is None else defined._replace(whole=whole)
    return match if _DEFINES.search(text, node.start_byte, _start(match)) else None


def _start(match: Match) -> int:
    return 0 if match.name is None else match.name.byte_range[0]


def _macro_statement(node: Node, text: bytes) -> Match | None:
    """Return the variable that an argument of a macro call names."""
    written = _MACRO_CALL.match(text, node.start_byte)
    if written is None or _USES.search(written[1]):
        return None
    place = named_argument(written[1], written[2])
    if place is None:
        return None
    start, end = place
    name = Written((written.start(2) + start, written.start(2) + end))
    return Match("variable", name, declaration=b"DECLARE" in written[1])


def macro_among_enumerators(node: Node, text: bytes) -> Match | None:
    """Return the macro of a `#define` line that the parser misread as another directive."""
    written = _DEFINE.match(text, node.start_byte)
    return Match("macro", Written(written.span(1))) if written else None


def is_guard(node: Node) -> bool:
    """Return whether a macro without a value is an include guard: it directly follows `#ifndef`."""
    before = node.prev_named_sibling
    return before is not None and before.type == "identifier"
