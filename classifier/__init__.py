"""Heads over frames: pitch, the tonic, and the notes of a take."""
