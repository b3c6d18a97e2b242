"""The number of lines of source for each hit, chosen so that an answer fits one screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.render.excerpt import EXCERPT_LINES

if TYPE_CHECKING:
    from collections.abc import Sequence

FULL_ANSWER = 10
"""This many hits, the default, fill one screen; more hits get as much space each."""


def rows_of_hits(headers: Sequence[int], height: int) -> list[int]:
    """Return the rows for the source of each hit: fewer for later hits, 0 where only headers fit.

    `headers` are the numbers of rows that the headers take; `height` is the number of rows for an
    answer of up to `FULL_ANSWER` hits: more hits get proportionally more rows. The first source row
    of a hit costs two rows, because a blank row separates hits.
    """
    spare = height * max(len(headers), FULL_ANSWER) // FULL_ANSWER - sum(headers)
    wishes = sorted(
        (row * (1 + hit / 2), hit, row)
        for hit in range(len(headers))
        for row in range(1, EXCERPT_LINES + 1)
    )
    rows = [0] * len(headers)
    for _, hit, row in wishes:
        cost = 2 if row == 1 else 1
        if rows[hit] == row - 1 and cost <= spare:
            rows[hit] = row
            spare -= cost
    return rows
