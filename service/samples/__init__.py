"""The professional samples: added, listed, found, removed, checked, mended and exported."""

from __future__ import annotations

from .add import add_samples
from .check import check_samples
from .edit import NONE, Edit, EditResult, label_sample
from .export import Exported, export_samples
from .findings import CheckResult, Finding
from .known import check_recordings, find_sample, known_samples, remove_sample
from .results import AddResult, AudioProblem, Conflict, Duplicate, Failure, LeftOut

__all__ = [
    "NONE",
    "AddResult",
    "AudioProblem",
    "CheckResult",
    "Conflict",
    "Duplicate",
    "Edit",
    "EditResult",
    "Exported",
    "Failure",
    "Finding",
    "LeftOut",
    "add_samples",
    "check_recordings",
    "check_samples",
    "export_samples",
    "find_sample",
    "known_samples",
    "label_sample",
    "remove_sample",
]
