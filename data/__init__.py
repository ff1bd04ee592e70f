"""Recordings: decoding, frames, synthesis, and the types that several floors share."""
