"""Whether a model on disk does what is documented."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from data.errors import MissingPackage
from embedder.contract import Run, check_contract

from .catalogue import Pullable

__all__ = ["can_run", "check_documented", "check_needs"]


def can_run(model: Pullable) -> bool:
    """Whether what is needed to run it is installed."""
    return model.form == "tflite" or importlib.util.find_spec("tensorflow") is not None


def check_needs(model: Pullable) -> None:
    """Raise `MissingPackage` unless what is needed to run the model is installed."""
    if not can_run(model):
        raise MissingPackage(
            "it can be neither checked nor converted without TensorFlow",
            where=model.name,
            fix="Run: pip install 'swara[tensorflow]'; or pull yamnet-tflite, which needs none",
        )


def check_documented(model: Pullable, path: Path) -> None:
    """Run a model on silence, noise and a sine, and compare with what is documented.

    Parameters
    ----------
    model : Pullable
    path : Path
        The SavedModel folder or the TFLite file.

    Raises
    ------
    ModelDamaged
        If it cannot be loaded.
    ModelUnfit
        If it does anything else than documented.
    MissingPackage
        If what it needs to run is not installed.
    """
    check_needs(model)
    check_contract(model.contract, _run(model, path), where=str(path))


def _run(model: Pullable, path: Path) -> Run:
    if model.form == "saved_model":
        from embedder.loaded_model import LoadedModel

        return LoadedModel(path, model.contract)
    from embedder.yamnet import YamnetEmbedder

    return YamnetEmbedder(path, scores=True).outputs
