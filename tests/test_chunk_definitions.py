"""The definitions of a file, language by language, and checks of the tables of node types."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codelode.chunk.definitions import RawDefinition
from codelode.chunk.grammars import Grammar, grammar, grammar_name
from codelode.chunk.languages import SYNTAXES
from codelode.chunk.syntax import syntax_outline
from tests.chunk_cases import LANGUAGES, SAMPLES, drawn_outline, sample
from training.documented import definitions

GRAMMARS = {**LANGUAGES, "tsx": "tsx"}


@pytest.mark.parametrize("language", GRAMMARS)
def test_the_sample_has_the_outline_drawn_beside_it(language: str) -> None:
    suffix = GRAMMARS[language]
    expected = (SAMPLES / f"sample.{suffix}.outline").read_text()
    assert drawn_outline(language, sample(suffix)) == expected


@pytest.mark.parametrize("language", GRAMMARS)
def test_the_sample_has_no_syntax_error(language: str) -> None:
    known = grammar(language)
    tree = known.parser.parse(known.legible(sample(GRAMMARS[language])))
    assert not tree.root_node.has_error


@pytest.mark.parametrize("language", SYNTAXES)
def test_every_node_type_in_the_table_is_in_the_grammar(language: str) -> None:
    known = grammar(language)
    parser_language = known.parser.language
    assert parser_language is not None
    syntax = known.syntax
    written = {*syntax.rules, *syntax.scopes, *syntax.closures, *syntax.wrappers}
    written |= syntax.bodies | syntax.comments | syntax.attributes
    missing = {name for name in written if parser_language.id_for_node_kind(name, True) is None}
    assert not missing


def test_there_is_a_grammar_for_each_language() -> None:
    assert set(LANGUAGES) == set(SYNTAXES) - {"tsx", "starlark"}
    assert grammar_name("typescript", "src/app.tsx") == "tsx"
    assert grammar_name("typescript", "src/app.ts") == "typescript"
    assert grammar_name("python", "app.tsx") == "python"
    assert grammar_name("markdown", "README.md") is None
    assert grammar_name(None, "LICENSE") is None


def test_an_unknown_language_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        definitions("cobol", b"")


def body_of(language: str, text: bytes, name: str) -> bytes:
    (found,) = [each for each in definitions(language, text) if each.name == name]
    return text[found.body_start : found.end]


def test_the_body_begins_where_the_header_ends() -> None:
    assert body_of("c", b"int f(int a)\n{\n\treturn a;\n}\n", "f") == b"{\n\treturn a;\n}"
    assert body_of("python", b"@memo\ndef f(a):\n    return a\n", "f") == b"return a"
    assert body_of("javascript", b"const f = (a) => a + 1;\n", "f") == b"a + 1;"
    assert body_of("haskell", b"f :: Int -> Int\nf 0 = 1\nf n = n\n", "f") == b"= 1\nf n = n"


def test_a_definition_without_a_body_has_an_empty_one() -> None:
    assert body_of("java", b"interface A {\n  int f();\n}\n", "f") == b""


def test_attributes_belong_to_the_definition_and_comments_do_not() -> None:
    text = b"/// Runs.\n#[inline]\n// why inline\nfn run() {}\n"
    (run,) = definitions("rust", text)
    assert text[run.start :].startswith(b"#[inline]")
    assert run.doc is not None and text[slice(*run.doc)].startswith(b"/// Runs.")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"# apart\n\ndef f():\n    pass\n", id="a blank line between"),
        pytest.param(b"x = 1  # of x\ndef f():\n    pass\n", id="at the end of a line of code"),
    ],
)
def test_a_comment_that_is_about_something_else_is_no_documentation(text: bytes) -> None:
    (found,) = [each for each in definitions("python", text) if each.name == "f"]
    assert found.doc is None


def test_a_comment_over_an_export_or_a_wrapped_record_documents_it() -> None:
    (f,) = definitions("typescript", b"/** Runs. */\nexport default async function f() {}\n")
    (s,) = definitions("c", b"/* A pair. */\nstruct pair {\n\tint a, b;\n} __aligned(8);\n")
    assert f.doc == (0, 12)
    assert (s.name, s.doc) == ("pair", (0, 13))


def test_locals_are_not_definitions() -> None:
    text = b"LIMIT = 1\n\ndef f():\n    INNER = 2\n    def g():\n        pass\n"
    assert [each.name for each in definitions("python", text)] == ["LIMIT", "f", "g"]


def test_macros_do_not_hide_classes_and_namespaces() -> None:
    text = (
        b"BEGIN_NAMESPACE\nnamespace inner {\nint f() { return 1; }\n}\n"
        b"class EXPORT Box : public Base {\n public:\n  Box();\n  int size() { return 1; }\n};\n"
        b"TEST(Suite, Works) {\n}\n"
    )
    found = [(each.kind, each.name) for each in definitions("cpp", text)]
    assert ("function", "f") in found
    assert ("class", "Box") in found
    assert ("method", "size") in found
    assert ("test", "Works") in found


def test_definitions_survive_syntax_errors_elsewhere() -> None:
    text = b"def f(:\n    pass\n\n\nclass Whole:\n    def g(self):\n        return 1\n"
    assert {"Whole", "g"} <= {each.name for each in definitions("python", text)}


def test_ten_thousand_functions_inside_each_other() -> None:
    depth = 10_000
    text = b"function f() {" * depth + b"}" * depth
    found = definitions("javascript", text)
    assert len(found) == depth
    assert found[-1].parent == depth - 2


def found_in(known: Grammar, text: bytes) -> list[RawDefinition]:
    """Return the definitions of a text, without their nodes."""
    outline = syntax_outline(known, text)
    assert outline is not None
    return [replace(each, node=None, rule=None) for each in outline.definitions]


PIECES_OF_MACROS = (
    "#|# |define|define |define\t|NAME| a|_b1| |  |\t|\n|\n\n|\\\n| \\\n|\r\n|\f|/|/* c */|// c\n"
    '|/*|(x)| (x)|1|"s"|$|ä|\\u00e4|__init| __init| __used|#ifdef A\n|#endif\n|int i;\n|\n#define '
    "|struct s {\n|};\n|#undef A\n|#define A 1\n"
).split("|")


@pytest.mark.parametrize("language", ["c", "cpp"])
@given(st.lists(st.sampled_from([*PIECES_OF_MACROS, "x" * 256]), max_size=12).map("".join))
def test_macros_are_those_of_the_tree(language: str, text: str) -> None:
    known = grammar(language)
    rules = {kind: replace(rule, usual=None) for kind, rule in known.rules.items()}
    by_tree = replace(known, rules=rules)
    macro = f"#define {text}\n"
    for source in (text, macro, f"#ifndef A\n{macro}#define B 1\n#endif\n"):
        assert found_in(known, source.encode()) == found_in(by_tree, source.encode())
