"""Immutable segments.

`container` has the sections and checksums, `schema` the tables in them, `quantizer` the embedding
codes, `postings` the inverted index, `text` the compressed text. `builder` makes a segment from a
batch of files, `merge` makes one from several, `reader` reads one.
"""
