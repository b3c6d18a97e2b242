"""One resident process: if a watcher of an index is running, `lode search` lets it answer.

`client` asks over a socket in the folder of the index, and imports almost nothing. `server` answers
with a fork of the watcher's process, which has everything loaded and writes to the streams of the
client. If there is no server, or it does not answer, the client runs the search itself. See
docs/freshness.md.
"""
