"""Answers for people and for programs.

`excerpt` chooses the lines of a hit worth showing, `highlight` colours them, `text` lays a hit out,
`jsonable` makes objects of it, `visible` keeps hostile names and texts from reaching a terminal as
commands, and `units` writes sizes, counts and times.
"""
