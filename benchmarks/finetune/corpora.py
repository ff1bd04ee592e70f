"""Corpora of synthesized singers or takes of sight-singers, every recording as a phone has it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from benchmarks.recordings import SightSinging
from swara.classifier.pitch.training.draw_noise import coloured_noise
from swara.classifier.pitch.training.draw_recording import draw_room, filtered
from swara.data.clip import Samples
from swara.data.recording import Recording, SwaraLabel
from swara.data.storage.disk import sha256_of
from swara.data.synth import mix_at_db
from swara.embedder.training.voices import draw_singer, sing_phrase

SEED = 910_000
"""Singers have the seeds from here on: what ships learned from others, and what is mixed in are others."""

RATE_HZ = 16_000
_PHRASE_S, _NOTES = 4.8, 6
_SPREAD_OCTAVES = 0.4
_NOISE_DB = (15.0, 40.0)
_SHORTEST_S = 0.12


@dataclass(frozen=True, slots=True, eq=False)
class Phrases:
    """One recording.

    Who sings, samples at 16 kHz, and from where to where each note is sung, [notes, 2] in s.
    """

    singer: str
    samples: Samples
    notes_s: npt.NDArray[np.float64]


def synthesized_singers(first: int, count: int, recordings: int) -> Iterator[Phrases]:
    """Sing phrases low and high, each cut into as many notes at even places.

    Parameters
    ----------
    first, count : int
        Singers of the numbers from `first` on; the same number is the same singer.
    recordings : int
        Of each singer.
    """
    edges_s = np.linspace(0.0, _PHRASE_S, _NOTES + 1)
    notes_s = np.stack([edges_s[:-1], edges_s[1:]], axis=1)
    for number in range(first, first + count):
        singer = draw_singer(np.random.default_rng((SEED + number, 0)))
        for take in range(recordings):
            rng = np.random.default_rng((SEED + number, 1 + take))
            shift = rng.uniform(-_SPREAD_OCTAVES, _SPREAD_OCTAVES)
            yield Phrases(f"singer {number}", sing_phrase(singer, shift, _PHRASE_S, rng), notes_s)


def sight_singers(takes: Sequence[SightSinging], pieces: int) -> Iterator[Phrases]:
    """Cut each take into pieces of as many notes; each take counts as a singer."""
    for take in takes:
        for intervals_s in np.array_split(take.intervals_s, pieces):
            begin_s, end_s = max(0.0, intervals_s[0, 0] - 0.05), intervals_s[-1, 1] + 0.05
            held = intervals_s[intervals_s[:, 1] - intervals_s[:, 0] >= _SHORTEST_S]
            yield Phrases(take.name, take.clip.between(begin_s, end_s).samples, held - begin_s)


def through_phones(sung: Phrases, rng: np.random.Generator) -> Phrases:
    """Put a recording into a room of its own, and through an equaliser and noise of its own."""
    heard = filtered(sung.samples, rng, draw_room(rng), strength=1.0)
    noisy = mix_at_db(heard, coloured_noise(heard.size, rng), rng.uniform(*_NOISE_DB))
    return Phrases(sung.singer, noisy, sung.notes_s)


def alone(sung: Phrases, rng: np.random.Generator) -> Phrases:  # noqa: ARG001 (stands in for `through_phones`)
    """Leave a recording as it is."""
    return sung


def written(
    sung: Iterator[Phrases], folder: Path, change: Callable[[Phrases, np.random.Generator], Phrases]
) -> list[Recording]:
    """Write what `change` makes of each recording into a folder; each has its own, fixed randomness."""
    folder.mkdir(parents=True)
    recordings = []
    for number, one in enumerate(sung):
        changed = change(one, np.random.default_rng((SEED, number)))
        path = folder / f"{number}.flac"
        peak = float(np.abs(changed.samples).max())
        soundfile.write(path, 0.5 / max(peak, 1e-9) * changed.samples, RATE_HZ)
        labels = tuple(SwaraLabel(float(begin), float(end), "S") for begin, end in changed.notes_s)
        recordings.append(
            Recording(str(path), sha256_of(path), one.singer, 200.0, None, labels, "made to measure")
        )
    return recordings
