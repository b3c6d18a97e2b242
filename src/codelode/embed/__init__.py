"""Chunks and queries to vectors.

`Encoder` is the seam: the bundled static model (`static`) is the default, and other models are
loaded by name or path (`load`).
"""
