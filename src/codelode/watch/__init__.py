"""Watching a tree, so that its index follows every edit.

`tree` watches exactly the folders that a walk enters, and collects what changed. `leader` updates
the index with these changes, or scans the tree where the system cannot report changes. `watcher`
runs a leader in one process per index: `lease` elects this process, `state` records what it does.
See docs/freshness.md.
"""
