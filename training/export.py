"""Write a trained model, quantized to int8, as a folder that codelode loads.

    python -m training.export --trained FILE --data DIR --packages FILE --name NAME --out DIR

The vectors are not rotated: training made the first 128 and the first 64 columns usable on their
own. Each row has its own scale, so that long rows do not reduce the precision of short ones.
"""

from __future__ import annotations

import argparse
import ast
import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codelode.embed.model_folder import INFO
from codelode.text.tokens import PARTS_TOKENIZER
from training.arrays import KINDS, PairArrays
from training.fingerprint import fingerprint_of
from training.languages import LANGUAGES
from training.vocabulary import sorted_by_hash

LICENSE = "MIT; trained from code under permissive licenses, see training/README.md"


def quantize(vectors: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Return each row divided by its scale, int8[rows, d], and the scales, float32[rows].

    The scale of a row is its largest magnitude / 127.
    """
    scales = np.maximum(np.abs(vectors).max(axis=1), 1e-12) / 127
    return np.rint(vectors / scales[:, None]).astype(np.int8), scales.astype(np.float32)


def write_model(
    out: Path, name: str, known: list[str], trained: dict[str, Any], about: dict[str, Any]
) -> None:
    """Write the folder of a model.

    `known` is the vocabulary, sorted by hash. `trained` holds vectors, weights and
    path_weight. `about` documents the model for people.
    """
    out.mkdir(parents=True, exist_ok=True)
    in_order, hashes = sorted_by_hash(known)
    assert in_order == known, "the vocabulary is not in the order of its rows"
    table, scales = quantize(trained["vectors"])
    for file, array in (
        ("hashes", hashes),
        ("table", table),
        ("scales", scales),
        ("weights", trained["weights"].astype(np.float32)),
    ):
        np.save(out / f"{file}.npy", np.ascontiguousarray(array))
    (out / "vocabulary.txt").write_text("".join(f"{part}\n" for part in known), encoding="utf-8")
    info: dict[str, Any] = {
        "format": 1,
        "name": name,
        "dimensions": table.shape[1],
        "tokenizer": PARTS_TOKENIZER,
        "path_weight": round(float(trained["path_weight"]), 4),
        "known": len(known),
        "rows": len(table),
        **about,
    }
    info["fingerprint"] = fingerprint_of(out, info)
    (out / INFO).write_text(json.dumps(info, indent=2) + "\n", encoding="utf-8")


def summary(pairs: PairArrays, packages: Path) -> dict[str, Any]:
    """Count the training pairs by language and kind, and the packages with pairs by registry."""
    learned = ~pairs.held_out
    languages = np.bincount(pairs.language[learned], minlength=len(LANGUAGES)).tolist()
    kinds = np.bincount(pairs.kind[learned], minlength=len(KINDS)).tolist()
    registries: Counter[str] = Counter()
    for line in packages.read_text().splitlines():
        row = json.loads(line)
        registries[row["package"].partition(":")[0]] += bool(row["pairs"])
    return {
        "pairs": int(learned.sum()),
        "pairs_by_language": dict(zip(LANGUAGES, languages, strict=True)),
        "pairs_by_kind": dict(zip(KINDS, kinds, strict=True)),
        "packages_by_registry": dict(registries),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trained", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--packages", type=Path, required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--path-weight", type=float, default=1.0, help="factor on the learned path weight"
    )
    options = parser.parse_args()
    with np.load(options.trained, allow_pickle=False) as stored:
        trained = {name: stored[name] for name in stored.files}
    trained["path_weight"] = trained["path_weight"] * options.path_weight
    known = (options.data / "vocabulary.txt").read_text(encoding="utf-8").split("\n")[:-1]
    about = {
        "license": LICENSE,
        "training": ast.literal_eval(str(trained["settings"]))
        | {"seconds": round(float(trained["seconds"]))}
        | summary(PairArrays.load(options.data / "pairs.npz"), options.packages),
    }
    write_model(options.out, options.name, known, trained, about)


if __name__ == "__main__":
    main()
