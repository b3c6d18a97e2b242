"""How the newest snapshot compares with the tree, and bringing it up to date before an answer.

`look` compares, within a time limit. `refresh` decides: with nothing to do, or little, the answer
comes from a snapshot that equals the tree; otherwise from the one that there is, and says so.
`background` lets an update go on after the answer. See docs/freshness.md.
"""
