"""Heads trained on a corpus: shared out, fitted, examined, kept as versions, described on a card."""
