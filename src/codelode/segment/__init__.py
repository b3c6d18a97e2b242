"""Immutable segments: what is searched.

`format` is the container (sections, checksums), `columns` the tables in it, `quantizer` the
embedding codes, `postings` the inverted index, `text` the compressed chunk text. `builder` makes a
segment from a batch of files, `merge` makes one from several, `reader` answers from one.
"""
