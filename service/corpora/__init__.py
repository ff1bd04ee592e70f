"""Corpora that heads are trained on: recordings added to an index, and the index held against the disk."""
