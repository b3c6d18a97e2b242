"""Answers as text for people.

`excerpt` chooses the lines of a hit worth showing, `matches` finds the words of the query in them,
`highlight` classifies their tokens, `ansi` writes these in color, and `text` lays a hit out.
`sanitize` keeps hostile names and texts from commanding a terminal, `paths` shows
paths from the current folder, and `units` formats sizes, counts and times.
"""
