"""Find an encoder by name or path."""

from __future__ import annotations

from pathlib import Path

from codelode import arguments
from codelode.embed.encoder import Encoder
from codelode.embed.model_folder import INFO
from codelode.embed.static import StaticEncoder
from codelode.errors import ModelError

DEFAULT = "lode-static-192"
_BUNDLED = Path(__file__).parent / "models"


def load(name_or_path: str | None = None) -> Encoder:
    """Return the encoder with this name or in this folder; the bundled one for None.

    A folder may hold a static model, a model2vec model or a sentence-transformers ONNX export.
    Raises ModelError, which lists what was tried.
    """
    wanted = name_or_path or DEFAULT
    if wanted in names():
        return StaticEncoder(_BUNDLED / wanted)
    folder = arguments.expanded(wanted)
    if folder.is_dir():
        return _from_folder(folder.resolve())
    raise ModelError(
        f"unknown model {wanted!r}: neither a folder nor one of the names {', '.join(names())}"
    )


def names() -> list[str]:
    """Return the names of the bundled models."""
    return sorted(path.parent.name for path in _BUNDLED.glob(f"*/{INFO}"))


def _from_folder(folder: Path) -> Encoder:
    if (folder / INFO).is_file():
        return StaticEncoder(folder, name=str(folder))
    # Imported here, so that only users of other models wait for these imports.
    from codelode.embed.model2vec import Model2VecEncoder, is_model2vec
    from codelode.embed.onnx import OnnxEncoder, find_onnx

    if (folder / "tokenizer.json").is_file():
        if is_model2vec(folder):
            return Model2VecEncoder(folder)
        onnx = find_onnx(folder)
        if onnx is not None:
            return OnnxEncoder(folder, onnx)
    raise ModelError(
        f"no model in {folder}: looked for {INFO} (a static model), and for tokenizer.json with "
        "model.safetensors (model2vec) or model.onnx or onnx/model.onnx (sentence-transformers)"
    )
