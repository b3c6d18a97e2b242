"""Text for people: excerpts, headers, units; and nothing hostile reaches a terminal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codelode.render import units
from codelode.render.ansi import paint_tokens
from codelode.render.excerpt import (
    EXCERPT_LINES,
    SIGNATURE_LINES,
    Line,
    excerpt,
    number_lines,
    section,
    split_lines,
    whole,
)
from codelode.render.excerpt_tokens import ShownLine, excerpt_tokens, lines_of
from codelode.render.highlight import highlight, mark
from codelode.render.matches import TermMatcher
from codelode.render.sanitize import cut, cut_around, visible_name, visible_text, width
from codelode.render.screen import rows_of_hits
from codelode.render.text import Style, header, render_hit
from codelode.types import Hit
from tests.plain_terms import text_terms

ESCAPES = re.compile(r"\x1b\[[0-9;]*m")
HIT = Hit(
    path="src/retry.py",
    line=10,
    start_line=10,
    end_line=12,
    score=0.8349,
    text="def schedule(delay):\n\tqueue.put(delay)\n    return None\n",
    language="python",
    symbol="schedule",
    kind="function",
)


def rendered(hit: Hit, style: Style, query: tuple[str, ...] = ()) -> str:
    return "\n".join(render_hit(hit, whole(section(hit, query)), style))


def test_a_hit_in_a_pipe_is_plain_text() -> None:
    assert rendered(HIT, Style()) == (
        "src/retry.py:10  schedule (function)\n"
        "    10  def schedule(delay):\n"
        "    11  \tqueue.put(delay)\n"
        "    12      return None"
    )


def test_the_header_omits_what_is_unknown() -> None:
    bare = replace(HIT, symbol=None, kind=None)
    assert header(bare, Style()) == "src/retry.py:10"
    assert header(replace(HIT, kind=None), Style(scores=True)).endswith("  schedule  0.83")
    assert header(replace(HIT, stale=True), Style()).endswith("  [changed on disk since]")


def test_features_are_shown_if_there_are_any() -> None:
    explained = replace(HIT, features={"cosine": 0.71234, "test": 0.0})
    assert "\n    cosine 0.712\n" in rendered(explained, Style())


def test_features_are_broken_between_two_of_them() -> None:
    features = {f"feature_{n}": n + 0.125 for n in range(9)}
    for columns in (30, 60, 80):
        style = Style(terminal=True, columns=columns)
        _, *lines = render_hit(replace(HIT, features=features), (), style)
        assert max(map(len, lines)) <= columns
        assert all(line.startswith("    feature_") for line in lines)
        words = " ".join(lines).split()
        assert words == [w for n in range(9) for w in (f"feature_{n}", f"{n + 0.125:.3g}")]
    (whole_line,) = [*render_hit(replace(HIT, features=features), (), Style(columns=30))][1:]
    assert len(whole_line) > 100


def test_the_line_of_a_definition_keeps_its_beginning() -> None:
    text = f"def schedule({'a, ' * 30}delay):\n    return {'b + ' * 30}delay\n"
    hit = replace(HIT, text=text, end_line=11)
    first, second = rendered(hit, Style(terminal=True, columns=60), ("delay",)).splitlines()[1:]
    assert first.startswith("    10  def schedule(a,")
    assert second.endswith("+ delay")


def test_color_changes_nothing_but_color() -> None:
    plain = rendered(HIT, Style(terminal=True, columns=80), ("delay",))
    colored = rendered(HIT, Style(color=True, terminal=True, columns=80), ("delay",))
    assert colored != plain
    assert ESCAPES.sub("", colored) == plain


LANGUAGES = ["python", "php", "cpp", "elisp", "haskell", "no-such-language", None]


@pytest.mark.parametrize("language", LANGUAGES)
def test_tokens_make_up_the_lines(language: str | None) -> None:
    lines = ["", "def f(x):  # a", '    """open', "", "    if x: return '}'", ""]
    assert ["".join(text for _, text in tokens) for tokens in highlight(lines, language)] == lines


@pytest.mark.parametrize("language", LANGUAGES)
@given(text=st.text(alphabet="ab 'é\"#/*{}()\n\t\\1漢\r\x0b", max_size=60))
def test_tokens_make_up_any_line(language: str | None, text: str) -> None:
    lines = split_lines(text)
    assert ["".join(part for _, part in tokens) for tokens in highlight(lines, language)] == lines


