"""Use cases: what the command line and Python programs ask for."""
