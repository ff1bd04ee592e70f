"""What swara tells a singer, measured: the sections of ``docs/benchmarks.md``."""
