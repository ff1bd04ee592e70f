"""Singers drawn at random, each singing phrases low and high with the same tract.

A voice is a source whose partials fall off by a power of frequency, so that its spectrum has the same shape
at every pitch, through the resonances of `swara.data.synth`. Pitch, vowels and loudness vary from phrase to
phrase.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from swara.data.arrays import FloatArray
from swara.data.clip import Samples
from swara.data.synth.curves import even_times, raised_cosine, wander
from swara.data.synth.harmonics import fundamental, sum_partials
from swara.data.synth.noise import OVERLAP, shaped_noise
from swara.data.synth.phones import VOWELS
from swara.data.synth.tract import tract_gain

__all__ = ["Singer", "draw_singer", "sing_phrase"]

_RATE_HZ = 16_000
_HOP = 64
_TOP_HZ = 7700.0


@dataclass(frozen=True, slots=True, eq=False)
class Singer:
    """What stays the same whatever is sung.

    Parameters
    ----------
    middle_hz : float
        Where the voice is at home.
    formant_scale : float
        Formant frequencies relative to an average man's.
    vowels_hz : float64 array, shape [vowels, 3]
        F1 to F3 as this singer forms them, the scale not counted.
    favours : float64 array, shape [vowels]
        How often each is sung; sums to 1.
    tilt_db_per_octave, lift_db : float
        Slope of the source's partials, and what the first stands above it.
    colour_db : float64 array, shape [bumps, 3]
        Lasting bumps and dips of the spectrum: level in dB, place and width in octaves of 1 kHz.
    breathiness, breath_slope : float
        RMS of the breath relative to the voice's, and its slope in octaves of amplitude per octave.
    roughness : float
        Of amplitude and phase, 1 for an ordinary voice.
    opens_jaw : bool
        Whether F1 is kept above the fundamental.
    vibrato_cents, vibrato_hz : float
        Depth and rate.
    """

    middle_hz: float
    formant_scale: float
    vowels_hz: FloatArray
    favours: FloatArray
    tilt_db_per_octave: float
    lift_db: float
    colour_db: FloatArray
    breathiness: float
    breath_slope: float
    roughness: float
    opens_jaw: bool
    vibrato_cents: float
    vibrato_hz: float


def draw_singer(rng: np.random.Generator) -> Singer:
    """Draw a singer, man, woman or child."""
    middle_hz = float(np.exp(rng.uniform(np.log(95.0), np.log(480.0))))
    size = 1.0 + 0.22 * np.log2(middle_hz / 140.0) / 1.6
    vowels_hz = np.array(list(VOWELS.values())) * np.exp(rng.normal(0.0, 0.07, (len(VOWELS), 3)))
    bumps = int(rng.integers(1, 5))
    return Singer(
        middle_hz=middle_hz,
        formant_scale=float(np.clip(size + rng.normal(0.0, 0.09), 0.85, 1.45)),
        vowels_hz=vowels_hz,
        favours=rng.dirichlet(np.full(len(vowels_hz), rng.choice([0.5, 2.0, 8.0]))),
        tilt_db_per_octave=-float(np.clip(rng.normal(7.0, 3.0), 2.0, 16.0)),
        lift_db=rng.uniform(-4.0, 8.0),
        colour_db=np.stack(
            [rng.normal(0.0, 5.0, bumps), rng.uniform(-2.0, 2.9, bumps), rng.uniform(0.1, 0.7, bumps)], axis=1
        ),
        breathiness=float(np.exp(rng.uniform(np.log(0.003), np.log(0.3)))),
        breath_slope=rng.uniform(0.0, 1.2),
        roughness=rng.uniform(0.0, 2.5) * rng.random(),
        opens_jaw=bool(rng.random() < 0.4),
        vibrato_cents=rng.uniform(0.0, 70.0) * float(rng.random() < 0.5),
        vibrato_hz=rng.uniform(4.5, 7.0),
    )


def sing_phrase(singer: Singer, shift_octaves: float, duration_s: float, rng: np.random.Generator) -> Samples:
    """Sing a few notes around the singer's middle, moved by `shift_octaves`.

    Returns
    -------
    float32 array, shape [duration_s at 16 kHz]
        Of RMS 0.1.
    """
    count = round(duration_s * _RATE_HZ)
    times_s = even_times(-(-count // _HOP) + 1, _HOP / _RATE_HZ)
    onsets_s = _onsets(duration_s, rng)
    log2_hz = _line(singer, shift_octaves, times_s, onsets_s, rng)
    loudness = _loudness(times_s, onsets_s, rng)
    formants_hz = _formants(singer, times_s, onsets_s, 2.0**log2_hz, rng)
    voiced = _voiced(singer, times_s, log2_hz, loudness, formants_hz, rng)[:count]
    level = float(np.sqrt(np.mean(voiced**2)))
    sound = voiced + level * _breath(singer, loudness, formants_hz, rng)[:count]
    return np.asarray(0.1 / max(1e-9, float(np.sqrt(np.mean(sound**2)))) * sound, dtype=np.float32)


def _onsets(duration_s: float, rng: np.random.Generator) -> FloatArray:
    lengths_s = np.exp(rng.uniform(np.log(0.15), np.log(1.2), 30))
    onsets_s = np.concatenate([[0.0], np.cumsum(lengths_s)])
    return np.asarray(onsets_s[onsets_s < duration_s - 0.1])


def _line(
    singer: Singer, shift: float, times_s: FloatArray, onsets_s: FloatArray, rng: np.random.Generator
) -> FloatArray:
    """Log2 of the pitch: steps of a melody, glides between them, vibrato and drift."""
    steps = np.cumsum(rng.choice([-4, -2, -1, 1, 2, 4], onsets_s.size)) + rng.integers(-4, 5)
    notes = np.log2(singer.middle_hz) + shift + np.clip(steps, -9, 9) / 12.0
    glide_s = rng.uniform(0.02, 0.12)
    knots_s = np.stack([onsets_s, onsets_s + glide_s], axis=1).reshape(-1)[1:]
    held = np.repeat(notes, 2)[:-1]
    line = raised_cosine(times_s, knots_s, held)
    vibrato = singer.vibrato_cents * np.sin(2.0 * np.pi * (singer.vibrato_hz * times_s + rng.random()))
    drift = 8.0 * wander(times_s.size, 25.0, rng)
    return np.asarray(np.clip(line + (vibrato + drift) / 1200.0, np.log2(65.0), np.log2(1150.0)))


def _loudness(times_s: FloatArray, onsets_s: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Swelling over the phrase, with rests and dips between notes."""
    level_db = rng.uniform(0.5, 4.0) * wander(times_s.size, 60.0, rng)
    for onset_s in onsets_s:
        dip_db = rng.uniform(30.0, 60.0) if rng.random() < 0.2 else rng.uniform(0.0, 12.0)
        width_s = rng.uniform(0.05, 0.15) if dip_db > 20.0 else 0.03
        level_db -= dip_db * np.exp(-0.5 * ((times_s - onset_s) / width_s) ** 2)
    return np.asarray(10.0 ** (level_db / 20.0))


