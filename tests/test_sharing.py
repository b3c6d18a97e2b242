"""Pushing and pulling: a pulled index answers like one built here, and its pull reads little."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from codelode.errors import LockedError, NoObjectError, UsageError
from codelode.index import Index
from codelode.objects.folder import FolderStore
from codelode.sharing.history import head
from codelode.sharing.pull import PullOptions, PullReport, pull
from codelode.sharing.push import PushOptions, PushReport, push
from codelode.sharing.staging import Staging
from tests.checkouts import built, clone, committed, contents, git, repository
from tests.commandline import SAMPLE, write_tree


class Team:
    """A repository with an index, the store that it pushes to, and clones that pull."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.store = FolderStore(folder / "store")
        self.origin = repository(folder / "origin", SAMPLE, *options)
        self.index = built(self.origin, folder / "indexes")

    def push(self) -> PushReport:
        return push(self.index.snapshot(), self.origin, self.store, PushOptions())

    def clone(self, *settings: str, name: str = "clone") -> Index:
        root = clone(self.origin, self.folder / name, *settings)
        return Index.open(root, index_dir=self.folder / "indexes")

    def pull(self, index: Index, options: PullOptions | None = None) -> PullReport:
        return pull(index.reader, self.store, options or PullOptions())

    def as_built(self, index: Index) -> bool:
        again = built(index.root, self.folder / f"again-{time.time_ns()}")
        return contents(index) == contents(again)


@pytest.fixture
def team(tmp_path: Path) -> Team:
    return Team(tmp_path)


def settle_git(root: Path) -> None:
    """Make git's index newer than the files, so that their times prove them unchanged."""
    time.sleep(0.02)
    (root / ".git/index").touch()


def test_a_clone_reads_and_makes_nothing(team: Team) -> None:
    team.push()
    index = team.clone()
    settle_git(index.root)
    report = team.pull(index)
    assert (report.changed, report.files_known) == (True, report.files)
    updated = index.update()
    texts = sum(len(text) for name, text in SAMPLE.items() if name.endswith(("md", "ts", "go")))
    assert updated.chunks_made == 0 and updated.bytes_read < texts  # only the picture is read
    assert team.as_built(index)
    assert not index.verify()


def test_a_tree_without_git_is_read_but_nothing_is_made(team: Team) -> None:
    team.push()
    root = write_tree(team.folder / "copy", SAMPLE)
    index = Index.open(root, index_dir=team.folder / "indexes")
    report = team.pull(index)
    assert report.files_known == 0
    assert index.update().chunks_made == 0
    assert team.as_built(index)


