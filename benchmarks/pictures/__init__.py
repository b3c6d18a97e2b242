"""Pictures for the documentation, drawn from the real program: `python -m benchmarks.pictures`."""
