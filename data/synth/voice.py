"""A singing voice: harmonics of an exact f0 through a moving tract, with breath and consonants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from swara.data.arrays import FloatArray
from swara.data.clip import Samples

from .articulation import Articulation, articulate
from .curves import even_times, wander
from .harmonics import fundamental, source_gains, sum_partials
from .noise import OVERLAP, rms, shaped_noise
from .phones import parse_syllable
from .sung import Contour
from .tract import NEUTRAL_HZ, Gains, tract_gain, tract_phase

__all__ = ["VOICES", "Voice", "sing"]

_PEAK = 0.5
_CONTROL_S = 0.004
_TRANSITION_S = (0.06, 0.1)
_RADIATION_HZ = 1500.0  # breath is hiss at the glottis, and lips radiate it the better the higher
_JITTER_TURNS = 0.0015
_SHIMMER = 0.02
_FORMANT_SWAY = 0.015
_FORMANT_SWAY_S = 0.1


@dataclass(frozen=True, slots=True)
class Voice:
    """A kind of singer.

    Parameters
    ----------
    name : str
        As reports and labels call it.
    formant_scale : float
        Formant frequencies relative to an average man's; a shorter tract has a larger one.
    tilt_db_per_octave : float
        Slope of the source as radiated, without the tract.
    breathiness : float
        RMS of the breath noise relative to the voice's.
    roughness : float
        Shimmer and jitter, 1 for an ordinary voice, 0 for none.
    vibrato_cents, vibrato_hz : float
        Half-width and rate on long notes.
    range_hz : (float, float)
        What it can comfortably sing.
    """

    name: str
    formant_scale: float
    tilt_db_per_octave: float
    breathiness: float
    roughness: float
    vibrato_cents: float
    vibrato_hz: float
    range_hz: tuple[float, float]


VOICES: Mapping[str, Voice] = MappingProxyType(
    {
        voice.name: voice
        for voice in (
            Voice("low male", 0.94, -7.0, 0.03, 1.0, 25.0, 5.2, (75.0, 330.0)),
            Voice("mid male", 1.0, -6.5, 0.035, 1.0, 20.0, 5.6, (95.0, 400.0)),
            Voice("high male", 1.05, -6.0, 0.04, 0.8, 25.0, 6.0, (115.0, 500.0)),
            Voice("low female", 1.13, -6.5, 0.05, 1.0, 20.0, 5.6, (150.0, 620.0)),
            Voice("mid female", 1.18, -7.0, 0.06, 0.8, 25.0, 6.0, (175.0, 760.0)),
            Voice("high female", 1.23, -7.5, 0.08, 0.8, 30.0, 6.3, (200.0, 950.0)),
            Voice("child", 1.36, -8.0, 0.1, 1.3, 10.0, 5.5, (210.0, 900.0)),
        )
    }
)


@dataclass(frozen=True, slots=True, eq=False)
class _Control:
    """What the synthesis is steered by, every `hop` samples.

    `f0_hz` goes on through rests, where `loudness` is 0.
    """

    times_s: FloatArray
    f0_hz: FloatArray
    loudness: FloatArray
    formants_hz: FloatArray
    hop: int
    rate_hz: int


def sing(
    contour: Contour,
    voice: Voice,
    *,
    rate_hz: int,
    rng: np.random.Generator,
    syllables: Sequence[str] | None = None,
) -> Samples:
    """Sing a contour.

    Parameters
    ----------
    contour : Contour
        Its f0 is followed exactly (interpolated in log frequency); its rests stay free of voice.
    voice : Voice
        Who sings: range, formants, vibrato.
    rate_hz : int
        Samples per second.
    rng : numpy.random.Generator
        Draws breath, shimmer, jitter and the sway of the formants.
    syllables : sequence of str, optional
        One for each of the contour's notes, such as ``sa re ga``; aakar (``a``) if not given.

    Returns
    -------
    float32 array, shape [round(contour.duration_s * rate_hz)]
        Peak 0.5; all zero if the contour holds no voice.

    Raises
    ------
    ValueError
        If syllables and notes differ in number, or a syllable cannot be sung.
    """
    count = round(contour.duration_s * rate_hz)
    if not contour.voiced.any():
        return np.zeros(count, np.float32)
    hop = max(1, round(_CONTROL_S * rate_hz))
    times_s = even_times(-(-count // hop) + 1, hop / rate_hz)
    motion = _articulate(contour, times_s, syllables, rng)
    control = _control(contour, voice, motion, times_s, hop, rate_hz, rng)
    voiced = _voiced(contour, voice, control, count, rng)
    hiss = shaped_noise(rms(voiced[voiced != 0]) * _noise_gains(voice, control, motion), hop, rng)
    sound = voiced + hiss[:count]
    return np.asarray(sound * (_PEAK / np.abs(sound).max()), dtype=np.float32)


def _articulate(
    contour: Contour, times_s: FloatArray, syllables: Sequence[str] | None, rng: np.random.Generator
) -> Articulation:
    spoken = ["a"] * len(contour.labels) if syllables is None else list(syllables)
    if len(spoken) != len(contour.labels):
        raise ValueError(f"{len(spoken)} syllables for {len(contour.labels)} notes")
    moving_s = rng.uniform(*_TRANSITION_S, size=len(spoken))
    return articulate(times_s, contour.labels, [parse_syllable(text) for text in spoken], moving_s.tolist())


def _control(
    contour: Contour,
    voice: Voice,
    motion: Articulation,
    times_s: FloatArray,
    hop: int,
    rate_hz: int,
    rng: np.random.Generator,
) -> _Control:
    f0_hz = 2.0 ** _log_f0(contour, times_s)
    shimmer = 1.0 + _SHIMMER * voice.roughness * wander(times_s.size, 1.0, rng)
    loudness = np.interp(times_s, contour.times_s, contour.loudness, right=0.0) * motion.voice_gain * shimmer
    sway = _FORMANT_SWAY_S / (hop / rate_hz)
    swaying = np.stack([wander(times_s.size, sway, rng) for _ in range(3)], axis=1)
    formants_hz = voice.formant_scale * motion.formants_hz * (1.0 + _FORMANT_SWAY * swaying)
    # Singers open the jaw as they go up, so that F1 stays above the fundamental (Sundberg 1975).
    formants_hz[:, 0] = np.maximum(formants_hz[:, 0], 1.05 * f0_hz)
    formants_hz[:, 1] = np.maximum(formants_hz[:, 1], 1.2 * formants_hz[:, 0])
    return _Control(times_s, f0_hz, loudness, formants_hz, hop, rate_hz)


def _log_f0(contour: Contour, times_s: FloatArray) -> FloatArray:
    """Log2 of f0 at any time: linear between frames, and across rests, where nobody hears it."""
    voiced = contour.voiced
    return np.interp(times_s, contour.times_s[voiced], np.log2(contour.f0_hz[voiced]))


def _voiced(
    contour: Contour, voice: Voice, control: _Control, count: int, rng: np.random.Generator
) -> Samples:
    """Every partial of the voice, float32 of shape [count]."""
    samples_s = even_times((control.times_s.size - 1) * control.hop, 1.0 / control.rate_hz)
    jitter = _JITTER_TURNS * voice.roughness * wander(control.times_s.size, 1.0, rng)
    f0_hz = 2.0 ** _log_f0(contour, samples_s)
    phasor = fundamental(f0_hz, control.rate_hz, np.interp(samples_s, control.times_s, jitter))
    gains = source_gains(control.f0_hz, control.loudness, voice.tilt_db_per_octave, control.rate_hz)
    order = np.arange(1, gains.shape[1] + 1)
    gains *= tract_gain(control.f0_hz[:, None] * order, control.formants_hz, voice.formant_scale)
    # The phases are those of a tract at rest, held still so that no partial strays from its multiple of f0.
    middle_hz = float(np.median(control.f0_hz))
    at_rest_hz = voice.formant_scale * np.array(NEUTRAL_HZ)
    phases = tract_phase(middle_hz * order, at_rest_hz)
    return sum_partials(phasor, gains, phases, control.hop)[:count]


def _noise_gains(voice: Voice, control: _Control, motion: Articulation) -> Gains:
    """Breath through the tract and the consonants' own noise, relative to the voice's RMS."""
    bins = OVERLAP // 2 * control.hop + 1
    freq_hz = np.linspace(0.0, 0.5 * control.rate_hz, bins)
    radiated = np.sqrt(1.0 + (freq_hz / _RADIATION_HZ) ** 2).astype(np.float32)
    breath = radiated * tract_gain(freq_hz[None, :], control.formants_hz, voice.formant_scale)
    level = np.sqrt(np.mean(breath[control.loudness > 0] ** 2))
    airflow = voice.breathiness / level * np.sqrt(np.maximum(control.loudness, 0.0))
    power = (breath * airflow[:, None].astype(np.float32)) ** 2
    for noise in motion.noises:
        power += noise.gains(control.times_s, freq_hz, voice.formant_scale) ** 2
    return np.asarray(np.sqrt(power), dtype=np.float32)
