"""Search requests: valid arguments are accepted, all others are refused in one line."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from codelode.errors import UsageError
from codelode.search.parsed_query import MAX_TERMS, parse_query
from codelode.search.report import CANDIDATE_TERMS
from codelode.search.request import MODES, SearchRequest


def test_a_plain_string_means_one_item() -> None:
    request = SearchRequest("retry", languages="python", globs="*.py")
    assert request == SearchRequest("retry", languages=["python"], globs=("*.py",))
    assert (request.languages, request.globs) == (("python",), ("*.py",))


def test_any_iterable_of_strings_and_any_integer_are_accepted() -> None:
    names: Any = (name for name in ("c", "python"))
    request = SearchRequest("retry", limit=np.int64(3), languages=names)  # type: ignore[arg-type]
    assert (request.limit, request.languages, request.globs) == (3, ("c", "python"), ())
    assert type(request.limit) is int


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"query": None}, "the query must be a string, not None"),
        ({"query": b"retry"}, "the query must be a string, not b'retry'"),
        ({"limit": "ten"}, "the number of hits must be a whole number of at least 1, not 'ten'"),
        ({"limit": 2.5}, "the number of hits must be a whole number of at least 1, not 2.5"),
        ({"limit": 0}, "the number of hits must be a whole number of at least 1, not 0"),
        ({"mode": "fuzzy"}, "the mode must be one of hybrid, semantic, lexical, not 'fuzzy'"),
        ({"mode": ["hybrid"]}, "the mode must be one of .*"),
        ({"languages": 3}, "languages must be a string or a list of strings, not 3"),
        ({"globs": ["*.py", b"*.c"]}, "globs must be a string or a list of strings, not .*"),
    ],
)
def test_arguments_of_a_wrong_type_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=f"^{message}$"):
        SearchRequest(**{"query": "retry", **arguments})


def test_the_modes_are_accepted() -> None:
    assert [SearchRequest("x", mode=mode).mode for mode in MODES] == list(MODES)


@pytest.mark.parametrize(
    ("text", "names", "is_symbol"),
    [
        ("getName", ("getName",), True),
        ("Runtime.block_on", ("Runtime", "block_on"), True),
        ("std::vector::push_back()", ("std", "vector", "push_back"), True),
        ("where is getName called", ("getName",), False),
        ("retry a request", (), False),
    ],
)
def test_names_in_a_query(text: str, names: tuple[str, ...], is_symbol: bool) -> None:
    query = parse_query(f"  {text} ")
    assert (query.text, query.names, query.is_symbol) == (text, names, is_symbol)


def test_terms_are_distinct_and_without_stop_words_if_there_are_others() -> None:
    assert parse_query("where is the retry of the Retry").terms == ("retry",)
    assert parse_query("to be or not").terms == ("not",)
    assert parse_query("to be").terms == ("to", "be")
    assert len(parse_query(" ".join(f"w{i}x" for i in range(39))).terms) == MAX_TERMS
    assert len(parse_query(" ".join(f"word{i}x" for i in range(500))).terms) == CANDIDATE_TERMS


@pytest.mark.parametrize("text", ["", "  ", "🚀", "…"])
def test_a_query_without_a_word_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"the query is empty|nothing to look for"):
        parse_query(text)
