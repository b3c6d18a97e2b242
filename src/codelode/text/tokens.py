"""Text to terms: the same code for documents and queries, for BM25 and for the static model.

A *word* is a run of identifier characters. A *term* is a form in which a word is looked up: each
part of an identifier (camelCase, snake_case, acronyms, digits) in lower case, and, if there is more
than one part, the whole identifier too, so that `getUserName` is found by `user` and by itself.

Some words have no parts, only the whole: numbers of more than `MAX_NUMBER_DIGITS` characters, long
hexadecimal ones, and compounds. A *compound* is words joined by single characters of `-./@`:
`lua-filter`, `spring.datasource.url`, `src/flask/ctx.py`, `CVE-2021-44228`, `v1.24.3`. Its words
are words too. The static model uses only parts.

`word_counts` does the same for many texts at once, in vectors.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import chain
from unicodedata import normalize

import numpy as np
import xxhash
from numpy.typing import NDArray

from codelode.text.scripts import segment, shape

TOKENIZER = "words-2"
"""Recorded in the manifest: an index made by another tokenizer cannot be queried by this one."""

PARTS_TOKENIZER = "identifier-parts-1"
"""Recorded in a static model: its table has rows for the parts that this version makes."""

MAX_WORD_BYTES = 1024
"""A longer word, or a compound longer than `MAX_COMPOUND_BYTES`, has no terms: it is data."""
MAX_COMPOUND_BYTES = 128
MAX_PART_BYTES = 64
MAX_NUMBER_DIGITS = 4
MAX_NAME_BYTES = 255

JOINERS = b"-./@"
WORD_CHARACTERS = bytes(
    byte for byte in range(256) if byte >= 0x80 or chr(byte).isalnum() or byte == ord("_")
)
PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|@+")
"""Parts of an ASCII word, or of a word's `shape`: HTTP | Server, server | 256 | uncased letters."""

_MIN_PART_BYTES = 3  # on average; a word over MAX_PART_BYTES with shorter parts is random data
MIN_HASH_BYTES = 16

_WORD_CLASS = rb"[0-9A-Za-z_\x80-\xff]+"
_WORD = re.compile(_WORD_CLASS)
_COMPOUND = re.compile(  # takes linear time: it is tried only where a word begins
    rb"(?<![0-9A-Za-z_\x80-\xff])" + _WORD_CLASS + rb"(?:[-./@]" + _WORD_CLASS + rb")+"
)
_NUMBER = re.compile(rb"[0-9][0-9a-fA-FxXoObBlLuU_]*\Z")
_HASH = re.compile(rb"(?=.*[0-9])(?:[0-9a-f]+|[0-9A-F]+)\Z")
_SPACE_OF_OPERATOR = re.compile(r" +(?=[^\w\s])|(?<=[^\w\s]) +")  # `operator <<` is `operator<<`
_DIGIT = re.compile(rb"[0-9]")
_SUFFIXED = re.compile(r"(0x[0-9a-f]+|[0-9]+)(?:[ul]+|u(?:8|16|32|64|128))\Z")


def words(text: bytes) -> list[bytes]:
    """Return the words of a UTF-8 text in order, then its compounds in order."""
    text = segment(text)
    compounds = _COMPOUND.findall(text)
    return _WORD.findall(text) + [found for found in compounds if len(found) <= MAX_COMPOUND_BYTES]


def is_compound(word: bytes) -> bool:
    """Check whether a word is a compound: several words, joined by some of `-./@`."""
    return not _WORD.fullmatch(word)


def is_number(word: bytes) -> bool:
    """Check whether a word is looked up as a whole only: a long number, or a hash."""
    if len(word) <= MAX_NUMBER_DIGITS:
        return False
    return bool(_NUMBER.match(word) or (len(word) >= MIN_HASH_BYTES and _HASH.match(word)))


