"""A SavedModel becomes one LiteRT file: the only place where a command imports TensorFlow."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from .contract import Contract, check_contract
from .converted import ConvertedNetwork, block_sizes, signature
from .errors import ConversionFailed, ModelError
from .litert import stderr_closed
from .loaded_model import LoadedModel, first_line
from .windows import WindowRunner

__all__ = ["PARITY", "exported"]

PARITY = 0.9999
"""Least cosine between a frame of the SavedModel and the same frame of the LiteRT file."""

_HOPS = 12
_FREE_SPACE = "Free some space on the disk for temporary files, or name another with TMPDIR"
_ANOTHER_TENSORFLOW = "Use another version of TensorFlow: pip install --upgrade 'swara[tensorflow]'"


def exported(folder: Path, contract: Contract) -> bytes:
    """Convert a SavedModel and compare what came out with it.

    Parameters
    ----------
    folder : Path
        The SavedModel.
    contract : Contract
        What it must do; its classes are not checked.

    Returns
    -------
    bytes
        A LiteRT file with one signature for each of ``block_sizes(contract)``, sharing their weights.

    Raises
    ------
    ModelDamaged, ModelUnfit, MissingPackage
        If the SavedModel cannot be loaded or is another one.
    ConversionFailed
        If TensorFlow cannot convert it, or what it made differs.
    """
    where = str(folder)
    model = LoadedModel(folder, contract)
    check_contract(contract, model, check_classes=False, where=where)
    try:
        with stderr_closed():
            content = _converted(model, contract)
    except ModelError:
        raise
    except Exception as error:  # what TensorFlow's converter raises is not documented
        raise ConversionFailed(
            f"TensorFlow cannot convert this SavedModel to LiteRT ({first_line(error)})",
            where=where,
            fix=_FREE_SPACE if "no space left" in str(error).lower() else _ANOTHER_TENSORFLOW,
        ) from error
    _compare(model, contract, content, where)
    return content


def _converted(model: LoadedModel, contract: Contract) -> bytes:
    tf = model.tf
    owner, sizes = tf.Module(), block_sizes(contract)
    owner.model = model.saved  # and its variables
    several = len(sizes) > 1
    signatures = {signature(size): _fixed(model, contract, size, constant=several) for size in sizes}
    with tempfile.TemporaryDirectory(prefix="swara-convert-") as scratch:
        tf.saved_model.save(tf.Module() if several else owner, scratch, signatures=signatures)
        converter = tf.lite.TFLiteConverter.from_saved_model(scratch, signature_keys=list(signatures))
        return bytes(converter.convert())


def _fixed(model: LoadedModel, contract: Contract, windows: int, *, constant: bool) -> Any:
    """Return the model for just so many windows: every shape known beforehand is what makes LiteRT fast.

    Several signatures need their weights as constants, which they then share: they would keep variables. Of
    one the converter makes constants itself, in far less memory.
    """
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    tf = model.tf
    samples = contract.window_samples + (windows - 1) * contract.hop_samples
    spec = [tf.TensorSpec([samples], tf.float32, name="waveform")]
    names = ("embeddings", "scores")[: 2 if contract.classes else 1]

    def whole(waveform: Any) -> list[Any]:
        named = model.outputs(waveform)
        return [named[name] for name in names]

    if not constant:
        return tf.function(model.outputs, input_signature=spec).get_concrete_function()
    frozen = convert_variables_to_constants_v2(
        tf.function(whole, input_signature=spec).get_concrete_function()
    )

    def run(waveform: Any) -> dict[str, Any]:
        return dict(zip(names, frozen(waveform), strict=True))

    return tf.function(run, input_signature=spec).get_concrete_function()


def _compare(model: LoadedModel, contract: Contract, content: bytes, where: str) -> None:
    """Raise `ConversionFailed` unless each frame of some noise is the same."""
    rng = np.random.default_rng(0)
    loudness = np.repeat(10.0 ** rng.uniform(-3.0, 0.0, _HOPS + 1), contract.hop_samples)
    samples = contract.window_samples + _HOPS * contract.hop_samples
    waveform = (np.resize(loudness, samples) * rng.uniform(-1.0, 1.0, samples)).astype(np.float32)
    runner = WindowRunner(contract, lambda: ConvertedNetwork(content, contract, where, 1), 1)
    found = runner.run([waveform]).embeddings.astype(np.float64)
    wanted = model(waveform).embeddings.astype(np.float64)
    lengths = np.linalg.norm(found, axis=1) * np.linalg.norm(wanted, axis=1)
    cosines = (found * wanted).sum(axis=1) / np.maximum(lengths, np.finfo(np.float64).tiny)
    if cosines.min() < PARITY:
        raise ConversionFailed(
            f"the converted model differs from the SavedModel: frames have a cosine of {cosines.min():.5f}",
            where=where,
            fix=_ANOTHER_TENSORFLOW,
        )
