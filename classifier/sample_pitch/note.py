"""The note of any sample, MIDI 21 to 108: what a small network hears in its frames, taken together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from swara.classifier import HeadError
from swara.classifier.head_files import NETWORK, head_network, read_head
from swara.classifier.window_network import WindowNetwork
from swara.data.clip import Clip, Samples
from swara.data.corpora.labels import PIANO

from .features import (
    AGREES_SEMITONES,
    BINS_PER_SEMITONE,
    FRAME,
    LOWEST_MIDI,
    PITCH_BINS,
    RATE_HZ,
    REACH_SEMITONES,
    beside_partials,
    cut_frames,
    frame_features,
    measured_midi,
)

__all__ = [
    "FOLDER",
    "HIGHEST",
    "KIND",
    "LOWEST",
    "NETWORK_FILE",
    "NOTES",
    "WEIGHTS_FILE",
    "NoteGuess",
    "PitchHead",
    "Shares",
    "crepe_windows",
    "guess",
    "note_of",
    "shipped_pitch",
    "sounding_frames",
    "together",
]

Shares: TypeAlias = npt.NDArray[np.float32]

FOLDER = Path(__file__).parent
KIND, NETWORK_FILE = "pitch", "sample_pitch.tflite"
WEIGHTS_FILE = "weights.npz"
"""The same network's weights, layer by layer, for a training to begin from."""

LOWEST, HIGHEST = PIANO[0], PIANO[-1]
"""MIDI notes that there are: those of a piano."""

NOTES = HIGHEST - LOWEST + 1

_MOST_FRAMES = 64
_FAINT = 1e-3  # a frame 30 dB below the loudest tells of a room rather than of a note
_SILENT = 1e-9  # mean square: -90 dB of full scale
_LEAST_SHARE = 1e-4
_NEAR_BINS = 2
_LEAST_CONFIDENCE = 0.5


@dataclass(frozen=True, slots=True)
class NoteGuess:
    """The note that a sample most likely is.

    Parameters
    ----------
    midi : int
        21 to 108; 60 is middle C.
    cents : float
        How far above that note it sounds, -50 to 50.
    confidence : float or None
        Share of the network's belief in bins within half a semitone; None where nothing sounds that has a
        pitch, or where it would be under a half: the note is then not to be shown. It is no probability:
        nothing was calibrated on recordings, and nobody is shown it.
    beside : float
        How much of the energy lies in no partial of it, in the median of frames, each by its own pitch: what
        sounds with it. 0 where that was not measured.
    """

    midi: int
    cents: float
    confidence: float | None
    beside: float = 0.0


class PitchHead:
    """A head for notes in a folder: the one that ships, or one that was trained on a trunk.

    Parameters
    ----------
    folder : Path
        As `head_files.write_head` wrote it.
    fix : str
        What to do where it is damaged.

    Raises
    ------
    HeadError
        If it is damaged, of another kind, or on a trunk that this version does not know.
    """

    def __init__(self, folder: Path, *, fix: str = "Train it anew") -> None:
        manifest = read_head(folder, KIND, fix=fix)
        self._ships = NETWORK_FILE in manifest.files
        trunk, name = manifest.trained_on.get("trunk"), NETWORK_FILE if self._ships else NETWORK
        if not self._ships and trunk not in ("note", "crepe"):
            raise HeadError(f"this head is on a trunk that is not known: {trunk}", where=str(folder), fix=fix)
        self._windows = crepe_windows if trunk == "crepe" and not self._ships else frame_features
        self._network = WindowNetwork(head_network(folder, name), str(folder / name))
        blank = self._windows(np.zeros((1, FRAME), np.float32))
        self._network.expect(blank.shape[1:3], PITCH_BINS + 1 if self._ships else NOTES)

    def note(self, clip: Clip) -> NoteGuess:
        """Return the note of a sample, as `note_of` does."""
        frames = sounding_frames(clip)
        shares = self._network.run(self._windows(frames)) if len(frames) else np.empty((0, 1), np.float32)
        found = guess(shares) if self._ships else _likeliest(shares)
        if found.confidence is None:
            return found
        # A dense head tells whole notes: its cents are what the partials say, however far from its middle.
        agrees = AGREES_SEMITONES if self._ships else REACH_SEMITONES
        measured = measured_midi(frames, found.midi + found.cents / 100.0, agrees=agrees)
        beside = _beside(frames, shares) if self._ships else 0.0
        return NoteGuess(*_nearest(measured), found.confidence, beside)


