"""Count, by language, the definitions that universal-ctags finds and the chunker does not.

    python -m benchmarks.quality.lost_definitions TREE... [--misses FILE] [--json FILE]

Needs `ctags` (Debian's `universal-ctags`). ctags is a second opinion and not the truth: it mistakes
some calls and locals for definitions, and does not know every language. A name counts as found if
the chunker finds a definition of that name in the file, and as placed if both tools find it on the
same line.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codelode.chunk.chunker import chunk
from codelode.discover.read import read
from codelode.discover.walk import walk
from codelode.types import Document, SourceFile

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_FILE_BYTES = 500_000
KINDS = frozenset(
    "function method singletonMethod class struct interface trait enum type typedef alias macro "
    "constant union module namespace implementation callback delegate guard protocol "
    "generator getter setter accessor enumerator prototype methodSpec exception operator "
    "annotation typealias event property record test define".split()
)
"""The kinds that count as definitions; fields, variables, imports and locals do not."""

_IMPORTS = {
    ("PHP", "alias"),
    ("TypeScript", "alias"),
    ("Python", "namespace"),
    ("PHP", "namespace"),
}
_QUALIFIED = re.compile(r"[\w.:\\$#-]+")
_QUALIFIER = re.compile(r"^.*(?:\.|::?|\\|#)(?=.)")
_OPTIONS = ("--kinds-C=+p", "--kinds-C++=+p", "--output-format=json", "--fields=+nKsl", "--sort=no")


@dataclass(slots=True)
class Tally:
    """The counts of one language.

    `tags` counts the definitions that ctags finds, `ours` the definitions that the chunker finds.
    `found` and `placed` count the tags that are found or placed in the sense of the module's
    docstring. `missed` counts the tags that are not found, by ctags' kind.
    """

    tags: int = 0
    found: int = 0
    placed: int = 0
    ours: int = 0
    missed: Counter[str] = field(default_factory=Counter)


def main() -> None:
    """Count the definitions in the trees, and print the counts as a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trees", nargs="+", type=Path, metavar="TREE")
    parser.add_argument("--misses", type=Path, help="write one line per missed name")
    parser.add_argument("--json", type=Path, help="write the counts")
    options = parser.parse_args()
    tallies: dict[str, Tally] = defaultdict(Tally)
    misses: list[str] = []
    for tree in options.trees:
        misses += compare(tree, tallies)
    print_table(tallies)
    if options.misses:
        options.misses.write_text("".join(misses))
    if options.json:
        options.json.write_text(json.dumps({name: _counts(t) for name, t in tallies.items()}))


def compare(tree: Path, tallies: dict[str, Tally]) -> list[str]:
    """Add the counts of one tree to `tallies`; return a line per missed name."""
    documents: dict[str, Document] = {}
    for item in walk(tree):
        if isinstance(item, SourceFile) and item.size <= MAX_FILE_BYTES and item.language:
            document = read(tree, item, MAX_FILE_BYTES)
            if isinstance(document, Document):
                documents[item.path] = document
    names: dict[str, set[str]] = {}
    places: dict[str, set[tuple[str, int]]] = {}
    for path, document in documents.items():
        table = chunk(document).definitions
        names[path] = {_normal(each.name) for each in table}
        places[path] = {(_normal(each.name), each.name_line) for each in table}
        tallies[document.language or ""].ours += len(table)
    misses: list[str] = []
    for tag in tags(tree, list(documents)):
        path, name, line = tag["path"], tag["name"], tag["line"]
        tally = tallies[documents[path].language or ""]
        tally.tags += 1
        if name in names[path]:
            tally.found += 1
            tally.placed += (name, line) in places[path]
        else:
            tally.missed[tag["kind"]] += 1
            where = f"{tree.name}/{path}:{line}"
            misses.append(f"{documents[path].language} {tag['kind']} {name} {where}\n")
    return misses


def tags(tree: Path, paths: list[str]) -> Iterator[dict[str, Any]]:
    """Yield the definitions that ctags finds, each with its unqualified name."""
    command = ["ctags", *_OPTIONS, "-L", "-", "-f", "-"]
    known = set(paths)
    given = "\n".join(paths).encode("utf-8", "surrogateescape")
    done = subprocess.run(command, cwd=tree, input=given, capture_output=True, check=True)
    for line in done.stdout.decode("utf-8", "replace").split("\n")[:-1]:
        tag = json.loads(line)
        if tag.get("_type") != "tag" or tag.get("kind") not in KINDS or tag["path"] not in known:
            continue
        name = _normal(str(tag["name"]))
        if name and not _is_noise(name, tag):
            yield tag | {"name": name}


def _normal(name: str) -> str:
    """Return the last part of a name, without quotes and spaces."""
    name = name.strip("\"'`").replace("operator ", "operator")
    return _QUALIFIER.sub("", name) if _QUALIFIED.fullmatch(name) else name


def _is_noise(name: str, tag: dict[str, Any]) -> bool:
    """Return whether a tag is not a definition but a local, import, call, lambda or the like."""
    kind, language = tag["kind"], tag["language"]
    if name.startswith(("__anon", "Anonymous", "anonymous", "<")) or not name.strip():
        return True
    if language in ("C", "C++"):
        macro = name.isupper() and kind in ("function", "prototype")
        return macro or (kind == "macro" and name.rstrip("_").endswith(("_H", "_HPP")))
    local = tag.get("scopeKind") in ("function", "method", "generator")
    if language in ("TypeScript", "JavaScript", "Kotlin", "Tcl"):
        return local and kind in ("constant", "property", "method", "variable")
    return (language, kind) in _IMPORTS


def print_table(tallies: dict[str, Tally]) -> None:
    """Print a line for each language with tags, the language with the most tags first."""
    print(f"{'language':14}{'ours':>8}{'ctags':>8}{'found':>8}{'placed':>8}{'missed':>8}  kinds")
    for language, tally in sorted(tallies.items(), key=lambda item: -item[1].tags):
        if tally.tags:
            kinds = ", ".join(f"{kind} {n}" for kind, n in tally.missed.most_common(5))
            found, placed = tally.found / tally.tags, tally.placed / tally.tags
            missed = tally.tags - tally.found
            print(
                f"{language:14}{tally.ours:>8}{tally.tags:>8}{found:>8.3f}{placed:>8.3f}"
                f"{missed:>8}  {kinds}"
            )


def _counts(tally: Tally) -> dict[str, object]:
    return {
        "tags": tally.tags,
        "found": tally.found,
        "placed": tally.placed,
        "ours": tally.ours,
        "missed": dict(tally.missed),
    }


if __name__ == "__main__":
    main()
