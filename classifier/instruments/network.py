"""The network that tells instruments apart: what it looks at, and what it says of a sound."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock

import numpy as np
import numpy.typing as npt

from swara.classifier.head_files import head_network, read_head
from swara.classifier.window_network import WindowNetwork
from swara.data.arrays import FloatArray
from swara.data.clip import Samples
from swara.data.log_mel import SILENCE, LogMel, Picture, log_mel
from swara.embedder.hub.yamnet_tflite import OneOutput, pulled_lowest

__all__ = [
    "BLOCKS",
    "CNN",
    "CNN_AND_YAMNET",
    "FOLDER",
    "FRAMES",
    "KIND",
    "LABELS",
    "MAP",
    "NETWORK_FILE",
    "NONE",
    "ON_TRUNK_FILE",
    "PEAK",
    "PIECE",
    "SPEC",
    "SURE",
    "InstrumentHead",
    "Named",
    "Trunk",
    "blended",
    "label_of",
    "pieces",
    "pulled_trunk",
    "scaled",
    "shipped_head",
    "windows",
]

KIND = "instrument"
FOLDER = Path(__file__).parent
"""Where the head lies that ships."""

NETWORK_FILE, ON_TRUNK_FILE = "instruments.tflite", "on_yamnet.tflite"
"""The network, and the small one on what the lowest blocks of YAMNet give, which are no part of a head. A
head has both, or a network alone, under any name."""

CNN, CNN_AND_YAMNET = "cnn", "cnn + yamnet"
"""Who answers: the network alone, or both."""

BLOCKS = 7
"""Of YAMNet's separable convolutions, from the lowest, that the small network was trained on."""

PIECE, _PIECE_STEP = 15_600, 7_680
"""Samples that YAMNet hears at a time, and from one piece to the next."""

MAP = (6, 2048)
"""What its lowest blocks give for a piece: six moments, four places in pitch of 512 channels."""

_TRUNK_SHARE = 0.5
"""How much the small network's logarithms count, the other's the rest."""

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

SURE = 0.5
"""Least probability of a name that is given. Of 1143 notes of keys held out of training, the CNN alone then
names 77 %, and 83 % of those rightly; with YAMNet's blocks it is 77 %, and 93 % rightly (`make
bench-heads`)."""


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


def pieces(samples: Samples) -> Samples:
    """Return the pieces of a sound that YAMNet's lowest blocks hear, float32 array of shape [n, PIECE].

    As with `windows`, faint ones are left out; the last one is followed by silence.
    """
    peak = float(np.max(np.abs(samples), initial=0.0))
    if peak < _SILENT:
        return np.zeros((0, PIECE), np.float32)
    starts = range(0, max(1, samples.size - PIECE // 2), _PIECE_STEP)
    loud = np.pad(samples * np.float32(PEAK / peak), (0, PIECE))
    cut = np.stack([loud[start : start + PIECE] for start in starts])
    power = np.square(cut, dtype=np.float64).mean(axis=1)
    return np.asarray(cut[power > power.max() * np.exp(-_FAINT)], dtype=np.float32)


class Trunk:
    """The lowest blocks of YAMNet; threads may share them, and take turns.

    Parameters
    ----------
    content : bytes
        A file of `yamnet_tflite.lowest_blocks`.
    where : str
        What to call it where it is refused.

    Raises
    ------
    ModelDamaged
        If it is none.
    """

    def __init__(self, content: bytes, where: str) -> None:
        self._network, self._turn = OneOutput(content, where), Lock()

    def maps(self, samples: Samples) -> npt.NDArray[np.float32]:
        """Return what they give for the `pieces` of a sound: float32 [n, *MAP]."""
        found = np.empty((0, *MAP), np.float32)
        with self._turn:
            told = [self._network(piece).reshape(1, *MAP) for piece in pieces(samples)]
        return np.concatenate([found, *told])


def pulled_trunk() -> Trunk | None:
    """Return the lowest blocks of what ``swara models pull yamnet-tflite`` got; None without that."""
    found = pulled_lowest(os.environ, BLOCKS)
    return None if found is None else Trunk(found[0], str(found[1]))


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
    trunk : callable, optional
        Gives YAMNet's lowest blocks, or None where they are not to be had; asked where the head has a network
        on them. `pulled_trunk`, if left out.

    Attributes
    ----------
    network : str
        Who answers: `CNN` or `CNN_AND_YAMNET`.

    Raises
    ------
    HeadError
        If it is damaged, of another kind, or no network over `FRAMES` frames.
    """

    def __init__(self, folder: Path, trunk: Callable[[], Trunk | None] = pulled_trunk) -> None:
        self.manifest = read_head(folder, KIND)
        self.labels = self.manifest.labels
        both = ON_TRUNK_FILE in self.manifest.files
        name = NETWORK_FILE if both else next(iter(self.manifest.files))
        self._network = self._opened(folder, name, (FRAMES, SPEC.n_mels))
        self._trunk = trunk() if both else None
        self._on_trunk = None if self._trunk is None else self._opened(folder, ON_TRUNK_FILE, MAP)
        self.network = CNN if self._trunk is None else CNN_AND_YAMNET

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
            The network's own, and that on YAMNet's lowest blocks, where those are here.
        """
        looked_at = windows(samples)
        if not len(looked_at):
            return []
        told = [self._network.run(scaled(looked_at))]
        if self._trunk is not None and self._on_trunk is not None:
            told.append(self._on_trunk.run(self._trunk.maps(samples)))
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
    together = logs[0] + (_TRUNK_SHARE * (logs[1] - logs[0]) if len(logs) > 1 else 0.0)
    belief = np.exp(together - together.max())
    return np.asarray(belief / belief.sum())


@lru_cache(maxsize=1)
def shipped_head() -> InstrumentHead:
    """Return the head that ships with the package."""
    return InstrumentHead(FOLDER)
