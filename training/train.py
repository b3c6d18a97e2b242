"""Train the table: symmetric InfoNCE over batches with hard negatives, on the CPU.

    python -m training.train --data DIR --start minilm.npz|random --out FILE [--steps N]

Only this module needs torch. The loss is that of CLIP (Radford et al. 2021) with a learned
temperature, summed over prefixes of the vectors as in Matryoshka representation learning (Kusupati
et al. 2022). A batch consists of groups from one project each: within a group, wrong passages are
hard to tell from the right one. Pairs that share a file or a query are not negatives.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from codelode.embed.vocabulary import BUCKETS
from training.arrays import KINDS, BagRows, PairArrays

PREFIXES = ((256, 1.0), (128, 0.3), (64, 0.15))
QUESTION_WORDS = """
    a an and are be by can code do does for from function handled handles handling how i
    implementation implemented implements in into is it its logic of on or show that the to used
    uses using via want what when where which who why with
""".split()
SMOOTH = 1e-3
SCALAR_RATE = 5.0  # learning rate of the scalar weights, relative to that of the vectors


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of one run; model.json records them."""

    steps: int = 700
    batch: int = 2048
    group: int = 48
    rate: float = 2e-3
    warm_up: int = 50
    temperature: float = 0.05
    path_share: float = 0.5  # share of passages that keep their path, unless the query is the path
    asking_share: float = 0.25  # share of queries that get question words
    seed: int = 0

    def as_dict(self) -> dict[str, int | float]:
        """Return the settings by name."""
        return asdict(self)


class Model:
    """The trained parameters: vectors, weights, a path weight and a temperature.

    Each row of the vectors has two weights: for passages and for queries.
    """

    def __init__(self, vectors: Tensor, weights: Tensor, temperature: float) -> None:
        self.vectors = vectors.clone().requires_grad_()
        logs = weights.clamp_min(1e-4).log()
        self.log_weights = torch.stack([logs, logs]).requires_grad_()
        self.log_path = torch.tensor(0.0, requires_grad=True)
        self.log_scale = torch.tensor(-math.log(temperature), requires_grad=True)

    def scalars(self) -> list[Tensor]:
        """Return all parameters except the vectors."""
        return [self.log_weights, self.log_path, self.log_scale]

    def arrays(self) -> dict[str, Any]:
        """Return the arrays for `export`.

        They are `vectors` float32[rows, d], `weights` float32[rows, 2] and `path_weight`.
        """
        return {
            "vectors": self.vectors.detach().numpy(),
            "weights": self.log_weights.detach().exp().T.numpy(),
            "path_weight": math.exp(float(self.log_path.detach())),
        }

    def sums(self, side: int, found: BagRows) -> Tensor:
        """Return the weighted sums of bags of passages (side 0) or queries (side 1): [n, d].

        Only the rows that occur are weighted, not the whole table: a batch needs a few percent of
        them.
        """
        rows = torch.from_numpy(found.rows)
        weights = self.log_weights[side].index_select(0, rows).exp()
        return functional.embedding_bag(
            rows,
            self.vectors,
            torch.from_numpy(found.indptr.astype(np.int32)),
            mode="sum",
            per_sample_weights=weights * torch.from_numpy(found.weights),
            include_last_offset=True,
        )

    def passages(self, text: BagRows, path: BagRows) -> Tensor:
        """Return the vectors of passages, from their texts and their paths, not normalized."""
        both = self.sums(0, BagRows.concatenate([text, path]))
        text_sums, path_sums = both.tensor_split(2)
        return text_sums + self.log_path.exp() * path_sums

    def queries(self, text: BagRows, asking: BagRows) -> Tensor:
        """Return the vectors of queries with added question words, not normalized."""
        text_sums, asking_sums = self.sums(1, BagRows.concatenate([text, asking])).tensor_split(2)
        return text_sums + asking_sums


def loss_of(
    model: Model,
    pairs: PairArrays,
    chosen: NDArray[np.int64],
    keep_path: NDArray[np.bool_],
    asking: BagRows,
) -> Tensor:
    """Return the loss of the pairs `chosen`, with paths where `keep_path` is True.

    `asking` holds question words to add to each query.
    """
    passages = model.passages(pairs.passage.take(chosen), pairs.path.take(chosen, keep_path))
    queries = model.queries(pairs.query.take(chosen), asking)
    source, asked = (torch.from_numpy(of[chosen]) for of in (pairs.source, pairs.asked))
    same = (source[:, None] == source[None]) | (asked[:, None] == asked[None])
    same.fill_diagonal_(False)
    scale = model.log_scale.clamp(max=4.6).exp()
    total = torch.zeros(())
    for size, weight in PREFIXES:
        q = functional.normalize(queries[:, :size], dim=1)
        p = functional.normalize(passages[:, :size], dim=1)
        logits = (q @ p.T * scale).masked_fill(same, -1e4)
        # Cross entropy of rows and of columns, without copying the transposed matrix.
        every = logits.logsumexp(1).mean() + logits.logsumexp(0).mean()
        total = total + weight * (every / 2 - logits.diagonal().mean())
    return total


