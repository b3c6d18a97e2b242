"""Convert chunks and queries to vectors.

`Encoder` is the interface. The bundled static model (`static`) is the default; `load` finds other
models by name or path.
"""
