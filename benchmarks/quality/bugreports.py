"""Measure whether a bug report finds the files that the fix changed.

    python -m benchmarks.quality.bugreports --reports FILE --mirrors DIR [--mode MODE]
        [--repo NAME ...] [--json FILE] [--against FILE] [--index-root DIR] [--jobs N]

For each report, the tree is checked out at the commit that the report was written against, and the
index is updated. The whole report is one query, and its first line alone is another. A file is
right if the fix changed it and it exists at that commit. Scores: hit@1, hit@5, hit@10, `all@10`
(every right file is among the first ten hits), `mrr` (over the first ten hits). `--repo` takes the
last component of a repository's name.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, cast

from benchmarks.quality.checkouts import find_mirror
from benchmarks.quality.runs import (
    bring_up_to_date,
    hits_of,
    index_folder,
    place_text,
    rank_scores,
)
from benchmarks.quality.set_command import Settings, finish, for_each, set_parser, settings_of
from benchmarks.quality.set_run import Row, SetRun, summarize

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codelode import Index

RANKS = (1, 5, 10)


class Report(TypedDict):
    """A bug report, and the files that its fix changed."""

    id: str
    repository: str
    base_commit: str
    report: str
    files: list[str]


@dataclass(frozen=True, slots=True)
class ProjectTask:
    """The reports of one project and its git directory."""

    name: str
    mirror: Path
    reports: list[Report]
    settings: Settings


def main() -> None:
    """Search with every report, print the scores, and compare them if asked to."""
    parser = set_parser("bugreports", __doc__)
    parser.add_argument("--reports", type=Path, required=True, help="bug-reports.json")
    parser.add_argument("--mirrors", type=Path, required=True, help="git directories")
    options = parser.parse_args()
    finish(run(options.reports, options.mirrors, settings_of(options)), options)


def run(reports: Path, mirrors: Path, settings: Settings) -> SetRun:
    """Search with the reports of all projects. Exits with a message if a mirror is missing."""
    by_project: dict[str, list[Report]] = {}
    for report in cast("list[Report]", json.loads(reports.read_text(encoding="utf-8"))):
        by_project.setdefault(report["repository"], []).append(report)
    tasks = []
    for project, own in by_project.items():
        name = project.rpartition("/")[2]
        if settings.repos and name not in settings.repos:
            continue
        mirror = find_mirror(mirrors, project)
        if mirror is None:
            raise SystemExit(f"no git directory of {project} in {mirrors}")
        tasks.append(ProjectTask(name, mirror.resolve(), own, settings))
    rows = [row for rows in for_each(ask_project, tasks, settings.jobs) for row in rows]
    return summarize("bugreports", settings.mode, rows)


def ask_project(task: ProjectTask) -> list[Row]:
    """Search with the reports of one project, ordered by commit so that updates are small."""
    settings = task.settings
    rows = []
    name = f"bugreports-{task.name}"
    with tree_folder(settings.index_root, task.name) as folder:
        tree = WorkTree(task.mirror, folder)
        reports = sorted(task.reports, key=lambda report: tree.date(report["base_commit"]))
        with index_folder(settings.index_root, name) as index_dir:
            for number, report in enumerate(reports):
                tree.check_out(report["base_commit"])
                index, _ = bring_up_to_date(
                    tree.folder,
                    index_dir,
                    rebuild=settings.rebuild and not number,
                    jobs=settings.index_jobs,
                    model=settings.model,
                )
                rows += ask_report(index, task.name, report, settings)
    return rows


def ask_report(index: Index, project: str, report: Report, settings: Settings) -> list[Row]:
    """Search with the whole report, and with its first line alone."""
    files = [path for path in report["files"] if (index.root / path).is_file()]
    title = report["report"].strip().splitlines()[0]
    rows = []
    for kind, query in (("report", report["report"]), ("title", title)):
        hits = hits_of(index, query, settings.mode)
        paths = [hit.path for hit in hits]
        rank = next((rank for rank, path in enumerate(paths, 1) if path in files), None)
        scores = rank_scores(rank, RANKS)
        scores["all@10"] = float(set(files) <= set(paths))
        rows.append(
            Row(
                group=report["id"],
                kind=kind,
                tags=[f"{kind} {project}"],
                query=title,
                right=files,
                scores=scores,
                hits=[place_text(hit) for hit in hits],
            )
        )
    return rows


@contextmanager
def tree_folder(keep: Path | None, name: str) -> Iterator[Path]:
    """Provide a folder for a tree and its git index: below `keep` if given, else temporary."""
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="codelode-reports-") as scratch:
            yield Path(scratch)
    else:
        folder = (keep / "trees" / name).absolute()
        folder.mkdir(parents=True, exist_ok=True)
        yield folder


class WorkTree:
    """A tree checked out of a git directory, commit after commit; only changes are written."""

    def __init__(self, mirror: Path, folder: Path) -> None:
        self.folder = folder / "tree"
        self.folder.mkdir(exist_ok=True)
        self._environment = {**os.environ, "GIT_INDEX_FILE": str(folder / "git-index")}
        self._command = ["git", "--git-dir", str(mirror), "--work-tree", str(self.folder)]

    def date(self, commit: str) -> int:
        """Return when a commit was made, in seconds since the epoch."""
        return int(self._git("log", "-1", "--format=%ct", commit))

    def check_out(self, commit: str) -> None:
        """Make the tree equal to a commit. Exits with git's message on failure."""
        self._git("read-tree", "--reset", "-u", commit)

    def _git(self, *arguments: str) -> str:
        done = subprocess.run(
            [*self._command, *arguments],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"git {arguments[0]}: {done.stderr.strip()}")
        return done.stdout


if __name__ == "__main__":
    main()
