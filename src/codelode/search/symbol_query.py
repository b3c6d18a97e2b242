"""Requests for definitions by name: the arguments, and how well the name of a definition fits.

`Class.method`, `Class::method`, `Class#method`, `pkg.Func`, `->method` and `$this->method` are all
read as a name and the names that qualify it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from codelode import arguments
from codelode.errors import UsageError
from codelode.segment.definition_lookup import JOINABLE
from codelode.segment.name_glob import matches
from codelode.segment.name_keys import clean_name, name_key

EXACT, CASE, JOINED, UNQUALIFIED = "exact", "case", "joined", "unqualified"
PREFIX, GLOB, FUZZY = "prefix", "glob", "fuzzy"
MATCHES = (EXACT, CASE, JOINED, UNQUALIFIED, PREFIX, GLOB, FUZZY)
"""How the name of a definition matches the requested name, the best first.

It is equal; equal apart from case; equal apart from how its words are joined (`get_url`, `getUrl`);
equal, but with other qualifiers; it begins with the requested name; the requested name is a glob
that matches it; it differs by typing errors.
"""

_SEPARATOR = re.compile(r"\.|::|->|#|/|\\")
_OPERATOR = re.compile(r"(?:(.*?)(?:\.|::|->|#))?(operator\s*\W+)")
_TYPE_ARGUMENTS = re.compile(r"<[^<>]*>")
_CALL = re.compile(r"\([^()]*\)\Z")
_WILD = re.compile(r"\*|\?(?!\Z)")
"""What makes a name a glob. A final question mark is part of a name, as in Ruby: `empty?`."""
_POINTER = re.compile(r"\(\*(.*)\)")
_RECEIVERS = frozenset(("", "self", "this", "$this", "cls", "super"))


@dataclass(frozen=True, slots=True)
class SymbolRequest:
    """A name and options: the arguments of `Index.symbols`, checked.

    A single kind, language or glob may be given as a plain string. `below` is a folder of the tree,
    with a final slash, to which the request is restricted. Raises `UsageError` for arguments of a
    wrong type or value.
    """

    name: str = ""
    limit: int = 100
    kinds: Sequence[str] | str | None = ()
    languages: Sequence[str] | str | None = ()
    globs: Sequence[str] | str | None = ()
    exact: bool = False
    below: str = ""

    def __post_init__(self) -> None:
        arguments.string("the name", self.name)
        arguments.flag("exact", self.exact)
        for name, value in (
            ("limit", arguments.whole_number("the number of symbols", self.limit, least=1)),
            ("kinds", arguments.strings("kinds", self.kinds)),
            ("languages", arguments.strings("languages", self.languages)),
            ("globs", arguments.strings("globs", self.globs)),
        ):
            object.__setattr__(self, name, value)


@dataclass(frozen=True, slots=True)
class NameQuery:
    """A name that is asked for. `qualifiers` are the keys of its qualifiers, outermost first.

    `written` are the same qualifiers with the case and the separators that were typed.
    `whole` is all that was typed; with `is_prefix`, without the final `*`. `is_glob` says that
    `name` is a glob. A qualifier with a `*` in it is a glob, too.
    """

    whole: str
    name: str
    qualifiers: tuple[bytes, ...]
    is_prefix: bool
    is_glob: bool = False
    written: tuple[bytes, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names to look up: also `whole`, because it may be one name: `server.port`."""
        return (self.name,) if self.whole == self.name else (self.whole, self.name)

    def match(
        self, name: str, parts: Sequence[str], path: str, exact: bool = False
    ) -> tuple[str, int] | None:
        """Return how a definition matches, one of `MATCHES`, and the distance of the qualifiers.

        `parts` are the names in its qualified name; `path` is the path of its file. The distance is
        0 without qualifiers, and 2 if not all of them enclose the definition in this order. Else it
        is 0 if the last qualifier is the innermost enclosing name, and 1 if not. If no definition
        encloses this one, its file and its folder count as innermost names, but only as written: a
        class `Flask` comes before the folder `flask`. With `exact`, case and separators of
        qualifiers count everywhere. Returns None if the definition does not match.
        """
        whole = _likeness(self.whole, name)
        if whole in (EXACT, CASE):
            return whole, 0
        likeness = _likeness(self.name, name)
        if likeness is None:
            return None
        distance = self.distance(parts, path, exact)
        if distance < 2:
            return likeness, distance
        return (UNQUALIFIED, distance) if likeness == EXACT else None

    def begins(self, name: str, exact: bool = False) -> bool:
        """Return whether a name begins with `self.name`, or matches it if it is a glob.

        The caller has checked that the key of the name begins with the key of `self.name`.
        `netifRx` begins with `netif_r`, but `__netif_rx` does not. A final separator counts:
        `of_node` begins with `of_`, but `ofNode` does not. With `exact`, case and separators count.
        """
        if self.is_glob:
            return matches(self.name, name, exact)
        if exact:
            return name.startswith(self.name)
        if name.casefold().startswith(self.name.casefold()):
            return True
        joinable = JOINABLE.fullmatch(self.name) is not None and self.name[-1].isalnum()
        return joinable and name[:1].casefold() == self.name[:1].casefold()

    def distance(self, parts: Sequence[str], path: str, exact: bool = False) -> int:
        """Return the distance of the qualifiers, from 0 to 2: see `match`."""
        if not self.qualifiers:
            return 0
        asked, key = (self.written, _as_written) if exact else (self.qualifiers, _key)
        *folders, file = path.split("/")
        stem = file.partition(".")[0]
        # An iterator: each qualifier is looked for only after the place of the one before it.
        around = map(key, [*folders, stem, *parts[:-1]])
        if not all(any(_fits(each, one) for one in around) for each in asked):
            return 2
        if len(parts) > 1:
            innermost = _fits(asked[-1], key(parts[-2]))
        else:  # `pkg.Func`: the package may be the folder
            packages = map(_as_written, (stem, *folders[-1:]))
            innermost = any(_fits(self.written[-1], each) for each in packages)
        return 0 if innermost else 1