def _formants(
    singer: Singer, times_s: FloatArray, onsets_s: FloatArray, f0_hz: FloatArray, rng: np.random.Generator
) -> FloatArray:
    """F1 to F3 over time, shape [points, 3]: a vowel for every note."""
    spoken = singer.vowels_hz[rng.choice(len(singer.vowels_hz), onsets_s.size, p=singer.favours)]
    if rng.random() < 0.3:
        spoken[:] = spoken[0]
    spoken = spoken * np.exp(rng.normal(0.0, 0.03, spoken.shape))
    knots_s = np.stack([onsets_s, onsets_s + rng.uniform(0.04, 0.12)], axis=1).reshape(-1)[1:]
    moving = raised_cosine(times_s, knots_s, np.repeat(spoken, 2, axis=0)[:-1])
    sway = np.stack([wander(times_s.size, 25.0, rng) for _ in range(3)], axis=1)
    formants_hz = singer.formant_scale * moving * (1.0 + 0.02 * sway)
    if singer.opens_jaw:
        formants_hz[:, 0] = np.maximum(formants_hz[:, 0], 1.05 * f0_hz)
        formants_hz[:, 1] = np.maximum(formants_hz[:, 1], 1.2 * formants_hz[:, 0])
    return np.asarray(formants_hz)


def _voiced(
    singer: Singer,
    times_s: FloatArray,
    log2_hz: FloatArray,
    loudness: FloatArray,
    formants_hz: FloatArray,
    rng: np.random.Generator,
) -> Samples:
    samples_s = even_times((times_s.size - 1) * _HOP, 1.0 / _RATE_HZ)
    rough = singer.roughness
    jitter = np.interp(samples_s, times_s, 0.002 * rough * wander(times_s.size, 1.0, rng))
    phasor = fundamental(2.0 ** np.interp(samples_s, times_s, log2_hz), _RATE_HZ, jitter)
    f0_hz = 2.0**log2_hz
    order = np.arange(1, int(_TOP_HZ / f0_hz.min()) + 1)
    partials_hz = f0_hz[:, None] * order
    gains = tract_gain(partials_hz, formants_hz, singer.formant_scale) * _coloured(singer, partials_hz)
    tilt = 10.0 ** (singer.tilt_db_per_octave * np.log2(order) / 20.0)
    tilt[0] *= 10.0 ** (singer.lift_db / 20.0)
    fade = np.clip((_TOP_HZ - partials_hz) / 200.0, 0.0, 1.0)
    shimmer = np.maximum(0.0, loudness * (1.0 + 0.03 * rough * wander(times_s.size, 1.0, rng)))
    phases = rng.uniform(0.0, 2.0 * np.pi, order.size)
    return sum_partials(phasor, (gains * tilt * fade * shimmer[:, None]).astype(np.float32), phases, _HOP)


def _breath(
    singer: Singer, loudness: FloatArray, formants_hz: FloatArray, rng: np.random.Generator
) -> Samples:
    """Hiss through the tract; of the RMS `breathiness`."""
    hz = np.linspace(0.0, 0.5 * _RATE_HZ, OVERLAP // 2 * _HOP + 1)[None, :]
    gains = tract_gain(hz, formants_hz, singer.formant_scale) * _coloured(singer, hz)
    gains = gains * (0.05 + hz / 2000.0) ** singer.breath_slope * np.sqrt(loudness)[:, None]
    gains *= singer.breathiness / max(1e-9, float(np.sqrt(np.mean(gains**2))))
    return shaped_noise(gains.astype(np.float32), _HOP, rng)


def _coloured(singer: Singer, hz: FloatArray) -> FloatArray:
    octaves = np.log2(np.maximum(hz, 30.0) / 1000.0)
    level_db = np.zeros_like(octaves)
    for bump_db, middle, width in singer.colour_db:
        level_db += bump_db * np.exp(-0.5 * ((octaves - middle) / width) ** 2)
    return np.asarray(10.0 ** (level_db / 20.0))
