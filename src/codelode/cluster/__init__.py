"""Search over many processes and machines, with the same answers as on one machine.

A *front* answers requests; each *searcher* holds some of the segments. A search consists of the
four calls of `docs/decisions/008-shards.md`: `count`, `gather` and `texts` run in the searchers,
`finish` in the front. Searchers dial the front and serve calls over that connection, so only the
front has an address. Each segment has two searchers; the second is asked if the first is late.
"""