def parse_name(text: str) -> NameQuery:
    """Parse a name, such as `Server.run`, `read*` or `*Error`.

    Raises `UsageError` if the text has no name, or no letter or digit before the final `*`.
    """
    whole = _CALL.sub("", text.strip())
    is_prefix = len(whole) > 1 and whole.endswith("*") and re.search(r"\w", whole) is not None
    last = _SEPARATOR.split(whole)[-1]
    wild = _WILD.search(last.rstrip("*") if is_prefix else last) is not None
    is_glob = wild and re.search(r"\w", last) is not None and not _OPERATOR.fullmatch(whole)
    is_prefix = is_prefix and not is_glob
    if is_prefix:
        whole = whole.rstrip("*")
        if not any(map(str.isalnum, _SEPARATOR.split(whole)[-1])):
            raise UsageError(f"no prefix in {text!r}: give at least a letter or digit before the *")
    if not re.search(r"\w", whole):  # an operator: `/=`, `->`
        before, name = "", whole
    elif operator := _OPERATOR.fullmatch(whole):
        before, name = operator[1] or "", operator[2]
    else:
        name = _SEPARATOR.split(whole)[-1]
        before = whole[: len(whole) - len(name)]
    if not name:
        raise UsageError(f"no name in {text!r}: give a name, or a prefix such as `read*`")
    qualifiers = _SEPARATOR.split(_TYPE_ARGUMENTS.sub("", before))
    kept = [each for each in qualifiers if each.strip("* ") not in _RECEIVERS]
    keys, written = (tuple(_asked(each, of) for each in kept) for of in (_key, _as_written))
    return NameQuery(whole, name.strip(), keys, is_prefix, is_glob, written)


def _likeness(asked: str, name: str) -> str | None:
    """Return how alike two names are: one of the first three of `MATCHES`, or None."""
    if asked == name:
        return EXACT
    if asked.casefold() == name.casefold():
        return CASE
    same = JOINABLE.fullmatch(asked) and JOINABLE.fullmatch(name) and _key(asked) == _key(name)
    return JOINED if same else None


def _asked(qualifier: str, key: Callable[[str], bytes]) -> bytes:
    """Return what `key` makes of a qualifier that is asked for; the stars of a glob are kept.

    In `(*Server)`, as Go writes a pointer, the star is no glob.
    """
    plain = _POINTER.sub(r"\1", qualifier.strip())
    return b"*".join(key(part) for part in plain.split("*"))


def _fits(asked: bytes, key: bytes) -> bool:
    """Return whether `key` equals `asked`, or matches it if `asked` is a glob."""
    return asked == key or (b"*" in asked and matches(asked.decode(), key.decode(), exact=True))


def _key(name: str) -> bytes:
    return name_key(clean_name(name.strip()))


def _as_written(name: str) -> bytes:
    return clean_name(name.strip())