def parts(word: bytes) -> tuple[str, ...]:
    """Return the parts of a word in lower case: `getHTTPResponse_v2` has get, http, response, v, 2.

    Compounds, words that `is_number` accepts, encoded data, and words that are too long have none.
    """
    if len(word) > MAX_WORD_BYTES or is_number(word) or is_compound(word):
        return ()
    text = word.decode("utf-8", "replace")
    if text.isascii():
        found = [part.lower() for part in PARTS.findall(text)]
    else:
        spans = (match.span() for match in PARTS.finditer(shape(text)))
        found = [text[start:end].casefold() for start, end in spans]
    return () if _is_data(word, found) else tuple(found)


def whole_term(word: bytes) -> str:
    """Return a word as one term; empty if the word is too long or has only underscores."""
    if len(word) > MAX_WORD_BYTES:
        return ""
    whole = word.decode("utf-8", "replace").casefold()
    if is_number(word):
        whole = whole.replace("_", "")
        suffixed = _SUFFIXED.match(whole)
        return suffixed[1] if suffixed else whole
    return whole if is_compound(word) else whole.strip("_")


def terms(word: bytes) -> tuple[str, ...]:
    """Return the terms of a word: its parts, then the whole word unless it is the only part."""
    found = parts(word)
    whole = whole_term(word) if len(found) != 1 else ""
    return (*found, whole) if whole else found


def query_terms(text: str) -> list[str]:
    """Return the terms of a query, in order, with repetitions.

    In a query of several words, a compound of two words is usually prose (`sub-dependencies`). It
    is then not a term, unless it has a digit or is preceded by a hyphen (`--no-edit`).
    """
    data = segment(text.encode("utf-8", "replace"))
    found = words(data)
    if b" " in data.strip():
        found = [word for word in found if not is_compound(word) or _is_key(word, data)]
    return list(chain.from_iterable(map(terms, found)))


def text_parts(text: str) -> list[str]:
    """Return all parts of a short text, in order, with repetitions."""
    return list(_parts_of_text(text))


@lru_cache(32)
def _parts_of_text(text: str) -> tuple[str, ...]:
    """Return the parts, from a cache: a search asks for the parts of its query several times."""
    return tuple(chain.from_iterable(map(parts, words(text.encode("utf-8", "replace")))))


def folded_name(name: str) -> str:
    """Return a file name or a path in the form in which names are compared.

    It is normalized (NFKC), in lower case, without spaces next to punctuation, of limited length.
    """
    key = name if name.isascii() else normalize("NFKC", name)
    if " " in key:
        key = _SPACE_OF_OPERATOR.sub("", key)
    return key.casefold().encode("utf-8", "replace")[:MAX_NAME_BYTES].decode("utf-8", "ignore")


def term_hash(term: str, field: str = "") -> int:
    """Return the 64-bit xxh3 under which a term of a field is stored (see `segment.postings`)."""
    key = f"{field}:{term}" if field else term
    return xxhash.xxh3_64_intdigest(key.encode("utf-8", "surrogateescape"))


def term_hashes(terms: Iterable[bytes], field: str = "") -> NDArray[np.uint64]:
    """Return the `term_hash` of many terms in UTF-8: uint64[n]."""
    keys = map(f"{field}:".encode().__add__, terms) if field else terms
    return np.fromiter(map(xxhash.xxh3_64_intdigest, keys), np.uint64)


def _is_key(compound: bytes, text: bytes) -> bool:
    """Return whether a compound in a query is a name rather than two words of prose."""
    joined = sum(map(compound.count, (b"-", b".", b"/", b"@"))) > 1
    return joined or bool(_DIGIT.search(compound)) or b"-" + compound in text


def _is_data(word: bytes, found: list[str]) -> bool:
    """Return whether a word over `MAX_PART_BYTES` is encoded data rather than an identifier."""
    if len(word) <= MAX_PART_BYTES:
        return False
    longest = max(map(len, found), default=0)
    return longest > MAX_PART_BYTES or len(word) < _MIN_PART_BYTES * len(found)
