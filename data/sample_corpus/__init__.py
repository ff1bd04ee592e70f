"""The recordings that are known: the list on disk, its log, and one recording as JSON."""
