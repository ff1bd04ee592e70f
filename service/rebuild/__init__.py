"""A new version is built, evaluated against the live one, and promoted or kept."""
