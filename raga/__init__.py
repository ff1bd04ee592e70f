"""The music itself: swaras, tunings, ragas, names of the tonic, and notation.

The ground floor: pure functions and frozen values on the standard library alone. It reads no file and knows
nothing of sound; pitch arrives in cents above Sa.
"""
