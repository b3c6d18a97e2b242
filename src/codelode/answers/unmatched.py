"""Notes about filters that leave nothing to search: languages and globs that match no file."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import numpy as np

from codelode.discover.glob import GlobSet
from codelode.nearest import nearest
from codelode.render.units import count
from codelode.search.filters import allowed_files, is_language_wanted, paths_of
from codelode.search.tree_part import WHOLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from codelode.search.request import SearchRequest
    from codelode.search.source import Source

_MOST_LANGUAGES = 5
_NO_GLOBS = GlobSet(())


def unmatched_filters(
    sources: Iterable[Source], languages: Sequence[str], globs: Sequence[str]
) -> list[str]:
    """Return a note for each language and glob that no file matches, with advice on the input.

    A `!` before a language or glob excludes what it matches; such a filter gets no note. If each
    other filter matches a file, but no file passes all filters, return one note on all of them.
    """
    files = [each for source in sources for each in _files(source)]
    known = Counter(language for _, language in files if language)
    wanted_languages = [name for name in languages if not name.startswith("!")]
    notes = [_no_language(name, known) for name in wanted_languages if not known[name]]
    paths = [path for path, _ in files]
    notes += [
        _no_path(glob, paths)
        for glob in globs
        if not glob.startswith("!") and not any(map(GlobSet([glob]).matches, paths))
    ]
    wanted = GlobSet(globs)
    if notes or any(
        is_language_wanted(language, languages) and wanted.matches(path) for path, language in files
    ):
        return notes
    return ["no file passes all filters: leave some out"]


def nothing_changed(sources: Iterable[Source], request: SearchRequest) -> str | None:
    """Return a note if no file matches `changed` and `since` of the request; else None.

    `sources` are the sources of the request: the `part` of each holds only the changed files.
    """
    if any(True for source in sources for _ in _files(source)):
        return None
    asked = []
    if request.changed is not None:
        asked.append(f"differs from {request.changed}")
    if isinstance(request.since, float):
        date = datetime.fromtimestamp(request.since)
        asked.append(f"was modified since {date:%Y-%m-%d %H:%M:%S}")
    return f"no indexed file {' and '.join(asked)}"


def _files(source: Source) -> Iterable[tuple[bytes, str | None]]:
    """Yield the path and the language of each file in the `part` of a source.

    Paths are relative to the folder of that part, as globs expect.
    """
    part = source.part or WHOLE
    for live in source.shard.snapshot.segments:
        segment = live.segment
        rows = allowed_files(live, np.arange(len(segment.files)), (), _NO_GLOBS, part)
        for row, path in zip(rows.tolist(), paths_of(segment, rows), strict=True):
            inside = part.relative(path)
            if inside is not None:
                yield inside, segment.language(row)


def _no_language(name: str, known: Counter[str]) -> str:
    order = sorted(known.items(), key=lambda each: (-each[1], each[0]))
    most = [f"{each} ({count(n, 'file')})" for each, n in order[:_MOST_LANGUAGES]]
    more = ", ..." if len(known) > len(most) else ""
    return f"no file is in {name}: there are {', '.join(most)}{more}" if most else "no file is code"


def _no_path(glob: str, paths: Sequence[bytes]) -> str:
    better = _corrected(glob, paths)
    advice = f": did you mean {better!r}?" if better else ""
    if not advice and "/" in glob.rstrip("/") and any(map(GlobSet([f"**/{glob}"]).matches, paths)):
        advice = f": a glob with a slash begins at the root; did you mean {f'**/{glob}'!r}?"
    if not advice and (inside := _below_the_folder(glob, paths)):
        advice = f": globs begin at the folder that is searched, as {inside!r} does"
    return f"no file matches the glob {glob!r}{advice}"


def _below_the_folder(glob: str, paths: Sequence[bytes]) -> str:
    """Return the longest end of a glob that matches a path, if the glob begins with /, ~/ or ../.

    The end begins with a slash. Returns "" for another glob, and if no end matches.
    """
    first, *others = glob.split("/")
    if first not in ("", "~", "..") or not others:
        return ""
    ends = ["/" + "/".join(others[at:]) for at in range(len(others))]
    ends = [end for end in ends if end.strip("/*")]  # any path matches `/**` and the like
    return next((end for end in ends if any(map(GlobSet([end]).matches, paths))), "")


def _corrected(glob: str, paths: Sequence[bytes]) -> str | None:
    """Return the glob with misspelled names replaced by the nearest ones; None if none is near."""
    names: set[str] = set()
    for path in paths:
        parts = PurePosixPath(path.decode("utf-8", "replace")).parts
        names.update(parts)
        names.update(filter(None, (PurePosixPath(parts[-1]).suffix,)))
    known = sorted(names, key=lambda name: (len(name), name))
    fixed = []
    for name in glob.split("/"):
        stem, star, suffix = name.rpartition("*")
        if star and suffix.startswith(".") and suffix not in names:
            near = nearest(suffix, [each for each in known if each.startswith(".")])
            fixed.append(f"{stem}*{near or suffix}")
        elif name and "*" not in name and name not in names:
            fixed.append(nearest(name, known) or name)
        else:
            fixed.append(name)
    better = "/".join(fixed)
    return better if better != glob and any(map(GlobSet([better]).matches, paths)) else None
