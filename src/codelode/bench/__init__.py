"""Measurements of an index and its tree, as they are on this machine: `lode bench`.

`report` is the whole of it in order. `sample` draws chunks and files, `queries` makes queries of
chunks; `latency`, `recall`, `stages` and `memory` each measure one thing. Nothing here writes to
the index or the tree.
"""
