"""codelode: local-first code search by meaning, at scale."""

__version__ = "0.1.0"
