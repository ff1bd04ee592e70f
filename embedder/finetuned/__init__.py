"""Embedders that were fine-tuned here, and the inventory of them."""
