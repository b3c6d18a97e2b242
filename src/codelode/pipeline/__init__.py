"""The index path: discover → read → chunk → tokenize and embed → run → segment → commit.

`update` runs the whole path. `batch` turns a batch of files into a run, a segment in
memory; `pool` does so in workers. `changes` compares a walk with the index; `seal` merges runs into
segments and commits.
"""
