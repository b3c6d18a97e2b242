"""A pushed index is hostile until it has been checked; a refused one changes nothing here."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xxhash
from hypothesis import given, settings
from hypothesis import strategies as st

from codelode.errors import CodelodeError, DamagedError, MismatchError, ObjectStoreError
from codelode.index import Index
from codelode.objects.folder import FolderStore
from codelode.objects.generations import Generations, digest_of
from codelode.segment.container import SegmentFile, write_segment
from codelode.segment.schema import FILE
from codelode.sharing import checkers
from codelode.sharing.check import check_content
from codelode.sharing.history import nearest
from codelode.sharing.layout import (
    Push,
    SharedIndex,
    decode_pushes,
    encode_pushes,
    fetch_index,
    index_key,
    segment_key,
)
from codelode.sharing.pull import PullOptions, pull
from codelode.sharing.push import PushOptions, push
from codelode.store.manifest import SegmentEntry
from codelode.store.snapshot import LiveSegment, open_segment
from codelode.store.storage import LocalStorage
from tests.checkouts import built, contents, repository
from tests.commandline import SAMPLE


class Victim:
    """A store with one push, and an index that pulls from it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = FolderStore(folder / "store")
        root = repository(folder / "origin", SAMPLE)
        self.origin = built(root, folder / "origin-index")
        self.pushed = push(self.origin.snapshot(), root, self.store, PushOptions()).push
        (root / "src/retry.py").write_text("def mine():\n    return 1\n")
        self.index = built(root, folder / "index")
        self.before = contents(self.index)
        self.keep = folder / "kept"
        shutil.copytree(self.store.directory, self.keep)

    def restore(self) -> None:
        shutil.rmtree(self.store.directory)
        shutil.copytree(self.keep, self.store.directory)

    def pull(self, options: PullOptions | None = None) -> None:
        pull(self.index.reader, self.store, options or PullOptions())

    def refuses(self, options: PullOptions | None = None) -> str:
        """Check that a pull fails with one line and changes nothing; return the line."""
        with pytest.raises(CodelodeError) as caught:
            self.pull(options)
        message = str(caught.value)
        assert "\n" not in message and len(message) < 500
        assert not self.index.verify() and contents(self.index) == self.before
        return message

    def shared(self) -> SharedIndex:
        return fetch_index(self.store, self.pushed.index)[1]

    def publish(self, shared: SharedIndex, **changes: Any) -> None:
        """Push a crafted index, as somebody with the right to write to the store can."""
        data = shared.encode()
        self.store.put(index_key(digest_of(data)), data)
        made = replace(self.pushed, **{"index": digest_of(data), **changes})
        Generations(self.store).commit(lambda _: encode_pushes([made]))

    def craft(self, change: Callable[[dict[str, bytes]], None]) -> None:
        """Push a segment with other sections, under valid checksums and digests."""
        shared = self.shared()
        entry = shared.manifest.segments[0]
        data = self.store.get(segment_key(shared.objects[entry.name]))
        file = SegmentFile.from_bytes("segment", data)
        sections = {name: bytes(file.read(name)) for name in file.section_bytes()}
        change(sections)
        path = self.folder / "crafted"
        with path.open("wb") as sink:
            size, checksum = write_segment(sink, {k: [v] for k, v in sections.items()})
        crafted = path.read_bytes()
        name = f"{checksum:016x}.seg"
        self.store.put(segment_key(digest_of(crafted)), crafted)
        entries = (replace(entry, name=name, bytes=size),)
        manifest = replace(shared.manifest, segments=entries)
        self.publish(replace(shared, manifest=manifest, objects={name: digest_of(crafted)}))


@pytest.fixture(scope="module")
def shared_victim(tmp_path_factory: pytest.TempPathFactory) -> Victim:
    return Victim(tmp_path_factory.mktemp("victim"))


@pytest.fixture
def victim(shared_victim: Victim) -> Victim:
    shared_victim.restore()
    return shared_victim


@pytest.mark.parametrize("part", ["segments", "indexes", "manifests"])
@pytest.mark.parametrize("damage", ["flip", "cut", "grow", "empty", "missing"])
def test_damaged_objects_are_refused(victim: Victim, part: str, damage: str) -> None:
    (found,) = victim.store.list(part)
    path = victim.store.directory / found.key
    data = path.read_bytes()
    damaged = {
        "flip": data[:90] + bytes([data[90] ^ 1]) + data[91:],
        "cut": data[:-7],
        "grow": data + b"more",
        "empty": b"",
    }
    path.unlink() if damage == "missing" else path.write_bytes(damaged[damage])
    victim.refuses()


