"""Use cases: what the command line and the web page ask for."""
