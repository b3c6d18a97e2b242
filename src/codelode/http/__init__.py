"""Servers on this machine: `guard` checks every request, `listen` binds and runs.

Programs that speak HTTP here are `lode mcp --http` and `lode serve`.
"""
