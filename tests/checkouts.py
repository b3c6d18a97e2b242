"""Git worktrees for tests, and comparisons of their indexes."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from codelode.index import Index
from tests.commandline import write_tree

QUERIES = ("retry scheduler", "parse settings", "queue push", "names.of_things", "guide")


def git(root: Path, *arguments: str) -> str:
    """Run git without the settings of this machine, and return what it prints."""
    environment = {
        **os.environ,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "a",
        "GIT_AUTHOR_EMAIL": "a@example.org",
        "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@example.org",
    }
    done = subprocess.run(
        ["git", "-C", str(root), *arguments],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


def repository(root: Path, files: dict[str, str | bytes], *options: str) -> Path:
    """Make a repository with one commit."""
    write_tree(root, files)
    git(root, "init", "-q", "-b", "main", *options)
    return committed(root)


def committed(root: Path) -> Path:
    """Commit everything in a worktree."""
    git(root, "add", "-A")
    git(root, "commit", "-q", "--allow-empty", "-m", "a commit")
    return root


def clone(source: Path, target: Path, *settings: str) -> Path:
    """Clone a repository, with settings such as `core.autocrlf=true`."""
    options = [part for setting in settings for part in ("-c", setting)]
    git(source, "clone", "-q", *options, str(source), str(target))
    return target


def contents(index: Index) -> list[tuple[object, ...]]:
    """Return every live chunk of an index with its text, and the answers to some queries."""
    found: list[tuple[object, ...]] = []
    for live in index.snapshot().segments:
        segment = live.segment
        for row in segment.chunks[slice(None) if live.chunks is None else live.chunks]:
            file, start, length = int(row["file"]), int(row["start"]), int(row["length"])
            text = segment.text(file, start, start + length)
            language = segment.language(file) or ""
            found.append((segment.path(file), language, start, int(row["start_line"]), text))
    answers = [
        (query, *((hit.path, hit.line, hit.text, round(hit.score, 9)) for hit in hits))
        for query in QUERIES
        for hits in (index.search(query, fresh="never"),)
    ]
    return [*sorted(found), *answers]


def built(root: Path, index_dir: Path) -> Index:
    """Return an index built from scratch."""
    index = Index.open(root, index_dir=index_dir)
    index.update(rebuild=True, jobs=1)
    return index
