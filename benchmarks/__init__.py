"""What swara can do, measured: ``python -m benchmarks`` writes ``docs/benchmarks.md``."""
