"""HTML that is safe by construction."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from codelode.page.lines import excerpt_lines, file_lines
from codelode.page.markup import join, tag
from codelode.render.excerpt import number_lines, split_lines
from codelode.render.sanitize import visible_text
from codelode.types import Hit
from tests.page_server import Parsed

HOSTILE = st.text(st.sampled_from("<>&\"'/=`a \t;!-x") | st.characters(codec="utf-8"), max_size=40)
LANGUAGES = st.sampled_from((None, "python", "javascript", "html", "c", "markdown"))


@given(HOSTILE, HOSTILE, HOSTILE)
def test_text_stays_text(first: str, second: str, attribute: str) -> None:
    page = Parsed(tag("p", first, tag("b", second), title=attribute).replace("\r", "&#13;"))
    assert [name for name, _ in page.elements] == ["p", "b"]
    assert page.text == first + second
    assert page.elements[0][1] == {"title": attribute}


def test_attributes_may_be_absent_or_without_a_value() -> None:
    assert tag("input", name="q", hidden=True, title=None, disabled=False, class_="x") == (
        '<input name="q" hidden class="x">'
    )
    assert join(["<", None, tag("b")], ", ") == "&lt;, <b></b>"


@given(st.lists(HOSTILE, min_size=1, max_size=6), LANGUAGES, st.lists(HOSTILE, max_size=3))
def test_lines_of_source_stay_text(
    lines: list[str], language: str | None, terms: list[str]
) -> None:
    texts = split_lines("\n".join(lines)) or [""]
    page = Parsed(file_lines(texts, language, terms))
    allowed = {"pre", "code", "span", "a", "mark"}
    assert {name for name, _ in page.elements} <= allowed
    numbered = "".join(f"{n}{visible_text(text)}\n" for n, text in enumerate(texts, 1))
    assert page.text == numbered
    assert page.values("span", "id") == [f"L{n}" for n in range(1, len(texts) + 1)]


@given(st.lists(HOSTILE, min_size=1, max_size=6), LANGUAGES, HOSTILE, st.data())
def test_excerpts_stay_text(
    lines: list[str], language: str | None, href: str, data: st.DataObject
) -> None:
    texts = split_lines("\n".join(lines)) or [""]
    first = data.draw(st.integers(0, len(texts) - 1))
    hit = Hit("a", 7, 7, 6 + len(texts), 1.0, "\n".join(texts), language)
    shown = number_lines(texts, 7)[first:]
    page = Parsed(excerpt_lines(shown, hit, href))
    assert {name for name, _ in page.elements} <= {"pre", "code", "span", "a", "mark"}
    assert page.text == "".join(f"{line.number}{visible_text(line.text)}\n" for line in shown)
