"""Sounds from freesound.org: the client of its API, and what is kept of what was fetched."""
