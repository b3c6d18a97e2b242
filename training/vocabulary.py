"""Make the vocabulary from pairs, and encode every pair as bags of vocabulary rows.

    python -m training.vocabulary --pairs FILE --out DIR

A part is in the vocabulary if it occurs in at least 5 pairs and 3 projects. Near-duplicates are
dropped: pairs with the same query and the same beginning of the passage, and all but a few pairs
that share a query.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

import numpy as np

from codelode.embed.row_counts import count_rows
from codelode.embed.vocabulary import Vocabulary
from codelode.text.tokens import parts, term_hash, text_parts
from codelode.text.word_counts import count_words
from codelode.text.word_parts import WORD_END
from training.arrays import KINDS, BagRows, PairArrays
from training.languages import LANGUAGES

MIN_PAIRS = 5
MIN_PROJECTS = 3
MAX_KNOWN = 36_000
MAX_SAME_QUERY = 4
_SAME_BEGINNING = 400  # characters
_BATCH = 2000

Row = dict[str, str]


def read_pairs(path: Path) -> Iterator[Row]:
    """Yield the pairs of a JSON lines file without near-duplicates."""
    seen: set[int] = set()
    queries: Counter[int] = Counter()
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            row: Row = json.loads(line)
            query = " ".join(text_parts(row["query"]))
            passage = " ".join(row["passage"].split())[:_SAME_BEGINNING]
            asked = term_hash(query)
            keys = {
                term_hash(f"{query}\0{passage[:100]}"),
                term_hash(f"{row['kind']}\0{passage}"),
            }
            if not query or queries[asked] >= MAX_SAME_QUERY or keys & seen:
                continue
            queries[asked] += 1
            seen |= keys
            yield row


def known_parts(rows: Iterable[Row]) -> list[str]:
    """Return the vocabulary, most frequent first."""
    in_pairs: Counter[str] = Counter()
    in_projects: Counter[str] = Counter()
    for _, group in groupby(rows, key=lambda row: row["project"]):
        texts = [f"{row['query']} {row['path']} {row['passage']}".encode() for row in group]
        counted = count_words(texts)
        found = counted.spelled.split(WORD_END)[:-1]
        passages = np.bincount(counted.ids, minlength=len(found)).tolist()
        mine: Counter[str] = Counter()
        for word, count in zip(found, passages, strict=True):
            for part in set(parts(word)):
                mine[part] += count
        in_pairs.update(mine)
        in_projects.update(mine.keys())
    known = [
        part
        for part, count in in_pairs.most_common()
        if count >= MIN_PAIRS and in_projects[part] >= MIN_PROJECTS
    ]
    return known[:MAX_KNOWN]


def sorted_by_hash(
    known: Iterable[str],
) -> tuple[list[str], np.ndarray[tuple[int], np.dtype[np.uint64]]]:
    """Return the parts sorted by hash, which is the order of their rows, and the hashes."""
    order = sorted((term_hash(part), part) for part in known)
    return [part for _, part in order], np.array([number for number, _ in order], dtype=np.uint64)


def encode(rows: Iterable[Row], vocabulary: Vocabulary) -> PairArrays:
    """Encode every pair as bags of table rows."""
    batches = []
    batch: list[Row] = []
    numbers = _Numbers()
    for row in rows:
        batch.append(row)
        if len(batch) == _BATCH:
            batches.append(_encode_batch(batch, vocabulary, numbers))
            batch = []
    if batch:
        batches.append(_encode_batch(batch, vocabulary, numbers))
    return PairArrays.concatenate(batches)


class _Numbers(dict[str, int]):
    def __missing__(self, key: str) -> int:
        number = self[key] = len(self)
        return number


def _encode_batch(batch: list[Row], vocabulary: Vocabulary, numbers: _Numbers) -> PairArrays:
    languages = list(LANGUAGES)
    queries = count_words([row["query"].encode("utf-8", "replace") for row in batch])
    passages = count_words([row["passage"].encode("utf-8", "replace") for row in batch])
    nowhere = [""] * len(batch)
    return PairArrays(
        query=BagRows.of(count_rows(vocabulary, queries, nowhere)),
        passage=BagRows.of(count_rows(vocabulary, passages, nowhere)),
        path=BagRows.of(
            count_rows(vocabulary, count_words([b""] * len(batch)), [row["path"] for row in batch])
        ),
        project=np.array([numbers[row["project"]] for row in batch], dtype=np.int32),
        source=np.array(
            [numbers[f"{row['project']}/{row['path']}"] for row in batch], dtype=np.int32
        ),
        asked=np.array(
            [numbers["?" + " ".join(text_parts(row["query"]))] for row in batch], dtype=np.int32
        ),
        kind=np.array([KINDS.index(row["kind"]) for row in batch], dtype=np.int8),
        language=np.array([languages.index(row["language"]) for row in batch], dtype=np.int8),
        held_out=np.array([is_held_out(row["project"]) for row in batch], dtype=np.bool_),
    )


def is_held_out(project: str) -> bool:
    """Return whether a project is held out for evaluation: one in forty, by its name."""
    return term_hash(f"held out {project}") % 40 == 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    known, hashes = sorted_by_hash(known_parts(read_pairs(options.pairs)))
    (options.out / "vocabulary.txt").write_text("".join(f"{part}\n" for part in known))
    arrays = encode(read_pairs(options.pairs), Vocabulary(hashes))
    arrays.save(options.out / "pairs.npz")
    print(f"{len(known)} parts, {len(arrays.kind)} pairs, {arrays.held_out.sum()} held out")
    table = np.zeros((len(LANGUAGES), len(KINDS)), dtype=int)
    np.add.at(table, (arrays.language, arrays.kind), 1)
    print("language    " + "".join(f"{kind:>10}" for kind in KINDS))
    for language, counts in zip(LANGUAGES, table.tolist(), strict=True):
        print(f"{language:12}" + "".join(f"{count:10}" for count in counts))


if __name__ == "__main__":
    main()
