"""`lode roster`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.cli.options import (
    DRY_RUN,
    HELP,
    INDEX_DIR,
    LABEL,
    QUIET,
    REPO,
    WITH_SECRETS,
    Command,
    option,
    switch,
)
from codelode.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from codelode.objects.generations import Generation
    from codelode.roster.writer import RosterWriter

_FORMS = {
    "add": "add ROSTER NAME [ROOT]",
    "update": "update ROSTER NAME [ROOT]",
    "label": "label ROSTER NAME [LABEL]",
    "remove": "remove ROSTER NAME...",
    "list": "list ROSTER",
    "gc": "gc ROSTER",
}
_MOST = {"add": 2, "update": 2, "label": 2, "list": 0, "gc": 0}

COMMAND = Command(
    "roster",
    "keep the indexes of many repositories in a folder or bucket, to search them as one",
    "add: index ROOT (default: the current folder) or bring its index up to date, and add it to"
    " ROSTER as NAME, such as acme/api; its paths begin with the name. A URL in place of ROOT is"
    " where `lode push` put the index. update: replace what NAME has by ROOT as it is now. label:"
    " let only those see NAME who have LABEL; without one, everybody. remove: remove"
    " repositories. list: show the repositories and their totals. gc: remove what no generation"
    " of the last day names. Any number of machines may do so at once. `lode search --roster`"
    " searches.",
    (
        option(
            "action",
            metavar="ACTION",
            choices=tuple(_FORMS),
            help="add, update, label, remove, list or gc",
        ),
        option("roster", metavar="ROSTER", help="a folder, or s3://, gs:// or az://BUCKET/PATH"),
        option("arguments", nargs="*", metavar="ARGUMENT", help="NAME, ROOT or LABEL: see above"),
    ),
    (
        (
            "options",
            (
                LABEL,
                REPO,
                switch("--json", help="one JSON object with the repositories or the outcome"),
                WITH_SECRETS,
                DRY_RUN,
                INDEX_DIR,
                QUIET,
                HELP,
            ),
        ),
    ),
    (
        ("add the current folder", "lode roster add ../roster acme/api"),
        ("in CI, after each merge", "lode roster update ../roster acme/api ."),
        ("which repositories are there?", "lode roster list ../roster"),
        ("only for those with a label", "lode roster label ../roster acme/api staff"),
    ),
    "0 done, 1 the roster has no repositories to list, 2 error",
)


def run(options: argparse.Namespace) -> int:
    """Change a roster, or list its repositories."""
    from codelode.roster.writer import RosterWriter

    _check(options)
    if options.action == "list":
        return _list(options)
    writer = RosterWriter.open(options.roster)
    if options.action == "gc":
        return _collect(writer, options)
    change = {"add": _put, "update": _put, "label": _label, "remove": _remove}[options.action]
    generation, done = change(writer, options)
    if options.json:
        from codelode.answers.roster import commit_object
        from codelode.cli.streams import print_json

        print_json(commit_object(writer.store.place, options.action, generation))
    elif not options.quiet:
        print(f"{done}: generation {0 if generation is None else generation.number}")
    return 0


def _check(options: argparse.Namespace) -> None:
    """Raise `UsageError` for arguments that do not fit the action."""
    action, given = options.action, len(options.arguments)
    least = 1 if "NAME" in _FORMS[action] else 0
    if not least <= given <= _MOST.get(action, given):
        raise UsageError(f"expected: lode roster {_FORMS[action]}")
    if len(options.label) > (1 if action != "list" else len(options.label)):
        raise UsageError("a repository has one label at most")
    for flag, allowed in (("label", ("add", "update", "list")), ("repo", ("list",))):
        if getattr(options, flag) and action not in allowed:
            raise UsageError(f"--{flag} means nothing to `lode roster {action}`")
    if options.dry_run and action != "gc":
        raise UsageError(f"--dry-run means nothing to `lode roster {action}`")


def _put(writer: RosterWriter, options: argparse.Namespace) -> tuple[Generation | None, str]:
    """Add or update a repository; return the generation and a message.

    A change that cannot succeed is refused before any upload.
    """
    from codelode.answers.roster import indexed_tree, pushed_index, upload
    from codelode.cli.streams import progress_meter, transfer_meter
    from codelode.index import Index
    from codelode.render.units import count, size
    from codelode.roster.answer import object_cache
    from codelode.sharing.push import refuse_secrets

    name, root = [*options.arguments, "."][:2]
    label = options.label[0] if options.label else None
    adding = options.action == "add"
    writer.check(name, label or "", exists=not adding)
    if "://" in root:
        cache = object_cache(options.index_dir, meter=transfer_meter(options.quiet, "fetching"))
        snapshot = pushed_index(root, cache)
    else:
        index = Index.open(root, index_dir=options.index_dir)
        snapshot = indexed_tree(index, progress_meter(options.quiet))
    if not options.with_secrets:
        refuse_secrets(snapshot.manifest)
    meter = transfer_meter(options.quiet, "uploading")
    repository = upload(writer, snapshot, name, label or "", meter)
    generation = writer.add([repository]) if adding else writer.update([repository], label)
    what = f"{count(repository.files, 'file')}, {size(repository.index_bytes)}"
    return generation, f"{'added' if adding else 'updated'} {name} ({what})"


def _label(writer: RosterWriter, options: argparse.Namespace) -> tuple[Generation | None, str]:
    name, label = [*options.arguments, ""][:2]
    generation = writer.relabel(name, label)
    return generation, f"{name} is for those with {label}" if label else f"{name} is for everybody"


def _remove(writer: RosterWriter, options: argparse.Namespace) -> tuple[Generation | None, str]:
    return writer.remove(options.arguments), f"removed {', '.join(options.arguments)}"


def _list(options: argparse.Namespace) -> int:
    """List all repositories, or those that a user with the given labels may see."""
    from codelode.answers.roster import roster_object
    from codelode.cli.streams import print_json
    from codelode.cli.views.roster import print_repositories
    from codelode.roster.roster import Roster

    roster = Roster.open(options.roster)
    if options.label:
        selection, generation = roster.select(options.repo, options.label), None
    else:
        selection, generation = roster.everything().matching(options.repo), roster.number
    if options.json:
        print_json(roster_object(selection, generation))
    else:
        print_repositories(selection)
    return 0 if len(selection) else 1


def _collect(writer: RosterWriter, options: argparse.Namespace) -> int:
    from codelode.answers.roster import collected_object
    from codelode.cli.streams import print_json
    from codelode.render.units import count, size
    from codelode.roster.collect import collect

    collected = collect(writer.store, dry_run=options.dry_run)
    if options.json:
        print_json(collected_object(writer.store.place, collected, options.dry_run))
    elif not options.quiet:
        verb = "would remove" if options.dry_run else "removed"
        print(
            f"{verb} {count(collected.generations, 'generation')} and"
            f" {count(collected.objects, 'object')} ({size(collected.bytes)})"
        )
    return 0
