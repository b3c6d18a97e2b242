"""Searches that several threads request at once, answered by several processes.

The threads of one process share one interpreter's lock. So a search that begins while another is
under way is handed to a worker (`python -m codelode.serving.worker`), which has the same index
mapped and gives the same answer. A program that searches one at a time starts no worker.

`dispatcher` decides which process answers a request, `handle` is the parent's end of a worker,
`messages` has the messages that they exchange.
"""
