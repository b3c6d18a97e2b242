"""Make plain trees of the benchmark's repositories at their pinned revisions.

    python -m benchmarks.quality.checkouts --data DIR --out DIR [--mirrors DIR] [--repo NAME ...]

Each repository is taken from a git directory below `--mirrors` if there is one, else fetched from
its URL. The trees have no `.git`, so that no ignore rule or history from outside changes what is
indexed. If a mirror lacks the pinned commit, its newest commit is used instead. `checkouts.json` in
the output folder records the result.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TypedDict

from benchmarks.quality.dataset import (
    Repository,
    load_queries,
    load_repositories,
    split_by_presence,
)


class Checkout(TypedDict):
    """An entry of `checkouts.json`. `files_missing` counts files whose content the mirror lacks."""

    name: str
    revision_wanted: str
    revision_got: str
    date: str
    files_missing: int
    queries_kept: int
    queries_dropped: int


def main() -> None:
    """Make the trees and `checkouts.json`."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality.checkouts")
    parser.add_argument("--data", type=Path, required=True, help="repos.json and annotations/")
    parser.add_argument("--out", type=Path, required=True, help="folder for the trees")
    parser.add_argument("--mirrors", type=Path, help="git directories: owner+name/repo, ...")
    parser.add_argument(
        "--repo", action="append", default=[], help="only this repository; repeatable"
    )
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    table = options.out / "checkouts.json"
    done: dict[str, Checkout] = {}
    if table.is_file():
        done = {row["name"]: row for row in json.loads(table.read_text(encoding="utf-8"))}
    for repository in load_repositories(options.data, options.repo):
        row = _check_out(repository, options.data, options.out, options.mirrors)
        done[repository.name] = row
        table.write_text(json.dumps(list(done.values()), indent=1) + "\n", encoding="utf-8")
        note = "" if row["revision_got"] == row["revision_wanted"] else "  NOT the pinned revision"
        print(
            f"{row['name']:20} {row['revision_got'][:10]} {row['date']}"
            f" {row['queries_kept']:3} queries, {row['queries_dropped']} dropped{note}",
            flush=True,
        )


def _check_out(repository: Repository, data: Path, out: Path, mirrors: Path | None) -> Checkout:
    tree = out / repository.name
    mirror = find_mirror(mirrors, repository.url) if mirrors else None
    with tempfile.TemporaryDirectory() as scratch:
        git_dir = mirror or _fetch(repository, Path(scratch) / "git")
        commit = _commit(git_dir, repository.revision) or _commit(git_dir, "HEAD")
        if commit is None:
            raise SystemExit(f"{repository.name}: {git_dir} has no commit")
        missing = _export(git_dir, commit, tree, Path(scratch) / "index")
        date = _git(git_dir, "log", "-1", "--format=%cs", commit).stdout.strip()
    kept, dropped = split_by_presence(load_queries(data, repository.name), tree, repository.root)
    return Checkout(
        name=repository.name,
        revision_wanted=repository.revision,
        revision_got=commit,
        date=date,
        files_missing=missing,
        queries_kept=len(kept),
        queries_dropped=len(dropped),
    )


def find_mirror(mirrors: Path, url: str) -> Path | None:
    """Return the git directory of `url` below `mirrors`, in any of the usual layouts, or None."""
    owner, name = url.removesuffix("/").removesuffix(".git").split("/")[-2:]
    for place in (
        f"{owner}+{name}/repo",
        f"{owner}/{name}.git",
        f"{owner}/{name}/.git",
        f"{name}.git",
        f"{name}/.git",
    ):
        if (mirrors / place / "HEAD").is_file():
            return mirrors / place
    return None


def _fetch(repository: Repository, git_dir: Path) -> Path:
    """Fetch only the pinned commit, without its history."""
    subprocess.run(["git", "init", "--quiet", "--bare", git_dir], check=True)
    command = ["git", "--git-dir", str(git_dir), "fetch", "--quiet", "--depth", "1"]
    subprocess.run([*command, repository.url, repository.revision], check=True)
    return git_dir


def _commit(git_dir: Path, revision: str) -> str | None:
    found = _git(git_dir, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    return found.stdout.strip() or None


def _export(git_dir: Path, commit: str, tree: Path, index: Path) -> int:
    """Write the commit's files to a fresh `tree`; return the number of missing files.

    `git archive` would omit files marked export-ignore in `.gitattributes`, so this uses
    `checkout-index` with a separate index file. It continues past blobs that a partial mirror
    lacks.
    """
    if tree.exists():
        shutil.rmtree(tree)
    tree.mkdir(parents=True)
    environment = {**os.environ, "GIT_INDEX_FILE": str(index)}
    base = ["git", "--git-dir", str(git_dir.resolve()), "--work-tree", str(tree.resolve())]
    subprocess.run([*base, "read-tree", commit], env=environment, cwd=tree, check=True)
    written = subprocess.run(
        [*base, "checkout-index", "--all", "--force", "--quiet"],
        env=environment,
        cwd=tree,
        check=False,
        capture_output=True,
        text=True,
    )
    missing = written.stderr.count("unable to read sha1 file")
    if written.returncode and not missing:
        raise SystemExit(f"{tree.name}: {written.stderr.strip()}")
    return missing


def _git(git_dir: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["git", "--git-dir", str(git_dir), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


if __name__ == "__main__":
    main()
