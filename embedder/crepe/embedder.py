"""CREPE tiny as an embedder: 256 numbers for each 20 ms, from the weights of the extra ``crepe``."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from swara.embedder.errors import ModelError
from swara.embedder.hub.contract import Contract
from swara.embedder.hub.convert import converted_file, lite_file_content
from swara.embedder.hub.converted_network import LiteRTNetwork, block_sizes, signature
from swara.embedder.hub.embedder import HubEmbedder
from swara.embedder.litert import cores, stderr_closed
from swara.embedder.windows import Network

from .network import CrepeNetwork, CrepeSize, Weights, crepe_contract, layers_of, read_weights, weights_file

__all__ = ["crepe_embedder", "lite_crepe"]

_PARITY = 1e-4
"""Most that a number of the LiteRT file may differ from numpy's; 5e-7 was measured."""


def crepe_embedder(
    size: CrepeSize = "tiny", file: Path | None = None, report: Callable[[str], None] | None = None
) -> HubEmbedder:
    """Return CREPE as an embedder.

    It runs on LiteRT where TensorFlow is installed, which writes its file once, or where that has been done;
    else on numpy, which takes over twice as long and gives the same within 1e-4.

    Parameters
    ----------
    size : {"tiny", "full"}
        How large a network.
    file : Path, optional
        Its weights; by default those of the package that the extra ``crepe`` installs.
    report : callable, optional
        Told, in a line, when a conversion begins, or why there is none.

    Returns
    -------
    HubEmbedder
        Its ``outputs`` have the belief in 360 pitches as scores.

    Raises
    ------
    MissingPackage
        If the weights, or h5py, which reads them, are not installed.
    ModelDamaged, ModelUnfit
        If the file is not what it should be.
    """
    contract = crepe_contract(size)
    weights_h5 = weights_file(size) if file is None else file
    weights, digest = read_weights(weights_h5)
    make: Callable[[], Network] = partial(CrepeNetwork, weights, contract.hop_samples)
    if (lite := _lite_file(weights_h5, weights, digest, contract, report)) is not None:
        make = partial(LiteRTNetwork, lite, contract, str(weights_h5), 1)
    # One name for both forms, as their vectors are alike: what is installed beside changes no version.
    return HubEmbedder(contract, digest, "numpy", make, cores())


def _lite_file(
    file: Path, weights: Weights, digest: str, contract: Contract, report: Callable[[str], None] | None
) -> Path | None:
    """Return the LiteRT file of the weights, or None where there is none and none can be made."""
    told = report if find_spec("tensorflow") is not None else None

    def export() -> bytes:
        if find_spec("tensorflow") is None:
            raise ModelError("TensorFlow, which converts it, is not installed", where=str(file))
        return lite_crepe(weights, contract)

    try:
        return converted_file(file, digest, contract, told, export)
    except ModelError as error:
        if told is not None:
            told(f"CREPE runs on numpy, over twice as long: {error.what}")
        return None


def lite_crepe(weights: Weights, contract: Contract) -> bytes:
    """Write CREPE as a LiteRT file, and compare what it gives with numpy's.

    Parameters
    ----------
    weights : mapping of str to float32 array
        From `read_weights`.
    contract : Contract
        What it takes and gives.

    Raises
    ------
    ModelError
        If TensorFlow cannot convert it, or it differs by more than 1e-4 or is not finite.
    """
    import tensorflow as tf

    sizes = block_sizes(contract)
    try:
        with stderr_closed():
            named = {signature(size): _function(weights, contract, size) for size in sizes}
            content = lite_file_content(tf.Module(), named)
    except Exception as error:  # what TensorFlow's converter raises is not documented
        raise ModelError(f"TensorFlow cannot convert CREPE to LiteRT ({error})") from error
    samples = contract.window_samples + (sizes[0] - 1) * contract.hop_samples
    noise = np.random.default_rng(0).standard_normal(samples).astype(np.float32)
    found = LiteRTNetwork(content, contract, "CREPE", 1).run(noise, sizes[0])
    wanted = CrepeNetwork(weights, contract.hop_samples).run(noise, sizes[0])
    pairs = ((found.embeddings, wanted.embeddings), (found.scores, wanted.scores))
    # False where a number is not finite, too.
    if not all(np.allclose(np.asarray(a), np.asarray(b), rtol=0.0, atol=_PARITY) for a, b in pairs):
        raise ModelError("the converted CREPE differs from what its weights give")
    return content


def _function(weights: Weights, contract: Contract, windows: int) -> Any:
    """Return `CrepeNetwork.run` for so many windows, as TensorFlow's function."""
    import tensorflow as tf

    starts = contract.hop_samples * np.arange(windows)
    places = starts[:, None] + np.arange(contract.window_samples)
    samples = int(places[-1, -1]) + 1

    def run(waveform: Any) -> dict[str, Any]:
        frames = tf.gather(waveform, places)
        centred = frames - tf.reduce_mean(frames, 1, keepdims=True)
        spread = tf.sqrt(tf.reduce_mean(centred * centred, 1, keepdims=True))
        x = (centred / tf.maximum(spread, 1e-8))[:, :, None]
        for layer in layers_of(weights):
            x = tf.nn.relu(tf.nn.conv1d(x, layer.kernel, layer.step, "SAME") + layer.bias)
            x = tf.nn.max_pool1d(x * layer.scale + layer.shift, 2, 2, "VALID")
        embeddings = tf.reshape(x, [windows, -1])
        logits = embeddings @ weights["classifier/kernel"] + weights["classifier/bias"]
        return {"embeddings": embeddings, "scores": tf.sigmoid(logits)}

    spec = tf.TensorSpec([samples], tf.float32, name="waveform")
    return tf.function(run, input_signature=[spec]).get_concrete_function()