def test_tokens_have_classes() -> None:
    (line,) = highlight(["def wait(self): return 'a' + 1  # b"], "python")
    assert [(name, text) for name, text in line if name] == [
        ("keyword", "def"),
        ("function", "wait"),
        ("builtin", "self"),
        ("keyword", "return"),
        ("string", "'"),
        ("string", "a"),
        ("string", "'"),
        ("number", "1"),
        ("comment", "# b"),
    ]


def test_long_texts_are_not_highlighted() -> None:
    lines = ["def f(): pass"] * 5000
    assert highlight(lines, "python") == [[("", line)] for line in lines]


def test_marks_split_tokens() -> None:
    tokens = [("", "a "), ("string", "'retry me'"), ("", "!")]
    assert mark(tokens, [(3, 8), (11, 13)]) == [
        ("", "a "),
        ("string", "'"),
        ("string match", "retry"),
        ("string", " me"),
        ("string match", "'"),
        ("match", "!"),
    ]
    assert mark(tokens, []) == tokens


SPANS = st.sets(st.integers(0, 12), max_size=6).map(
    lambda cuts: list(zip(*[iter(sorted(cuts))] * 2, strict=False))
)


@given(st.lists(st.tuples(st.sampled_from(["", "string"]), st.text("ab", max_size=4))), SPANS)
def test_marking_equals_marking_each_character(
    tokens: list[tuple[str, str]], spans: list[tuple[int, int]]
) -> None:
    def characters(of: list[tuple[str, str]]) -> list[tuple[frozenset[str], str]]:
        return [(frozenset(name.split()), char) for name, text in of for char in text]

    within = {at for start, end in spans for at in range(start, end)}
    assert characters(mark(tokens, spans)) == [
        (names | {"match"} if at in within else names, char)
        for at, (names, char) in enumerate(characters(tokens))
    ]


def test_matching_words_are_found_at_their_positions() -> None:
    matcher = TermMatcher(("http", "retry"))
    text = "é getHTTPResponse(retry, retrying) # RETRY"
    assert [text[start:end] for start, end in matcher.spans(text)] == [
        "getHTTPResponse",
        "retry",
        "RETRY",
    ]
    assert matcher.terms_in(text) == {"http", "retry"}


WORDLIKE = st.text(st.sampled_from("aAbB1029fFxXuULl_-./@$ éß日本Ａ\t<>("), max_size=25)


@given(WORDLIKE, WORDLIKE)
def test_terms_of_a_text_are_those_of_its_words(text: str, query: str) -> None:
    wanted = set(text_terms(query))
    assert TermMatcher(wanted).terms_in(text) == wanted.intersection(text_terms(text))


@given(st.text(alphabet="aé \udce9漢_X1.", max_size=30))
def test_spans_are_words_with_terms(text: str) -> None:
    matcher = TermMatcher(("a", "x", "漢"))
    spans = matcher.spans(text)
    assert spans == sorted(spans)
    for start, end in spans:
        assert matcher.terms_in(text[start:end])
    rest = list(text)
    for start, end in spans:
        rest[start:end] = " " * (end - start)
    assert not matcher.terms_in("".join(rest))


def test_matching_words_are_bold_and_never_dim() -> None:
    line = [("comment", "# "), ("comment match", "retry"), ("keyword match", "if"), ("", " x")]
    assert paint_tokens(line) == "\x1b[2m# \x1b[0m\x1b[1mretry\x1b[0m\x1b[1;35mif\x1b[0m x"


def test_lines_are_cut_to_the_terminal() -> None:
    long = replace(HIT, text="x" * 500 + "\n" + "漢" * 500)
    for line in rendered(long, Style(terminal=True, columns=60)).split("\n"):
        assert width(line) <= 60
    assert "x" * 500 in rendered(long, Style())


def test_gaps_between_lines_are_marked() -> None:
    lines = [Line(10, "def f():"), Line(15, "return 1")]
    assert list(render_hit(HIT, lines, Style()))[1:] == [
        "    10  def f():",
        "     …",
        "    15  return 1",
    ]


# Excerpts


def numbered(*lines: str) -> Hit:
    return replace(
        HIT, line=1, start_line=1, end_line=len(lines), text="\n".join(lines), symbol=None
    )


