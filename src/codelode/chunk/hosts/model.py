"""Hosts, which are texts with code of other languages, and the regions of this code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from codelode.chunk.languages import PATTERNS, SYNTAXES

if TYPE_CHECKING:
    from codelode.chunk.definitions import RawDefinition


class Region(NamedTuple):
    """Code that lies in a text and is parsed alone.

    `source` is the code that begins at the offset `start` of the text. It has the same length and
    line ends as in the text, but ranges that are not code may be blanked. The code of each line is
    moved to the left by `indent` bytes, and spaces at the end of the line replace them. `language`
    is a name as in `SYNTAXES` or `PATTERNS`. The two texts of `inside` are put before and
    after the code for the parser: `class A{` and `}`, for example.
    """

    language: str
    start: int
    source: bytes
    indent: int = 0
    inside: tuple[bytes, bytes] = (b"", b"")


Scan = Callable[[bytes, str], Iterable[Region]]
"""Finds the regions of a text, given its path, in linear time."""


def no_regions(text: bytes, path: str) -> Iterable[Region]:
    """Return no regions, for a host that has none."""
    return ()


def no_definitions(text: bytes) -> list[RawDefinition]:
    """Return no definitions, for a host that has none of its own."""
    return []


def no_cuts(text: bytes) -> dict[int, int]:
    """Return no split points, for a host that has none of its own."""
    return {}


@dataclass(frozen=True, slots=True)
class Host:
    """The functions that find regions in a text, and the host's own definitions and split points.

    With `illustrates`, the host is a document in which code is only an illustration: definitions in
    the code count as declarations, and the code adds no split points. With `long_lines`, one line
    of the text may hold several lines of code.
    """

    regions: Scan = no_regions
    own: Callable[[bytes], list[RawDefinition]] = no_definitions
    cuts: Callable[[bytes], dict[int, int]] = no_cuts
    illustrates: bool = False
    long_lines: bool = False


_BLANK: Final = bytes(byte if byte in b"\r\n" else 0x20 for byte in range(256))


def blank(text: bytes) -> bytes:
    """Return the text with a space in place of every byte except line ends."""
    return text.translate(_BLANK)


ALIASES: Mapping[bytes, str] = MappingProxyType(
    {
        b"c#": "csharp",
        b"c++": "cpp",
        b"cs": "csharp",
        b"docker": "dockerfile",
        b"emacs-lisp": "elisp",
        b"ex": "elixir",
        b"f#": "fsharp",
        b"golang": "go",
        b"gql": "graphql",
        b"hcl": "terraform",
        b"hs": "haskell",
        b"jl": "julia",
        b"js": "javascript",
        b"jsx": "javascript",
        b"kt": "kotlin",
        b"makefile": "make",
        b"mjs": "javascript",
        b"ml": "ocaml",
        b"objc": "objective-c",
        b"pl": "perl",
        b"protobuf": "proto",
        b"ps1": "powershell",
        b"py": "python",
        b"rb": "ruby",
        b"rs": "rust",
        b"scss": "sass",
        b"sh": "bash",
        b"shell": "bash",
        b"sol": "solidity",
        b"systemverilog": "verilog",
        b"tf": "terraform",
        b"ts": "typescript",
        b"zsh": "bash",
    }
)
_OWN: Final[Mapping[bytes, str]] = MappingProxyType(
    {
        b"babel": "javascript",
        b"ipython": "python",
        b"ipython3": "python",
        b"python2": "python",
        b"python3": "python",
    }
)
"""Names of languages that only pages, documents and notebooks use."""


def language_named(name: bytes) -> str | None:
    """Return the language that a tag, fence or kernel calls `name`; None if it is not supported."""
    lower = name.lower()
    found = ALIASES.get(lower) or _OWN.get(lower) or lower.decode("latin-1")
    return found if found in SYNTAXES or found in PATTERNS else None
