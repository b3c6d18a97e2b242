"""`TrackedBlobs`: the blobs of tracked files, and which files are unchanged, compared with git."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import numpy as np
import pytest

from codelode.discover.git_blobs import TrackedBlobs, stat_numbers
from codelode.discover.git_excludes import Worktree
from tests.checkouts import committed, git, repository
from tests.commandline import write_tree

FILES: dict[str, str | bytes] = {
    f"{folder}name{n}{ending}": f"content {folder} {n}\n"
    for n in range(6)
    for folder, ending in (("", ".py"), ("sub/", ""), ("sub/deep er/", "é.txt"))
}


def vouched(root: Path) -> dict[str, str]:
    """Return the blob of each file that `TrackedBlobs` considers unchanged."""
    blobs = Worktree(root).blobs()
    assert isinstance(blobs, TrackedBlobs)
    found = {}
    for path, number in blobs.numbers.items():
        place = root / os.fsdecode(path)
        if place.exists() or place.is_symlink():
            stats = np.array([stat_numbers(place.lstat())])
            if blobs.unchanged([number], stats)[0]:
                found[os.fsdecode(path)] = blobs.blob(number).hex()
    return found


def known_by_git(root: Path) -> dict[str, str]:
    """Return the blob of each regular file that git itself looks at and finds unchanged."""
    git_z = ("-c", "core.quotepath=false")
    differ = set(git(root, *git_z, "diff-files", "-z", "--name-only").split("\0"))
    trusted = {
        line[2:]
        for line in git(root, *git_z, "ls-files", "-z", "-v").split("\0")
        if line[:1] == "H"  # neither assumed unchanged, nor sparse, nor unmerged
    }
    found = {}
    for line in git(root, *git_z, "ls-files", "-z", "-s").split("\0")[:-1]:
        head, _, path = line.partition("\t")
        mode, blob, stage = head.split()
        if stage == "0" and mode.startswith("100") and path in trusted and path not in differ:
            found[path] = blob
    return found


def settle(root: Path) -> None:
    """Make every file older than git's index, as if some time had passed."""
    time.sleep(0.03)
    git(root, "update-index", "-q", "--refresh") if not _dirty(root) else None
    (root / ".git/index").touch()


def _dirty(root: Path) -> bool:
    return bool(git(root, "diff-files", "--name-only").strip())


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("version", [2, 4])
def test_as_git_says_after_random_changes(tmp_path: Path, seed: int, version: int) -> None:
    chance = random.Random(seed)
    root = repository(tmp_path / "tree", FILES, *(["--object-format=sha256"] if seed == 2 else []))
    git(root, "update-index", f"--index-version={version}")
    settle(root)
    assert vouched(root) == known_by_git(root)
    assert len(vouched(root)) == len(FILES)
    for _ in range(6):
        path = chance.choice(sorted(FILES))
        match chance.randrange(7):
            case 0:
                (root / path).write_text("other content\n")
            case 1:
                (root / path).unlink(missing_ok=True)
            case 2:
                git(root, "update-index", "--assume-unchanged", path)
            case 3:
                git(root, "update-index", "--skip-worktree", path)
            case 4:
                (root / "announced.py").write_text("new\n")
                git(root, "add", "--intent-to-add", "announced.py")
            case 5:
                (root / path).unlink(missing_ok=True)
                (root / path).symlink_to("name0.py")
            case 6:
                (root / path).write_text("staged\n")
                git(root, "add", "-A")
        settle(root)
        ours, theirs = vouched(root), known_by_git(root)
        assert ours.items() <= theirs.items()
        missed = set(theirs) - set(ours)
        # Git compared these files by content, because it had recorded no times that it trusts.
        assert all("size: 0" in git(root, "ls-files", "--debug", "--", each) for each in missed)


def test_unmerged_files_do_not_count(tmp_path: Path) -> None:
    root = repository(tmp_path / "tree", FILES)
    git(root, "checkout", "-q", "-b", "topic")
    (root / "name0.py").write_text("one\n")
    committed(root)
    git(root, "checkout", "-q", "main")
    (root / "name0.py").write_text("two\n")
    committed(root)
    with pytest.raises(Exception, match="merge"):
        git(root, "merge", "-q", "topic")
    settle(root)
    assert "name0.py" not in vouched(root)
    assert vouched(root).items() <= known_by_git(root).items()


def test_files_as_young_as_the_index_do_not_count(tmp_path: Path) -> None:
    root = repository(tmp_path / "tree", FILES)
    stats = (root / "name0.py").stat()
    os.utime(root / ".git/index", ns=(stats.st_atime_ns, stats.st_mtime_ns))
    assert "name0.py" not in vouched(root)


def test_filters_and_unreadable_indexes_vouch_for_nothing(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "tree", FILES)
    assert Worktree(None).blobs() is None
    git(root, "init", "-q", "-b", "main")
    assert Worktree(root).blobs() is None
    committed(root)
    git(root, "config", "filter.lfs.smudge", "git-lfs smudge -- %f")
    assert Worktree(root).blobs() is not None
    git(root, "config", "filter.other.process", "cat")
    assert Worktree(root).blobs() is None
    git(root, "config", "--unset", "filter.other.process")
    index = root / ".git/index"
    data = index.read_bytes()
    for damaged in (b"", b"nonsense", data[:50], b"DIRC" + b"\xff" * 100):
        index.write_bytes(damaged)
        assert Worktree(root).blobs() is None
    index.write_bytes(data)
    git(root, "update-index", "--split-index")
    (root / "more.py").write_text("more\n")
    git(root, "add", "more.py")
    assert Worktree(root).blobs() is None
