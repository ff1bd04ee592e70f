"""Instruments drawn at random, each heard as several makers build it, low and high, soft and loud.

None of them is a real one. What a family of instruments has in common is drawn once: how its spectrum falls
off, whether the even partials are weak (a stopped pipe, a clarinet), where it resonates, how noisy it is, how
a note begins and ends. What differs from one maker to the next, and from note to note, is drawn anew.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from swara.data.arrays import FloatArray
from swara.data.clip import Samples
from swara.data.synth.curves import even_times, raised_cosine, wander
from swara.data.synth.harmonics import fundamental, sum_partials
from swara.data.synth.noise import OVERLAP, shaped_noise

__all__ = ["Instrument", "draw_instrument", "play_phrase"]

_RATE_HZ = 16_000
_HOP = 64
_TOP_HZ = 7700.0
_LOWEST_HZ, _HIGHEST_HZ = 70.0, 2100.0


@dataclass(frozen=True, slots=True, eq=False)
class Instrument:
    """What stays the same on every note.

    Parameters
    ----------
    middle_hz : float
        The middle of its range.
    slope_db : float
        What a partial is stronger than the one an octave below; negative.
    effort_db : float
        What is added to the slope from the softest note to the loudest.
    corner_hz, beyond_db : float
        Above the corner the spectrum falls off by so many more dB an octave.
    first_db : float
        What the fundamental stands above the line of the others.
    even_db, even_until_hz : float
        What the even partials lack at low frequencies, and where half of it is left.
    resonances : float64 array, shape [resonances, 3]
        Level in dB, place in octaves of 1 kHz, width in octaves.
    noise, noise_slope : float
        RMS of the breath or bow relative to the tone's, and its slope in octaves of amplitude per octave.
    attack_s, lag : float
        Time constant of a note's beginning, and by what share of it each octave of partials comes later.
    decay_s, damping : float
        Time constant in which a note that is not held dies away (infinite for one that is), and by what
        power of the partial's number the others die sooner.
    vibrato_cents, vibrato_db, vibrato_hz : float
        Depth in pitch and in loudness, and rate.
    """

    middle_hz: float
    slope_db: float
    effort_db: float
    corner_hz: float
    beyond_db: float
    first_db: float
    even_db: float
    even_until_hz: float
    resonances: FloatArray
    noise: float
    noise_slope: float
    attack_s: float
    lag: float
    decay_s: float
    damping: float
    vibrato_cents: float
    vibrato_db: float
    vibrato_hz: float


def draw_instrument(rng: np.random.Generator) -> Instrument:
    """Draw a family of instruments."""
    number = int(rng.integers(0, 5))
    held = rng.random() < 0.75
    return Instrument(
        middle_hz=_between(120.0, 1000.0, rng),
        slope_db=-rng.uniform(0.0, 14.0),
        effort_db=rng.uniform(1.0, 9.0),
        corner_hz=_between(500.0, 5000.0, rng),
        beyond_db=-rng.uniform(0.0, 20.0),
        first_db=rng.normal(0.0, 5.0),
        even_db=-rng.uniform(5.0, 35.0) if rng.random() < 0.35 else 0.0,
        even_until_hz=_between(700.0, 4000.0, rng),
        resonances=np.stack(
            [rng.uniform(-8.0, 16.0, number), rng.uniform(-1.7, 2.6, number), rng.uniform(0.1, 0.6, number)],
            axis=1,
        ),
        noise=_between(0.001, 0.3, rng),
        noise_slope=rng.uniform(-0.5, 1.2),
        attack_s=_between(0.004, 0.12, rng) if held else _between(0.002, 0.01, rng),
        lag=rng.uniform(0.0, 0.6) if held else 0.0,
        decay_s=np.inf if held else _between(0.15, 2.0, rng),
        damping=rng.uniform(0.0, 1.0),
        vibrato_cents=rng.uniform(0.0, 40.0) * float(rng.random() < 0.5),
        vibrato_db=rng.uniform(0.0, 3.0) * float(rng.random() < 0.4),
        vibrato_hz=rng.uniform(4.0, 7.0),
    )


def play_phrase(
    instrument: Instrument, shift_octaves: float, duration_s: float, rng: np.random.Generator
) -> Samples:
    """Play a few notes around the instrument's middle, moved by `shift_octaves`, on one maker's instrument.

    Returns
    -------
    float32 array, shape [duration_s at 16 kHz]
        Of RMS 0.1.
    """
    made = _made(instrument, rng)
    count = round(duration_s * _RATE_HZ)
    times_s = even_times(-(-count // _HOP) + 1, _HOP / _RATE_HZ)
    onsets_s = _onsets(duration_s, rng)
    note = np.searchsorted(onsets_s, times_s, side="right") - 1
    since_s = times_s - onsets_s[note]
    log2_hz = _line(made, shift_octaves, times_s, onsets_s, rng)
    gains = _gains(made, 2.0**log2_hz, note, since_s, rng)
    # The partials of one note fade before the next begins.
    left_s = np.append(onsets_s[1:], np.inf)[note] - times_s
    gains *= np.clip(left_s / rng.uniform(0.01, 0.05), 0.0, 1.0)[:, None].astype(np.float32)
    samples_s = even_times((times_s.size - 1) * _HOP, 1.0 / _RATE_HZ)
    phasor = fundamental(2.0 ** np.interp(samples_s, times_s, log2_hz), _RATE_HZ, np.zeros_like(samples_s))
    phases = rng.uniform(0.0, 2.0 * np.pi, (gains.shape[1],))
    tone = sum_partials(phasor, gains, phases, _HOP)[:count]
    level = float(np.sqrt(np.mean(tone**2)))
    sound = tone + level * _noise(made, np.linalg.norm(gains, axis=1), since_s, rng)[:count]
    return np.asarray(0.1 / max(1e-9, float(np.sqrt(np.mean(sound**2)))) * sound, dtype=np.float32)


def _made(family: Instrument, rng: np.random.Generator) -> Instrument:
    """Vary an instrument as makers and players do."""
    number = len(family.resonances)
    moved = family.resonances + rng.normal(0.0, 1.0, (number, 3)) * np.array([2.0, 0.08, 0.03])
    own = np.array([[rng.normal(0.0, 3.0), rng.uniform(-2.0, 2.8), rng.uniform(0.15, 0.7)]])
    moved[:, 2] = np.maximum(moved[:, 2], 0.08)
    return replace(
        family,
        slope_db=family.slope_db + rng.normal(0.0, 1.2),
        corner_hz=family.corner_hz * 2.0 ** rng.normal(0.0, 0.25),
        beyond_db=min(0.0, family.beyond_db + rng.normal(0.0, 2.0)),
        first_db=family.first_db + rng.normal(0.0, 2.0),
        even_db=min(0.0, family.even_db * rng.uniform(0.6, 1.3)),
        resonances=np.concatenate([moved, own]),
        noise=family.noise * 2.0 ** rng.normal(0.0, 0.8),
        attack_s=family.attack_s * 2.0 ** rng.normal(0.0, 0.5),
        decay_s=family.decay_s * 2.0 ** rng.normal(0.0, 0.4),
        vibrato_cents=family.vibrato_cents * rng.uniform(0.0, 1.5),
        vibrato_db=family.vibrato_db * rng.uniform(0.0, 1.5),
        vibrato_hz=family.vibrato_hz * rng.uniform(0.9, 1.1),
    )


def _onsets(duration_s: float, rng: np.random.Generator) -> FloatArray:
    lengths_s = np.exp(rng.uniform(np.log(0.2), np.log(1.8), 20))
    onsets_s = np.concatenate([[0.0], np.cumsum(lengths_s)])
    return np.asarray(onsets_s[onsets_s < duration_s - 0.15])


def _line(
    made: Instrument, shift: float, times_s: FloatArray, onsets_s: FloatArray, rng: np.random.Generator
) -> FloatArray:
    """Log2 of the pitch: a melody in steps, vibrato once a note has begun."""
    steps = np.cumsum(rng.integers(-5, 6, onsets_s.size))
    notes = np.log2(made.middle_hz) + shift + np.clip(steps, -9, 9) / 12.0
    notes = np.clip(notes, np.log2(_LOWEST_HZ), np.log2(_HIGHEST_HZ))
    knots_s = np.stack([onsets_s, onsets_s + 0.008], axis=1).reshape(-1)[1:]
    line = raised_cosine(times_s, knots_s, np.repeat(notes, 2)[:-1])
    cents = made.vibrato_cents * np.sin(2.0 * np.pi * made.vibrato_hz * times_s)
    return np.asarray(line + (cents + 3.0 * wander(times_s.size, 25.0, rng)) / 1200.0)


def _gains(
    made: Instrument, f0_hz: FloatArray, note: np.ndarray, since_s: FloatArray, rng: np.random.Generator
) -> np.ndarray:
    """Amplitudes of the partials, float32 of shape [points, partials]."""
    order = np.arange(1, int(_TOP_HZ / f0_hz.min()) + 1)
    octave = np.log2(order)
    partials_hz = f0_hz[:, None] * order
    notes = int(note.max()) + 1
    effort = rng.random() - 0.5 + 0.1 * rng.standard_normal(notes)
    uneven_db = rng.uniform(0.5, 3.5) * rng.standard_normal((notes, order.size))
    uneven_db += (made.slope_db + made.effort_db * effort)[:, None] * octave
    level_db = uneven_db[note] + _body_db(made, partials_hz)
    level_db[:, 0] += made.first_db
    level_db[:, 1::2] += made.even_db / (1.0 + (partials_hz[:, 1::2] / made.even_until_hz) ** 2)
    swell = made.vibrato_db * np.sin(2.0 * np.pi * (made.vibrato_hz * since_s + rng.random()))
    level_db += swell[:, None] * (0.5 + 0.5 * octave) + 1.0 * wander(f0_hz.size, 40.0, rng)[:, None]
    rise = 1.0 - np.exp(-since_s[:, None] / (made.attack_s * (1.0 + made.lag * octave)))
    fall = np.exp(-since_s[:, None] * order**made.damping / made.decay_s)
    fade = np.clip((_TOP_HZ - partials_hz) / 200.0, 0.0, 1.0)
    return np.asarray(10.0 ** (level_db / 20.0) * rise * fall * fade, dtype=np.float32)


def _noise(made: Instrument, tone: FloatArray, since_s: FloatArray, rng: np.random.Generator) -> Samples:
    """Breath or bow, more of it while a note begins; of the RMS `noise`."""
    hz = np.linspace(0.0, 0.5 * _RATE_HZ, OVERLAP // 2 * _HOP + 1)[None, :]
    colour = (0.05 + hz / 2000.0) ** made.noise_slope * 10.0 ** (0.5 * _body_db(made, hz) / 20.0)
    level = np.sqrt(tone / max(1e-9, float(tone.max()))) * (
        1.0 + rng.uniform(0.0, 3.0) * np.exp(-since_s / 0.03)
    )
    gains = level[:, None] * colour
    gains *= made.noise / max(1e-9, float(np.sqrt(np.mean(gains**2))))
    return shaped_noise(gains.astype(np.float32), _HOP, rng)


def _body_db(made: Instrument, hz: FloatArray) -> FloatArray:
    """Return what the body of the instrument adds at each frequency."""
    octaves = np.log2(np.maximum(hz, 30.0) / 1000.0)
    level_db = made.beyond_db * np.maximum(0.0, octaves - np.log2(made.corner_hz / 1000.0))
    for peak_db, middle, width in made.resonances:
        level_db = level_db + peak_db * np.exp(-0.5 * ((octaves - middle) / width) ** 2)
    return np.asarray(level_db)


def _between(low: float, high: float, rng: np.random.Generator) -> float:
    """Draw evenly on a logarithmic scale."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))
