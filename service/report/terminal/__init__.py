"""The reports as text for a terminal."""
