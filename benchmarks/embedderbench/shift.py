"""The same singer higher: WORLD moves the pitch and keeps the formants."""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from pathlib import Path

import numpy as np

from swara.data.arrays import FloatArray
from swara.data.clip import Samples
from swara.data.pitch_track import MAX_HZ, MIN_HZ
from swara.data.storage.disk import write_atomically

__all__ = ["FIFTH", "Resung", "pitch", "resung"]

FIFTH = 1.5
RATE_HZ = 16_000
_REVISION = 1
"""To be raised when the same sound would be resung otherwise: sounds kept from before are then stale."""


class Resung:
    """Resings sounds, and keeps what it made: finding the pitch takes WORLD a while.

    Parameters
    ----------
    folder : Path
        Made when something is first kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pitch: dict[str, tuple[FloatArray, FloatArray]] = {}

    def __call__(self, samples: Samples, ratio: float) -> Samples:
        """Return `resung` of the sound, from the folder if it has been made before."""
        digest = hashlib.sha256(np.ascontiguousarray(samples).tobytes()).hexdigest()
        kind = f"world-{version('pyworld')}-{_REVISION}-{ratio:g}"
        path = self._folder / kind / f"{digest}.npy"
        if path.is_file():
            known: Samples = np.load(path, allow_pickle=False)
            if known.shape == samples.shape and known.dtype == np.float32:
                return known
        if digest not in self._pitch:
            self._pitch[digest] = pitch(samples)
        made = resung(samples, *self._pitch[digest], ratio)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, lambda part: _write(part, made))
        return made


def pitch(samples: Samples) -> tuple[FloatArray, FloatArray]:
    """Return the pitch that Harvest finds, 0 where unvoiced, and its times: Hz and s, shape [frames] each."""
    import pyworld

    hz, times_s = pyworld.harvest(samples.astype(np.float64), RATE_HZ, f0_floor=MIN_HZ, f0_ceil=MAX_HZ)
    return hz, times_s


def resung(samples: Samples, hz: FloatArray, times_s: FloatArray, ratio: float) -> Samples:
    """Analyze a voice with WORLD (CheapTrick, D4C) and synthesize it at `ratio` times its pitch.

    Envelope and aperiodicity stay as they are, so the formants do. With a ratio of 1 what changes is only
    what the vocoder itself leaves in a sound.

    Parameters
    ----------
    samples : float32 array, shape [n]
        At 16 kHz.
    hz, times_s : float64 arrays, shape [frames]
        From `pitch`.
    ratio : float

    Returns
    -------
    float32 array, shape [n]
        Cut or filled up with silence to the length of `samples`, which WORLD misses by some ms.
    """
    import pyworld

    sound: FloatArray = samples.astype(np.float64)
    envelope = pyworld.cheaptrick(sound, hz, times_s, RATE_HZ)
    aperiodicity = pyworld.d4c(sound, hz, times_s, RATE_HZ)
    made = pyworld.synthesize(ratio * hz, envelope, aperiodicity, RATE_HZ)[: samples.size]
    return np.asarray(np.pad(made, (0, samples.size - made.size)), dtype=np.float32)


def _write(path: Path, samples: Samples) -> None:
    with path.open("wb") as file:
        np.save(file, samples, allow_pickle=False)
