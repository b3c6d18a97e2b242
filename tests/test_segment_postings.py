"""The inverted index, compared with a dictionary of counters."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from codelode.segment.postings import Postings, TermCounts, build_postings, merge_postings

Triples = list[tuple[int, int, int]]
triples = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 5, 2**32, 2**40 - 1]), st.integers(0, 40), st.integers(1, 200)
    ),
    max_size=60,
)


def built(rows: Triples) -> Postings:
    return build_postings(
        TermCounts(
            keys=np.array([row[0] for row in rows], np.uint64),
            terms=np.arange(len(rows)),
            ordinals=np.array([row[1] for row in rows], np.int64),
            counts=np.array([row[2] for row in rows], np.int64),
        )
    )


def reference(rows: Triples) -> dict[int, dict[int, int]]:
    lists: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for term, ordinal, count in rows:
        lists[term][ordinal] += count
    return lists


def contents(postings: Postings) -> dict[int, list[tuple[int, int]]]:
    result = {}
    for row, term in enumerate(postings.terms.tolist()):
        at = slice(int(postings.starts[row]), int(postings.starts[row + 1]))
        result[term] = list(
            zip(postings.ordinals[at].tolist(), postings.frequencies[at].tolist(), strict=True)
        )
    return result


def expected(lists: dict[int, dict[int, int]]) -> dict[int, list[tuple[int, int]]]:
    return {
        term: [(ordinal, min(count, 255)) for ordinal, count in sorted(row.items())]
        for term, row in lists.items()
        if row
    }


@given(triples)
def test_built_postings_equal_those_of_a_dictionary(rows: Triples) -> None:
    assert contents(built(rows)) == expected(reference(rows))


def test_a_term_without_rows_is_not_in_the_dictionary() -> None:
    one = np.array([1])
    found = build_postings(TermCounts(np.array([7, 5, 9], np.uint64), one, one, one))
    assert (found.terms.tolist(), found.starts.tolist()) == ([5], [0, 1])


@given(st.lists(st.tuples(triples, st.lists(st.booleans(), min_size=41, max_size=41)), max_size=4))
def test_merging_is_building_from_what_is_live(parts: list[tuple[Triples, list[bool]]]) -> None:
    renumberings, rows, base = [], [], 0
    for part, live in parts:
        mask = np.array(live)
        new = np.where(mask, np.cumsum(mask) - 1 + base, -1)
        base += int(mask.sum())
        renumberings.append(new)
        rows += [(t, int(new[o]), min(c, 255)) for t, o, c in capped(part) if new[o] >= 0]
    if not parts:
        return
    (merged,) = merge_postings([[built(part) for part, _ in parts]], renumberings)
    assert contents(merged) == expected(reference(rows))


def capped(rows: Triples) -> Triples:
    return [
        (term, ordinal, count)
        for term, row in reference(rows).items()
        for ordinal, count in row.items()
    ]
