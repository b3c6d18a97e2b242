"""The store, compared with a dictionary under random operations and faults.

For ten thousand sequences: `python -m benchmarks.faults.machine --sequences 10000`.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from benchmarks.faults.calls import Call, intercepted
from benchmarks.faults.powerloss import Killed
from benchmarks.faults.world import contents, leftovers, memory_folder
from codelode.errors import CodelodeError
from codelode.search.dense import dense_candidates
from codelode.search.filters import chunk_masks
from codelode.search.shard import Shard
from codelode.store.commit import publish, settle, write_merged, write_stats
from codelode.store.compact import FAN_IN, TIERS, compact
from codelode.store.lock import write_lock
from codelode.store.manifest import Manifest, SegmentEntry, read_manifest
from codelode.store.snapshot import Snapshot
from codelode.store.storage import LocalStorage
from codelode.store.verify import drop_damaged, verify
from tests.plain_terms import text_terms
from tests.segments import DIMENSIONS, build, vectors_of
from tests.test_store_search import WORDS, chunks_of, exact, found, lines, naive_bm25

Model = dict[str, bytes]

paths = st.sampled_from(["a", "ab", "b/c", "b/d", "c", "x"])
texts = st.lists(lines, max_size=30).map(lambda rows: "\n".join(rows).encode())
changes = st.dictionaries(paths, st.none() | texts, max_size=4)
calls = st.integers(1, 14)


def as_indexed(text: bytes) -> bytes:
    """Return the result of `contents` for a file; an empty file stands for a binary one here."""
    return text or b"skip 4"


class StoreMachine(RuleBasedStateMachine):
    """A state machine: each rule is an operation; a dictionary holds the expected content."""

    @initialize()
    def begin(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="lode-store-", dir=memory_folder()))
        self.storage = LocalStorage(self.directory)
        self.model: Model = {}
        self.held: list[tuple[Snapshot, Model]] = []
        publish(self.storage, Manifest(1, "/", 0, "m", "f", DIMENSIONS, "q", "c", "t", {}))

    def teardown(self) -> None:
        if hasattr(self, "directory"):
            shutil.rmtree(self.directory)

    def _commit(self, change: dict[str, bytes | None]) -> None:
        """Commit like an update: one new segment, tombstones for replaced files."""
        with write_lock(self.directory):
            manifest = read_manifest(self.storage)
            settle(self.storage, manifest)
            entries = []
            for live in Snapshot.open(self.storage).segments:
                mask = live.files.copy()
                for row in np.flatnonzero(mask).tolist():
                    mask[row] = live.segment.path(row) not in change
                if mask.any():
                    entries.append(live.entry.with_live(mask, live.segment.files))
            added = sorted((path, text) for path, text in change.items() if text is not None)
            if added:
                part = build(added)
                entries.append(write_merged(self.storage, [(part, np.ones(len(added), bool))]))
            self._publish(manifest, entries)

    def _publish(self, manifest: Manifest, entries: list[SegmentEntry]) -> None:
        generation = manifest.generation + 1
        publish(self.storage, replace(manifest, generation=generation, segments=tuple(entries)))

    def _after(self, change: dict[str, bytes | None]) -> Model:
        model = {path: text for path, text in self.model.items() if path not in change}
        return model | {path: text for path, text in change.items() if text is not None}

    def _contents(self) -> Model:
        return contents(self.directory)

    @rule(change=changes)
    def commit(self, change: dict[str, bytes | None]) -> None:
        self._commit(change)
        self.model = self._after(change)
        assert not leftovers(self.directory)

    @rule(change=changes, number=calls, killed=st.booleans())
    def commit_in_vain(self, change: dict[str, bytes | None], number: int, killed: bool) -> None:
        """Kill the process before a call, or refuse the call: the old or the new state remains."""

        def hook(call: Call) -> None:
            if killed and call.number >= number:
                raise Killed
            if call.number == number:
                raise OSError(28, "No space left on device")

        new = self._after(change)
        try:
            with intercepted(self.directory, hook):
                self._commit(change)
        except (Killed, CodelodeError):
            there = self._contents()
            if there != {path: as_indexed(text) for path, text in self.model.items()}:
                self.model = new
        else:
            self.model = new

    @rule(path=paths, time=st.integers(1, 2**62))
    def touch(self, path: str, time: int) -> None:
        """Give a file other times and the same content."""
        manifest = read_manifest(self.storage)
        entries = list(manifest.segments)
        for number, live in enumerate(Snapshot.open(self.storage).segments):
            for row in np.flatnonzero(live.files).tolist():
                if live.segment.path(row) == path:
                    stats = live.stats.copy()
                    stats[row] = time
                    name = write_stats(self.storage, stats)
                    entries[number] = replace(entries[number], stats=name)
        self._publish(manifest, entries)
        for live in Snapshot.open(self.storage).segments:
            for row in np.flatnonzero(live.files).tolist():
                if live.segment.path(row) == path:
                    assert live.stats[row].tolist() == [time] * 3

    @rule()
    def compact(self) -> None:
        after = compact(self.storage, read_manifest(self.storage))
        assert after == read_manifest(self.storage)
        assert len(after.segments) <= (FAN_IN - 1) * TIERS
        assert all(2 * entry.chunks >= entry.all_chunks for entry in after.segments)

    @rule()
    def hold(self) -> None:
        self.held = [*self.held[-3:], (Snapshot.open(self.storage), dict(self.model))]

    @precondition(lambda self: bool(getattr(self, "held", [])))
    @rule(word=st.sampled_from(WORDS))
    def read_a_snapshot_held_since(self, word: str) -> None:
        """Check that an open snapshot still shows the same content."""
        for snapshot, model in self.held:
            self._check_lexical(snapshot, model, word)

    @rule(where=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7), which=st.integers(0, 99))
    def damage_and_repair(self, where: float, bit: int, which: int) -> None:
        """Damage and repair: whole segments are dropped; the next update restores their files."""
        files = sorted(
            path for path in self.directory.iterdir() if path.suffix in (".seg", ".stat")
        )
        if not files:
            return
        path = files[which % len(files)]
        data = bytearray(path.read_bytes())
        data[int(where * len(data))] ^= 1 << bit
        self.held = []  # held snapshots do not check pages again, so they miss damage
        path.unlink()
        path.write_bytes(data)
        live = {e.name for e in read_manifest(self.storage).segments}
        live |= {e.stats for e in read_manifest(self.storage).segments}
        assert bool(verify(self.storage)) == (path.name in live)
        drop_damaged(self.storage)
        assert not verify(self.storage)
        kept = self._contents()
        expected = {path: as_indexed(text) for path, text in self.model.items()}
        assert kept.items() <= expected.items()
        self._commit({path: text for path, text in self.model.items() if path not in kept})

    @rule(word=st.sampled_from(WORDS))
    def search_by_words(self, word: str) -> None:
        self._check_lexical(Snapshot.open(self.storage), self.model, word)

    def _check_lexical(self, snapshot: Snapshot, model: Model, word: str) -> None:
        chunks = [c for path, text in model.items() if text for c in chunks_of(path, text)]
        expected = naive_bm25(chunks, text_terms(word))
        for globs in (None, ["a*"]):
            with snapshot.held():
                got = found(Shard(snapshot), text_terms(word), globs)
            wanted = {k: v for k, v in expected.items() if not globs or k[0].startswith("a")}
            assert got == pytest.approx(wanted, abs=1e-4)

    @rule(seed=st.integers(0, 1000))
    def search_by_meaning(self, seed: int) -> None:
        vector = vectors_of([b"%d" % seed])[0]
        vector /= np.linalg.norm(vector)
        shard = Shard(Snapshot.open(self.storage))
        expected = exact(shard, vector)
        assert len(expected) == sum(
            len(chunks_of(path, text)) for path, text in self.model.items() if text
        )
        best = dense_candidates(shard, vector, chunk_masks(shard), 10_000)
        np.testing.assert_allclose(best.scores, [score for score, _ in expected], atol=0.08)

    @invariant()
    def the_index_holds_what_the_dict_holds(self) -> None:
        if hasattr(self, "directory"):
            wanted = {path: as_indexed(text) for path, text in self.model.items()}
            assert self._contents() == wanted
            assert not verify(self.storage)


TestStore = StoreMachine.TestCase
TestStore.settings = settings(max_examples=25, stateful_step_count=12, deadline=None)
