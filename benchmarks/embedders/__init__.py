"""What turns sounds into vectors, side by side: ``python -m benchmarks.embedders``."""