def test_excerpt_holds_the_lines_with_most_of_the_query() -> None:
    body = [f"filler_{i}()" for i in range(40)]
    body[5] = "retry = 1"
    body[30:32] = ["retry(backoff)", "jitter"]
    found = excerpt(section(numbered(*body), ("retry", "backoff", "jitter")))
    assert len(found) == EXCERPT_LINES
    assert {31, 32} <= {line.number for line in found}


def test_excerpt_without_a_match_is_the_beginning() -> None:
    hit = numbered("", "", *(f"line {i}" for i in range(40)))
    assert [line.number for line in excerpt(section(hit, ("absent",)))] == list(range(3, 10))


def test_an_excerpt_begins_with_the_line_of_the_hit() -> None:
    body = ["@decorated", "def schedule(self):", *(f"filler_{i}()" for i in range(40)), "jitter()"]
    hit = replace(numbered(*body), line=2, symbol="Retry.schedule")
    assert [line.number for line in excerpt(section(hit, ("jitter",)), hit.line)] == [
        2,
        *range(37, 44),
    ]


def test_an_excerpt_goes_on_from_the_line_of_the_hit_if_that_matches_well() -> None:
    body = [
        "    the event loop",
        "",
        *(f"filler_{i}()" for i in range(4)),
        "def call_later(delay):",
    ]
    body += [f"    later_{i}()" for i in range(20)]
    hit = replace(numbered(*body), line=7, symbol="call_later")
    few = section(hit, ("loop", "delay"))
    assert [line.number for line in excerpt(few, hit.line)] == list(range(7, 14))
    body[0] = "    schedule callback in event loop"  # the most terms: must be shown
    hit = replace(numbered(*body), line=7, symbol="call_later")
    many = section(hit, ("schedule", "callback", "event", "loop", "delay"))
    assert [line.number for line in excerpt(many, hit.line)][:1] == [1]


def test_context_extends_into_the_file() -> None:
    parts = section(HIT, ("delay",), before=["a", "b"], after=["c"])
    lines = excerpt(parts, HIT.line, context=2)
    assert [line.number for line in lines] == [8, 9, 10, 11, 12, 13]
    assert [line.text for line in lines][:2] == ["a", "b"]


def test_only_lf_cr_and_crlf_end_lines() -> None:
    assert split_lines("a\x0bb\x85c\u2028d\re\r\nf\n\n") == ["a\x0bb\x85c\u2028d", "e", "f", ""]
    assert split_lines("") == []


@given(
    st.lists(st.sampled_from(["", "  ", "retry", "retry backoff", "other", "x\ty"]), max_size=30),
    st.integers(0, 5),
)
def test_excerpts_are_ascending_lines_of_the_hit(body: list[str], context: int) -> None:
    hit = replace(HIT, text="\n".join(body), start_line=5, end_line=5 + len(body))
    parts = section(hit, ("retry", "backoff"))
    found = excerpt(parts, 99, context)
    numbers = [line.number for line in found]
    assert numbers == sorted(set(numbers))
    assert set(found) <= set(parts.lines)
    assert len(found) <= EXCERPT_LINES + 1 + 2 * context


def test_an_excerpt_has_the_whole_signature() -> None:
    body = ["@wraps", "def send(", "    self,", ") -> None:", *(f"filler_{i}()" for i in range(30))]
    hit = replace(numbered(*body, "jitter()"), line=2, symbol="Queue.send")
    found = section(hit, ("jitter",))
    numbers = [line.number for line in excerpt(found, hit.line, name="Queue.send")]
    assert numbers == [2, 3, 4, *range(29, 36)]
    assert [line.number for line in excerpt(found, 20, name="Queue.send")][:3] == [2, 3, 4]
    assert 20 in [line.number for line in excerpt(found, 20, name="Queue.send")]


