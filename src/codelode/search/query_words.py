"""The words of a query, prepared for comparison with names, folders and texts."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from codelode.text.tokens import text_parts

ASK_TESTS = frozenset("test tests testing spec specs fixture fixtures benchmark mock unit".split())
"""Words that ask for tests."""

ASK_PROSE = frozenset(
    "readme changelog changes documentation docs doc manual guide tutorial news release notes faq"
    " install config configuration configure settings yaml yml toml json xml ini workflow workflows"
    " ci pipeline action actions docker dockerfile container image sql schema migration table cmake"
    " makefile gradle maven pom css html lint template example license contributing".split()
)
"""Words that ask for files that are not program code."""

_ENDINGS = ("ations", "ation", "ings", "ing", "ers", "er", "ies", "ed", "es", "s", "e", "y")
_SAME_STEM = 0.95
_PREFIX = 0.8
_SHORT_PREFIX = 0.6
_SAME_BEGINNING = 0.6


def light_stem(word: str) -> str:
    """Return a word without a common English ending; at least three letters remain."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


def likeness(one: str, other: str) -> float:
    """Return how alike two words are, from 0 to 1.

    Equal words score 1, words with the same stem .95, a word and its prefix .8 (.6 if the prefix
    has three letters), and words with the same first five letters .6. The plural of a prefix counts
    as a prefix: `utils` for `utility`. Unequal words are alike only if their first three letters
    are equal.
    """
    if one == other:
        return 1.0
    if light_stem(one) == light_stem(other):
        return _SAME_STEM
    short, long = sorted((one, other), key=len)
    prefix = short if long.startswith(short) else short.removesuffix("s")
    if len(prefix) >= 3 and long.startswith(prefix):
        return _PREFIX if len(prefix) >= 4 else _SHORT_PREFIX
    return _SAME_BEGINNING if len(short) >= 5 and one[:5] == other[:5] else 0.0


class QueryWords:
    """The parts of a query's words that are terms, each with its share of their total weight.

    `sequence` holds these parts in order, with repetitions; `passed_over` are the other parts of
    the query (stop words).
    """

    def __init__(self, text: str, share_of_term: Mapping[str, float]) -> None:
        words = text_parts(text)
        self.sequence = tuple(word for word in words if word in share_of_term)
        self.passed_over = frozenset(words) - share_of_term.keys()
        weights = {word: share_of_term[word] for word in self.sequence}
        total = sum(weights.values()) or 1.0
        self.shares = {word: weight / total for word, weight in weights.items()}
        self._by_beginning: dict[str, list[str]] = {}
        for word in self.shares:
            self._by_beginning.setdefault(word[:3], []).append(word)
        self._likeness: dict[str, float] = {}

    @property
    def beginnings(self) -> Collection[str]:
        """The first three letters of each word."""
        return self._by_beginning.keys()

    def likeness(self, word: str) -> float:
        """Return the `likeness` of a word and the most similar word of the query."""
        value = self._likeness.get(word)
        if value is None:
            alike = self._by_beginning.get(word[:3], ())
            value = max((likeness(word, other) for other in alike), default=0.0)
            self._likeness[word] = value
        return value

    def share_in(self, asked: Collection[str]) -> float:
        """Return the share of the query's weight that the words in `asked` have.

        A word of the query that occurs nowhere has no weight; here it counts 1 / number of words.
        """
        return sum(
            share or 1 / len(self.shares) for word, share in self.shares.items() if word in asked
        )
