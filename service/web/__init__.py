"""The page: a server for this machine, what it lets in, and the takes of one run."""
