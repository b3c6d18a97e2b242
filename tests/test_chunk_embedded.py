"""Code in other files: hosts whose path matters, notebooks, hostile text, and cuts.

The constructs of hosts are in chunk_samples/constructs, with the constructs of languages.
"""

from __future__ import annotations

from time import thread_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codelode.chunk.chunker import chunk
from codelode.chunk.hosts import HOSTS
from codelode.chunk.hosts.model import ALIASES, language_named
from codelode.chunk.hosts.notebooks import JOINER as CHUNK_JOINER
from codelode.chunk.sizes import MAX_CHUNK_BYTES, TINY_CHUNK_BYTES
from codelode.discover.language import resolve
from codelode.discover.notebook import JOINER
from tests.chunk_cases import check, cut, defined, document

ERB = b"""\
<% def row(item)
     item.name
   end %>
<% if a %><b><%= row(b) %></b><% else %>
<% helper = lambda do |x| -%>
<% end %>
<% end %>
<%# <% def no %>
<script>
function toggle() { return <%= n %> }
</script>
"""
EJS = b"""\
<%# comment %>
<% function row(item) { %>
  <td><%= item.name %></td>
<% } %>
<ul><% for (const each of all) { _%>
  <%- row(each) -%>
<% } %></ul>
<% const footer = () => { %>
<% } %>
"""


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("list.html.erb", ERB, [(1, "row"), (10, "toggle")]),
        ("list.ejs", EJS, [(2, "row"), (8, "footer")]),
        ("list.liquid", ERB, [(10, "toggle")]),
    ],
)
def test_statements_of_templates_are_read_together(
    path: str, text: bytes, expected: list[tuple[int, str]]
) -> None:
    found = chunk(document(text, "template", path)).definitions
    assert [(each.name_line, each.name) for each in found] == expected


def test_a_definition_ends_where_its_statements_end() -> None:
    (row, _) = chunk(document(EJS, "template", "list.ejs")).definitions
    assert (row.start_line, row.end_line) == (2, 4)


def test_fences_and_tags_call_languages_as_users_do() -> None:
    for alias, name in ALIASES.items():
        assert resolve(alias.decode()) == name
        assert language_named(alias.upper()) == name
    assert language_named(b"nothing") is None


def test_both_ends_agree_on_how_lines_of_cells_are_joined() -> None:
    assert CHUNK_JOINER == JOINER


def test_components_are_cut_at_their_regions_and_definitions() -> None:
    body = "  call(1)\n" * 100
    text = (
        "<template>\n" + "  <p>text</p>\n" * 80 + "</template>\n"
        f"<script>\nfunction a() {{\n{body}}}\n\nfunction b() {{\n{body}}}\n</script>\n"
        "<style>\n.x { color: red }\n</style>\n"
    ).encode()
    chunks = cut(document(text, "vue"))
    check(text, chunks)
    starts = [text[each.start :].split(b"\n", 1)[0] for each in chunks]
    assert starts == [b"<template>", b"<script>", b"function b() {"]


def test_documents_are_cut_by_headings_and_not_by_their_code() -> None:
    block = "```python\ndef f():\n    return 1\n\n\ndef g():\n    return 2\n```\n"
    text = "".join(f"# Title {i}\n\n{'Words. ' * 100}\n\n{block}" for i in range(9)).encode()
    chunks = cut(document(text, "markdown"))
    assert all(text[each.start :].startswith(b"# Title") for each in chunks)
    assert list(map(len, defined(document(text, "markdown")))) == [2] * 9


LITERATE = b"""\
Text, and a definition:

> module M where
>
> double :: Int -> Int
> double x = x * 2

half :: this is text

\\begin{code}
triple :: Int
triple = 3
\\end{code}
"""


def test_the_code_of_literate_haskell_is_read_as_one_text() -> None:
    found = chunk(document(LITERATE, "haskell", "a.lhs")).definitions
    named = [(each.name_line, each.kind, each.name) for each in found]
    assert named == [(3, "module", "M"), (6, "function", "double"), (12, "function", "triple")]


