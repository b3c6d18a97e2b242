"""The words of many texts, counted in vectors.

Source code repeats its words: a word stays a pair of numbers (see `interning`), and only distinct
ones become Python objects.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codelode.lazy import cached_property
from codelode.text.csr import group_starts, ranges
from codelode.text.interning import PADDING, number_spans, spell
from codelode.text.scripts import segment
from codelode.text.word_parts import WORD_END, WordParts, split_words
from codelode.text.word_spans import word_spans

# The bits of a key of `part_counts`, from the top: text, part (26 bits), count (20 bits). Sorting
# the keys groups the counts to be added.
_TEXT, _PART = 46, 20
_PART_MASK, _COUNT_MASK = (1 << 26) - 1, (1 << 20) - 1


@dataclass(frozen=True, slots=True)
class PartCounts:
    """The count of each part in each text, sorted by text, then part; all arrays are int64."""

    texts: NDArray[np.int64]
    parts: NDArray[np.int64]  # numbers in `WordParts.parts`
    counts: NDArray[np.int64]


@dataclass(frozen=True)
class WordCounts:
    """The bags of words of n texts, as compressed sparse rows.

    `spelled` holds each distinct word once, each followed by `WORD_END`. Row i is
    `ids[indptr[i]:indptr[i+1]]`, ascending; the same slice of `counts` has the count of each word.
    Dtypes: indptr int64[n+1], ids int32[nnz], counts int32[nnz].
    """

    spelled: bytes
    indptr: NDArray[np.int64]
    ids: NDArray[np.int32]
    counts: NDArray[np.int32]

    @cached_property
    def parts(self) -> WordParts:
        """The parts of the words of the vocabulary."""
        return split_words(self.spelled)

    @cached_property
    def texts(self) -> NDArray[np.int64]:
        """The number of the text that each of `ids` belongs to."""
        return np.repeat(np.arange(len(self.indptr) - 1), np.diff(self.indptr))

    @cached_property
    def part_counts(self) -> PartCounts:
        """The counts of the parts of all words; equal parts of a text are added up."""
        split = self.parts
        lengths = np.diff(split.starts)[self.ids]
        keys = np.repeat((self.texts << _TEXT) | np.minimum(self.counts, _COUNT_MASK), lengths)
        keys |= split.ids[ranges(split.starts[self.ids], lengths)] << _PART
        keys.sort()
        pairs = keys >> _PART
        heads = group_starts(pairs)
        pairs = pairs[heads]
        return PartCounts(
            texts=pairs >> (_TEXT - _PART),
            parts=pairs & _PART_MASK,
            counts=np.add.reduceat(keys & _COUNT_MASK, heads) if len(heads) else heads,
        )

    def first(self, texts: int) -> WordCounts:
        """Return the counts of the first `texts` texts, sharing the vocabulary and its parts."""
        stop = self.indptr[texts]
        found = WordCounts(
            self.spelled, self.indptr[: texts + 1], self.ids[:stop], self.counts[:stop]
        )
        parts = self.part_counts
        stop = parts.texts.searchsorted(texts)
        part_counts = PartCounts(parts.texts[:stop], parts.parts[:stop], parts.counts[:stop])
        vars(found).update(parts=self.parts, part_counts=part_counts)
        return found


def spelled(vocabulary: Iterable[bytes]) -> bytes:
    """Return words, each followed by `WORD_END`, in the form of `WordCounts.spelled`."""
    return b"".join(word + WORD_END for word in vocabulary)


def count_words(texts: Sequence[bytes]) -> WordCounts:
    """Count the indexed words of every text, sharing one vocabulary.

    The indexed words are the `tokens.words` of a text, without compounds that look like code, and
    without numbers and compounds beyond the first `MAX_EXACT` of each kind: see `word_spans`.
    """
    texts = list(map(segment, texts))
    joined = b" ".join([b"", *texts, PADDING])
    ends = np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)) + 1)
    starts, lengths, owners = word_spans(joined, ends)
    numbers, firsts = number_spans(joined, starts, lengths)
    keys = owners << 32 | numbers
    keys.sort()
    heads = group_starts(keys)
    counts = np.diff(heads, append=len(keys))
    keys = keys[heads]
    return WordCounts(
        spelled=spell(joined, starts[firsts], lengths[firsts], WORD_END),
        indptr=np.searchsorted(keys, np.arange(len(texts) + 1, dtype=np.int64) << 32),
        ids=(keys & 0xFFFFFFFF).astype(np.int32),
        counts=counts.astype(np.int32),
    )