def question_words(
    rows: Sequence[int], n: int, share: float, chance: np.random.Generator
) -> BagRows:
    """Return n bags; about a `share` of them hold one to three of `rows`, the others none.

    People ask questions, comments do not. Without this, the weights of "how" and "where" would
    never be trained; since these words are rare in code, they would weigh too much.
    """
    lengths = np.where(bool(rows) & (chance.random(n) < share), chance.integers(1, 4, n), 0)
    indptr = np.concatenate([[0], np.cumsum(lengths)])
    drawn = chance.choice(np.array(rows or [0], dtype=np.int32), int(indptr[-1]))
    return BagRows(indptr, drawn, np.ones(len(drawn), dtype=np.float32))


def batches(
    pairs: PairArrays, settings: Settings, chance: np.random.Generator
) -> Iterator[NDArray[np.int64]]:
    """Yield endless batches of pair numbers: a pair at most once per epoch, grouped by project."""
    mine = np.flatnonzero(~pairs.held_out)
    while True:
        shuffled = chance.permutation(mine)
        by_project = shuffled[np.argsort(pairs.project[shuffled], kind="stable")]
        edges = np.flatnonzero(np.diff(pairs.project[by_project])) + 1
        groups = [
            run[at : at + settings.group]
            for run in np.split(by_project, edges)
            for at in range(0, len(run), settings.group)
        ]
        order = np.concatenate([groups[i] for i in chance.permutation(len(groups))])
        for at in range(0, len(order) - settings.batch + 1, settings.batch):
            yield order[at : at + settings.batch]


def train(pairs: PairArrays, start: Tensor, known: list[str], settings: Settings) -> Model:
    """Train from the start vectors; `known` is the vocabulary in the order of its rows."""
    torch.manual_seed(settings.seed)
    chance = np.random.default_rng(settings.seed)
    counts = np.bincount(pairs.passage.rows, pairs.passage.weights, minlength=len(start))
    frequency = torch.from_numpy((counts / counts.sum()).astype(np.float32))
    # Smooth inverse frequency (Arora et al. 2017).
    model = Model(start, SMOOTH / (SMOOTH + frequency), settings.temperature)
    asking = [row for row, part in enumerate(known) if part in QUESTION_WORDS]
    adam = torch.optim.Adam(
        [
            {"params": [model.vectors], "lr": settings.rate},
            {"params": model.scalars(), "lr": settings.rate * SCALAR_RATE},
        ],
        fused=True,
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(adam, lambda step: _rate(step, settings))
    report = _Report(model)
    for step, chosen in zip(range(settings.steps), batches(pairs, settings, chance), strict=False):
        keep_path = (pairs.kind[chosen] != KINDS.index("path")) & (
            chance.random(len(chosen)) < settings.path_share
        )
        words = question_words(asking, len(chosen), settings.asking_share, chance)
        loss = loss_of(model, pairs, chosen, keep_path, words)
        adam.zero_grad(set_to_none=True)
        loss.backward()
        adam.step()
        schedule.step()
        report.add(step, float(loss.detach()))
    return model


class _Report:
    """A report that prints the mean loss of every 25 steps."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.began = time.monotonic()
        self.losses: list[float] = []

    def add(self, step: int, loss: float) -> None:
        self.losses.append(loss)
        if len(self.losses) == 25:
            path, scale = self.model.log_path.detach(), self.model.log_scale.detach()
            print(
                f"step {step + 1} loss {sum(self.losses) / 25:.4f} path weight {path.exp():.2f}"
                f" scale {scale.exp():.1f} after {time.monotonic() - self.began:.0f} s",
                flush=True,
            )
            self.losses = []


def _rate(step: int, settings: Settings) -> float:
    """Return the factor on the learning rate: linear warm-up, then a half cosine down to 2 %."""
    if step < settings.warm_up:
        return (step + 1) / settings.warm_up
    done = (step - settings.warm_up) / max(1, settings.steps - settings.warm_up)
    return 0.02 + 0.98 * (1 + math.cos(math.pi * done)) / 2


def start_from(start: str, rows: int, seed: int) -> Tensor:
    """Return the vectors to start from: random ones, or those of the .npz file `start`.

    The `vectors` of the file, float32[known, d], are the first rows; the others are random.
    """
    noise = torch.randn(rows, PREFIXES[0][0], generator=torch.Generator().manual_seed(seed)) / 16
    if start == "random":
        return noise
    with np.load(start, allow_pickle=False) as stored:
        known = torch.from_numpy(stored["vectors"])
    return torch.cat([known, 0.3 * noise[len(known) :]])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--start", default="random")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=2)
    for field in fields(Settings):
        name = f"--{field.name.replace('_', '-')}"
        parser.add_argument(name, type=type(field.default), default=field.default)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    settings = Settings(**{field.name: getattr(options, field.name) for field in fields(Settings)})
    pairs = PairArrays.load(options.data / "pairs.npz")
    known = (options.data / "vocabulary.txt").read_text(encoding="utf-8").split("\n")[:-1]
    began = time.monotonic()
    start = start_from(options.start, len(known) + BUCKETS, settings.seed)
    model = train(pairs, start, known, settings)
    about = settings.as_dict() | {"start": Path(options.start).stem}
    took = time.monotonic() - began
    np.savez(options.out, **model.arrays(), seconds=took, settings=repr(about))


if __name__ == "__main__":
    main()
