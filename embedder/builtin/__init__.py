"""The embedder that ships with the program, and needs no network."""
