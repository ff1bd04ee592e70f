"""The official TFLite file, and no cache of whoever runs the tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

NAME = "lite-model_yamnet_classification_tflite_1.tflite"


@pytest.fixture(autouse=True)
def _nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep every test away from the caches and the account of whoever runs it."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


@pytest.fixture(scope="session")
def real_file() -> Path:
    """The official file, with its class map beside it."""
    path = Path(os.environ.get("SWARA_EVAL_DATA", "/")).parent / "models" / "yamnet_tflite" / NAME
    if not path.is_file():
        pytest.skip("SWARA_EVAL_DATA names no folder beside the official TFLite file")
    return path