@given(
    st.lists(
        st.sampled_from(["", "f(", "retry", "retry backoff", "other", "def f(a, [", ")", "])"]),
        min_size=1,
        max_size=30,
    ),
    st.integers(1, 30),
    st.integers(1, 9),
    st.sampled_from(["", "f", "retry", "a.backoff"]),
)
def test_an_excerpt_fits_its_rows_and_has_the_line_of_the_hit(
    body: list[str], landing: int, rows: int, name: str
) -> None:
    hit = replace(HIT, text="\n".join([*body, "end"]), start_line=1, end_line=len(body) + 1)
    landing = min(landing, len(body))
    found = excerpt(section(hit, ("retry", "backoff")), landing, rows=rows, name=name)
    numbers = [line.number for line in found]
    gaps = sum(after != before + 1 for before, after in pairwise(numbers))
    assert numbers == sorted(set(numbers))
    assert len(numbers) + gaps <= rows
    if body[landing - 1].strip():
        assert landing in numbers
    unbounded = excerpt(section(hit, ("retry", "backoff")), landing, name=name)
    assert len(unbounded) <= EXCERPT_LINES + SIGNATURE_LINES


@given(st.lists(st.integers(1, 3), max_size=30), st.integers(0, 80))
def test_an_answer_fits_the_screen(headers: list[int], height: int) -> None:
    rows = rows_of_hits(headers, height)
    shown = sum(headers) + sum(rows) + sum(map(bool, rows))
    if len(headers) <= 10 and sum(headers) <= height:
        assert shown <= height
    assert all(0 <= count <= EXCERPT_LINES for count in rows)
    assert rows == sorted(rows, reverse=True)


@given(st.text(alphabet="ab é漢", max_size=200), st.data(), st.integers(6, 60))
def test_a_long_line_is_shown_around_its_matches(
    text: str, data: st.DataObject, columns: int
) -> None:
    starts = data.draw(st.lists(st.integers(0, max(len(text) - 1, 0)), unique=True, max_size=5))
    spans = [(start, start + 1) for start in sorted(starts) if start < len(text)]
    shown = cut_around(text, spans, columns)
    assert width(shown) <= columns
    assert shown.strip("…") in text
    if width(text) <= columns:
        assert shown == text


def test_a_match_at_the_end_of_a_long_line_is_shown() -> None:
    text = "x" * 100_000 + " jitter()"
    hit = replace(HIT, text=text, start_line=1, end_line=1, line=1)
    lines = excerpt(section(hit, ("jitter",)), 1)
    for columns in (20, 60, 80, 200, 400):
        (shown,) = list(render_hit(hit, lines, Style(columns=columns)))[1:]
        assert shown.endswith("x jitter()")
        assert "…x" in shown
        assert width(shown) <= max(columns, 28)


def test_lines_know_the_terms_they_match() -> None:
    lines = number_lines(["getHTTPResponse()", "nothing"], 3, ("http", "response", "absent"))
    assert lines == [
        Line(3, "getHTTPResponse()", frozenset({"http", "response"})),
        Line(4, "nothing"),
    ]


# What a terminal must not obey


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a\nb.py", r"a\nb.py"),
        ("\x1b]0;owned\x07.py", r"\x1b]0;owned\x07.py"),
        ("tab\there\r", r"tab\there\r"),
        ("caf\udce9.py", r"caf\xe9.py"),  # Latin-1 on disk
        ("\x9b31m", r"\x9b31m"),
        ("a\u202egpj.py", r"a\u202egpj.py"),
        ("\U000e0041", r"\U000e0041"),
        ("naïve/漢字.py", "naïve/漢字.py"),
    ],
)
def test_controls_in_names_are_escaped(name: str, shown: str) -> None:
    assert visible_name(name) == shown


@given(st.text())
def test_no_control_characters_remain(text: str) -> None:
    for shown in (visible_name(text), visible_text(text).replace("\t", "")):
        assert not any(
            ord(c) < 32 or 127 <= ord(c) < 160 or 0x202A <= ord(c) < 0x202F for c in shown
        )


@given(st.text(alphabet="ab漢é\u0301x", max_size=30), st.integers(1, 40))
def test_cut_fits(text: str, columns: int) -> None:
    shortened = cut(text, columns)
    assert width(shortened) <= columns
    assert shortened == text or shortened.endswith("…")


@pytest.mark.parametrize("style", [Style(terminal=True, columns=80), Style(color=True)])
def test_hostile_hits_are_harmless_on_a_terminal(style: Style) -> None:
    hostile = "\x1b[2J\x07\u202e"
    hit = replace(HIT, path=f"{hostile}\n.py", symbol=hostile, text=f"{hostile}\n{hostile}")
    text = ESCAPES.sub("", rendered(hit, style)) if style.color else rendered(hit, style)
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "\u202e" not in text
    assert text.count("\n") == 2  # the name did not forge a line


