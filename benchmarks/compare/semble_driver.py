"""Make a model, index a tree, or search it, in semble's own environment. Prints JSON.

    python semble_driver.py model ROOT OUT      # a model with random weights
    python semble_driver.py index ROOT
    python semble_driver.py search ROOT QUERIES ROUNDS

semble's own variables SEMBLE_MODEL_NAME and SEMBLE_CACHE_LOCATION name the model and the index
folder, so that its command line finds them too. This file imports nothing of this project.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np

VOCABULARY = 63_500  # from the model card of potion-code-16M-v2, whose file size implies float16
DIMENSIONS = 256
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
MOST_BYTES = 50_000_000  # read at most this much of the tree to collect words


def main() -> None:
    """Run the subcommand given on the command line."""
    what, *arguments = sys.argv[1:]
    if what == "model":
        make_model(Path(arguments[0]), Path(arguments[1]))
    elif what == "index":
        index(Path(arguments[0]))
    else:
        search(Path(arguments[0]), Path(arguments[1]), int(arguments[2]))


def make_model(root: Path, out: Path) -> None:
    """Make a lower-casing WordPiece tokenizer over the tree's words, and random vectors."""
    from model2vec import StaticModel
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

    tokens = list(dict.fromkeys([*SPECIAL, *_pieces(root)]))[:VOCABULARY]
    tokens += [f"[unused{i}]" for i in range(VOCABULARY - len(tokens))]
    vocabulary = {token: i for i, token in enumerate(tokens)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    chance = np.random.default_rng(1)
    vectors = chance.standard_normal((VOCABULARY, DIMENSIONS), np.float32).astype(np.float16)
    StaticModel(vectors, tokenizer, normalize=True).save_pretrained(str(out))


def _pieces(root: Path) -> list[str]:
    """Return characters, then words by frequency, as WordPiece tokens.

    Characters and words of up to 4 letters are also returned as suffixes, which begin with `##`.
    """
    counts: Counter[str] = Counter()
    size = 0
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        text = path.read_bytes()
        size += len(text)
        counts.update(re.findall(r"[a-z]+|[0-9]", text.decode("utf-8", "replace").lower()))
        if size > MOST_BYTES:
            break
    characters = [chr(i) for i in range(33, 127) if not chr(i).isupper()]
    pieces = [*characters, *(f"##{character}" for character in characters)]
    for word, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        pieces.append(word)
        if 2 <= len(word) <= 4:
            pieces.append(f"##{word}")
    return pieces


def index(root: Path) -> None:
    """Index a tree and save the index, as semble's own command does."""
    from semble import ContentType, SembleIndex
    from semble.cache import find_index_from_cache_folder, save_index_to_cache

    began = time.perf_counter()
    made = SembleIndex.from_path(root)
    built = time.perf_counter()
    save_index_to_cache(made, str(root))
    saved = time.perf_counter()
    folder = find_index_from_cache_folder(str(root), [ContentType.CODE])
    result = {
        "files": made.stats.indexed_files,
        "chunks": made.stats.total_chunks,
        "build_seconds": built - began,
        "save_seconds": saved - built,
        "disk_bytes": sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()),
    }
    print(json.dumps(result))


def search(root: Path, queries: Path, rounds: int) -> None:
    """Load the saved index; run every query `rounds` times, after a round that is not counted."""
    from semble import ContentType, SembleIndex
    from semble.cache import find_index_from_cache_folder

    asked: list[str] = json.loads(queries.read_text("utf-8"))
    began = time.perf_counter()
    folder = find_index_from_cache_folder(str(root), [ContentType.CODE])
    loaded = SembleIndex.load_from_disk(folder)
    seconds = time.perf_counter() - began
    times: list[list[float]] = []
    for _ in range(rounds + 1):
        times.append([])
        for query in asked:
            began = time.perf_counter()
            loaded.search(query, top_k=10)
            times[-1].append(time.perf_counter() - began)
    print(json.dumps({"load_seconds": seconds, "rounds": times[1:]}))


if __name__ == "__main__":
    main()
