"""The features of candidates that depend on their files alone."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from codelode.search.file_means import mean_cosines
from codelode.search.file_roles import ROLES, roles_of_files
from codelode.search.name_match import likeness_of_stems, shares_of_paths, shares_of_symbols
from codelode.search.query_words import ASK_PROSE, ASK_TESTS
from codelode.text.csr import joined

if TYPE_CHECKING:
    from collections.abc import Mapping

    from codelode.search.candidate_files import CandidateFiles
    from codelode.search.context import QueryContext
    from codelode.search.dense import Products

_PROSE = frozenset(
    "markdown rst text json yaml toml ini xml html css csv svg properties diff make cmake"
    " dockerfile asciidoc ignore-list".split()
)
_DOCS = frozenset("markdown rst text asciidoc".split())


def features_of_files(
    files: CandidateFiles, context: QueryContext, products: Products | None
) -> Mapping[str, NDArray[np.floating]]:
    """Return the features of n files: an array of n values for each feature, by name."""
    words, paths = context.words, files.paths
    roles = _roles(files)
    columns = {name: (roles >> bit & 1).astype(np.float32) for bit, name in enumerate(ROLES)}
    columns |= _kinds(files)
    columns["test_asked"] = columns["test"] * np.float32(words.share_in(ASK_TESTS))
    columns["prose_asked"] = columns["prose"] * np.float32(words.share_in(ASK_PROSE))
    columns["path"] = shares_of_paths(paths, context.share_of_term)
    columns["name_loose"] = likeness_of_stems(paths, words)
    columns["depth"] = np.log1p(np.array([path.count(b"/") for path in paths], np.float32))
    columns["file_defines"] = shares_of_symbols(*_symbols(files), words)
    if products is not None:
        columns["file_mean"] = mean_cosines(files, products)
    return columns


def _roles(files: CandidateFiles) -> NDArray[np.uint8]:
    """Return the role bits of files, uint8[n]."""
    known = files.shard.file_roles
    return joined(
        [
            roles_of_files(known[part.number], part.rows, files.paths[part.files])
            for part in files.parts
        ]
    )


def _kinds(files: CandidateFiles) -> dict[str, NDArray[np.float32]]:
    """Return which files are not program code, and which of them are documentation.

    A file of an unknown language (number 0) counts as documentation if its name has no extension,
    else as code.
    """
    languages = files.table["language"]
    kinds = joined(
        [
            _kinds_of_languages(tuple(files.shard.segment(part.number).languages))[
                languages[part.files]
            ]
            for part in files.parts
        ]
    )
    for row in np.flatnonzero(languages == 0).tolist():
        kinds[row] = b"." not in files.paths[row].rpartition(b"/")[2][1:]
    return {"prose": kinds[:, 0], "docs": kinds[:, 1]}


@lru_cache(256)
def _kinds_of_languages(languages: tuple[str, ...]) -> NDArray[np.float32]:
    """Return whether each language is prose and whether it is documentation, float32[n + 1, 2].

    Row i describes language number i, with the values 1 or 0. Row 0 (no language) is NaN.
    """
    known = [(name in _PROSE, name in _DOCS) for name in languages]
    return np.array([(np.nan, np.nan), *known], np.float32)


def _symbols(files: CandidateFiles) -> tuple[bytes, list[int]]:
    """Return the symbols of the sampled chunks of files, each once and followed by a newline.

    Also returns the offset at which the symbols of each file end.
    """
    chunks = [(files.shard.segment(part.number), files.sample[part.sample]) for part in files.parts]
    starts = joined([segment.symbol_starts(mine) for segment, mine in chunks])
    lengths = joined([segment.chunks["symbol_length"][mine] for segment, mine in chunks])
    new = np.ones(len(starts), bool)
    np.not_equal(starts[1:], starts[:-1], out=new[1:])
    new[files.begins] = True
    new &= lengths > 0
    sizes = np.cumsum(np.where(new, lengths + np.int64(1), 0))
    ends = sizes[np.append(files.begins[1:], len(new)) - 1].tolist()
    texts = [
        segment.lines_of("symbols", starts[part.sample][mine], lengths[part.sample][mine])
        for (segment, _), part in zip(chunks, files.parts, strict=True)
        for mine in (new[part.sample],)
    ]
    return b"".join(texts), ends
