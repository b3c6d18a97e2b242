"""The words of a query that filter hits, such as `lang:python`."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from codelode.discover.glob import GlobSet
from codelode.page.words import NAMES, FilteredQuery, Word, filters_of, parse

VALUES = st.text(st.characters(codec="utf-8", exclude_characters='"'), min_size=1)
WORDS = st.builds(
    Word, st.sampled_from(NAMES), VALUES.filter(lambda value: value.strip()), st.booleans()
)


def test_filters_are_taken_out_of_the_text() -> None:
    query = parse('where lang:go are -path:"my files/" retries kind:method root:app')
    assert query.text == "where are retries"
    assert query.words == (
        Word("lang", "go"),
        Word("path", "my files/", excludes=True),
        Word("kind", "method"),
        Word("root", "app"),
    )


def test_text_that_only_resembles_a_filter_stays() -> None:
    for text in ("std::path:x", "xlang:go", '"path:src"', "language:go", "a--path:x"):
        assert parse(text) == FilteredQuery(text)


def test_a_misspelled_filter_is_a_problem_and_stays_text() -> None:
    for typed, meant in (("rooot", "root"), ("lnag", "lang"), ("paths", "path"), ("knd", "kind")):
        for sign in ("", "-"):
            query = parse(f"retry {sign}{typed}:x")
            assert query.text == f"retry {sign}{typed}:x"
            (problem,) = filters_of(query).problems
            assert problem.startswith(f"{typed}: is no filter")
            assert problem.endswith(f"did you mean {meant}:?")
    for text in ("find:x", "std::path", "paths::x", "rooot: x", "http://x", "a:paths:b", "boot:x"):
        assert filters_of(parse(text)).problems == ()


def test_a_filter_without_a_value_is_dropped_while_it_is_typed() -> None:
    for text in ("retry lang:", "lang: retry", 'retry path:""', "retry -kind:"):
        assert parse(text) == FilteredQuery("retry")


@given(st.text(max_size=30), st.lists(WORDS, max_size=4))
def test_a_query_is_read_as_it_is_written(text: str, words: list[Word]) -> None:
    query = FilteredQuery(parse(text).text, tuple(dict.fromkeys(words)))
    again = parse(str(query))
    assert again.words == query.words
    assert again.text == query.text


@given(st.lists(WORDS, max_size=3), WORDS)
def test_a_chip_that_is_switched_on_and_off_changes_nothing(words: list[Word], word: Word) -> None:
    query = FilteredQuery("text", tuple(each for each in dict.fromkeys(words) if each != word))
    assert query.with_word(word).with_word(word).without_word(word) == query


def allowed(query: str, *paths: str) -> list[str]:
    filters = filters_of(parse(query))
    assert not filters.problems
    globs = GlobSet(filters.globs)
    return [path for path in paths if globs.matches(path)]


def test_path_filters_are_parts_folders_or_globs() -> None:
    paths = ("src/retry.py", "src/a/b.py", "lib/src/c.go", "tests/test_retry.py", "README.md")
    assert allowed("path:retry", *paths) == ["src/retry.py", "tests/test_retry.py"]
    assert allowed("path:src/", *paths) == ["src/retry.py", "src/a/b.py", "lib/src/c.go"]
    assert allowed("path:/src/", *paths) == ["src/retry.py", "src/a/b.py"]
    assert allowed("path:/src/re", *paths) == ["src/retry.py"]
    assert allowed("path:src/re", *paths) == ["src/retry.py"]
    assert allowed("path:*.go", *paths) == ["lib/src/c.go"]
    assert allowed("-path:src/", *paths) == ["tests/test_retry.py", "README.md"]
    assert allowed("path:src/ -path:*.go", *paths) == ["src/retry.py", "src/a/b.py"]


@given(st.text(st.sampled_from("ab]}!/."), min_size=1, max_size=8), st.integers(0, 3))
def test_part_of_a_path_finds_that_path(part: str, length: int) -> None:
    pieces = [piece for piece in part.split("/") if piece not in ("", ".", "..")]
    path = "/".join([*"xyz"[:length], *pieces])
    if pieces and "/".join(pieces) == part:
        assert allowed(f'path:"{part}"', path) == [path]


def test_what_means_nothing_is_a_problem_and_no_error() -> None:
    filters = filters_of(parse("x lang:pyhton path:a\\ lang:go"))
    assert filters.languages == ("go",)
    assert filters.globs == ()
    assert len(filters.problems) == 2
    assert "pyhton" in filters.problems[1]
