"""A transcription as something to read, play or open elsewhere: a module for each format."""
