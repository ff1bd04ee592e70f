"""The verbs of the command line for programs; ``swara`` itself has their names."""
