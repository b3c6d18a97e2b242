"""The set of live segments, and its changes.

`manifest` names the live segments and the dead files in them, `lock` keeps writers apart, `commit`
publishes, `snapshot` reads one generation.
"""
