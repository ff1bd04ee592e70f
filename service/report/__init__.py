"""A `TakeReport` as something to read: terminal, JSON, CSV, PNG, one HTML page, notation.

Each form is a module of its own, imported only by whoever asks for it, since some need heavy libraries.
"""
