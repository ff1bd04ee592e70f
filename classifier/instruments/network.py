"""The network that tells instruments apart: what it looks at, and what it says of a sound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from swara.classifier.head_files import head_network, read_head
from swara.classifier.window_network import WindowNetwork
from swara.data.arrays import FloatArray
from swara.data.clip import Samples
from swara.data.log_mel import SILENCE, LogMel, Picture, log_mel
from swara.embedder.builtin.features import (
    BANDS,
    FRAME_SAMPLES,
    STEP_SAMPLES,
    Levels,
    band_features,
    band_powers,
)

__all__ = [
    "BAND_FRAMES",
    "FOLDER",
    "FRAMES",
    "KIND",
    "LABELS",
    "NETWORK_FILE",
    "NONE",
    "ON_EMBEDDER_FILE",
    "PEAK",
    "SPEC",
    "SURE",
    "InstrumentHead",
    "Named",
    "band_input",
    "band_windows",
    "blended",
    "label_of",
    "scaled",
    "shipped_head",
    "windows",
]

KIND = "instrument"
FOLDER = Path(__file__).parent
"""Where the head lies that ships."""

NETWORK_FILE, ON_EMBEDDER_FILE = "instruments.tflite", "on_embedder.tflite"
"""The network on log-mel, and the one that the layers of the built-in embedder were trained on to be, which
hears bands as that does. The head that ships has both, one of a user's a network alone, under any name."""

BAND_FRAMES, _BAND_STEP = 40, 20
"""Frames of bands in a window, 1.01 s, and from one window to the next."""

_EMBEDDER_SHARE = 0.5
"""How much the logarithms of the network on the embedder count, the other's the rest."""

NONE = "none of these"
LABELS = (
    *("alto saxophone", "baritone saxophone", "cello", "clarinet", "double bass", "flute", "oboe"),
    *("piccolo", "soprano saxophone", "tenor saxophone", "trumpet", "violin", "voice", NONE),
)
"""What the shipped head can answer."""

SPEC = LogMel(n_mels=80, window=1024, hop=320, low_hz=40.0, high_hz=7900.0)
FRAMES = 48
"""Frames in a window: 0.96 s."""

_STEP = 24
"""From one window to the next. What is left at the end of a sound, less than that, is in none: a window that
ends with the sound made no answer better."""

_RANGE = np.float32(np.log(10.0) / 10.0 * 65.0)
"""What lies 65 dB and more below the loudest of a window counts as silence: a room, noise, no instrument."""

_FAINT = np.float32(np.log(1e4))
"""A window so far below the loudest of a sound, 40 dB, tells of a room rather than of an instrument."""

_SILENT = 1e-3
"""Peak of what is silence: -60 dB of full scale."""

PEAK = 0.5
"""What sounds are brought to before they are looked at, in training too: there is a floor to a picture."""

SURE = 0.5
"""Least probability of a name that is given. Of 1143 notes of keys held out of training, what ships then
names 80 %, and 88 % of those rightly; the CNN alone 77 % and 83 % (`make bench-heads`)."""


def label_of(instrument: str) -> str:
    """Return the label that an instrument, as corpora name it, is trained and tested under."""
    return instrument if instrument in LABELS else NONE


def scaled(picture: Picture) -> Picture:
    """Return windows as the network sees them: 1 at the loudest of each, 0 at 65 dB below, whatever the gain.

    Parameters
    ----------
    picture : float32 array, shape [..., frames, n_mels]
        Of `log_mel`.
    """
    loudest = picture.max(axis=(-2, -1), keepdims=True)
    return np.asarray(np.maximum(0.0, 1.0 + (picture - loudest) / _RANGE), dtype=np.float32)


def windows(samples: Samples) -> Picture:
    """Return the windows of a sound that are not silent, float32 array of shape [n, FRAMES, n_mels].

    A sound shorter than a window is followed by silence.
    """
    peak = float(np.max(np.abs(samples), initial=0.0))
    if peak < _SILENT:
        return np.zeros((0, FRAMES, SPEC.n_mels), np.float32)
    picture = log_mel(samples * np.float32(PEAK / peak), SPEC)
    if len(picture) < FRAMES:
        rest = np.full((FRAMES - len(picture), SPEC.n_mels), SILENCE)
        picture = np.concatenate([picture, rest])
    starts = range(0, len(picture) - FRAMES + 1, _STEP)
    cut = np.stack([picture[start : start + FRAMES] for start in starts])
    loudest = cut.max(axis=(1, 2))
    return np.asarray(cut[loudest > loudest.max() - _FAINT], dtype=np.float32)


