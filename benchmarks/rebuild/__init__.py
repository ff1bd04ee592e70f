"""What a rebuild costs, and what it survives: ``python -m benchmarks.rebuild``."""
