"""Answers as plain dictionaries, for programs: the JSON of the command line, and of servers.

`search`, `symbols`, `status`, `update`, `verify` and `bench` each turn the objects of one operation
into a dictionary that JSON can hold; docs/output.md lists the fields. `unicode` makes names and
text fit for JSON. `build` updates an index with progress, and builds one that is missing. `notes`
describes the state of an index in words, and `lines` selects the lines of a hit to show.

Nothing here prints. The callers are the command line and the servers.
"""
