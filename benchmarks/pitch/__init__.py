"""Pitch trackers side by side, over a drone too: ``python -m benchmarks.pitch``."""
