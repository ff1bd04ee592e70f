"""What the models from TF Hub are documented to do, and whether a model does it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import numpy as np

from swara.data.clip import Samples
from swara.embedder.errors import ModelUnfit, reading
from swara.embedder.spec import Vectors

__all__ = [
    "CONTRACTS",
    "SAVED_MODEL_FILE",
    "SAVED_MODEL_FOLDER",
    "VGGISH",
    "YAMNET",
    "YAMNET_TFLITE",
    "YAMNET_TFLITE_SHA256",
    "Contract",
    "Outputs",
    "Run",
    "check_contract",
    "contract_with_handle",
    "saved_model_digest",
    "saved_model_files",
]

SAVED_MODEL_FILE, SAVED_MODEL_FOLDER = "saved_model.pb", "saved_model"
"""The graph of a SavedModel, and where a pulled one lies in its folder."""

SILENCE_CLASS, SINE_CLASS, NOISE_CLASS = 494, 495, 514
"""``Silence``, ``Sine wave`` and ``White noise`` in YAMNet's class map."""

_HUB = "https://tfhub.dev/"
_KAGGLE = "https://www.kaggle.com/models/"

_HOPS = 5
_SINE_HZ = 440.0


@dataclass(frozen=True, slots=True)
class Contract:
    """A model's documented behaviour.

    Parameters
    ----------
    name : str
        Of the model's folder, and of the embedder.
    handle : str
        The address that TF Hub had it under, by which ``tensorflow_hub`` still caches it.
    kaggle_handle : str
        Owner, model, framework, variation and version on Kaggle Models, where TF Hub moved to.
    rate_hz : int
        Sample rate that it listens at; samples lie in [-1, 1].
    window_samples, hop_samples : int
        What one frame hears, the rest of its last analysis window included, and from one frame to the next.
    dim : int
        Length of an embedding.
    classes : int
        How many class scores it gives for each frame; 0 if it gives none.
    sine_within : int
        For a sine of 440 Hz, ``Sine wave`` is among that many highest classes.
    noise_within : int
        For noise, ``White noise`` is.
    """

    name: str
    handle: str
    kaggle_handle: str
    rate_hz: int
    window_samples: int
    hop_samples: int
    dim: int
    classes: int = 0
    sine_within: int = 0
    noise_within: int = 0

    @property
    def short_handle(self) -> str:
        """What TF Hub knows it by, such as ``google/yamnet/1``."""
        return self.handle.removeprefix(_HUB)

    @property
    def url(self) -> str:
        """Its page on Kaggle Models."""
        return _KAGGLE + self.kaggle_handle

    def frames(self, samples: int) -> int:
        """Return how many frames a waveform of so many samples gives, its end filled up with silence."""
        return 1 + max(0, -(-(samples - self.window_samples) // self.hop_samples))


YAMNET = Contract(
    name="yamnet",
    handle="https://tfhub.dev/google/yamnet/1",
    kaggle_handle="google/yamnet/tensorFlow2/yamnet/1",
    rate_hz=16_000,
    window_samples=15_600,
    hop_samples=7_680,
    dim=1024,
    classes=521,
    sine_within=10,
    noise_within=10,
)
"""``waveform [n] -> (scores [m, 521], embeddings [m, 1024], log mel [.., 64])``, 0.96 s every 0.48 s.

How far down the sine and the noise may be is what upstream's own test allows for.
"""

YAMNET_TFLITE = replace(
    YAMNET,
    name="yamnet-tflite",
    handle="https://tfhub.dev/google/lite-model/yamnet/classification/tflite/1",
    kaggle_handle="google/yamnet/tfLite/classification-tflite/1",
    sine_within=1,
)
"""Another network, of 8-bit integers: ``waveform [15600] -> scores [1, 521]``."""

YAMNET_TFLITE_SHA256 = "10c95ea3eb9a7bb4cb8bddf6feb023250381008177ac162ce169694d05c317de"
"""Of the official file."""

VGGISH = Contract(
    name="vggish",
    handle="https://tfhub.dev/google/vggish/1",
    kaggle_handle="google/vggish/tensorFlow2/vggish/1",
    rate_hz=16_000,
    window_samples=15_600,
    hop_samples=15_360,
    dim=128,
)
"""``waveform [n] -> embeddings [m, 128]``, 0.96 s every 0.96 s: of what it hears nothing is documented."""


CONTRACTS = (YAMNET, VGGISH, YAMNET_TFLITE)
"""All that are known."""


def contract_with_handle(text: str) -> Contract | None:
    """Return what TF Hub or Kaggle has under that handle, its address before it or not; None if unknown."""
    handle = text.removeprefix(_HUB).removeprefix(_KAGGLE).rstrip("/")
    for each in CONTRACTS:
        # Kaggle's own pages write TensorFlow2 and tensorFlow2.
        if handle == each.short_handle or handle.lower() == each.kaggle_handle.lower():
            return each
    return None


@dataclass(frozen=True, slots=True, eq=False)
class Outputs:
    """What a model gives for a waveform.

    Parameters
    ----------
    embeddings : float32 array, shape [frames, dim]
        A vector for each frame of the model.
    scores : float32 array, shape [frames, classes], optional
        None for a model without classes, or of which only the embeddings are kept.
    """

    embeddings: Vectors
    scores: Vectors | None = None


Run: TypeAlias = Callable[[Samples], Outputs]
"""Takes a waveform, float32 of shape [n] in [-1, 1]."""


def check_contract(contract: Contract, run: Run, *, check_classes: bool = True, where: str = "") -> None:
    """Run a model on silence, noise and a sine of 440 Hz, and compare with what is documented.

    They last a window and five hops: no rest is left over, whatever a model would do with one.

    Parameters
    ----------
    contract : Contract
        What the model takes and gives, as it is documented.
    run : callable
        Takes a waveform, float32 of shape [n] at ``contract.rate_hz`` in [-1, 1]; returns `Outputs`.
    check_classes : bool
        Whether the highest classes must be the documented ones: silence is ``Silence``, the sine is
        ``Sine wave``, noise is ``White noise``. Not so for weights that were never trained.
    where : str
        The file or folder, for the message.

    Raises
    ------
    ModelUnfit
        If the shapes differ, an output is not finite, or a highest class is another one.
    """
    place = where or contract.name
    sounds = _sounds(contract)
    outputs = {name: run(waveform) for name, waveform in sounds.items()}
    for name, given in outputs.items():
        _check_shapes(contract, given, sounds[name].size, name, place)
    if np.array_equal(outputs["silence"].embeddings, outputs["noise"].embeddings):
        raise _unfit("gives the same embeddings for noise as for silence", contract, place)
    if check_classes and contract.classes:
        _check_classes(contract, outputs, place)


def _sounds(contract: Contract) -> dict[str, Samples]:
    length = contract.window_samples + _HOPS * contract.hop_samples
    noise = np.random.default_rng(0).uniform(-1.0, 1.0, length)
    sine = np.sin(2.0 * np.pi * _SINE_HZ * np.arange(length) / contract.rate_hz)
    return {
        "silence": np.zeros(length, dtype=np.float32),
        "noise": noise.astype(np.float32),
        "sine": sine.astype(np.float32),
    }


def _check_shapes(contract: Contract, given: Outputs, samples: int, sound: str, place: str) -> None:
    frames = contract.frames(samples)
    found = {"embeddings": (given.embeddings, (frames, contract.dim))}
    if contract.classes:
        if given.scores is None:
            raise _unfit("gives no class scores", contract, place)
        found["scores"] = (given.scores, (frames, contract.classes))
    for what, (array, shape) in found.items():
        if array.shape != shape:
            raise _unfit(f"gives {what} of shape {array.shape} for {sound}, not {shape}", contract, place)
        if not np.isfinite(array).all():
            raise _unfit(f"gives {what} for {sound} that are not finite numbers", contract, place)


def _check_classes(contract: Contract, outputs: Mapping[str, Outputs], place: str) -> None:
    wanted = {
        "silence": (SILENCE_CLASS, 1),
        "sine": (SINE_CLASS, contract.sine_within),
        "noise": (NOISE_CLASS, contract.noise_within),
    }
    for sound, (number, within) in wanted.items():
        scores = outputs[sound].scores
        if scores is None:
            continue
        highest = np.argsort(scores.mean(axis=0))[::-1][:within]
        if number not in highest:
            ranks = "first" if within == 1 else f"among the first {within}"
            what = f"does not put class {number} {ranks} for {sound}, but class {highest[0]}"
            raise _unfit(what, contract, place)


def _unfit(what: str, contract: Contract, place: str) -> ModelUnfit:
    return ModelUnfit(
        f"this is not the documented {contract.name}: it {what}",
        where=place,
        fix=f"Get {contract.url} again: swara models pull {contract.name}",
    )


_PARTS = ("variables", "assets")


def saved_model_digest(folder: Path) -> str:
    """Return the SHA-256 over the graph, the variables and the assets, names included: 64 hex digits.

    Raises
    ------
    ModelDamaged
        If a file cannot be read.
    """
    digest = hashlib.sha256()
    with reading(folder, what="the SavedModel cannot be read"):
        for path in saved_model_files(folder):
            digest.update(f"{path.relative_to(folder).as_posix()}\0{path.stat().st_size}\0".encode())
            with path.open("rb") as file:
                hashlib.file_digest(file, lambda: digest)
    return digest.hexdigest()


def saved_model_files(folder: Path) -> Iterator[Path]:
    """Yield the files that count in the digest, in the order in which they do."""
    yield folder / SAVED_MODEL_FILE
    for part in _PARTS:
        yield from sorted(path for path in (folder / part).rglob("*") if path.is_file())
