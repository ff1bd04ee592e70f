"""A converted YAMNet against the SavedModel it was made from: ``python -m benchmarks.converted``."""
