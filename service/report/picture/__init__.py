"""The reports as PNG pictures."""
