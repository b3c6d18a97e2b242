"""Text blocks, written by several threads at once."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import numpy as np

from codelode import Index
from codelode.segment.frames import frame_sections
from codelode.segment.text import BLOCK_BYTES, BlockWriter, decompress

THREADS = 8


def some_text(seed: int, size: int) -> bytes:
    words = [b"retry", b"backoff", b"return", b"(self,", b"jitter)\n", b"    "]
    draw = random.Random(seed)
    return b" ".join(draw.choice(words) + b"%d" % draw.randrange(99) for _ in range(size // 8))


def written(text: bytes) -> list[bytes]:
    writer = BlockWriter()
    writer.add(text)
    writer.flush()
    return [bytes(frame) for frame in writer.frames]


def test_threads_that_write_blocks_at_once_do_not_mix_them() -> None:
    texts = [some_text(seed, 3 * BLOCK_BYTES) for seed in range(THREADS)]
    alone = [written(text) for text in texts]
    with ThreadPoolExecutor(THREADS) as threads:
        together = list(threads.map(written, texts * 8))
    assert together == alone * 8
    for text, frames in zip(texts, alone, strict=True):
        sizes = np.diff([*range(0, len(text), BLOCK_BYTES), len(text)]).tolist()
        read = [
            decompress(memoryview(frame), size) for frame, size in zip(frames, sizes, strict=True)
        ]
        assert b"".join(read) == text


def test_threads_that_write_records_at_once_do_not_mix_them() -> None:
    records = [[some_text(seed, 40_000) for _ in range(20)] for seed in range(THREADS)]

    def frames(each: list[bytes]) -> list[bytes]:
        return [bytes(frame) for frame in frame_sections("records", "table", each)["records"]]

    alone = [frames(each) for each in records]
    with ThreadPoolExecutor(THREADS) as threads:
        assert list(threads.map(frames, records * 8)) == alone * 8


def test_indexes_that_threads_update_at_once_are_those_that_one_thread_makes(
    tmp_path: Path,
) -> None:
    for number in range(THREADS):
        tree = tmp_path / f"tree{number}"
        tree.mkdir()
        for file in range(2):
            (tree / f"f{file}.py").write_bytes(some_text(100 * number + file, 30_000))
    begin = Barrier(THREADS)

    def update(number: int, where: str) -> set[str]:
        with Index.open(tmp_path / f"tree{number}", tmp_path / f"{where}{number}") as index:
            if where == "together":
                begin.wait(60)
            index.update()
            return {path.name for path in index.directory.glob("*.seg")}

    alone = [update(number, "alone") for number in range(THREADS)]
    with ThreadPoolExecutor(THREADS) as threads:
        together = list(threads.map(update, range(THREADS), ["together"] * THREADS))
    assert together == alone
