"""Make start vectors from a transformer's token embeddings, reduced to 256 dimensions.

    python -m training.start --model DIR --data DIR --out FILE

DIR holds `model.safetensors` and `vocab.txt` of a BERT with WordPiece tokens, such as
all-MiniLM-L6-v2 (Apache-2.0). Each part of the vocabulary that the tokens cover starts as the mean
of their embeddings. Then only the mean of the vectors of these parts is subtracted (no principal
component, unlike Arora et al. 2017), and PCA rotates the vectors.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from codelode.embed.safetensors import read_tensor

DIMENSIONS = 256


def word_pieces(part: str, tokens: dict[str, int]) -> list[int]:
    """Return the numbers of the WordPiece tokens of a part; empty if they do not cover it.

    Each token is the longest that fits, from left to right.
    """
    found, at = [], 0
    while at < len(part):
        for stop in range(len(part), at, -1):
            token = tokens.get(("##" if at else "") + part[at:stop])
            if token is not None:
                found.append(token)
                at = stop
                break
        else:
            return []
    return found


def start_vectors(
    embeddings: NDArray[np.float32], tokens: dict[str, int], known: list[str]
) -> NDArray[np.float32]:
    """Return the start vectors of the parts in `known`, float32[len(known), 256].

    The vectors of parts made of `tokens` have a mean length of 1; all other vectors are random.
    """
    vectors = np.zeros((len(known), embeddings.shape[1]), dtype=np.float32)
    for row, part in enumerate(known):
        pieces = word_pieces(part, tokens)
        if pieces:
            vectors[row] = embeddings[pieces].mean(axis=0)
    covered: NDArray[np.bool_] = np.abs(vectors).max(axis=1) > 0
    vectors[covered] -= vectors[covered].mean(axis=0)
    _, axes = np.linalg.eigh(vectors[covered].T @ vectors[covered])
    reduced = vectors @ axes[:, ::-1][:, :DIMENSIONS]
    lengths = np.linalg.norm(reduced, axis=1)
    noise = np.random.default_rng(0).normal(size=reduced.shape) / 16 * 0.3
    reduced /= lengths[covered].mean()
    reduced[~covered] = noise[~covered]
    rotated: NDArray[np.float32] = reduced.astype(np.float32)
    return rotated


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    tokens = {
        token: number
        for number, token in enumerate((options.model / "vocab.txt").read_text().split("\n"))
    }
    embeddings = read_tensor(options.model / "model.safetensors", "word_embeddings.weight")
    known = (options.data / "vocabulary.txt").read_text().split("\n")[:-1]
    np.savez(options.out, vectors=start_vectors(embeddings, tokens, known))


if __name__ == "__main__":
    main()