def band_windows(samples: Samples) -> Levels:
    """Return what the network on the embedder hears of a sound, cut as by `windows`: `band_input` of each."""
    peak = float(np.max(np.abs(samples), initial=0.0))
    if peak < _SILENT:
        return np.zeros((0, BAND_FRAMES, BANDS + 1), np.float32)
    lacking = (BAND_FRAMES - 1) * STEP_SAMPLES + FRAME_SAMPLES - samples.size
    powers = band_powers(np.pad(samples * np.float32(PEAK / peak), (0, max(0, lacking))))
    starts = range(0, len(powers) - BAND_FRAMES + 1, _BAND_STEP)
    cut = np.stack([powers[start : start + BAND_FRAMES] for start in starts])
    loudest = cut.max(axis=(1, 2))
    return band_input(cut[loudest >= loudest.max() * np.exp(-_FAINT)])


def band_input(powers: Levels) -> Levels:
    """Return windows of band powers as the network on the embedder takes them, at whatever gain.

    Parameters
    ----------
    powers : float32 array, shape [n, BAND_FRAMES, BANDS]
        Of the embedder's `band_powers`.

    Returns
    -------
    float32 array, shape [n, BAND_FRAMES, BANDS + 1]
        The embedder's levels, and beside them what each frame counts, 1 for the one that counts most, none 0.
    """
    levels, weights = band_features(powers)
    most = np.maximum(weights.max(axis=-2, keepdims=True), 1e-9)
    # Weights are divided by their sum: with 16 bits, what keeps that from 0 in the embedder is 0.
    return np.concatenate([levels, np.maximum(weights / most, 1e-6)], axis=-1, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Named:
    """What a head says of a sound.

    Parameters
    ----------
    name : str or None
        One of the head's labels; None where it cannot tell.
    probabilities : dict of str to float
        Of each label, the likeliest first; empty of silence.
    """

    name: str | None
    probabilities: dict[str, float]


class InstrumentHead:
    """A trained head in a folder.

    Parameters
    ----------
    folder : Path
        As `head_files.write_head` wrote it.

    Raises
    ------
    HeadError
        If it is damaged, of another kind, or no network over such windows.
    """

    def __init__(self, folder: Path) -> None:
        self.manifest = read_head(folder, KIND)
        self.labels = self.manifest.labels
        both = ON_EMBEDDER_FILE in self.manifest.files
        name = NETWORK_FILE if both else next(iter(self.manifest.files))
        self._network = self._opened(folder, name, (FRAMES, SPEC.n_mels))
        bands = (BAND_FRAMES, BANDS + 1)
        self._on_embedder = self._opened(folder, ON_EMBEDDER_FILE, bands) if both else None

    def _opened(self, folder: Path, name: str, shape: tuple[int, int]) -> WindowNetwork:
        network = WindowNetwork(head_network(folder, name), str(folder / name))
        network.expect(shape, len(self.labels))
        return network

    def logs(self, samples: Samples) -> list[FloatArray]:
        """Return the mean logarithms of what each network believes of a sound: nothing of silence.

        Parameters
        ----------
        samples : float32 array, shape [n]
            At 16 kHz.

        Returns
        -------
        list of float64 array, shape [labels]
            The network's own, and that on the embedder's, where the head has one.
        """
        looked_at = windows(samples)
        if not len(looked_at):
            return []
        told = [self._network.run(scaled(looked_at))]
        if self._on_embedder is not None:
            told.append(self._on_embedder.run(band_windows(samples)))
        return [np.log(shares.astype(np.float64) + 1e-6).mean(axis=0) for shares in told]

    def name(self, samples: Samples) -> Named:
        """Say what sounds.

        Parameters
        ----------
        samples : float32 array, shape [n]
            At 16 kHz; best a note or a phrase.
        """
        logs = self.logs(samples)
        if not logs:
            return Named(None, {})
        belief = blended(logs)
        order = np.argsort(-belief)
        probabilities = {self.labels[place]: float(belief[place]) for place in order}
        name, best = next(iter(probabilities.items()))
        return Named(name if best >= SURE else None, probabilities)


def blended(logs: Sequence[FloatArray]) -> FloatArray:
    """Return the probabilities that one or both logarithms of `InstrumentHead.logs` come to together."""
    together = logs[0] + (_EMBEDDER_SHARE * (logs[1] - logs[0]) if len(logs) > 1 else 0.0)
    belief = np.exp(together - together.max())
    return np.asarray(belief / belief.sum())


@lru_cache(maxsize=1)
def shipped_head() -> InstrumentHead:
    """Return the head that ships with the package."""
    return InstrumentHead(FOLDER)
