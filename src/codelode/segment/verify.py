"""Check every reference of a segment.

Checksums prove that the bytes are as written; these checks prove that they are consistent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from codelode.errors import DamagedError
from codelode.segment.definition_faults import definition_faults
from codelode.segment.dictionary import DICTIONARY_SECTIONS, DictionaryWriter, tail_bytes
from codelode.segment.posting_codec import pack_lists
from codelode.segment.schema import SKIP_REASONS, SYMBOL_GROUP, TILES, path_hash
from codelode.segment.section_check import check_shape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codelode.segment.dictionary import Dictionary
    from codelode.segment.reader import Segment


def faults(segment: Segment) -> Iterator[tuple[str, int, str]]:
    """Yield the section, the byte offset and a description of each fault of a segment."""
    try:
        check_shape(segment)
    except DamagedError as error:
        yield "directory", 0, error.problem
        return
    damaged = False
    for section, offset in segment.file.damaged_pages():
        damaged = True
        yield section, offset, "checksum does not match"
    if damaged:
        return  # further checks would only report the same damage
    for section, what in _table_faults(segment):
        damaged = True
        yield section, 0, what
    if damaged:
        return  # further checks rely on the tables
    for section, what in (
        *_posting_faults(segment),
        *_text_faults(segment),
        *definition_faults(segment),
    ):
        yield section, 0, what


def _table_faults(segment: Segment) -> Iterator[tuple[str, str]]:
    files, chunks = segment.files, segment.chunks
    sizes = segment.file.section_bytes()
    ends = {
        "path_start": ("paths", sizes["paths"]),
        "first_chunk": ("chunks", len(chunks)),
        "first_definition": ("definitions", int(files["definitions"].sum(dtype=np.int64))),
        "text_start": ("blocks", int(segment.block_starts[-1])),
    }
    spans = [(*ends[start], files[start], files[length]) for start, length in TILES.items()]
    spans.append(("text", sizes["text"], segment.blocks["start"], segment.blocks["length"]))
    tiled = [_tiles(starts, lengths, total) for _, total, starts, lengths in spans]
    for (section, *_), fits in zip(spans, tiled, strict=True):
        if not fits:
            yield section, "the pieces do not cover the section end to end"
    if not all(tiled):
        return
    own, lengths = segment.symbol_bytes(), chunks["symbol_length"]
    shared = own == 0
    shared[files["first_chunk"][files["chunks"] > 0]] = False
    sound = ((own == lengths) | shared).all() and int(own.sum()) == sizes["symbols"]
    if not sound or chunks["symbol_start"][::SYMBOL_GROUP].any():
        yield "symbols", "the names are not end to end, each as long as the chunks say"
    if not (np.repeat(np.arange(len(files)), files["chunks"]) == chunks["file"]).all():
        yield "chunks", "a chunk names another file than the one that counts it"
    if (files["language"] > len(segment.languages)).any():
        yield "files", "a language number is out of range"
    if (files["skip"] > len(SKIP_REASONS)).any():
        yield "files", "a skip reason is out of range"
    if (files["chunks"][files["skip"] > 0] > 0).any():
        yield "files", "a file that was left out has chunks"
    if (files["definitions"][files["chunks"] == 0] > 0).any():
        yield "files", "a file without chunks has definitions"
    if (chunks["kind"] > len(segment.kinds)).any():
        yield "chunks", "a symbol kind is out of range"
    for row, file in enumerate(files):
        if path_hash(segment.path(row)) != int(file["path_hash"]):
            yield "files", f"the hash of path {row} is not that of its name"


def _tiles(starts: NDArray[np.integer], lengths: NDArray[np.integer], total: int) -> bool:
    ends = np.cumsum(lengths.astype(np.int64))
    fits = (starts.astype(np.int64) == ends - lengths).all() and (lengths >= 0).all()
    return bool(fits) and (int(ends[-1]) if len(ends) else 0) == total


def _posting_faults(segment: Segment) -> Iterator[tuple[str, str]]:
    """Compare the posting lists with a fresh packing."""
    dictionary = segment.dictionary()
    for fault in _dictionary_faults(dictionary):
        yield fault
        return  # further checks rely on the dictionary
    sizes = dictionary.sizes()
    data = segment.file.array("postings", "u1")
    if int(sizes.sum()) != len(data):
        yield "postings", "the lists do not end where the section ends"
        return
    try:
        postings = segment.postings()
    except (LookupError, ValueError) as error:
        yield "postings", f"a list cannot be read ({error})"
        return
    lists = (postings.starts, postings.ordinals, postings.frequencies)
    rows = len(segment.chunks)
    packed_sizes, packed = pack_lists(*lists, rows)
    if not (np.array_equal(packed_sizes, sizes) and np.array_equal(packed, data)):
        yield "postings", "a list is not as it would be written"
    ascending = postings.ordinals[1:] > postings.ordinals[:-1]
    ascending[postings.starts[1:-1] - 1] = True  # ordinals may fall from one list to the next
    if not ascending.all():
        yield "postings", "a list is not ascending"
    if int(postings.ordinals.max(initial=0)) >= max(rows, 1):
        yield "postings", "an ordinal is out of range"
    if (postings.frequencies == 0).any():
        yield "postings", "a frequency is zero"


def _dictionary_faults(dictionary: Dictionary) -> Iterator[tuple[str, str]]:
    """Compare the dictionary with one rebuilt from its keys; yield at most one fault."""
    terms = len(dictionary.tails) // tail_bytes(len(dictionary.slots))
    firsts = dictionary.buckets["term"].astype(np.int64)
    others = terms - np.count_nonzero(dictionary.are_short(0, terms))
    longer = dictionary.longer["term"].astype(np.int64)
    if (firsts[1:] < firsts[:-1]).any() or firsts[0] != 0 or firsts[-1] != terms:
        yield "buckets", "the buckets do not cover the terms"
    elif len(dictionary.slots) and int(dictionary.slots.sum()) != terms:
        yield "slots", "they do not count the terms"
    elif (len(dictionary.lengths), *dictionary.buckets["length"][[0, -1]]) != (others, 0, others):
        yield "lengths", "there are not as many as there are lists that are not short"
    elif (longer[1:] <= longer[:-1]).any() or longer.max(initial=-1) >= terms:
        yield "longer", "the terms are not ascending, or out of range"
    elif ((keys := dictionary.keys())[1:] <= keys[:-1]).any():
        yield "tails", "the dictionary is not sorted"
    else:
        writer = DictionaryWriter()
        writer.add(keys, dictionary.sizes())
        sound = writer.finish()
        for section in DICTIONARY_SECTIONS:
            if not np.array_equal(getattr(sound, section), getattr(dictionary, section)):
                yield section, "it does not agree with the lengths of the lists"
                return


def _text_faults(segment: Segment) -> Iterator[tuple[str, str]]:
    """Check that chunks cover the text of their files, and that every block decompresses."""
    chunks = segment.chunks
    starts, lengths = chunks["start"].astype(np.int64), chunks["length"].astype(np.int64)
    covered = np.cumsum(lengths) - lengths
    first = segment.files["first_chunk"].astype(np.int64)
    owners = chunks["file"]
    begins = np.append(covered, lengths.sum())[first]
    if (covered - begins[owners] != starts).any():
        yield "chunks", "the chunks of a file do not follow one another"
    sums = np.bincount(owners, lengths, len(segment.files))
    if (sums != segment.files["text_bytes"]).any():
        yield "chunks", "the chunks of a file do not cover its text"
    for number in range(len(segment.blocks)):
        try:
            segment.block(number)
        except DamagedError as error:
            yield "text", f"block {number}: {error.problem}"
