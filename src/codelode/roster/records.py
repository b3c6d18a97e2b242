"""A repository of a roster, as the roster records it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Self

if TYPE_CHECKING:
    from codelode.store.manifest import Manifest


class Identity(NamedTuple):
    """The model, quantizer, chunker and tokenizer that made an index."""

    encoder: str
    fingerprint: str
    dimensions: int
    quantizer: str
    chunker: str
    tokenizer: str

    @classmethod
    def of(cls, manifest: Manifest) -> Self:
        """Return the identity that a manifest records."""
        return cls(*(getattr(manifest, name) for name in cls._fields))


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository of a roster: where its manifest is, its label and its totals.

    `manifest` is the BLAKE2b-256 of the manifest in hexadecimal, which is its key in the store.
    `label` is "" if everybody may see the repository. `generation` and `complete` are those of the
    index. Counts are of live files (with text), their chunks and terms; `index_bytes` is the size
    of all segments. `updated` is when the roster got this state, in seconds since the epoch.
    `languages` counts live files by language, without those of unknown language.
    """

    name: str
    label: str
    manifest: str
    generation: int
    complete: bool
    updated: int
    segments: int
    files: int
    chunks: int
    tokens: int
    text_bytes: int
    index_bytes: int
    identity: Identity
    languages: Mapping[str, int] = field(default_factory=dict)

    @property
    def prefix(self) -> str:
        """The folder in front of the paths of its files."""
        return f"{self.name}/"
