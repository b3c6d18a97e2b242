"""Fuzz indexes: mutate their files, with and without recomputing all checksums.

    python -m benchmarks.faults.fuzz --minutes 60

Each mutated index is opened, verified, searched, updated and repaired. Each operation must give an
answer or a one-line error from `codelode.errors`, within two seconds of CPU time and 512 MB.
"""

from __future__ import annotations

import argparse
import base64
import json
import random
import resource
import shutil
import struct
import time
from collections import Counter
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import Any

import xxhash

from benchmarks.faults.calls import in_child
from benchmarks.faults.damage import Patient, admit
from benchmarks.faults.report import table
from benchmarks.faults.world import QUESTIONS, WrongError, memory_folder, open_index, scratch_folder
from codelode.errors import CodelodeError
from codelode.segment.container import INDEX_FORMAT, PAGE_BYTES
from codelode.store.snapshot import Snapshot
from codelode.store.storage import MANIFEST, SEGMENT_SUFFIX

MEMORY = 512 << 20
SECONDS = 2.0
_FOOTER = struct.Struct("<QIIQ8s")
_EXTREMES = (
    0,
    1,
    2,
    7,
    255,
    256,
    65_535,
    65_536,
    2**31 - 1,
    2**31,
    2**32 - 1,
    2**63 - 1,
    2**64 - 1,
)


def mutate_bytes(data: bytes, rng: random.Random) -> bytes:
    """Flip bits, overwrite with extreme numbers, insert, delete or repeat bytes."""
    result = bytearray(data)
    for _ in range(rng.choice([1, 1, 1, 2, 5, 20])):
        at = rng.randrange(len(result))
        match rng.randrange(6):
            case 0 | 1:
                result[at] ^= rng.randint(1, 255)
            case 2 | 3:
                width = rng.choice([1, 2, 4, 8])
                at -= at % width
                value = rng.choice(_EXTREMES) % (1 << 8 * width)
                result[at : at + width] = value.to_bytes(width, "little")
            case 4:
                source = rng.randrange(len(result))
                length = rng.randint(1, 64)
                result[at : at + length] = result[source : source + length]
            case _:
                del result[at : at + rng.randint(1, 64)]
        if not result:
            result += b"\0"
    return bytes(result)


def mutate_segment(data: bytes, rng: random.Random) -> bytes:
    """Change the sections or the directory of a segment and recompute all checksums."""
    start, sections, _, _, magic = _FOOTER.unpack(data[-_FOOTER.size :])
    body, directory = data[:start], data[start : start + 40 * sections]
    if rng.random() < 0.75:
        at = struct.unpack_from("<QQ", directory, 40 * rng.randrange(sections) + 24)
        piece = body[at[0] : at[0] + at[1]]
        if piece:
            changed = mutate_bytes(piece, rng)[: len(piece)].ljust(len(piece), b"\0")
            body = body[: at[0]] + changed + body[at[0] + at[1] :]
    else:
        directory = mutate_bytes(directory, rng)[: len(directory)].ljust(len(directory), b"\0")
    if rng.random() < 0.05:
        sections = rng.choice([0, 1, sections - 1])
        directory = directory[: 40 * sections]
    checks = [
        xxhash.xxh3_64_intdigest(body[at : at + PAGE_BYTES])
        for at in range(0, len(body), PAGE_BYTES)
    ]
    tail = directory + struct.pack(f"<{len(checks)}Q", *checks)
    state = xxhash.xxh3_64(tail)
    state.update(struct.pack("<QII", len(body), sections, len(checks)))
    footer = _FOOTER.pack(len(body), sections, len(checks), state.intdigest(), magic)
    return body + tail + footer


def mutate_manifest(data: bytes, rng: random.Random) -> bytes:
    """Change values or bytes of the JSON, rarely the format version; recompute the checksum."""
    head, _, body = data.partition(b"\n")
    if rng.random() < 0.3:
        body = mutate_bytes(body, rng)
    else:
        fields = json.loads(body)
        for _ in range(rng.choice([1, 1, 2])):
            _mutate_json(fields, rng)
        body = json.dumps(fields).encode()
    version = b"%d" % INDEX_FORMAT
    if rng.random() > 0.97:
        version = rng.choice([b"0", b"1", b"99999999999", b"x", b""])
    magic = head.split(b" ")[0]
    return b"%s %s %s\n" % (magic, version, xxhash.xxh3_64_hexdigest(body).encode()) + body


def _mutate_json(fields: dict[str, Any], rng: random.Random) -> None:
    segments = fields.get("segments")
    target = rng.choice([fields, *(2 * segments if isinstance(segments, list) else [])])
    if not isinstance(target, dict) or not target:
        return
    key = rng.choice(sorted(target))
    old = target[key]
    values: list[Any] = [None, "", -1, 0, 1.5, True, [], {}, "x" * 1000, *_EXTREMES]
    if isinstance(old, int):
        values += [old + 1, old - 1, old * 2] * 4
    if isinstance(old, str):
        values += ["../" + old, old[:-1], old.upper(), base64.b64encode(b"\xff" * 9).decode()] * 3
    if isinstance(old, list) and old:
        values += [old * 2, old[:-1], old[::-1]] * 4
    if rng.random() < 0.1:
        del target[key]
    else:
        target[key] = rng.choice(values)


