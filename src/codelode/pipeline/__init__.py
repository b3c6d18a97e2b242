"""The index path: discover → read → chunk → tokenize and embed → run → segment → commit.

`update` is the whole walk on one screen. `batch` turns a batch of files into a run (a segment in
memory); `pool` does so in worker processes; `changes` finds what is new; `seal` merges runs into
segments and commits.
"""