def test_local_changes_are_found(team: Team) -> None:
    team.push()
    index = team.clone()
    root = index.root
    settle_git(root)
    (root / "src/config.ts").write_text("export const another = 1;\n")
    (root / "lib/queue.go").unlink()
    (root / "docs/guide.md").rename(root / "docs/manual.md")
    write_tree(root, {"src/added.py": "def added():\n    return 1\n"})
    retry = root / "src/retry.py"  # will keep its size and modification time
    before = retry.stat()
    retry.write_text(retry.read_text().replace("random", "chance"))
    os.utime(retry, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert retry.stat().st_size == before.st_size
    report = team.pull(index)
    assert 0 < report.files_known < report.files
    index.update()
    assert team.as_built(index)


@pytest.mark.parametrize("seed", range(2))
def test_random_histories_end_as_built(team: Team, seed: int) -> None:
    """Both sides change, push, pull and update in any order."""
    chance = random.Random(seed)
    index = team.clone()
    names = [name for name in SAMPLE if name.endswith((".py", ".ts", ".go", ".md"))]

    def edit(root: Path) -> None:
        name = chance.choice(names)
        content = chance.choice([SAMPLE[name], f"def changed_{chance.random()}():\n    pass\n", ""])
        write_tree(root, {name: content})

    for _ in range(3):
        for _ in range(chance.randrange(3)):
            edit(team.origin)
        committed(team.origin)
        team.index.update()
        team.push()
        if chance.random() < 0.5:
            git(index.root, "pull", "-q", "--ff-only")
        if chance.random() < 0.5:
            edit(index.root)
        if chance.random() < 0.5 and index.exists():
            index.update()
        team.pull(index)
        index.update()
        assert team.as_built(index)
        git(index.root, "checkout", "-q", "--", ".")


@pytest.mark.parametrize(
    "settings", [("core.autocrlf=true",), ("filter.upper.smudge=tr a-z A-Z",)], ids=str
)
def test_checkouts_that_change_content_are_read(tmp_path: Path, settings: tuple[str, ...]) -> None:
    team = Team(tmp_path)
    write_tree(team.origin, {".gitattributes": "*.go filter=upper\n"})
    committed(team.origin)
    team.index.update()
    team.push()
    index = team.clone(*settings)
    settle_git(index.root)
    report = team.pull(index)
    assert report.files_known == 0
    index.update()
    assert team.as_built(index)


def test_part_of_a_worktree_and_linked_worktrees_fit(team: Team) -> None:
    part = built(team.origin / "src", team.folder / "part")
    push(part.snapshot(), part.root, FolderStore(team.folder / "part-store"), PushOptions())
    linked = team.folder / "linked"
    git(team.origin, "worktree", "add", "-q", str(linked))
    time.sleep(0.02)
    (team.origin / ".git/worktrees/linked/index").touch()
    index = Index.open(linked / "src", index_dir=team.folder / "elsewhere")
    report = pull(index.reader, FolderStore(team.folder / "part-store"), PullOptions())
    assert report.files_known == report.files == 2
    assert index.update().bytes_read == 0


def test_repositories_with_sha256_fit(tmp_path: Path) -> None:
    team = Team(tmp_path, "--object-format=sha256")
    team.push()
    index = team.clone()
    settle_git(index.root)
    report = team.pull(index)
    assert report.files_known == report.files
    assert len(report.push.commit) == 64


def test_only_new_segments_move(team: Team) -> None:
    first = team.push()
    assert first.segments_uploaded == first.segments == 1
    again = team.push()
    assert again.segments_uploaded == 0 and again.generation == first.generation
    index = team.clone()
    team.pull(index)
    write_tree(team.origin, {"src/added.py": "def added():\n    return 1\n"})
    team.index.update()
    second = team.push()
    assert (second.segments_uploaded, second.segments) == (1, 2)
    report = team.pull(index)
    assert (report.segments_fetched, report.segments) == (1, 2)
    assert not team.pull(index).changed
    assert {hit.path for hit in index.search("added", fresh="never")} >= {"src/added.py"}


def test_a_pull_replaces_an_index_whatever_is_in_it(team: Team) -> None:
    team.push()
    index = team.clone()
    index.update()
    own = contents(index)
    assert not (index.directory / "pull").exists()
    (index.root / "src/retry.py").write_text("def other():\n    pass\n")
    index.update()
    report = team.pull(index)
    assert report.changed and report.generation > 2
    git(index.root, "checkout", "-q", "--", ".")
    index.update()
    assert contents(index) == own


@pytest.mark.parametrize(
    "damaged",
    [lambda _: b"damaged", lambda data: data[:500] + b"x" + data[501:]],
    ids=["all", "one"],
)
def test_a_damaged_index_is_replaced(team: Team, damaged: Callable[[bytes], bytes]) -> None:
    team.push()
    index = team.clone()
    index.update()
    for path in index.directory.glob("*.seg"):
        path.write_bytes(damaged(path.read_bytes()))
    fresh = Index.open(index.root, index_dir=team.folder / "indexes")
    team.pull(fresh)
    assert not fresh.verify() and team.as_built(fresh)


def test_an_unfinished_index_and_one_with_secrets_are_not_pushed(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "tree", {**SAMPLE, ".env": "PASSWORD=1\n"})
    index = Index.open(root, index_dir=tmp_path / "indexes")
    index.update(secrets=True, hidden=True)
    store = FolderStore(tmp_path / "store")
    with pytest.raises(UsageError, match="--with-secrets"):
        push(index.snapshot(), root, store, PushOptions())
    assert push(index.snapshot(), root, store, PushOptions(secrets=True)).segments == 1
    assert not Index.open(tmp_path / "tree").exists()


def test_an_empty_store_is_one_line(team: Team) -> None:
    with pytest.raises(NoObjectError, match="nothing was pushed there yet"):
        team.pull(team.clone())


def test_space_is_limited(team: Team) -> None:
    team.push()
    index = team.clone()
    with pytest.raises(UsageError, match="--max-size"):
        team.pull(index, PullOptions(space=1000))
    assert not index.exists()


def test_one_process_pulls_at_a_time(team: Team) -> None:
    team.push()
    index = team.clone()
    with Staging(index.directory).held(), pytest.raises(LockedError, match="is pulling into"):
        team.pull(index)


def test_a_pull_survives_an_update_of_the_index_meanwhile(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    team.push()
    index = team.clone()
    team.pull(index)
    write_tree(team.origin, {"src/added.py": "def added():\n    return 1\n"})
    team.index.update()
    team.push()
    fetch = Staging.fetch

    def rebuilding(*arguments: object) -> None:
        other = Index.open(index.root, index_dir=team.folder / "indexes")
        (index.root / "src/retry.py").write_text("def other():\n    pass\n")
        other.update(rebuild=True, jobs=1)  # removes the segment that the pull relies on
        fetch(*arguments)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(Staging, "fetch", rebuilding)
    team.pull(index)
    assert not index.verify()
    index.update()
    assert team.as_built(index)


SLOW_PULL = """
import sys
from pathlib import Path
import codelode.objects.pace as pace
pace.SMALLEST_PIECE = pace.LARGEST_PIECE = 1 << 10
from codelode.index import Index
from codelode.objects.folder import FolderStore
from codelode.sharing.pull import PullOptions, pull
root, index_dir, store, bandwidth = sys.argv[1:]
index = Index.open(root, index_dir=index_dir)
print("begins", flush=True)
report = pull(index.reader, FolderStore(Path(store)), PullOptions(bandwidth=float(bandwidth)))
print(report.bytes_fetched, flush=True)
"""


def slow_pull(team: Team, index: Index, bandwidth: int) -> subprocess.Popen[str]:
    places = (index.root, team.folder / "indexes", team.store.directory)
    command = [sys.executable, "-c", SLOW_PULL, *map(str, places), str(bandwidth)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "begins\n"
    return process


def test_a_killed_pull_resumes_where_it_stopped(team: Team) -> None:
    size = sum(each.size for each in team.store.list("segments")) + team.push().bytes_uploaded
    index = team.clone()
    process = slow_pull(team, index, 50_000)
    staged = index.directory / "pull"
    while not (parts := list(staged.glob("*.part"))) or parts[0].stat().st_size < size // 4:
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.wait()
    assert not index.exists()
    report = team.pull(index)
    assert 0 < report.bytes_fetched < 0.8 * size
    assert not index.verify() and not list(staged.glob("*.part"))


def segments(index: Index) -> list[tuple[str, str]]:
    """Return the segments of an index and the dead files in them: what an answer depends on."""
    return [(entry.name, entry.dead) for entry in index.snapshot().manifest.segments]


def lives_through(events: int, action: Callable[[], object]) -> bool:
    """Run an action in a fork that dies after `events` file changes; return whether it lived."""
    pid = os.fork()
    if pid:
        return os.waitpid(pid, 0)[1] == 0
    left = events

    def die(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal left
        changes = event in ("os.rename", "os.link", "os.remove", "os.mkdir", "os.truncate")
        if changes or (event == "open" and arguments[1] not in (None, "r", "rb")):
            left -= 1
            if left < 0:
                os._exit(9)

    sys.addaudithook(die)
    code = 1
    try:
        action()
        code = 0
    finally:
        os._exit(code)


def test_a_pull_that_dies_at_any_step_leaves_one_of_the_two_indexes(team: Team) -> None:
    index = team.clone()
    index.update()
    old = segments(index)
    write_tree(team.origin, {"src/added.py": "def added():\n    return 1\n"})
    team.index.update()
    team.push()
    new = segments(team.index)
    died = 0
    while not lives_through(died, partial(team.pull, index)):
        died += 1
        assert not index.verify()
        assert segments(index) in (old, new)
    assert died > 10
    assert contents(index) == contents(team.index)


def test_bandwidth_is_respected(team: Team) -> None:
    size = team.push().bytes_uploaded
    began = time.monotonic()
    team.pull(team.clone(), PullOptions(bandwidth=2 * size))
    assert time.monotonic() - began >= 0.45


def test_the_nearest_push_in_history_is_chosen(team: Team) -> None:
    team.push()
    git(team.origin, "checkout", "-q", "-b", "topic")
    write_tree(team.origin, {"src/topic.py": "def topic():\n    return 1\n"})
    committed(team.origin)
    team.index.update()
    team.push()
    git(team.origin, "checkout", "-q", "main")
    for number in range(3):
        write_tree(team.origin, {f"src/main{number}.py": "def main():\n    return 1\n"})
        committed(team.origin)
    team.index.update()
    last = team.push()
    index = team.clone()
    near = PullOptions(near=True)
    git(index.root, "checkout", "-q", "-b", "mine", "origin/topic")
    write_tree(index.root, {"src/mine.py": "def mine():\n    return 1\n"})
    committed(index.root)
    report = team.pull(index, near)
    assert (report.push.branch, report.distance) == ("topic", 1)
    git(index.root, "checkout", "-q", "origin/main")
    assert team.pull(index, near).push == last.push
    git(index.root, "checkout", "-q", "main~3")
    report = team.pull(index, near)
    assert (report.push.branch, report.distance) == ("main", 0)
    index.update()
    assert team.as_built(index)


def test_without_common_history_the_last_push_of_the_branch_counts(team: Team) -> None:
    made = team.push().push
    git(team.origin, "checkout", "-q", "-b", "topic")
    committed(team.origin)
    team.push()
    other = repository(team.folder / "other", {**SAMPLE, "other.py": "other = 1\n"})
    index = Index.open(other, index_dir=team.folder / "indexes")
    report = team.pull(index, PullOptions(near=True))
    assert (report.push, report.distance) == (made, None)


def test_variables_of_hooks_do_not_mislead(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    other = repository(team.folder / "elsewhere", {"other.py": "other = 1\n"})
    git(other, "checkout", "-q", "-b", "elsewhere")
    expected = head(team.origin)
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    assert head(team.origin) == expected
    assert expected[1] == "main"


def test_a_push_that_dies_at_any_step_is_done_by_the_next_one(team: Team) -> None:
    team.push()
    write_tree(team.origin, {"src/added.py": "def added():\n    return 1\n"})
    committed(team.origin)
    team.index.update()
    died, index = 0, team.clone()
    while not lives_through(died, team.push):
        died += 1
        team.pull(index)
        assert not index.verify()
    assert died > 5
    assert team.push().segments_uploaded == 0
    team.pull(index)
    assert contents(index) == contents(team.index)