def spoil(patient: Patient, rng: random.Random) -> str:
    """Mutate one file of a fresh copy of the index; return a description."""
    shutil.rmtree(patient.work)
    shutil.copytree(patient.sound, patient.work)
    path = rng.choice(patient.files())
    data = path.read_bytes()
    if rng.random() < 0.2:
        path.write_bytes(mutate_bytes(data, rng))
        return f"{path.name}: bytes"
    if path.name == MANIFEST:
        path.write_bytes(mutate_manifest(data, rng))
        return "manifest"
    changed = mutate_segment(data, rng)
    path.write_bytes(changed)
    _resize_in_manifest(patient.work, len(changed), path)
    return "segment" if path.suffix == SEGMENT_SUFFIX else "stat"


def _resize_in_manifest(directory: Path, size: int, path: Path) -> None:
    """Write the new size of the mutated file to the manifest, and recompute the checksum there."""
    body = (directory / MANIFEST).read_bytes().partition(b"\n")[2]
    fields = json.loads(body)
    for entry in fields["segments"]:
        if entry["name"] == path.name:
            entry["bytes"] = size
    body = json.dumps(fields, indent=1).encode()
    head = f"codelode-index {INDEX_FORMAT} {xxhash.xxh3_64_hexdigest(body)}\n"
    (directory / MANIFEST).write_bytes(head.encode() + body)


def exercise(patient: Patient) -> Counter[str]:
    """Run every operation on an index; each gives an answer or a `CodelodeError`."""
    index = open_index(patient.root, patient.work)
    results: Counter[str] = Counter()
    steps: list[tuple[str, Callable[[], object]]] = [
        ("verify", index.verify),
        *((f"search {mode}", _search(index, mode)) for mode in ("hybrid", "semantic", "lexical")),
        (
            "search filtered",
            lambda: index.search("parse", languages=["python"], globs=["*1*"], fresh="never"),
        ),
        ("definitions", lambda: look_at_definitions(index.snapshot())),
        ("status", lambda: index.status(changes=False)),
        ("plan", index.plan),
        ("update", lambda: index.update(jobs=1)),
        ("repair", lambda: index.repair(jobs=1)),
    ]
    for name, step in steps:
        began = time.process_time()  # CPU time: other work on the machine does not count
        try:
            step()
            kind = "fine"
        except CodelodeError as error:
            if "\n" in str(error) or len(str(error)) > 2000:
                raise WrongError(f"{name}: the error has several lines: {error}") from error
            kind = type(error).__name__
        seconds = time.process_time() - began
        results[f"{name}: {kind}"] += 1
        results["slowest, ms"] = max(results["slowest, ms"], int(seconds * 1000))
    return results


def look_at_definitions(snapshot: Snapshot) -> None:
    """Look up definitions in every way, for every file and every name."""
    with snapshot.damage_explained(), snapshot.held():
        for live in snapshot.segments:
            lookup = live.segment.definitions
            for row in range(len(live.segment.files)):
                for place, definition in enumerate(lookup.of_file(row)):
                    lookup.rows_on_lines(row, definition.name_line, definition.name_line)
                    lookup.qualified_name(row, place)
            for name in chain.from_iterable(lookup.names()):
                lookup.named(name)
                lookup.chunks_defining(name)
                list(lookup.names_with_prefix(name))


def _search(index: Any, mode: str) -> Callable[[], object]:
    return lambda: [
        index.search(question, mode=mode, explain=True, fresh="never") for question in QUESTIONS
    ]


def batch(patient: Patient, seed: int, cases: int) -> str:
    """Run `cases` cases in this child process, within the memory limit; return JSON results."""
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
    total: Counter[str] = Counter()
    for number in range(cases):
        rng = random.Random(seed * 100_003 + number)
        what = spoil(patient, rng)
        try:
            found = exercise(patient)
        except Exception as error:
            error.add_note(f"seed {seed}, case {number}: {what}")
            raise
        slowest = found.pop("slowest, ms")
        if slowest > SECONDS * 1000:
            raise WrongError(f"seed {seed}, case {number}: {what}: {slowest} ms")
        total += found
        total["slowest, ms"] = max(total["slowest, ms"], slowest)
        total["cases"] += 1
        total[f"mutated: {what.partition(':')[2].strip() or what}"] += 1
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return json.dumps({**total, "peak, MB": peak // 1024})


def fuzz(patient: Patient, seed: int, cases: int, total: Counter[str]) -> None:
    """Run one batch; raise `WrongError` unless each case ends in an answer or a clear error."""
    outcome = in_child(lambda: batch(patient, seed, cases))
    if outcome.kind != "done":
        raise WrongError(f"seed {seed}: {outcome.kind}: {outcome.said}")
    result = json.loads(outcome.said.removeprefix("done "))
    for key in ("slowest, ms", "peak, MB"):
        total[key] = max(total[key], result.pop(key, 0))
    total.update(result)


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults.fuzz")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    total: Counter[str] = Counter()
    wrong: list[str] = []
    deadline = time.monotonic() + 60 * options.minutes
    with scratch_folder(memory_folder()) as folder:
        patient = admit(folder, options.seed, 6, 2)
        batches = 0
        while time.monotonic() < deadline:
            batches += 1
            try:
                fuzz(patient, options.seed * 1_000_000 + batches, 100, total)
            except WrongError as error:
                wrong.append(str(error))
                print(error, flush=True)
            if batches % 20 == 0:
                print(f"{total['cases']} cases, {len(wrong)} wrong", flush=True)
    table("fuzz", [*sorted(total.items()), ("batches with something wrong", len(wrong))])


if __name__ == "__main__":
    main()