@settings(max_examples=40)
@given(data=st.data())
def test_crafted_segments_are_refused_or_harmless(
    shared_victim: Victim, data: st.DataObject
) -> None:
    """Every checksum is right; the content is not what a merge would write."""
    victim = shared_victim
    victim.restore()

    def change(sections: dict[str, bytes]) -> None:
        name = data.draw(st.sampled_from(sorted(sections)))
        content = bytearray(sections[name])
        kind = data.draw(st.sampled_from(["flip", "cut", "grow", "drop"]))
        if kind == "flip" and content:
            for _ in range(data.draw(st.integers(1, 4))):
                at = data.draw(st.integers(0, len(content) - 1))
                content[at] ^= data.draw(st.integers(1, 255))
        elif kind == "cut":
            del content[data.draw(st.integers(0, len(content))) :]
        elif kind == "grow":
            content += data.draw(st.binary(min_size=1, max_size=20))
        if kind == "drop":
            del sections[name]
        else:
            sections[name] = bytes(content)

    victim.craft(change)
    target = Index.open(victim.index.root, index_dir=victim.folder / "fetched")
    if target.exists():
        shutil.rmtree(target.directory)
    try:
        pull(target.reader, victim.store, PullOptions())
    except CodelodeError as error:
        assert "\n" not in str(error)
        assert not target.exists()
    else:  # changed text or codes, for example, are still valid
        assert not target.verify()
        contents(target)
        target.update(rebuild=True, jobs=1)


@pytest.mark.parametrize("path", [b"../x", b"/src", b"a//b", b"./ab", b"a/..", b"a\0bc"])
def test_paths_that_leave_the_tree_are_refused(victim: Victim, path: bytes) -> None:
    def change(sections: dict[str, bytes]) -> None:
        files = np.frombuffer(sections["files"], FILE).copy()
        paths = bytearray(sections["paths"])
        start, length = int(files["path_start"][0]), int(files["path_length"][0])
        hostile = (
            path + b"x" * (length - len(path))
            if not path.endswith(b"..")
            else (b"x" * (length - len(path)) + path)
        )
        paths[start : start + length] = hostile
        files["path_hash"][0] = xxhash.xxh3_64_intdigest(hostile)
        sections["paths"], sections["files"] = bytes(paths), files.tobytes()

    victim.craft(change)
    assert "a path leads out of the tree" in victim.refuses()


def change_entry(victim: Victim, **changes: Any) -> None:
    shared = victim.shared()
    entry = replace(shared.manifest.segments[0], **changes)
    victim.publish(replace(shared, manifest=replace(shared.manifest, segments=(entry,))))


def test_a_push_that_is_listed_as_another_commit_is_refused(victim: Victim) -> None:
    victim.publish(victim.shared(), commit="f" * 40)
    assert "another commit" in victim.refuses()


def test_counts_that_do_not_add_up_are_refused(victim: Victim) -> None:
    entry = victim.shared().manifest.segments[0]
    for field in ("files", "chunks", "tokens", "text_bytes", "all_chunks", "rows", "bytes"):
        victim.restore()
        value = getattr(entry, field)
        change_entry(victim, **{field: value + 1 if field == "all_chunks" else value - 1})
        victim.refuses()


def test_a_name_that_is_not_the_checksum_is_refused(victim: Victim) -> None:
    shared = victim.shared()
    entry = shared.manifest.segments[0]
    name = "0" * 16 + ".seg"
    manifest = replace(shared.manifest, segments=(replace(entry, name=name),))
    objects = {name: shared.objects[entry.name]}
    victim.publish(replace(shared, manifest=manifest, objects=objects))
    assert "its checksum is not its name" in victim.refuses()


def test_a_forged_name_does_not_replace_a_segment_here(victim: Victim) -> None:
    """A pushed segment has the name, which is a checksum, of a local one, but other content."""
    mine = victim.index.snapshot().manifest.segments[-1].name
    shared = victim.shared()
    entry = shared.manifest.segments[0]
    manifest = replace(shared.manifest, segments=(replace(entry, name=mine),))
    victim.publish(replace(shared, manifest=manifest, objects={mine: shared.objects[entry.name]}))
    victim.refuses()


