"""Embedders from TF Hub: found, checked, converted to LiteRT and run."""
