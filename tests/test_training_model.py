"""From pairs to a model: vocabulary, arrays, ranks, export, and a short training run."""

from __future__ import annotations

import ast
import importlib.util
import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from codelode.embed.model_folder import ModelFolder
from codelode.embed.static import StaticEncoder
from codelode.embed.vocabulary import BUCKETS, Vocabulary
from codelode.text.tokens import term_hash
from codelode.text.word_counts import count_words
from codelode.types import Passages
from training.arrays import BagRows, PairArrays
from training.evaluate import evaluate, ranks, unit
from training.export import quantize, summary, write_model
from training.fingerprint import fingerprint_of
from training.start import start_vectors, word_pieces
from training.vocabulary import (
    MAX_SAME_QUERY,
    encode,
    is_held_out,
    known_parts,
    read_pairs,
    sorted_by_hash,
)

needs_torch = pytest.mark.skipif(
    importlib.util.find_spec("torch") is None,
    reason="the dependency group `training` is not installed",
)

TOPICS = {
    "network": ("open a connection to the server", "socket connect bind listen accept address"),
    "storage": ("write all records to the disk", "fsync buffer flush block sector journal"),
    "drawing": ("paint a colored shape", "canvas pixel brush stroke fill gradient"),
    "text": ("find words in a sentence", "tokenise stem letter paragraph dictionary grammar"),
    "time": ("wait until the next day", "clock calendar month timezone epoch second"),
    "maths": ("solve a system of equations", "matrix vector determinant pivot inverse rank"),
}


def rows(n: int) -> list[dict[str, str]]:
    chance = random.Random(1)
    found = []
    for i in range(n):
        topic = chance.choice(sorted(TOPICS))
        query, code = TOPICS[topic]
        found.append(
            {
                "kind": chance.choice(["doc", "name", "path"]),
                "language": chance.choice(["python", "go"]),
                "project": f"project{i * 12 // n}",
                "path": f"{topic}/file{i}.py",
                "query": " ".join(chance.sample(query.split(), 3)) + f" q{i % 7}",
                "passage": " ".join(chance.choices(code.split(), k=12)) + f" x{i}",
            }
        )
    return found


@pytest.fixture
def pairs_file(tmp_path: Path) -> Path:
    file = tmp_path / "pairs.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows(600)))
    return file


def test_near_duplicates_are_dropped(tmp_path: Path) -> None:
    one = rows(1)[0]
    variants = [
        one,
        one,
        one | {"passage": one["passage"].replace(" ", "\n  ")},
        one | {"query": "something else entirely"},  # a duplicate passage
        *(one | {"passage": f"passage number {i}"} for i in range(10)),
    ]
    file = tmp_path / "pairs.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in variants))
    kept = list(read_pairs(file))
    assert len(kept) == MAX_SAME_QUERY
    assert kept[0] == one


def test_the_vocabulary_requires_several_pairs_and_projects(pairs_file: Path) -> None:
    known = set(known_parts(read_pairs(pairs_file)))
    assert {"socket", "canvas", "server", "network"} <= known
    assert not any(part.startswith("x") and part[1:].isdigit() for part in known)
    only_here = [
        row | {"project": "one", "passage": row["passage"] + " peculiar"} for row in rows(50)
    ]
    assert "peculiar" not in known_parts(only_here)


def test_rows_are_in_the_order_of_their_hashes() -> None:
    known, hashes = sorted_by_hash(["b", "a", "c"])
    assert sorted(known) == ["a", "b", "c"]
    assert hashes.tolist() == sorted(hashes.tolist()) == [term_hash(part) for part in known]


def test_arrays_survive_saving(pairs_file: Path, tmp_path: Path) -> None:
    pairs = list(read_pairs(pairs_file))
    _, hashes = sorted_by_hash(known_parts(pairs))
    arrays = encode(pairs, Vocabulary(hashes))
    arrays.save(tmp_path / "pairs.npz")
    again = PairArrays.load(tmp_path / "pairs.npz")
    assert len(again.kind) == len(pairs)
    assert again.passage.rows.tolist() == arrays.passage.rows.tolist()
    assert again.held_out.tolist() == [is_held_out(row["project"]) for row in pairs]
    one = again.query.take(np.array([3]))
    known = Vocabulary(hashes).rows_of_parts(pairs[3]["query"].split()[:3])
    assert set(known) <= set(one.rows.tolist())


