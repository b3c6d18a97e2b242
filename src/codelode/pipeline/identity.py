"""What an index was made with: model, tokenizer, chunker, quantizer.

Vectors of two models, or terms of two tokenizers, cannot be compared; an index never holds both.
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

    from codelode.discover.walk import WalkOptions
    from codelode.embed.encoder import Encoder


def next_manifest(
    current: Manifest | None, root: Path, encoder: Encoder, walk: WalkOptions
) -> Manifest:
    """What an update goes on from: the current manifest, or a new one.

    Raises `MismatchError` if the current one was made with something else.
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
        options={
            "hidden": walk.hidden,
            "no_ignore": walk.no_ignore,
            "max_file_size": walk.max_file_size,
        },
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
