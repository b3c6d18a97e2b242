"""Measure how well a model finds the passage of a held-out pair among many held-out passages.

    python -m training.evaluate --data DIR --model FOLDER [--pool 5000] [--no-path]

The projects were not part of the training. Reports recall@1, recall@10 and mean reciprocal rank.
"""

from __future__ import annotations

import argparse
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from codelode.embed.model_folder import ModelFolder
from training.arrays import KINDS, BagRows, PairArrays
from training.languages import LANGUAGES

Vectors = NDArray[np.float32]


def sums(table: Vectors, found: BagRows) -> Vectors:
    """Return the weighted sum of the table rows of each bag: float32[n, d]."""
    result = np.zeros((len(found.indptr) - 1, table.shape[1]), dtype=np.float32)
    for i, (start, stop) in enumerate(pairwise(found.indptr)):
        result[i] = found.weights[start:stop] @ table[found.rows[start:stop]]
    return result


def unit(vectors: Vectors) -> Vectors:
    """Normalize rows to length 1; zero rows stay zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: Vectors = vectors / np.maximum(lengths, 1e-12)
    return scaled


def ranks(queries: Vectors, passages: Vectors) -> NDArray[np.int64]:
    """Return the 1-based rank of passage i for query i among all passages."""
    result = np.zeros(len(queries), dtype=np.int64)
    for at in range(0, len(queries), 1024):
        scores = queries[at : at + 1024] @ passages.T
        right = scores[np.arange(len(scores)), np.arange(at, at + len(scores))]
        result[at : at + 1024] = 1 + (scores > right[:, None]).sum(axis=1)
    return result


def evaluate(
    model: ModelFolder, pairs: PairArrays, pool: int, *, with_path: bool
) -> dict[str, NDArray[np.int64]]:
    """Return the ranks of the right passages: of all queries, by kind of pair and by language."""
    chosen = np.random.default_rng(0).permutation(np.flatnonzero(pairs.held_out))[:pool]
    vectors = model.table.astype(np.float32) * model.scales[:, None]
    passages = sums(vectors * model.weights[:, :1], pairs.passage.take(chosen))
    if with_path:
        keep = pairs.kind[chosen] != KINDS.index("path")
        path = pairs.path.take(chosen, keep)
        passages += model.path_weight * sums(vectors * model.weights[:, :1], path)
    queries = sums(vectors * model.weights[:, 1:], pairs.query.take(chosen))
    found = ranks(unit(queries), unit(passages))
    result = {"all": found}
    for names, of in ((KINDS, pairs.kind), (tuple(LANGUAGES), pairs.language)):
        result |= {name: found[of[chosen] == i] for i, name in enumerate(names)}
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--pool", type=int, default=5000)
    parser.add_argument("--no-path", action="store_true")
    options = parser.parse_args()
    pairs = PairArrays.load(options.data / "pairs.npz")
    model = ModelFolder.open(options.model)
    found = evaluate(model, pairs, options.pool, with_path=not options.no_path)
    print(f"{'':12}{'pairs':>7}{'recall@1':>10}{'recall@10':>10}{'MRR':>7}")
    for name, of in found.items():
        if len(of):
            at_1, at_10, mrr = (of == 1).mean(), (of <= 10).mean(), (1 / of).mean()
            print(f"{name:12}{len(of):7}{at_1:10.3f}{at_10:10.3f}{mrr:7.3f}")


if __name__ == "__main__":
    main()
