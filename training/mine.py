"""Mine pairs from the packages that `training.fetch` downloaded, as JSON lines, a file per worker.

python -m training.mine --packages DIR --checkouts DIR --excluded FILE --out DIR [--jobs 2]
"""

from __future__ import annotations

import argparse
import json
import random
import tarfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from lzma import LZMAError
from pathlib import Path

from training.archives import Package, is_license_document, packages, project_path
from training.decontaminate import Excluded, benchmark_lines, is_copied, teaches_nothing
from training.languages import language_of
from training.licenses import is_copyleft, licenses_of, permissive
from training.pairs import Pair, pairs_of

MAX_FILES = 250  # per package
MAX_PAIRS = 4000  # per package
MAX_BYTES = 120_000  # per file; parsing dominates the time
_RARE = {"elixir", "scala", "kotlin", "swift", "csharp", "zig", "bash", "lua"}
_RARE_FACTOR = 8  # raises the caps of rare languages, which come in few, large packages


@dataclass(frozen=True, slots=True)
class Sieve:
    """The filters that keep files out of the training data."""

    excluded: Excluded
    benchmark: frozenset[int]

    def passes(self, path: str, text: bytes) -> bool:
        """Return whether to learn from a file."""
        return not (
            self.excluded.path(path)
            or teaches_nothing(path, text)
            or is_copyleft(text)
            or is_copied(text, self.benchmark)
        )


@dataclass(slots=True)
class Mined:
    """The result for one package: its pairs, or the reason why there are none."""

    package: str
    licenses: set[str]
    pairs: list[Pair]
    dropped: str = ""


def mine(package: Package, sieve: Sieve) -> Mined:
    """Mine the pairs of one package; common and rare languages have a cap each."""
    label = f"{package.kind}:{package.name}"
    if sieve.excluded.package(package.name):
        return Mined(label, set(), [], "benchmark")
    documents, sources = [], []
    try:
        for path, content in package.files():
            if is_license_document(path):
                documents.append((path, content.decode("utf-8", "replace")))
            elif len(content) <= MAX_BYTES and sieve.passes(path, content):
                sources.append((path, content))
    except (tarfile.TarError, zipfile.BadZipFile, LZMAError, zlib.error, EOFError, OSError):
        return Mined(label, set(), [], "damaged")
    licenses = licenses_of(documents)
    if not permissive(licenses):
        return Mined(label, licenses, [], "license")
    chance = random.Random(label)
    chance.shuffle(sources)
    pairs = list(_draw(package, sources))
    chance.shuffle(pairs)
    return Mined(label, licenses, _share(pairs), "" if pairs else "empty")


def _draw(package: Package, sources: list[tuple[str, bytes]]) -> Iterator[Pair]:
    taken: Counter[bool] = Counter()
    for path, content in sources:
        language = language_of(path)
        assert language is not None
        rare = language in _RARE
        taken[rare] += 1
        if taken[rare] > MAX_FILES * (_RARE_FACTOR if rare else 1):
            continue
        text = content.decode("utf-8", "replace").encode()
        yield from pairs_of(package.name, project_path(path), language, text)


def _share(pairs: list[Pair]) -> list[Pair]:
    common = [pair for pair in pairs if pair.language not in _RARE]
    rare = [pair for pair in pairs if pair.language in _RARE]
    return common[:MAX_PAIRS] + rare[: MAX_PAIRS * _RARE_FACTOR]


_sieve: Sieve  # per worker process: a million hashes, too many to send with each package


def _start(sieve: Sieve) -> None:
    global _sieve
    _sieve = sieve


def _mine(package: Package) -> Mined:
    return mine(package, _sieve)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packages", type=Path, required=True)
    parser.add_argument("--checkouts", type=Path, required=True)
    parser.add_argument("--excluded", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    sieve = Sieve(
        Excluded(options.excluded.read_text().splitlines()), benchmark_lines(options.checkouts)
    )
    everything = packages(options.packages)
    random.Random(0).shuffle(everything)
    options.out.mkdir(parents=True, exist_ok=True)
    kept: Counter[tuple[str, str]] = Counter()
    with (
        ProcessPoolExecutor(options.jobs, initializer=_start, initargs=(sieve,)) as pool,
        open(options.out / "pairs.jsonl", "w", encoding="utf-8") as pairs_file,
        open(options.out / "packages.jsonl", "w", encoding="utf-8") as packages_file,
    ):
        for mined in pool.map(_mine, everything):
            for pair in mined.pairs:
                kept[pair.language, pair.kind] += 1
                pairs_file.write(json.dumps(pair.as_dict(), ensure_ascii=False) + "\n")
            row = {
                "package": mined.package,
                "licenses": sorted(mined.licenses),
                "pairs": len(mined.pairs),
                "dropped": mined.dropped,
            }
            packages_file.write(json.dumps(row) + "\n")
    for (language, kind), count in sorted(kept.items()):
        print(f"{language:12} {kind:8} {count:8}")


if __name__ == "__main__":
    main()