def test_bags_are_taken_in_order_and_left_empty_on_request() -> None:
    bag = BagRows(
        np.array([0, 2, 2, 5]), np.arange(5, dtype=np.int32), np.ones(5, dtype=np.float32)
    )
    taken = bag.take(np.array([2, 1, 0]))
    assert taken.indptr.tolist() == [0, 3, 3, 5]
    assert taken.rows.tolist() == [2, 3, 4, 0, 1]
    kept = bag.take(np.array([2, 0]), np.array([False, True]))
    assert (kept.indptr.tolist(), kept.rows.tolist()) == ([0, 0, 2], [0, 1])


def test_ranks_count_the_better_passages() -> None:
    passages = unit(np.array([[1, 0], [0, 1], [1, 1]], dtype=np.float32))
    queries = unit(np.array([[1, 0], [1, 0.5], [1, 1]], dtype=np.float32))
    assert ranks(queries, passages).tolist() == [1, 3, 1]


def test_quantized_rows_are_within_half_a_step() -> None:
    vectors = np.random.default_rng(0).normal(size=(50, 16)).astype(np.float32)
    vectors[7] = 0
    table, scales = quantize(vectors)
    assert np.abs(table).max() <= 127
    assert (np.abs(table * scales[:, None] - vectors) <= scales[:, None] / 2 + 1e-6).all()


def test_an_exported_model_loads_with_the_same_meaning(tmp_path: Path) -> None:
    known, _ = sorted_by_hash(["read", "file", "write"])
    chance = np.random.default_rng(0)
    trained: dict[str, Any] = {
        "vectors": chance.normal(size=(3 + BUCKETS, 16)).astype(np.float32),
        "weights": np.ones((3 + BUCKETS, 2), dtype=np.float32),
        "path_weight": 1.0,
    }
    write_model(tmp_path, "small", known, trained, {"license": "none"})
    info = json.loads((tmp_path / "model.json").read_text())
    assert info["fingerprint"] == fingerprint_of(tmp_path, info)
    query = StaticEncoder(tmp_path).encode_query("read file")
    expected = trained["vectors"][known.index("read")] + trained["vectors"][known.index("file")]
    assert float(query @ expected) > 0.999 * float(np.linalg.norm(expected))


def test_start_vectors_come_from_word_pieces() -> None:
    tokens = {"read": 0, "##er": 1, "file": 2}
    assert word_pieces("reader", tokens) == [0, 1]
    assert word_pieces("readings", tokens) == []
    embeddings = np.random.default_rng(0).normal(size=(3, 300)).astype(np.float32)
    found = start_vectors(embeddings, tokens, ["read", "reader", "file", "zzz"])
    assert found.shape == (4, 256)
    lengths = np.linalg.norm(found, axis=1)
    assert abs(float(lengths[:3].mean()) - 1) < 1e-4
    assert 0.1 < lengths[3] < 0.6


@needs_torch
def test_a_short_run_learns_the_topics(pairs_file: Path, tmp_path: Path) -> None:
    from training.train import Settings, start_from, train

    pairs = list(read_pairs(pairs_file))
    known, hashes = sorted_by_hash(known_parts(pairs))
    arrays = encode(pairs, Vocabulary(hashes))
    count = len(known) + BUCKETS
    start = start_from("random", count, 0)
    settings = Settings(steps=30, batch=128, group=16, warm_up=3, rate=0.02)
    model = train(arrays, start, known, settings)
    trained = model.arrays()
    write_model(tmp_path / "m", "topics", known, trained, summary(arrays, empty(tmp_path)))
    encoder = StaticEncoder(tmp_path / "m")
    texts = [code.encode() for _, code in TOPICS.values()]
    vectors = encoder.encode_passages(Passages([""] * len(texts), texts, count_words(texts)))
    best = [int((vectors @ encoder.encode_query(query)).argmax()) for query, _ in TOPICS.values()]
    assert best == list(range(len(TOPICS)))
    everything = replace(arrays, held_out=np.ones(len(arrays.kind), dtype=np.bool_))
    found = evaluate(ModelFolder.open(tmp_path / "m"), everything, 100, with_path=True)
    assert (found["all"] <= 10).mean() > 0.3  # by chance, it would be 0.1
    assert ast.literal_eval(repr(settings.as_dict()))["steps"] == 30


def empty(folder: Path) -> Path:
    file = folder / "packages.jsonl"
    file.write_text("")
    return file