HOSTILE = {
    "tiny fences": ("markdown", b"```c\nint f() {}\n```\n" * 10_000),
    "tiny scripts": ("html", b"<script>function f(){}</script>\n" * 10_000),
    "tiny scripts on a line": ("vue", b"<script>function f(){}</script>" * 500),
    "unclosed scripts": ("html", b"<script>\n" * 50_000),
    "unclosed tags": ("html", b"<script " * 60_000),
    "unbalanced quotes": ("vue", b'<script a=">' * 40_000),
    "unclosed fence": ("markdown", b"```python\n" + b"def f(): pass\n" * 30_000),
    "fences of growing length": ("markdown", b"".join(b"`" * i + b"c\n" for i in range(3, 900))),
    "nested quotes": ("markdown", b"> " * 200_000 + b"```c\n"),
    "indented fences": ("markdown", (b" " * 400 + b"```c\n") * 1_200),
    "template tags": ("template", b"<% x %>" * 2_000),
    "unclosed template tags": ("template", b"<% x " * 90_000),
    "open macros": ("jinja", b"{% macro a() %}" * 30_000),
    "ends of macros": ("jinja", b"{% endmacro %}\n" * 30_000),
    "braces": ("html", b"<script>" + b"{{" * 100_000 + b"}}" * 100_000 + b"</script>"),
    "directives": ("rst", b".. code:: c\n\n   int f() {}\n" * 15_000),
    "nested directives": ("rst", b"".join(b" " * i + b".. code:: c\n" for i in range(900))),
    "listings": ("asciidoc", b"[source,c]\n----\n" * 30_000),
    "spaces in a listing": ("asciidoc", b"[source" + b" " * 400_000),
    "members": ("razor", b"@code {\n" * 50_000),
    "brackets": ("markdown", (b"```lua\n" + b"[" * 19_000 + b"\n```\n") * 25),
    "a line of 5 MB": ("vue", b"<script>a=1;</script>" * 250_000),
    "a cell of 5 MB": ("jupyter", b"# %%" + "⏎a = 1".encode() * 600_000),
    "cells": ("jupyter", b"# %%\nf = 1\n" * 40_000),
    "cells on a line": ("jupyter", "# %%⏎def f(): pass⏎".encode() * 15_000),
    "PHP": ("php", b"<script>f()</script><?php f() ?>\n" * 14_000),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_takes_bounded_time(name: str) -> None:
    language, text = HOSTILE[name]
    begun = thread_time()
    chunks = cut(document(text, language, "page.ejs" if language == "template" else "file"))
    assert thread_time() - begun < 4
    check(text, chunks)


PIECES = (
    "<script>",
    "<script lang='ts'>",
    "</script>",
    "<style>",
    "</style>",
    "```python",
    "```c",
    "> ```rust",
    "  ```go",
    "```",
    "~~~",
    "<%",
    "<%=",
    "%>",
    "<?php",
    "?>",
    "{{",
    "}}",
    "{{ define 'x' }}",
    "{%",
    "%}",
    "{% macro a() %}",
    "---",
    ".. code:: c",
    "   int g(){}",
    "@code {",
    "[source,c]\n----",
    "#+begin_src c",
    "def f():\n    pass",
    "  def h():\n    pass",
    "function f(){}",
    "fn f() {}",
    "int f() {}",
    "}",
    "# %%",
    "# %% [c]",
    "é",
    "⏎",
    "\r\n",
    "\r",
)


@pytest.mark.parametrize("language", HOSTS)
@given(
    st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=5)), max_size=30),
    st.sampled_from(["\n", "\n", "\r\n", " ", "⏎", "\n   "]),
)
@settings(max_examples=60, deadline=None)
def test_any_text_with_code_in_it_is_covered_and_its_lines_are_right(
    language: str, pieces: list[str], joiner: str
) -> None:
    text = joiner.join(pieces).encode("utf-8", "replace")
    found = chunk(document(text, language, "page.erb"))
    check(text, found.chunks)
    lines = text.splitlines()
    for place, each in enumerate(found.definitions):
        assert each.parent < place
        assert 1 <= each.start_line <= each.name_line <= each.end_line <= len(lines)
        assert each.name.encode() in lines[each.name_line - 1]


def test_a_long_definition_in_a_component_is_cut() -> None:
    text = b"<script>\nfunction a() {\n" + b"  call(1)\n" * 900 + b"}\n</script>\n"
    chunks = cut(document(text, "svelte"))
    assert max(each.end - each.start for each in chunks) <= MAX_CHUNK_BYTES + TINY_CHUNK_BYTES
    assert {each.symbol.name for each in chunks if each.symbol} == {"a"}
