"""The trained network on LiteRT: one file, loaded once, run on from what it remembers."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from swara.classifier import HeadError
from swara.data.arrays import FloatArray
from swara.embedder.errors import ModelDamaged
from swara.embedder.litert import Fitted, open_interpreter

from .decode import PITCH_BINS, PITCH_LOWEST_HZ, Salience
from .features import (
    CHANNELS,
    FINE_FEATURES,
    GATHERED_FEATURES,
    SCALE_CENTS,
    Features,
    around,
    partial_features,
)
from .spectrum import BINS, Levels, Spectra

__all__ = [
    "CHUNK",
    "MODEL_FILE",
    "Memory",
    "PitchNetwork",
    "coarse_pass",
    "refine_pass",
    "shipped_digest",
    "shipped_network",
]

CHUNK = 50
"""Frames of 20 ms that are run at a time where nobody waits for them."""

MODEL_FILE = Path(__file__).with_name("pitch.tflite")


class PitchNetwork:
    """A LiteRT file with the signatures of ``training/export.py``; threads may share it, and take turns.

    Attributes
    ----------
    digest : str
        SHA-256 of the file.

    Raises
    ------
    HeadError
        If the file is absent or is not such a network.
    MissingPackage
        If LiteRT is not installed.
    """

    def __init__(self, file: Path = MODEL_FILE) -> None:
        try:
            content = file.read_bytes()
            interpreter = open_interpreter(content, str(file), 1)
            self._runners = {
                name: interpreter.get_signature_runner(name)
                for name in ("step", "chunk", "look", "look_around")
            }
            _refuse_another_kind(self._runners)
        except (*Fitted, ModelDamaged) as error:
            from swara.data.installation import repair_advice

            why = error.what if isinstance(error, ModelDamaged) else error
            raise HeadError(
                f"the pitch head cannot be read ({why})", where=str(file), fix=repair_advice()
            ) from error
        self._interpreter = interpreter  # the runners borrow from it
        self._turn = Lock()
        self.digest = hashlib.sha256(content).hexdigest()

    def memory(self) -> Memory:
        """Return a memory that holds nothing yet, to run from."""
        return Memory(self)

    def run(self, signature: str, **inputs: Features) -> dict[str, Features]:
        """Run one signature of the file: arrays by name in, arrays by name out."""
        # The interpreter writes into one arena: two threads in it at once mix up their sounds without a word.
        with self._turn:
            found: dict[str, Features] = self._runners[signature](**inputs)
        return found

    def shapes(self, signature: str) -> dict[str, tuple[int, ...]]:
        """Return the shape of each input of a signature."""
        details = self._runners[signature].get_input_details()
        return {name: tuple(detail["shape"]) for name, detail in details.items()}

    def look(self, features: Features) -> tuple[Features, Features]:
        """First look of the fine estimate: [frames], in SCALE_CENTS, and [frames, NEIGHBOUR_FEATURES]."""
        found = self.run("look", features=features)
        return found["estimate"][:, 0], found["told"]

    def look_around(self, gathered: Features) -> tuple[Features, Features]:
        """Second look: what to add to the first, and the probability of a voice, shapes [frames]."""
        found = self.run("look_around", gathered=gathered)
        return found["correction"][:, 0], found["voicing"][:, 0]


def _refuse_another_kind(runners: dict[str, Any]) -> None:
    """Raise ValueError where a network does not take what this code gives it."""
    wanted = {
        ("step", "frames"): (BINS, CHANNELS),
        ("look", "features"): (FINE_FEATURES,),
        ("look_around", "gathered"): (GATHERED_FEATURES,),
    }
    for (runner, name), shape in wanted.items():
        found = tuple(runners[runner].get_input_details()[name]["shape"][-len(shape) :])
        if found != shape:
            raise ValueError(f"{name} of {runner} have the shape {found}, not {shape}")
    handed = runners["step"].get_input_details()["past0"]["shape"][1]
    if handed != 2:
        raise ValueError(f"step is handed {handed} frames of the past, not 2")


class Memory:
    """What the network remembers of a recording; it goes through it once, in order."""

    def __init__(self, network: PitchNetwork) -> None:
        self._network = network
        shapes = network.shapes("chunk")
        self._frames = {name: shape[1] for name, shape in shapes.items() if name.startswith("past")}
        # Single frames are added behind, and nothing is moved until there is no more room.
        self._pasts = {
            name: np.zeros((1, frames + CHUNK, *shapes[name][2:]), np.float32)
            for name, frames in self._frames.items()
        }
        self._added = 0

    def run(self, frames: Levels) -> tuple[Salience, Salience]:
        """Go on through frames of 20 ms.

        Parameters
        ----------
        frames : float32 array, shape [n, BINS, CHANNELS]
            Input of the network: levels and backgrounds about each frame.

        Returns
        -------
        salience : float32 array, shape [2 n, PITCH_BINS]
            Share of belief in each pitch, for every 10 ms; adds up to 1.
        voicing : float32 array, shape [2 n]
            Probability that a voice sounds.
        """
        count = frames.shape[0]
        salience = np.empty((count, 2, PITCH_BINS), np.float32)
        voicing = np.empty((count, 2), np.float32)
        whole = count - count % CHUNK
        starts = [*((at, CHUNK) for at in range(0, whole, CHUNK)), *((at, 1) for at in range(whole, count))]
        for at, size in starts:
            found = self._advance(frames[None, at : at + size])
            salience[at : at + size] = found["salience"][0]
            voicing[at : at + size] = found["voicing"][0]
        return salience.reshape(-1, PITCH_BINS), voicing.reshape(-1)

    def _advance(self, frames: Levels) -> dict[str, Features]:
        """Run on a single frame or a chunk, and keep what comes after."""
        since, single = self._added, frames.shape[1] == 1
        pasts = {name: self._pasts[name][:, since : since + count] for name, count in self._frames.items()}
        if single:  # the two frames that the kernels reach
            pasts = {name: past[:, :: past.shape[1] // 2] for name, past in pasts.items()}
        pasts = {name: np.ascontiguousarray(past) for name, past in pasts.items()}
        found = self._network.run("step" if single else "chunk", frames=frames, **pasts)
        self._added = 0 if not single or since == CHUNK else since + 1
        for name, count in self._frames.items():
            kept, after = self._pasts[name], found[name.replace("past", "after")]
            if single and since == CHUNK:
                kept[:, : count - 1] = kept[:, since + 1 : since + count]
            until = self._added + count
            kept[:, until - after.shape[1] : until] = after
        return found


@lru_cache(maxsize=1)
def shipped_network() -> PitchNetwork:
    """Return the network that ships with the package."""
    return PitchNetwork()


@lru_cache(maxsize=1)
def shipped_digest() -> str:
    """Return the digest of that network; one that cannot be read is refused as if it were loaded."""
    try:
        return hashlib.sha256(MODEL_FILE.read_bytes()).hexdigest()
    except OSError:
        return shipped_network().digest


def coarse_pass(
    network: PitchNetwork, spectra: Spectra, backgrounds: Levels, coarse_hz: FloatArray
) -> tuple[FloatArray, Features]:
    """Measure the pitch in each frame by itself: Hz, shape [frames], and what `refine_pass` is told."""
    off, partials = network.look(partial_features(spectra, backgrounds, coarse_hz))
    return np.asarray(coarse_hz * 2.0 ** (off.astype(np.float64) * SCALE_CENTS / 1200.0)), partials


def refine_pass(
    network: PitchNetwork, hz: FloatArray, voicing: Salience, partials: Features
) -> tuple[FloatArray, Salience]:
    """Mend the first look by the frames around: Hz and the probability of a voice, shapes [frames]."""
    cents = 1200.0 * np.log2(hz / PITCH_LOWEST_HZ)
    off, mended = network.look_around(around(cents, voicing, partials))
    return np.asarray(hz * 2.0 ** (off.astype(np.float64) * SCALE_CENTS / 1200.0)), mended
