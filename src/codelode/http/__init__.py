"""Servers on this machine: `guard` checks every request, `listen` serves at an address.

Programs that speak HTTP here are `lode mcp --http` and `lode serve`.
"""
