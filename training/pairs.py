"""Mine pairs from one source file: a query, and the passage that it should find.

The kinds of pairs:

- `doc`: the first sentence of a documentation comment, and the definition without it;
- `comment`: the first sentence of a comment inside a definition, and the definition without it;
- `name`: the words of a definition's name, and its body without the name;
- `header`: the first sentence of the comment at the top of a file, and a part of the file;
- `path`: the words of the last folders and of the file's name, and a part of the file.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from codelode.embed.row_counts import PATH_COMPONENTS
from codelode.text.tokens import parts, text_parts
from training.comments import first_sentence
from training.documented import DocumentedDefinition, definitions

PASSAGE_BYTES = 1500  # about the size of a chunk
MIN_PASSAGE_BYTES = 80
MAX_DEFINITIONS = 60  # per file
_NAME_SHARE = 0.3  # share of the documented definitions that are also paired with their names
_COMMENT_SHARE = 0.5  # share of the definitions that are searched for a comment
_PATH_CHUNKS = 2  # the most parts of a file that are paired with the words of its path

_HEADER = re.compile(
    rb"\A(?:#![^\n]*\n|<\?php\s*|\s)*((?:[ \t]*(?://|#(?!include|if|define|pragma|\[|!\[)|--)[^\n]*\n)+"
    rb'|/\*.*?\*/|\{-.*?-\}|--\[\[.*?\]\]|(?:r|u)?""".*?"""|@moduledoc\s+""".*?""")',
    re.S,
)
_COMMENT_BLOCK = re.compile(
    rb"\s*(/\*.*?\*/|(?:[ \t]*(?://|#(?!include|if|define|\[|!\[)|--)[^\n]*\n)+)", re.S
)

_LINE_COMMENT = rb"(?://(?![/!])|# |--(?!\[))"
_INSIDE = re.compile(
    rb"^[ \t]*(?:/\*(?!\*).*?\*/[ \t]*$|(?:%b[^\n]*\n[ \t]*)*%b[^\n]*$)"
    % (_LINE_COMMENT, _LINE_COMMENT),
    re.M | re.S,
)


@dataclass(frozen=True, slots=True)
class Pair:
    """A query and its passage.

    `path` is the path of the passage's file; empty if the query is made from this path.
    """

    kind: str
    language: str
    project: str
    path: str
    query: str
    passage: str

    def as_dict(self) -> dict[str, str]:
        """Return a dictionary for a JSON line."""
        return asdict(self)


def pairs_of(project: str, path: str, language: str, text: bytes) -> Iterator[Pair]:
    """Yield all pairs of one file. The random selection depends only on the path."""
    chance = random.Random(f"{project}/{path}")

    def pair(kind: str, query: str, passage: bytes) -> Pair:
        body = passage[:PASSAGE_BYTES].decode("utf-8", "ignore")
        return Pair(kind, language, project, path, query, body)

    found = definitions("tsx" if path.endswith(".tsx") else language, text)
    if len(found) > MAX_DEFINITIONS:
        found = sorted(chance.sample(found, MAX_DEFINITIONS), key=lambda d: d.start)
    for definition in found:
        passage = without_doc(definition, text)
        if len(passage) < MIN_PASSAGE_BYTES:
            continue
        sentence = None
        if definition.doc is not None:
            start, end = definition.doc
            sentence = first_sentence(text[start:end].decode("utf-8", "replace"))
        if sentence is not None:
            yield pair("doc", _without_name(sentence, definition.name), passage)
        if sentence is None or chance.random() < _NAME_SHARE:
            words = parts(definition.name.encode("utf-8", "replace"))
            rest = passage.replace(definition.name.encode(), b" ")
            if len(words) >= 2 and len(rest.split()) >= 12:
                yield pair("name", " ".join(words), rest)

        inside = commented(passage, chance) if chance.random() < _COMMENT_SHARE else None
        if inside is not None:
            yield pair("comment", *inside)

    pieces = [d for d in found if d.end - d.start >= 200]
    header, body_start = file_header(text)
    if header is not None:
        at = chance.choice(pieces).start if pieces and chance.random() < 0.5 else body_start
        yield pair("header", header, text[at:])
    components = path.rpartition(".")[0].split("/")[-PATH_COMPONENTS:]
    words_of_path = text_parts("/".join(components))
    if len(words_of_path) >= 2:
        starts = [chance.choice(pieces).start for _ in range(_PATH_CHUNKS)] if pieces else [0]
        for at in sorted(set(starts)):
            yield pair("path", " ".join(words_of_path), text[at:])


def without_doc(definition: DocumentedDefinition, text: bytes) -> bytes:
    """Return the text of a definition without its docstring."""
    start, end = definition.start, definition.end
    if definition.doc is None or not start <= definition.doc[0] < end:
        return text[start:end]
    return text[start : definition.doc[0]] + text[min(definition.doc[1], end) : end]


def _without_name(sentence: str, name: str) -> str:
    """Remove a definition's name from the start of a sentence, where Go and Linux put it."""
    rest = re.sub(rf"\A[\W_]*{re.escape(name)}(\(\))?(?= )[\s:-]*", "", sentence)
    return rest if len(rest.split()) >= 3 else sentence


def commented(passage: bytes, chance: random.Random) -> tuple[str, bytes] | None:
    """Return the first sentence of a random comment, and the passage without that comment.

    Only comments on lines of their own count. Returns None if no comment is suitable.
    """
    blocks = list(_INSIDE.finditer(passage[:PASSAGE_BYTES], passage.find(b"\n") + 1))
    if not blocks or len(passage) < 3 * MIN_PASSAGE_BYTES:
        return None
    block = chance.choice(blocks)
    sentence = first_sentence(block[0].decode("utf-8", "replace"))
    if sentence is None or len(text_parts(sentence)) < 4:
        return None
    return sentence, passage[: block.start()] + passage[block.end() :]


def file_header(text: bytes) -> tuple[str | None, int]:
    """Return the first sentence of prose at the top of a file, or None, and the offset of the rest.

    A license at the top is skipped; the description may follow it.
    """
    at = 0
    for _ in range(3):
        block = (_HEADER if at == 0 else _COMMENT_BLOCK).match(text, at)
        if block is None:
            break
        at = block.end()
        sentence = first_sentence(block[1].decode("utf-8", "replace"))
        if sentence is not None and len(text_parts(sentence)) >= 4:
            return sentence, at
    return None, at
