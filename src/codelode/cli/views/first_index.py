"""Notes of `lode index`: about a new tree, and about old indexes that the command removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.cli import streams
from codelode.render.index_command import index_command
from codelode.render.units import count, size

if TYPE_CHECKING:
    from codelode.answers.indexes import Removal
    from codelode.answers.tree_summary import Folders, TreeSummary
    from codelode.report import UpdateReport

MOST_ROOTS = 3
_FLAGS = {
    "ignored": "--no-ignore",
    "hidden": "--hidden",
    "too large": "--max-file-size",
    "installed": "--installed",
    "secret": "--secrets",
}


def say_first_notes(
    report: UpdateReport, tree: TreeSummary, root: str, index_dir: str | None = None
) -> None:
    """Say what was left out, which folders look vendored, and how to make a large tree smaller.

    `root` and `index_dir` are as the user gave them.
    """
    if report.skipped:
        listing = index_command(root, "--dry-run --list-skipped", index_dir=index_dir)
        reasons = sorted(report.skipped.items(), key=lambda item: (-item[1], item[0]))
        streams.say(
            f"left out: {', '.join(_reason(name, number) for name, number in reasons)};"
            f" `{listing}` names each"
        )
    if tree.vendored:
        streams.say(
            f"code of others? {_listed(tree.vendored)}; folders named in .lodeignore are left out"
        )
    if tree.largest:
        streams.say(
            f"a large tree: {count(tree.files, 'file')}, most of them in {_listed(tree.largest)};"
            " name folders in .lodeignore to leave them out, or search one with"
            " `lode search QUERY FOLDER`"
        )


def say_automatic_removal(removal: Removal) -> None:
    """Say which indexes were removed automatically, and how to switch that off."""
    roots = [each.root or str(each.directory) for each in removal.removed]
    more = f" and {len(roots) - MOST_ROOTS:,} more" if len(roots) > MOST_ROOTS else ""
    streams.say(
        f"removed {count(len(roots), 'index')} ({size(removal.freed_bytes)}) of folders that are"
        f" gone: {', '.join(roots[:MOST_ROOTS])}{more} (setting clean.orphans-after)"
    )


def _reason(name: str, number: int) -> str:
    flag = _FLAGS.get(name)
    return f"{number:,} {name}" + (f" ({flag})" if flag else "")


def _listed(folders: Folders) -> str:
    return ", ".join(f"{name}/ ({count(files, 'file')})" for name, files in folders)
