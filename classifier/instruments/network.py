"""The network that tells instruments apart: what it looks at, and what it says of a sound."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from swara.classifier.head_files import head_network, read_head
from swara.classifier.window_network import WindowNetwork
from swara.data.clip import Samples
from swara.data.log_mel import SILENCE, LogMel, Picture, log_mel

__all__ = [
    "FOLDER",
    "FRAMES",
    "KIND",
    "LABELS",
    "NONE",
    "PEAK",
    "SPEC",
    "InstrumentHead",
    "Named",
    "label_of",
    "scaled",
    "shipped_head",
    "windows",
]

KIND = "instrument"
FOLDER = Path(__file__).parent
"""Where the head lies that ships."""

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
_RANGE = np.float32(np.log(10.0) / 10.0 * 65.0)
"""What lies 65 dB and more below the loudest of a window counts as silence: a room, noise, no instrument."""

_FAINT = np.float32(np.log(1e4))
"""A window so far below the loudest of a sound, 40 dB, tells of a room rather than of an instrument."""

_SILENT = 1e-3
"""Peak of what is silence: -60 dB of full scale."""

PEAK = 0.5
"""What sounds are brought to before they are looked at, in training too: there is a floor to a picture."""

_SURE = 0.5
"""Least probability of a name that is given. Of notes of keys held out of training, eight in ten are then
named, and nine in ten of those rightly."""


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
        If it is damaged, of another kind, or no network over `FRAMES` frames.
    """

    def __init__(self, folder: Path) -> None:
        self.manifest = read_head(folder, KIND)
        self.labels = self.manifest.labels
        (name,) = self.manifest.files
        self._network = WindowNetwork(head_network(folder, name), str(folder / name))
        self._network.expect((FRAMES, SPEC.n_mels), len(self.labels))

    def name(self, samples: Samples) -> Named:
        """Say what sounds.

        Parameters
        ----------
        samples : float32 array, shape [n]
            At 16 kHz; best a note or a phrase.
        """
        looked_at = windows(samples)
        if not len(looked_at):
            return Named(None, {})
        logs = np.log(self._network.run(scaled(looked_at)) + 1e-6)
        belief = np.exp(logs.mean(axis=0))
        belief /= belief.sum()
        order = np.argsort(-belief)
        probabilities = {self.labels[place]: float(belief[place]) for place in order}
        name, best = next(iter(probabilities.items()))
        return Named(name if best >= _SURE else None, probabilities)


@lru_cache(maxsize=1)
def shipped_head() -> InstrumentHead:
    """Return the head that ships with the package."""
    return InstrumentHead(FOLDER)
