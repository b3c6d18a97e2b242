"""Searches that threads ask for at once, answered by processes.

The threads of one process have one interpreter's lock between them. So this process answers one
search at a time, and what is asked for meanwhile is handed to others
(`python -m codelode.searchworker`), which have the same index mapped and answer as we would. Who
searches alone never starts one.

`places` is where a question can be answered, `worker` our end of such a process, `messages` what
passes between.
"""
