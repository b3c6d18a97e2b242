"""Random histories of a tree, each step followed at once by a search.

An answer may be stale only if it says so. If it says that no file differs, its hits must be exactly
the files that hold the word now, as the tree itself shows.

    python -m benchmarks.freshness.histories --histories 500
    python -m benchmarks.freshness.histories --histories 500 --way cli
    python -m benchmarks.freshness.histories --histories 500 --way mcp --watch

`--way` selects how to search: in this process (`api`), with `lode search` (`cli`), or with
`lode mcp` and the SDK's client (`mcp`). With `--watch`, a watcher works at the same time in another
process (for `api`: in this one).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import zip_longest
from pathlib import Path

from codelode import Index

GIT = ("git", "-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "core.hooksPath=/dev/null")
FOLDERS = ("", "src/", "src/deep/", "lib/", "docs/")
IGNORABLE = ("", "lib/\n", "deep/\n", "docs/\nlib/\n")
WAYS = ("api", "cli", "mcp")
Answer = tuple[bool, set[str]]
"""Whether an answer says that nothing differs, and the paths of its hits."""
Search = Callable[[str], Answer]
"""Searches for a word."""

_PLACE = re.compile(r"^(\S+\.py):\d+", re.MULTILINE)


class History:
    """A tree in a git repository, and the words that each of its files holds."""

    def __init__(self, root: Path, seed: int) -> None:
        self.root = root
        self.random = random.Random(seed)
        self.words = 0
        self.branches: list[str] = []
        root.mkdir()
        self._git("init", "-q")
        for number in range(12):
            self._write(f"{self.random.choice(FOLDERS)}f{number}.py")
        self.commit()

    def step(self) -> str:
        """Change the tree in a random way; return the name of the change."""
        steps: list[Callable[[], None]] = [
            *(self.add, self.edit, self.edit, self.rename, self.delete, self.move_folder),
            *(self.ignore, self.touch, self.commit, self.checkout, self.many),
        ]
        step = self.random.choice(steps)
        step()
        return step.__name__

    def add(self) -> None:
        """Add a file, sometimes in a new folder."""
        folder = self.random.choice((*FOLDERS, f"new{self.random.randrange(9)}/"))
        self._write(f"{folder}n{self.random.randrange(10**6)}.py")

    def edit(self) -> None:
        """Rewrite a file."""
        self._write(self._some_file())

    def rename(self) -> None:
        """Rename a file."""
        target = self.root / f"{self.random.choice(FOLDERS)}r{self.random.randrange(10**6)}.py"
        target.parent.mkdir(parents=True, exist_ok=True)
        (self.root / self._some_file()).rename(target)

    def delete(self) -> None:
        """Delete a file if there are more than four."""
        if len(self._files()) > 4:
            (self.root / self._some_file()).unlink()

    def move_folder(self) -> None:
        """Move a folder with everything in it."""
        source = self.root / "src"
        if source.is_dir():
            source.rename(self.root / f"moved{self.random.randrange(10**6)}")

    def ignore(self) -> None:
        """Change the ignore rules."""
        (self.root / ".gitignore").write_text(self.random.choice(IGNORABLE))

    def touch(self) -> None:
        """Change the time of a file, but not its content."""
        os.utime(self.root / self._some_file())

    def many(self) -> None:
        """Add some files at once."""
        for _ in range(self.random.randrange(2, 25)):
            self.add()

    def commit(self) -> None:
        """Commit everything on a new branch."""
        name = f"b{len(self.branches)}"
        self._git("checkout", "-q", "-b", name)
        self._git("add", "-A", "-f")
        self._git("commit", "-q", "--allow-empty", "-m", name)
        self.branches.append(name)

    def checkout(self) -> None:
        """Commit everything, then check out a random branch."""
        self._git("add", "-A", "-f")
        self._git("commit", "-q", "--allow-empty", "-m", "before")
        self._git("checkout", "-q", self.random.choice(self.branches))

    def expected(self, word: str) -> set[str]:
        """Return the files that hold a word, except ignored files that git does not track."""
        rules = self.root / ".gitignore"
        ignored = rules.read_text().split() if rules.exists() else []
        tracked = set(self._git("ls-files", "-z").split("\0"))
        return {
            path
            for path in self._files()
            if word in (self.root / path).read_text()
            and (path in tracked or not any(f"/{rule}" in f"/{path}" for rule in ignored))
        }

    def some_word(self) -> str:
        """Return a word that is in a file now, or one that was in a file once."""
        if self.random.random() < 0.3:
            return f"word{self.random.randrange(self.words)}x"
        return (self.root / self._some_file()).read_text().split()[0]

    def _write(self, path: str) -> None:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(f"word{self.words}x = {self.words}\n")
        self.words += 1

    def _files(self) -> list[str]:
        found = (path.relative_to(self.root) for path in self.root.rglob("*.py"))
        return sorted(path.as_posix() for path in found if path.parts[0] != ".git")

    def _some_file(self) -> str:
        return self.random.choice(self._files())

    def _git(self, *arguments: str) -> str:
        done = subprocess.run(
            [*GIT, "-C", str(self.root), *arguments], check=True, capture_output=True, text=True
        )
        return done.stdout


def by_api(index: Index, word: str) -> Answer:
    """Search from this process."""
    answer = index.answer(word, limit=100, mode="lexical")
    return answer.freshness.differing == 0, {hit.path for hit in answer.hits if word in hit.text}


def by_command(root: Path, index_dir: Path, word: str) -> Answer:
    """Search with `lode search` in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "codelode", "search", "--json", "-k100", "--lexical", word, root],
        env={**os.environ, "LODE_INDEX_DIR": str(index_dir)},
        capture_output=True,
    )
    assert done.returncode in (0, 1), done.stderr.decode()
    found = json.loads(done.stdout)
    hits = {hit["path"] for hit in found["hits"] if word in hit["text"]}
    return found["snapshot"]["changed_files"] == 0, hits


