"""Reducing the dimensions of a model keeps the training record, and the energy of passages."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from codelode.embed.model_folder import ModelFolder
from codelode.embed.static import StaticEncoder
from codelode.embed.vocabulary import BUCKETS
from codelode.text.word_counts import count_words
from codelode.types import Passages
from training.export import write_model
from training.fingerprint import fingerprint_of
from training.shorten import axes, second_moment, shorten, spread
from training.vocabulary import Row, sorted_by_hash

KNOWN = "get set user name parse config file path read write http server request".split()
WHOLE, RANK = 32, 8


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a model with 32 dimensions whose vectors span 8 axes, none along a column."""
    chance = np.random.default_rng(1)
    known, _ = sorted_by_hash(KNOWN)
    rows = len(known) + BUCKETS
    basis = np.linalg.qr(chance.normal(size=(WHOLE, WHOLE)))[0][:RANK]
    trained: dict[str, Any] = {
        "vectors": (chance.normal(size=(rows, RANK)) @ basis).astype(np.float32),
        "weights": chance.uniform(0.5, 2, size=(rows, 2)).astype(np.float32),
        "path_weight": 1.7,
    }
    out = tmp_path_factory.mktemp("model")
    write_model(out, f"tiny-{WHOLE}", known, trained, {"license": "L", "training": {"steps": 7}})
    return out


def pair_rows(n: int) -> list[Row]:
    chance = random.Random(2)
    return [
        {
            "kind": "doc",
            "project": "p",
            "path": f"src/{chance.choice(KNOWN)}.py",
            "query": f"{chance.choice(KNOWN)} {i}",
            "passage": " ".join(chance.choices(KNOWN, k=6)) + f" x{i}",
        }
        for i in range(n)
    ]


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("pairs") / "pairs.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in pair_rows(400)))
    return file


def vectors_of(folder: Path) -> np.ndarray[Any, np.dtype[np.float32]]:
    rows = pair_rows(60)
    texts = [row["passage"].encode() for row in rows]
    passages = Passages([row["path"] for row in rows], texts, count_words(texts))
    return StaticEncoder(folder).encode_passages(passages)


def test_dropping_empty_axes_keeps_cosines(model: Path, pairs: Path, tmp_path: Path) -> None:
    assert shorten(model, pairs, RANK, tmp_path / "m", whiten=0) == f"tiny-{RANK}"
    before, after = vectors_of(model), vectors_of(tmp_path / "m")
    assert after.shape == (60, RANK)
    assert np.abs(before @ before.T - after @ after.T).max() < 0.03
    # The first columns alone would not suffice.
    columns = before[:, :RANK] / np.linalg.norm(before[:, :RANK], axis=1, keepdims=True)
    assert np.abs(before @ before.T - columns @ columns.T).max() > 0.1


def test_a_reduced_model_is_complete_and_names_its_origin(
    model: Path, pairs: Path, tmp_path: Path
) -> None:
    out = tmp_path / "m"
    shorten(model, pairs, 16, out, whiten=0.5)
    info = json.loads((out / "model.json").read_text())
    old, new = ModelFolder.open(model), ModelFolder.open(out)
    assert (new.name, new.dimensions, new.path_weight) == ("tiny-16", 16, 1.7)
    assert info["fingerprint"] == fingerprint_of(out, info) != old.fingerprint
    assert (info["license"], info["training"]) == ("L", {"steps": 7})
    assert info["shortened"]["from"] == f"tiny-{WHOLE}"
    assert info["shortened"]["fingerprint"] == old.fingerprint
    assert info["shortened"]["whiten"] == 0.5
    assert 0 < info["shortened"]["passages"] <= 400
    assert new.hashes.tolist() == old.hashes.tolist()
    assert new.weights.tolist() == old.weights.tolist()
    words = "vocabulary.txt"
    assert (out / words).read_text() == (model / words).read_text()


def test_axes_are_principal_and_whitened_to_the_given_power() -> None:
    chance = np.random.default_rng(3)
    points = chance.normal(size=(5000, 4)) @ np.diag([1.0, 5.0, 0.2, 2.0]) + [3, 0, 0, 0]
    moment = points.T @ points / len(points)
    turned = points @ axes(moment, 3, 0)
    found = turned.T @ turned / len(points)
    assert np.allclose(found, np.diag(np.diag(found)), atol=1e-6)
    assert np.allclose(np.diag(found), sorted(np.linalg.eigvalsh(moment))[:0:-1])
    white = points @ axes(moment, 3, 1)
    assert np.allclose(white.T @ white / len(points), np.eye(3), atol=1e-6)
    half = axes(moment, 3, 0.5)
    assert np.allclose((points @ half).std(0) ** 2, turned.std(0) ** 2 / np.sqrt(np.diag(found)))


@pytest.mark.parametrize("dimensions", [0, WHOLE, WHOLE + 1])
def test_a_model_is_only_made_shorter(
    model: Path, pairs: Path, tmp_path: Path, dimensions: int
) -> None:
    with pytest.raises(ValueError, match="32 dimensions"):
        shorten(model, pairs, dimensions, tmp_path / "m")
    assert not (tmp_path / "m").exists()


def test_too_few_passages_are_refused(model: Path) -> None:
    with pytest.raises(ValueError, match="31 passages"):
        second_moment(StaticEncoder(model), pair_rows(31))


def test_spreading_keeps_cosines_and_evens_out_the_axes() -> None:
    turn = spread(48)
    assert np.allclose(turn @ turn.T, np.eye(48), atol=1e-12)
    uneven = np.random.default_rng(4).normal(size=(500, 48)) * np.linspace(3, 0.1, 48)
    before, after = np.abs(uneven).max(axis=1), np.abs(uneven @ turn).max(axis=1)
    assert np.median(after / before) < 0.9