def note_of(clip: Clip) -> NoteGuess:
    """Return the note of a sample, by the head that ships.

    Parameters
    ----------
    clip : Clip
        One note, at any sample rate; of two, or of a melody, it is the one that is heard longest. Of a long
        one, frames are heard here and there.

    Raises
    ------
    HeadError
        If the network that ships with the package cannot be read.
    """
    return shipped_pitch().note(clip)


def sounding_frames(clip: Clip) -> Samples:
    """Return the frames of a clip that are not faint beside its loudest: float32 [n, FRAME], at most 64."""
    samples = clip.samples
    if clip.rate_hz != RATE_HZ:
        import soxr

        samples = soxr.resample(samples, clip.rate_hz, RATE_HZ)
    frames = cut_frames(samples)
    power = np.concatenate(
        [
            np.square(block, dtype=np.float64).mean(axis=1)
            for block in np.array_split(frames, 1 + len(frames) // 256)
        ]
    )
    heard = np.flatnonzero(power > max(_FAINT * power.max(), _SILENT))
    few = heard[np.linspace(0, len(heard) - 1, min(len(heard), _MOST_FRAMES)).round().astype(np.intp)]
    return np.ascontiguousarray(frames[few])


@lru_cache(maxsize=1)
def shipped_pitch() -> PitchHead:
    """Return the head that ships with the package, found unchanged."""
    from swara.data.installation import repair_advice

    return PitchHead(FOLDER, fix=repair_advice())


def crepe_windows(frames: Samples) -> Shares:
    """Return what a head on CREPE takes, the middle of each frame: float32 [n, 1024, 1]."""
    from swara.embedder.crepe.network import WINDOW, normalised

    start = (frames.shape[1] - WINDOW) // 2
    return normalised(frames[:, start : start + WINDOW])


def together(shares: Shares) -> Shares:
    """Return the belief in each note of several frames together, as mean logarithms: float32 [classes]."""
    return np.asarray(np.log(shares + np.float32(_LEAST_SHARE)).mean(axis=0))


def _likeliest(shares: Shares) -> NoteGuess:
    """Take what a dense head over notes believes of several frames together."""
    if not len(shares):
        return NoteGuess(60, 0.0, None)
    belief = np.exp(together(shares))
    best = int(belief.argmax())
    confidence = float(belief[best] / belief.sum())
    return NoteGuess(LOWEST + best, 0.0, confidence if confidence >= _LEAST_CONFIDENCE else None)


def guess(shares: Shares) -> NoteGuess:
    """Take the belief of several frames together.

    Parameters
    ----------
    shares : float32 array, shape [n, PITCH_BINS + 1]
        What the network believes of each frame: of each pitch bin, and of none; n may be 0.
    """
    if not len(shares):
        return NoteGuess(60, 0.0, None)
    # The product of beliefs: a bin that one frame holds impossible is not what sounds. The floor keeps one
    # frame, at the attack, from deciding alone.
    belief = np.exp(together(shares))
    belief /= belief.sum()
    pitches = belief[:PITCH_BINS]
    near = np.convolve(pitches, np.ones(2 * _NEAR_BINS + 1), "same")
    peak = int(near.argmax())
    bins = np.arange(max(0, peak - _NEAR_BINS), min(PITCH_BINS, peak + _NEAR_BINS + 1))
    midi = LOWEST_MIDI + float(pitches[bins] @ bins / pitches[bins].sum()) / BINS_PER_SEMITONE
    confidence = float(near[peak])
    return NoteGuess(*_nearest(midi), confidence if confidence >= _LEAST_CONFIDENCE else None)


def _beside(frames: Samples, shares: Shares) -> float:
    found = [guess(each[None]) for each in shares]
    midi = np.array([each.midi + each.cents / 100.0 for each in found])
    return float(np.median(beside_partials(frames, 440.0 * 2.0 ** ((midi - 69.0) / 12.0))))


def _nearest(midi: float) -> tuple[int, float]:
    nearest = min(max(round(midi), LOWEST), HIGHEST)
    return nearest, 100.0 * (midi - nearest)
