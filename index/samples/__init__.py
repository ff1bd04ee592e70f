"""Professional samples, indexed by how they sound: searched, saved and loaded."""

from __future__ import annotations

from .files import load_sample_index, save_sample_index, swara_file_name
from .nearest import SampleIndex, build_sample_index

__all__ = [
    "SampleIndex",
    "build_sample_index",
    "load_sample_index",
    "save_sample_index",
    "swara_file_name",
]
