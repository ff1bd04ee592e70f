"""The synthetic set that ships with the benchmark: seeded voices with an exact f0, in every range."""

from __future__ import annotations

import numpy as np

from swara.data.pitch_track import HOP_S
from swara.data.synth import VOICES, SynthTake, Voice, bhupali_take

from .material import RATE_HZ, Sung

__all__ = ["made_voices", "sung_take"]

SEED = 770_000
"""Far from any seed that a tracker of swara's was trained on."""

ROUNDS = 3
_TRUTH_HOP_S = HOP_S / 2


def made_voices() -> list[Sung]:
    """Sing three takes with each of the seven voices."""
    voices = [voice for _ in range(ROUNDS) for voice in VOICES.values()]
    return [made_voice(number, voice) for number, voice in enumerate(voices)]


def made_voice(number: int, voice: Voice, sa_hz: float | None = None) -> Sung:
    """Sing one take of Bhupali, on a Sa that suits the voice unless one is given."""
    take = bhupali_take(SEED + number, voice=voice, sa_hz=sa_hz, tanpura_db=None, rate_hz=RATE_HZ)
    return sung_take(f"{voice.name} {number}", take)


def sung_take(name: str, take: SynthTake) -> Sung:
    """Take a synthesized take's contour for truth."""
    contour = take.contour
    every = max(1, round(_TRUTH_HOP_S / contour.hop_s))
    heard = contour.times_s <= take.clip.duration_s
    times_s, hz = contour.times_s[heard][::every], contour.f0_hz[heard][::every]
    return Sung(name, take.clip.samples, times_s, np.asarray(hz), take.sa_hz)
