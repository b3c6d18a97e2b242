"""Watching a tree, so that its index follows every edit.

`tree` watches exactly the folders that a walk enters, and collects what changed. `leader` keeps the
index up to date by it, or by scanning where the system cannot report changes. `watcher` runs a
leader in one process per index: `lease` elects it, `state` says what it does. See
docs/freshness.md.
"""
