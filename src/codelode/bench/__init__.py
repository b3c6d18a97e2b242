"""Measurements of an index and its tree on this machine: `lode bench`.

`report` runs all measurements in order. `sample` draws chunks and files, `queries` makes queries
from chunks; `latency`, `recall`, `stages` and `memory` each measure one thing. Nothing here writes
to the index or the tree.
"""