# Units


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1234, "1.23 kB"),
        (999_700, "1 MB"),
        (25_600_000, "25.6 MB"),
        (3e9, "3 GB"),
        (7.5e12, "7.5 TB"),
    ],
)
def test_sizes(number: float, text: str) -> None:
    assert units.size(number) == text


@pytest.mark.parametrize(
    ("duration", "text"),
    [(0.0123, "12 ms"), (0.9999, "1.0 s"), (59.99, "1 min 00 s"), (125, "2 min 05 s")],
)
def test_durations(duration: float, text: str) -> None:
    assert units.seconds(duration) == text


def test_counts() -> None:
    assert units.count(1, "file") == "1 file"
    assert units.count(12_345, "file") == "12,345 files"
    assert units.count(2, "directory") == "2 directories"
    assert units.count(3, "process") == "3 processes"
    assert units.count(0, "search") == "0 searches"


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (0, "0.00 µs"),
        (0.0000853, "85.3 µs"),
        (0.00099951, "1.00 ms"),
        (0.0031415, "3.14 ms"),
        (0.25, "250 ms"),
        (0.9996, "1.00 s"),
        (1234.5, "1,234 s"),
    ],
)
def test_fine_durations(duration: float, text: str) -> None:
    assert units.fine_seconds(duration) == text


DOCSTRING = '''def schedule(delay):
    """Plan the next attempt, which is made in a while if nothing else has been done until then.

    for each of them; if not, retry
    return later
    """
    return delay
'''


def classes(hit: Hit, numbers: Sequence[int], columns: int = 400) -> dict[int, set[str]]:
    """Return the classes of the tokens of some lines of a hit, with the lines cut to `columns`."""
    known = dict(lines_of(hit))
    shown = [ShownLine(number, known[number], cut(known[number], columns)) for number in numbers]
    found = excerpt_tokens(shown, known.items(), hit.language)
    assert ["".join(text for _, text in tokens) for tokens in found] == [
        each.text for each in shown
    ]
    return {
        number: {name for name, text in tokens if name and text.strip()}
        for number, tokens in zip(numbers, found, strict=True)
    }


def test_an_excerpt_is_colored_as_the_lines_above_it_say() -> None:
    hit = replace(HIT, text=DOCSTRING, end_line=16)
    assert classes(hit, [13, 14]) == {13: {"string"}, 14: {"string"}}
    assert classes(hit, [10, 14, 16])[14] == {"string"}  # with gaps between the lines
    assert classes(hit, [10, 11, 16], 30)[16] == {"keyword"}
    short = replace(hit, text=DOCSTRING.replace("until then.", 'until then."""\n    """'))
    assert classes(short, [11, 16], 30)[11] == {"string"}  # the end of the string is cut off
    painted = "\n".join(render_hit(hit, [Line(13, "    for each of them")], Style(color=True)))
    assert painted.endswith("\x1b[32m    for each of them\x1b[0m")


@given(
    st.lists(st.text(alphabet="ab '\"#/*{}()\t\\\\…漢", max_size=30), min_size=1, max_size=8),
    st.sets(st.integers(0, 7), min_size=1),
    st.sampled_from(["python", "c", "javascript", None]),
    st.integers(1, 40),
    st.booleans(),
)
def test_tokens_of_an_excerpt_are_those_of_the_whole(
    texts: list[str], chosen: set[int], language: str | None, columns: int, around: bool
) -> None:
    hit = replace(HIT, text="\n".join(texts) + "\n", language=language, start_line=1)
    known = dict(lines_of(hit))
    wholes = {number: visible_text(text) for number, text in known.items()}
    numbers = [number for number in known if number - 1 in chosen]
    shown = []
    for number in numbers:
        text = cut(wholes[number], columns)
        if around:
            spans = TermMatcher(("ab",)).spans(wholes[number])
            text = cut_around(wholes[number], spans, columns)
        shown.append(ShownLine(number, wholes[number], text))
    found = excerpt_tokens(shown, known.items(), language)
    assert ["".join(text for _, text in tokens) for tokens in found] == [
        each.text for each in shown
    ]
    last = max(numbers, default=0)
    whole_tokens = highlight([wholes[number] for number in known if number <= last], language)
    for each, tokens in zip(shown, found, strict=True):
        if each.text == each.whole:
            assert tokens == whole_tokens[each.number - 1]
