"""Queries to hits.

`query` reads the request, `filters` decides which chunks may answer, `dense` and `lexical` find
candidates, `features` measures every candidate in every way, `rank` orders them, and `searcher` is
the walk through all of these.
"""
