"""The static encoder is exact and independent of the batch; properties of the bundled model."""

from __future__ import annotations

import json
import math
import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from codelode.embed.load import DEFAULT, load, names
from codelode.embed.model_folder import ModelFolder
from codelode.embed.row_counts import PATH_COMPONENTS
from codelode.embed.static import StaticEncoder
from codelode.embed.vocabulary import BUCKETS, Vocabulary
from codelode.errors import ModelError
from codelode.text.tokens import parts, term_hash, term_hashes, text_parts, words
from codelode.text.word_counts import count_words
from codelode.types import Passages
from training.export import write_model
from training.fingerprint import fingerprint_of
from training.vocabulary import sorted_by_hash

KNOWN = "get set user name parse config file path read write http server request".split()


def batch(*passages: tuple[str, bytes]) -> Passages:
    paths, texts = [path for path, _ in passages], [text for _, text in passages]
    return Passages(paths, texts, count_words(texts))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    chance = np.random.default_rng(5)
    known, _ = sorted_by_hash(KNOWN)
    rows = len(known) + BUCKETS
    trained = {
        "vectors": chance.normal(size=(rows, 32)).astype(np.float32),
        "weights": chance.uniform(0.1, 3, size=(rows, 2)).astype(np.float32),
        "path_weight": 1.7,
    }
    out = tmp_path_factory.mktemp("model")
    write_model(out, "tiny", known, trained, {"license": "none"})
    return out


@pytest.fixture(scope="module")
def tiny(folder: Path) -> StaticEncoder:
    return StaticEncoder(folder)


def some_passages(n: int) -> list[tuple[str, bytes]]:
    chance = random.Random(3)
    vocabulary = [*KNOWN, "getUserName", "READ_FILE", "xyzzyparse", "Grüße", "0x12", "日本語", "a1"]
    return [
        (
            f"src/{chance.choice(vocabulary)}/{chance.choice(vocabulary)}.py",
            " ".join(chance.choices(vocabulary, k=chance.randint(0, 120))).encode(),
        )
        for _ in range(n)
    ]


def test_a_row_does_not_depend_on_the_batch(tiny: StaticEncoder) -> None:
    passages = some_passages(40)
    together = tiny.encode_passages(batch(*passages))
    backwards = tiny.encode_passages(batch(*reversed(passages)))[::-1]
    alone = np.concatenate([tiny.encode_passages(batch(one)) for one in passages])
    assert together.tobytes() == alone.tobytes() == np.ascontiguousarray(backwards).tobytes()


def test_a_row_does_not_depend_on_the_number_of_threads(tmp_path: Path) -> None:
    program = (
        "import sys, numpy as np; from codelode.embed.load import load;"
        "from codelode.text.word_counts import count_words; from codelode.types import Passages;"
        "texts = [b'def read_config_file(path): return parse(open(path))' * 9] * 3;"
        "rows = load(None).encode_passages(Passages(['a/b.py'] * 3, texts, count_words(texts)));"
        "sys.stdout.write(rows.tobytes().hex())"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "OPENBLAS_NUM_THREADS": threads},
            capture_output=True,
            check=True,
        ).stdout
        for threads in ("1", "2")
    }
    assert len(found) == 1


