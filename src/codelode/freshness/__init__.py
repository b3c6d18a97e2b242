"""Compare the newest snapshot with the tree, and update the index before an answer.

`look` compares, within a time limit. `refresh` decides: if there is nothing or little to do, the
answer comes from a snapshot that equals the tree. Otherwise it comes from the existing snapshot,
and says so.
`background` lets an update go on after the answer. See docs/freshness.md.
"""
