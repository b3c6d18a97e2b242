"""Searches that threads ask for at once, answered by processes.

The threads of one process have one interpreter's lock between them. So a search that begins while
another is under way is handed to a process of its own (`python -m codelode.serving.process`), which
has the same index mapped and answers as we would. Who searches alone never starts one.

`places` decides where a question is answered, `worker` our end of such a process, `messages` what
passes between.
"""