def test_rows_agree_with_the_definition(tiny: StaticEncoder, folder: Path) -> None:
    """Compare with the plain sum in float64, as defined in the module's docstring."""
    model = ModelFolder.open(folder)
    vocabulary = Vocabulary(model.hashes)
    vectors = model.table.astype(np.float64) * model.scales[:, None]

    def total(rows: list[int], factor: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        result = np.zeros(model.dimensions)
        for row in set(rows):
            result += (
                factor * (1 + math.log(rows.count(row))) * model.weights[row, 0] * vectors[row]
            )
        return result

    passages = some_passages(30)
    found = tiny.encode_passages(batch(*passages))
    for (path, text), row in zip(passages, found, strict=True):
        of_text = [r for word in words(text) for r in vocabulary.rows_of_parts(parts(word))]
        tail = "/".join(path.split("/")[-PATH_COMPONENTS:])
        of_path = list(vocabulary.rows_of_parts(text_parts(tail)))
        expected = total(of_text, 1.0) + total(of_path, model.path_weight)
        expected /= np.linalg.norm(expected)
        assert float(expected @ row) > 0.9999
        assert abs(float(np.linalg.norm(row)) - 1) < 1e-5


def test_counts_of_a_part_are_added_before_the_logarithm(tiny: StaticEncoder) -> None:
    rows = tiny.encode_passages(
        batch(("", b"get Get GET user"), ("", b"get get get user"), ("", b"get user"))
    )
    assert rows[0].tobytes() == rows[1].tobytes() != rows[2].tobytes()


def test_only_the_last_components_of_a_path_count(tiny: StaticEncoder) -> None:
    text = b"read the file"
    deep, shallow, other = tiny.encode_passages(
        batch(
            ("http/server/user/config/parse.py", text),
            ("user/config/parse.py", text),
            ("config/parse.py", text),
        )
    )
    assert deep.tobytes() == shallow.tobytes() != other.tobytes()


def test_text_without_words_gives_zeros(tiny: StaticEncoder) -> None:
    rows = tiny.encode_passages(batch(("", b""), ("", b" {}();"), ("", b"read")))
    assert not rows[:2].any()
    assert rows[2].any()
    assert tiny.encode_passages(batch()).shape == (0, 32)
    assert not tiny.encode_query("  ?! ").any()


def test_an_unknown_part_is_made_of_known_pieces_and_a_bucket() -> None:
    known, hashes = sorted_by_hash(["parse", "par", "http"])
    vocabulary = Vocabulary(hashes)
    row = {part: i for i, part in enumerate(known)}
    bucket = 3 + term_hash("xparsehttp") % BUCKETS
    assert vocabulary.rows_of_part("xparsehttp") == (row["parse"], row["http"], bucket)
    assert vocabulary.rows_of_part("parse") == (row["parse"],)


def test_lookups_agree_before_and_after_the_dictionary_is_built() -> None:
    known, hashes = sorted_by_hash([f"word{chr(97 + i % 26)}{i}" for i in range(500)])
    fresh, used = Vocabulary(hashes), Vocabulary(hashes)
    for part in known:
        used.rows_of_part(f"un{part}")
    assert used._row_of is not None
    assert all(Vocabulary(hashes).rows_of_part(part) == used.rows_of_part(part) for part in known)
    assert fresh.rows_of_part("nowhere") == used.rows_of_part("nowhere")


def test_rows_of_many_parts_are_those_of_each() -> None:
    known, hashes = sorted_by_hash([f"word{i}" for i in range(50)])
    parts = [*known, "word7word8", "nowhere", "caféword9", "日本", "x", *known[:5]]
    found = Vocabulary(hashes).rows_of_each(parts, term_hashes(map(str.encode, parts)))
    each = [Vocabulary(hashes).rows_of_part(part) for part in parts]
    assert found.lengths.tolist() == list(map(len, each))
    assert found.rows.tolist() == [row for rows in each for row in rows]
    assert not len(Vocabulary(hashes).rows_of_each([], hashes[:0]).rows)


def test_the_memo_stays_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("codelode.embed.vocabulary._MAX_PARTS", 100)
    vocabulary = Vocabulary(sorted_by_hash(KNOWN)[1])
    for start in range(0, 2000, 50):
        vocabulary.rows_of_parts(f"word{i}" for i in range(start, start + 50))
    assert len(vocabulary._parts) <= 100


def test_the_bundled_model_is_complete() -> None:
    encoder = load(None)
    assert names() == [DEFAULT]
    assert (encoder.name, encoder.dimensions) == (DEFAULT, 192)
    folder = bundled_folder()
    info = json.loads((folder / "model.json").read_text())
    assert encoder.fingerprint == fingerprint_of(folder, info)
    known = (folder / "vocabulary.txt").read_text(encoding="utf-8").splitlines()
    assert [term_hash(part) for part in known] == ModelFolder.open(folder).hashes.tolist()
    assert sum(path.stat().st_size for path in folder.iterdir()) < 9_000_000
    assert info["training"]["pairs"] >= 300_000
    assert sum(count >= 1000 for count in info["training"]["pairs_by_language"].values()) >= 10


def bundled_folder() -> Path:
    import codelode.embed.load

    return Path(codelode.embed.load.__file__).parent / "models" / DEFAULT


def test_the_bundled_table_is_mapped_not_read() -> None:
    table = ModelFolder.open(bundled_folder()).table
    assert not table.flags.owndata
    assert not table.flags.writeable


QUESTIONS = [
    ("parse an ini configuration file", "section = re.match(line); config.options[key] = value"),
    ("compress bytes with deflate", "zlib.compressobj(level); return obj.compress(data)"),
    (
        "walk a directory tree",
        "for entry in os.scandir(top): dirs.append(entry)",
    ),
    ("escape html special characters", "s.replace('&', '&amp;').replace('<', '&lt;')"),
    ("open a tcp connection to a host", "sock = socket.create_connection((address, port))"),
    (
        "check the password of a user",
        "hmac.compare_digest(hash(secret), account.credentials)",
    ),
    ("start a thread", "worker = threading.Thread(target=run, daemon=True); worker.start()"),
    ("how are failed requests retried", "except Timeout: sleep(backoff); attempts += 1"),
    ("delete temporary files", "shutil.rmtree(tmpdir, ignore_errors=True); os.unlink(path)"),
    ("sort a list of numbers", "quicksort(array, pivot, compare); swap(items, low, high)"),
]


def test_the_bundled_model_knows_what_code_means() -> None:
    encoder = load(None)
    rows = encoder.encode_passages(batch(*(("", text.encode()) for _, text in QUESTIONS)))
    scores = np.array([rows @ encoder.encode_query(query) for query, _ in QUESTIONS])
    first = (scores.argmax(axis=1) == np.arange(len(QUESTIONS))).mean()
    assert first >= 0.8


def damage(folder: Path, out: Path, **changes: object) -> Path:
    for path in folder.iterdir():
        (out / path.name).write_bytes(path.read_bytes())
    info = json.loads((out / "model.json").read_text())
    (out / "model.json").write_text(json.dumps(info | changes))
    return out


def test_a_model_for_another_tokenizer_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="tokenizer 'other'"):
        StaticEncoder(damage(folder, tmp_path, tokenizer="other"))


def test_arrays_that_do_not_fit_are_refused(folder: Path, tmp_path: Path) -> None:
    damage(folder, tmp_path)
    np.save(tmp_path / "scales.npy", np.ones(3, dtype=np.float32))
    with pytest.raises(ModelError, match="do not fit"):
        StaticEncoder(tmp_path)


@pytest.mark.parametrize("name", ["model.json", "table.npy", "hashes.npy"])
def test_a_damaged_or_missing_file_is_named(folder: Path, tmp_path: Path, name: str) -> None:
    damage(folder, tmp_path)
    (tmp_path / name).write_bytes(b"\x93NUMPY nonsense")
    with pytest.raises(ModelError, match=name):
        StaticEncoder(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(ModelError, match=name):
        StaticEncoder(tmp_path)
