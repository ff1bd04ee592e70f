"""Which raga was sung, guessed from what is held and from what follows what, where Sa is known."""

from __future__ import annotations

from .guess import Candidate, RagaGuess, guess_raga
from .model import WEIGHTS, Fit, RagaModel, SungLine, Weights, sung_line

__all__ = [
    "WEIGHTS",
    "Candidate",
    "Fit",
    "RagaGuess",
    "RagaModel",
    "SungLine",
    "Weights",
    "guess_raga",
    "sung_line",
]
