"""Many repositories, each with an index of its own, searched as one.

A *roster* is kept in a folder or a bucket. It lists repositories: the manifest of each, its totals,
and the label that says who may see it. See docs/rosters.md.
"""