def test_a_file_in_two_segments_is_refused(victim: Victim) -> None:
    other = push(victim.index.snapshot(), victim.index.root, victim.store, PushOptions()).push
    second = fetch_index(victim.store, other.index)[1]
    first = victim.shared()
    segments: tuple[SegmentEntry, ...] = (*first.manifest.segments, *second.manifest.segments)
    manifest = replace(first.manifest, segments=segments)
    victim.publish(replace(first, manifest=manifest, objects={**first.objects, **second.objects}))
    assert "a file twice" in victim.refuses()


@pytest.mark.parametrize("name", ["secrets", "no_ignore"])
def test_options_that_widen_the_index_must_be_trusted(victim: Victim, name: str) -> None:
    shared = victim.shared()
    options = {**shared.manifest.options, name: True}
    victim.publish(replace(shared, manifest=replace(shared.manifest, options=options)))
    assert "--trust-options" in victim.refuses()
    pull(
        built(victim.index.root, victim.folder / name).reader,
        victim.store,
        PullOptions(trust_options=True),
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("encoder", "/tmp/model"),
        ("fingerprint", "0"),
        ("tokenizer", "other"),
        ("chunker", "x"),
        ("quantizer", "x"),
        ("root", "/etc"),
        ("dimensions", 7),
    ],
)
def test_another_identity_is_refused(victim: Victim, field: str, value: Any) -> None:
    shared = victim.shared()
    victim.publish(replace(shared, manifest=replace(shared.manifest, **{field: value})))
    with pytest.raises((MismatchError, ObjectStoreError, DamagedError)):
        victim.pull()
    victim.refuses()


@pytest.mark.parametrize(
    "entry",
    [
        {"commit": "--upload-pack=x"},
        {"commit": "HEAD"},
        {"branch": "a\nb"},
        {"branch": "a" * 1000},
        {"index": "../../etc/passwd"},
        {"files": "1"},
        {"files": True},
        {"pushed_at": None},
        {"more": 1},
    ],
    ids=str,
)
def test_lists_of_pushes_are_checked(victim: Victim, entry: dict[str, Any]) -> None:
    good = json.loads(encode_pushes([victim.pushed]))
    good["pushes"][0].update(entry)
    Generations(victim.store).commit(lambda _: json.dumps(good).encode())
    assert "no list of pushes" in victim.refuses()


@given(
    st.binary(max_size=60)
    | st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda child: (
            st.lists(child, max_size=3) | st.dictionaries(st.text(max_size=8), child, max_size=3)
        ),
    ).map(lambda value: json.dumps(value).encode())
)
def test_any_bytes_are_refused_in_one_line(shared_victim: Victim, body: bytes) -> None:
    generation = Generations(shared_victim.store).newest()
    assert generation is not None
    with pytest.raises(ObjectStoreError):
        decode_pushes(shared_victim.store, replace(generation, body=body))


def test_git_gets_no_hostile_commit(tmp_path: Path) -> None:
    root = repository(tmp_path / "tree", SAMPLE)
    unknown = Push("0" * 64, "f" * 40, "main", 1.0, 1, 1, 1)
    assert nearest(root, [unknown]) is None


def crafted_segments(victim: Victim, folder: Path) -> list[LiveSegment]:
    """Write segments with valid checksums: a sound one, and two that are forged."""

    def path_outside(sections: dict[str, bytes]) -> None:
        files = np.frombuffer(sections["files"], FILE).copy()
        start, length = int(files["path_start"][0]), int(files["path_length"][0])
        hostile = b"../" + b"x" * (length - 3)
        paths = bytearray(sections["paths"])
        paths[start : start + length] = hostile
        files["path_hash"][0] = xxhash.xxh3_64_intdigest(hostile)
        sections["paths"], sections["files"] = bytes(paths), files.tobytes()

    def other_postings(sections: dict[str, bytes]) -> None:
        sections["postings"] = sections["postings"][::-1]

    made = []
    for change in (lambda sections: None, path_outside, other_postings):
        victim.craft(change)
        manifest = Generations(victim.store).newest()
        (listed,) = decode_pushes(victim.store, manifest)
        shared = fetch_index(victim.store, listed.index)[1]
        (entry,) = shared.manifest.segments
        (folder / entry.name).write_bytes(victim.store.get(segment_key(shared.objects[entry.name])))
        made.append(open_segment(LocalStorage(folder), entry, shared.manifest.dimensions))
    return made


def outcome(check: Callable[[LiveSegment], None], live: LiveSegment) -> str:
    try:
        check(live)
    except CodelodeError as error:
        return str(error)
    return "sound"


