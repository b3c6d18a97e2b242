"""Benchmarks of what agents see: answers within a budget, and the tokens they cost."""