def in_text(text: str, word: str) -> Answer:
    """Read an answer from the text that `lode mcp` returns to a model."""
    body, _, state = text.rpartition("\n[index: ")
    starts = [match.start() for match in _PLACE.finditer(body)]
    entries = [body[start:end] for start, end in zip_longest(starts, starts[1:])]
    hits = {entry.partition(":")[0] for entry in entries if word in entry}
    return "up to date" in state, hits


@contextmanager
def searching(index: Index, folder: Path, way: str, watch: bool) -> Iterator[Search]:
    """Yield a function that searches by `way` (api, cli or mcp), with or without a watcher."""
    if way == "api" and watch:
        with index.watch() as watcher:
            while watcher.changes() is None:
                time.sleep(0.01)
            yield lambda word: by_api(index, word)
    elif watch:
        with watching(index.root, folder), searching(index, folder, way, False) as search:
            yield search
    elif way == "mcp":
        from benchmarks.agents.transport import asking

        most = {"mode": "lexical", "limit": 30, "max_tokens": 20_000}
        with asking(index.root, str(folder)) as ask:
            yield lambda word: in_text(ask(word, **most), word)
    elif way == "cli":
        yield lambda word: by_command(index.root, folder, word)
    else:
        yield lambda word: by_api(index, word)


def run(folder: Path, seed: int, steps: int, way: str, watch: bool) -> Counter[str]:
    """Run a history; return counts of fresh and possibly stale answers, and the milliseconds.

    Raises `AssertionError` if an answer says that it is fresh but is wrong.
    """
    history = History(folder / "tree", seed)
    index = Index.open(history.root, index_dir=folder / "index")
    index.update(jobs=1)
    kinds: Counter[str] = Counter()
    with searching(index, folder / "index", way, watch) as search:
        done = []
        for _ in range(steps):
            done.append(history.step())
            word = history.some_word()
            began = time.perf_counter()
            is_fresh, hits = search(word)
            kinds["milliseconds"] += round((time.perf_counter() - began) * 1000)
            kinds["fresh" if is_fresh else "says that it may be stale"] += 1
            if is_fresh:
                expected = history.expected(word)
                assert hits == expected, f"seed {seed}, {done}: {word} in {hits}, not {expected}"
    return kinds


class watching:  # noqa: N801 (a context manager)
    """A child process that runs `lode watch`."""

    def __init__(self, root: Path, index_dir: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "codelode", "watch", "--quiet", root],
            env={**os.environ, "LODE_INDEX_DIR": str(index_dir)},
        )

    def __enter__(self) -> subprocess.Popen[bytes]:
        return self._process

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()


def main() -> None:
    """Run histories and print the number of answers of each kind as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.freshness.histories")
    parser.add_argument("--histories", type=int, default=500)
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--way", choices=WAYS, default="api")
    parser.add_argument("--watch", action="store_true", help="while a watcher runs")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    total: Counter[str] = Counter()
    for number in range(options.histories):
        folder = Path(tempfile.mkdtemp(prefix="lode-history-"))
        try:
            seed = options.seed + number
            total += run(folder, seed, options.steps, options.way, options.watch)
        finally:
            shutil.rmtree(folder)
    answers = total["fresh"] + total["says that it may be stale"]
    print(
        json.dumps(
            {
                "histories": options.histories,
                "answers": answers,
                "silently_stale": 0,
                "fresh": total["fresh"],
                "says_so": total["says that it may be stale"],
                "mean_ms": round(total["milliseconds"] / answers, 1),
            }
        )
    )


if __name__ == "__main__":
    main()
