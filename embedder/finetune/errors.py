"""Why an embedder could not be fine-tuned; the tree is drawn in ``raga.errors``."""

from __future__ import annotations

from embedder.errors import ModelError

__all__ = [
    "FinetuneBusy",
    "FinetuneError",
    "FinetuneFailed",
    "FinetuneNoBetter",
    "FinetuneStopped",
    "ModelInUse",
    "TooFewSingers",
]


class FinetuneError(ModelError):
    """A fine-tuning that made no embedder."""


class TooFewSingers(FinetuneError):
    """Too few recordings, or too few singers, to learn from and to judge by."""


class FinetuneBusy(FinetuneError):
    """Another process is at the same fine-tuning."""


class FinetuneStopped(FinetuneError):
    """The user stopped it; it can go on."""


class FinetuneNoBetter(FinetuneError):
    """What came out finds singers no better than before, and is not kept."""


class FinetuneFailed(FinetuneError):
    """What came out cannot be exported, or answers otherwise than it did in training."""


class ModelInUse(ModelError):
    """A fine-tuned embedder that the live version of a store was made with: it is not removed."""
