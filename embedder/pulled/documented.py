"""Whether a model on disk does what is documented."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from data.clip import Samples
from data.errors import MissingPackage
from embedder.contract import Outputs, Run, check_contract
from embedder.errors import ModelUnfit
from embedder.spec import Vectors

from .catalogue import Pullable

__all__ = ["can_run", "check_documented", "check_needs"]

_EMBEDDING = "reduce_mean"
"""How the name of the tensor ends that holds YAMNet's embedding: the mean before the last dense layer."""


def can_run(model: Pullable) -> bool:
    """Whether what is needed to run it is installed."""
    return model.form == "tflite" or importlib.util.find_spec("tensorflow") is not None


def check_needs(model: Pullable) -> None:
    """Raise `MissingPackage` unless what is needed to run the model is installed."""
    if not can_run(model):
        raise MissingPackage(
            f"{model.name} cannot be checked and converted without TensorFlow",
            fix="Run: pip install 'swara[tensorflow]'",
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
    ModelUnfit
        If it cannot be loaded or run, or does anything else than documented.
    MissingPackage
        If what it needs to run is not installed.
    """
    check_needs(model)
    try:
        run = _tflite(path, model) if model.form == "tflite" else _saved_model(path, model)
        check_contract(model.contract, run, where=model.name)
    except ModelUnfit as error:
        raise ModelUnfit(error.what, where=str(path), fix=f"Get it from {model.url}") from error
    except Exception as error:
        # TensorFlow and LiteRT raise all sorts of things on a model that is not what it should be.
        words = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise ModelUnfit(
            f"the model cannot be run ({words})", where=str(path), fix=f"Get it from {model.url}"
        ) from error


def _saved_model(path: Path, model: Pullable) -> Run:
    import tensorflow as tf

    loaded: Callable[[Samples], Any] = tf.saved_model.load(str(path))

    def run(waveform: Samples) -> Outputs:
        given = loaded(waveform)
        if not model.contract.classes:
            return Outputs(np.asarray(given))
        scores, embeddings, _ = given
        return Outputs(np.asarray(embeddings), np.asarray(scores))

    return run


def _tflite(path: Path, model: Pullable) -> Run:
    from ai_edge_litert.interpreter import Interpreter

    network = Interpreter(model_path=str(path), num_threads=1, experimental_preserve_all_tensors=True)
    network.allocate_tensors()
    (given,), (scores,) = network.get_input_details(), network.get_output_details()
    (embedding,) = (t for t in network.get_tensor_details() if t["name"].endswith(_EMBEDDING))
    window, hop = model.contract.window_samples, model.contract.hop_samples

    def frame(samples: Samples) -> tuple[Vectors, Vectors]:
        network.set_tensor(given["index"], samples)
        network.invoke()
        scale, zero = embedding["quantization"]
        vector = (network.get_tensor(embedding["index"]).ravel().astype(np.float32) - zero) * scale
        return vector, network.get_tensor(scores["index"]).ravel()

    def run(waveform: Samples) -> Outputs:
        frames = model.contract.frames(waveform.size)
        padded = np.pad(waveform, (0, max(0, (frames - 1) * hop + window - waveform.size)))
        pairs = [frame(padded[i * hop :][:window]) for i in range(frames)]
        vectors, rows = (np.asarray(column, dtype=np.float32) for column in zip(*pairs, strict=True))
        return Outputs(vectors, rows)

    return run
