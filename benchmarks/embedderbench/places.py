"""Where the benchmark finds models, and where it keeps what it made before."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["CACHE", "cache_folder", "model_file"]

CACHE = "SWARA_BENCH_CACHE"
MODELS = "SWARA_EVAL_MODELS"
"""Folder of downloaded models; without it, ``models`` beside the folder that ``SWARA_EVAL_DATA`` names."""


def cache_folder() -> Path:
    """Return the folder to keep things in: ``SWARA_BENCH_CACHE``, else in the user's cache folder."""
    if named := os.environ.get(CACHE):
        return Path(named)
    from platformdirs import user_cache_path

    return user_cache_path("swara") / "embedder-benchmark"


def model_file(name: str) -> Path:
    """Return where a file of the folder of models lies, or would."""
    named, beside = os.environ.get(MODELS), os.environ.get("SWARA_EVAL_DATA")
    return (Path(named) if named else Path(beside or ".") / ".." / "models").resolve() / name
