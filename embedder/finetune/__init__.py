"""The built-in embedder goes on learning, from a user's recordings; Keras stands behind `run` alone."""