def test_child_processes_check_what_this_one_would(
    victim: Victim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkers, "WORTH_BYTES", 1)
    monkeypatch.setattr(checkers, "available_cores", lambda: 3)
    lives = crafted_segments(victim, tmp_path)
    expected = [outcome(lambda live: check_content(live.segment), live) for live in lives]
    assert [each == "sound" for each in expected] == [True, False, False]
    entries = [live.entry for live in lives]
    dimensions = victim.shared().manifest.dimensions
    with checkers.Checkers(tmp_path, dimensions, entries) as checks:
        assert checks._free.qsize() == 2
        for _ in range(2):  # one at a time: a child is always free
            assert [outcome(checks.check, live) for live in lives] == expected
        with ThreadPoolExecutor(9) as pool:
            found = list(pool.map(lambda live: outcome(checks.check, live), lives * 3))
        assert found == expected * 3
        for child in checks._children:  # without children, this process does the checks
            os.kill(child.pid, signal.SIGKILL)
        assert [outcome(checks.check, live) for live in lives] == expected
        assert checks._free.empty()


def test_a_pull_with_child_processes_ends_as_one_without(
    victim: Victim, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkers, "WORTH_BYTES", 1)
    monkeypatch.setattr(checkers, "available_cores", lambda: 3)
    (victim.origin.root / "more.py").write_text("def more():\n    return 1\n")
    victim.origin.update()
    push(victim.origin.snapshot(), victim.origin.root, victim.store, PushOptions())
    target = Index.open(victim.index.root, index_dir=victim.folder / "by-children")
    pull(target.reader, victim.store, PullOptions())
    assert len(target.snapshot().segments) == 2 and not target.verify()
    assert contents(target) == contents(victim.origin)
    (victim.origin.root / "more.py").unlink()


needs_ssh = pytest.mark.skipif(not shutil.which("ssh-keygen"), reason="needs OpenSSH")


def new_key(folder: Path, name: str) -> tuple[Path, Path]:
    """Return a key without a passphrase, and a file that allows only its signer."""
    key = folder / name
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(key)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    allowed = folder / f"{name}.signers"
    allowed.write_text(f"{name}@example.org {Path(f'{key}.pub').read_text()}")
    return key, allowed


@needs_ssh
def test_only_allowed_signers_count(victim: Victim, tmp_path: Path) -> None:
    key, allowed = new_key(tmp_path, "ci")
    other, others = new_key(tmp_path, "other")
    assert "is not signed" in victim.refuses(PullOptions(signers=allowed))
    root = victim.origin.root
    report = push(victim.origin.snapshot(), root, victim.store, PushOptions(key=key))
    assert report.signed
    assert "no signer in" in victim.refuses(PullOptions(signers=others))
    index = Index.open(root, index_dir=tmp_path / "pulled")
    assert pull(index.reader, victim.store, PullOptions(signers=allowed)).signer == (
        "ci@example.org"
    )
    signature = victim.store.directory / f"indexes/{report.push.index}.sig"
    data = victim.store.get(index_key(report.push.index))
    subprocess.run(
        ["ssh-keygen", "-Y", "sign", "-q", "-n", "file", "-f", str(key)],
        input=data,
        stdout=signature.open("wb"),
        check=True,
    )
    # The signature is valid, but was made for the namespace "file".
    assert "no signer in" in victim.refuses(PullOptions(signers=allowed))
    signature.write_bytes(b"nonsense")
    assert "no signer in" in victim.refuses(PullOptions(signers=allowed))
    push(victim.origin.snapshot(), root, victim.store, PushOptions(key=other))
    assert "no signer in" in victim.refuses(PullOptions(signers=allowed))


@needs_ssh
def test_unusable_keys_are_one_line(victim: Victim, tmp_path: Path) -> None:
    snapshot, root = victim.origin.snapshot(), victim.origin.root
    (tmp_path / "nonsense").write_text("no key")
    for key in (tmp_path / "missing", tmp_path / "nonsense"):
        with pytest.raises(CodelodeError) as caught:
            push(snapshot, root, victim.store, PushOptions(key=key))
        assert "\n" not in str(caught.value)
    with pytest.raises(CodelodeError, match="no such file of allowed signers"):
        push(snapshot, root, victim.store, PushOptions(key=new_key(tmp_path, "ci")[0]))
        victim.pull(PullOptions(signers=tmp_path / "missing"))
