"""Training of the built-in embedder: needs keras and tensorflow, and no recording."""
