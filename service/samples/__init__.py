"""The professional samples: added, listed, found, removed and checked."""

from __future__ import annotations

from .add import add_samples
from .known import check_recordings, find_sample, known_samples, remove_sample
from .results import AddResult, AudioProblem, Conflict, Duplicate, Failure, LeftOut

__all__ = [
    "AddResult",
    "AudioProblem",
    "Conflict",
    "Duplicate",
    "Failure",
    "LeftOut",
    "add_samples",
    "check_recordings",
    "find_sample",
    "known_samples",
    "remove_sample",
]
