"""The identity of an index: the model, tokenizer, chunker and quantizer that made it.

Vectors of two models, or terms of two tokenizers, cannot be compared, so an index never holds both.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from codelode.chunk.chunker import chunker_identity
from codelode.errors import MismatchError
from codelode.segment.quantizer import QUANTIZER
from codelode.store.manifest import Manifest, check_model
from codelode.text import tokens

if TYPE_CHECKING:
    from pathlib import Path

    from codelode.discover.options import WalkOptions
    from codelode.embed.encoder import Encoder


def next_manifest(
    current: Manifest | None, root: Path, encoder: Encoder, walk: WalkOptions
) -> Manifest:
    """Return the manifest to continue: the current one with the options of `walk`, or a new one.

    Raises `MismatchError` if the current index has another identity.
    """
    fresh = Manifest(
        generation=0,
        root=os.fsdecode(root),
        started_ns=0,  # set when the walk begins
        encoder=encoder.name,
        fingerprint=encoder.fingerprint,
        dimensions=encoder.dimensions,
        quantizer=QUANTIZER,
        chunker=chunker_identity(),
        tokenizer=tokens.TOKENIZER,
        options=walk.recorded(),
    )
    if current is None:
        return fresh
    check_model(current, encoder.name, encoder.fingerprint)
    for name in ("quantizer", "chunker", "tokenizer"):
        if getattr(current, name) != getattr(fresh, name):
            raise MismatchError(
                f"the index was made with another {name} ({getattr(current, name)}):"
                " rebuild it with `lode index --rebuild`"
            )
    return replace(current, options=fresh.options)
