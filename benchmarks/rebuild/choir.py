"""Recordings of many singers: six swaras each, tones of a loudness of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile

from swara.data.recording import Recording, SwaraLabel
from swara.data.sample_corpus.corpus import append_recordings, read_corpus
from swara.data.storage.disk import sha256_of
from swara.raga.swaras import parse_swara
from swara.raga.tuning import JUST

SWARAS = ("S", "R", "G", "P", "D", "S'")
NOTE_S, RATE_HZ = 0.2, 16_000


def just_cents(swara: str) -> float:
    """Where a swara lies above Sa."""
    place, octave = parse_swara(swara)
    return JUST.cents_of(place.index, octave)


def sing(
    folder: Path,
    singer: int,
    take: int,
    *,
    rounds: int = 1,
    note_s: float = NOTE_S,
    partials: int = 1,
    synthesized: bool = True,
    off_cents: dict[str, float] | None = None,
    melody: Sequence[str] = SWARAS,
) -> Recording:
    """Write a recording of all six swaras or of a melody and return it, rightly labelled.

    A voice has many partials.
    """
    sa_hz = 180.0 + 7.0 * singer
    rng = np.random.default_rng([singer, take])
    times_s = np.arange(round(note_s * RATE_HZ)) / RATE_HZ
    tones = []
    swaras = (*melody,) * rounds
    for swara in swaras:
        cents = just_cents(swara) + rng.uniform(-12, 12) + (off_cents or {}).get(swara, 0.0)
        loudness = 0.2 + 0.05 * singer + 0.02 * rng.random()
        phase = 2 * np.pi * sa_hz * 2 ** (cents / 1200) * times_s + 0.1
        tones.append(loudness * sum(np.sin(n * phase) / n for n in range(1, partials + 1)) / partials**0.5)
    path = folder / f"singer {singer} take {take}.wav"
    soundfile.write(path, np.concatenate(tones), RATE_HZ, subtype="PCM_16")
    labels = tuple(
        SwaraLabel(n * note_s + 0.03, (n + 1) * note_s - 0.03, swara) for n, swara in enumerate(swaras)
    )
    return Recording(
        str(path), sha256_of(path), f"singer {singer}", sa_hz, None, labels, "of no value", synthesized
    )


def relabel(corpus: Path, change: Callable[[Recording], Recording]) -> None:
    """Append what `change` makes of each recording known, where that is another."""
    known = read_corpus(corpus)
    changed = [change(recording) for recording in known]
    append_recordings(corpus, [new for old, new in zip(known, changed, strict=True) if new != old])


def shuffled(share: float, seed: int) -> Callable[[Recording], Recording]:
    """Return what gives a share of the labels the swara of another note."""
    rng = np.random.default_rng(seed)

    def change(recording: Recording) -> Recording:
        labels = tuple(
            replace(label, swara=str(rng.choice([s for s in SWARAS if s != label.swara])))
            if rng.random() < share
            else label
            for label in recording.labels
        )
        return replace(recording, labels=labels)

    return change
