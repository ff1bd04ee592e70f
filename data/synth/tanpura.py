"""A tanpura: four strings plucked in turn, with the buzz of the jivari.

Its partials stand still in frequency, so a whole drone is one matrix product: amplitude and phase of every
partial at the start of each hop, times one hop of every partial.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from swara.data.arrays import FloatArray
from swara.data.clip import Samples

from .curves import even_times, wander

__all__ = ["FIRST_STRING", "string_ratios", "tanpura", "tanpura_loop"]

FIRST_STRING: Mapping[str, float] = MappingProxyType({"P": 3 / 4, "M": 2 / 3, "N": 15 / 16})
"""What the first string may be, as a ratio to madhya Sa; all lie in the mandra saptak."""

_PEAK = 0.5
_HOP_S = 0.004
_PARTIALS = 60
_TOP_HZ = 7500.0  # above it a tanpura has nothing to say
_ATTACK_S = 0.02
_DAMPING_S = 0.04  # the finger lies on the string before it plucks
_BEFORE_S = 8.0  # the player started this long ago
_SPREAD_CENTS = 0.8
_BODY_DB = 4.0  # resonances of the body, another for every partial
_SHIMMER_DB = 2.5  # the two planes of a string's swing beat against each other
_SHIMMER_S = 0.15
_LOOP_CYCLES = 24
"""Cycles of the low string in which Pa (3/2 of it), Ma (4/3) and Ni (15/8) close as well."""
_LOOP_CENTS = 0.5
"""How far off a string of a loop is meant to be; rounding to whole cycles at most doubles it."""
_LOOP_ROOM = 0.1  # how far a loop may be from its rounds' length, to end on a whole hop


@dataclass(frozen=True, slots=True)
class _Character:
    """One instrument and its player.

    Parameters
    ----------
    pluck_s, breath_s : float
        From string to string, and what is added after the last.
    tilt_db_per_octave : float
        Of the partials at the pluck.
    decay_s, decay_partial : float
        Time constant of the fundamental, and the partial that dies twice as fast.
    inharmonicity : float
        B in ``f_k = k f sqrt(1 + B k^2)``.
    jivari_db : float
        How far the band of the buzz stands above the rest.
    band_from, band_to, band_width : float
        Where that band starts and ends up, as log2 of the partial, and its half-width in octaves.
    sweep_s : float
        Time constant of the move.
    body_hz, roof_hz : float
        The body carries little below the one and little above the other.
    """

    pluck_s: float
    breath_s: float
    tilt_db_per_octave: float
    decay_s: float
    decay_partial: float
    inharmonicity: float
    jivari_db: float
    band_from: float
    band_to: float
    band_width: float
    sweep_s: float
    body_hz: float
    roof_hz: float


def string_ratios(tuning: str) -> tuple[float, float, float, float]:
    """Return the strings' pitches as ratios to madhya Sa, in the order of plucking.

    Raises
    ------
    ValueError
        If `tuning` is not ``PSSS``, ``MSSS`` or ``NSSS``.
    """
    if tuning[1:] != "SSS" or tuning[:1] not in FIRST_STRING:
        raise ValueError(f"a tanpura is tuned {', '.join(f + 'SSS' for f in FIRST_STRING)}, not {tuning!r}")
    return FIRST_STRING[tuning[0]], 1.0, 1.0, 0.5


def tanpura(
    duration_s: float, sa_hz: float, *, rate_hz: int, rng: np.random.Generator, tuning: str = "PSSS"
) -> Samples:
    """Play a drone that is already going when it starts.

    Parameters
    ----------
    duration_s : float
        Length of what is made, in seconds.
    sa_hz : float
        Madhya Sa: the two middle strings; the last lies an octave below.
    rate_hz : int
        Sample rate of the sound that is returned.
    rng : numpy.random.Generator
        Draws the instrument, its detuning of a cent or so, and the player's timing.
    tuning : {"PSSS", "MSSS", "NSSS"}
        Which string is first: Pa, Ma or Ni, followed by three of Sa.

    Returns
    -------
    float32 array, shape [round(duration_s * rate_hz)]
        Peak 0.5.

    Raises
    ------
    ValueError
        If there is nothing to play, or no such tuning.
    """
    ratios = string_ratios(tuning)
    count = round(duration_s * rate_hz)
    if count < 1 or sa_hz <= 0:
        raise ValueError(f"cannot play a drone of {duration_s} s on a Sa of {sa_hz} Hz")
    hop = max(1, round(_HOP_S * rate_hz))
    times_s = even_times(-(-count // hop) + 1, hop / rate_hz)
    character = _character(rng)
    plucks_s = _plucks(duration_s, character, rng)
    freq_hz, amplitude = [], []
    for string, ratio in enumerate(ratios):
        string_hz = sa_hz * ratio * 2.0 ** (rng.normal(0.0, _SPREAD_CENTS) / 1200.0)
        partials_hz = _partials(string_hz, character, rate_hz)
        own_s = plucks_s[string::4]
        strength = rng.uniform(0.8, 1.2, size=own_s.size)
        shimmer = np.stack([wander(times_s.size, _SHIMMER_S / _HOP_S, rng) for _ in partials_hz])
        ringing = _ringing(times_s, own_s, strength, shimmer, character)
        freq_hz.append(partials_hz)
        amplitude.append(ringing * _body(partials_hz, character, rng)[:, None])
    sound = _sum_still_partials(np.concatenate(freq_hz), np.concatenate(amplitude), hop, rate_hz, rng)[:count]
    return np.asarray(sound * (_PEAK / np.abs(sound).max()), dtype=np.float32)


def tanpura_loop(
    sa_hz: float, *, rate_hz: int, rng: np.random.Generator, tuning: str = "PSSS", rounds: int = 4
) -> Samples:
    """Play a drone whose end runs on into its beginning.

    All is periodic in the length of the loop: what was plucked before its end rings on at its beginning, and
    every partial goes through whole cycles. So nothing marks the seam. The fundamental of each string lies
    within a cent of its swara, Sa within 0.1 cents of `sa_hz`; no partial is moved by more than half a cycle
    in a loop.

    Parameters
    ----------
    sa_hz : float
        Madhya Sa: the two middle strings; the last lies an octave below.
    rate_hz : int
        Sample rate of the sound that is returned.
    rng : numpy.random.Generator
        Draws the instrument, its detuning of half a cent at most, and the player's timing.
    tuning : {"PSSS", "MSSS", "NSSS"}
        Which string is first: Pa, Ma or Ni, followed by three of Sa.
    rounds : int
        How many times all four strings are plucked; each takes about 3 s.

    Returns
    -------
    float32 array, shape [samples]
        Peak 0.5.

    Raises
    ------
    ValueError
        If there is no round, no such Sa or no such tuning.
    """
    ratios = string_ratios(tuning)
    if rounds < 1 or not 0 < sa_hz < np.inf:
        raise ValueError(f"cannot play {rounds} rounds on a Sa of {sa_hz} Hz")
    character = _character(rng)
    hop = max(1, round(_HOP_S * rate_hz))
    plucks_s, loop_s = _plucks_of_loop(rounds, character, rng)
    cycles, frames = _loop_length(loop_s, sa_hz / 2.0, hop / rate_hz)
    plucks_s, loop_s = plucks_s * (frames * hop / rate_hz / loop_s), frames * hop / rate_hz
    times_s = even_times(frames, hop / rate_hz)
    freq_hz, amplitude = [], []
    for string, ratio in enumerate(ratios):
        string_hz = ratio * 2.0 * cycles / loop_s * 2.0 ** (rng.uniform(-_LOOP_CENTS, _LOOP_CENTS) / 1200.0)
        partials_hz = np.round(_partials(string_hz, character, rate_hz) * loop_s) / loop_s
        own_s, strength = plucks_s[string::4], rng.uniform(0.8, 1.2, size=rounds)
        shimmer = _wander_in_a_ring(partials_hz.size, frames, _SHIMMER_S / loop_s, rng)
        before_and_after_s = np.concatenate([own_s - loop_s, own_s, own_s + loop_s])
        ringing = _ringing(times_s, before_and_after_s, np.tile(strength, 3), shimmer, character)
        freq_hz.append(partials_hz)
        amplitude.append(ringing * _body(partials_hz, character, rng)[:, None])
    levels = np.concatenate(amplitude)
    closed = np.concatenate([levels, levels[:, :1]], axis=1)
    sound = _sum_still_partials(np.concatenate(freq_hz), closed, hop, rate_hz, rng)
    return np.asarray(sound * (_PEAK / np.abs(sound).max()), dtype=np.float32)


def _loop_length(about_s: float, low_hz: float, hop_s: float) -> tuple[int, int]:
    """Return the cycles of the low string in a loop of about that length, and its hops.

    Of all lengths near it, it is that which is most nearly a whole number of hops.
    """
    middle = about_s * low_hz / _LOOP_CYCLES
    reach = max(1, int(_LOOP_ROOM * middle))
    cycles = _LOOP_CYCLES * np.arange(max(1, round(middle) - reach), round(middle) + reach + 1)
    hops = cycles / (low_hz * hop_s)
    best = int(np.argmin(np.abs(hops - np.round(hops)) / hops))
    return int(cycles[best]), int(np.round(hops[best]))


def _plucks_of_loop(rounds: int, character: _Character, rng: np.random.Generator) -> tuple[FloatArray, float]:
    """Draw the times of the plucks from 0 on, and when the first comes again."""
    steps_s = character.pluck_s * (1.0 + 0.04 * rng.standard_normal(4 * rounds))
    steps_s[3::4] += character.breath_s
    return np.cumsum(steps_s) - steps_s[0], float(steps_s.sum())


def _wander_in_a_ring(rows: int, count: int, smoothing: float, rng: np.random.Generator) -> FloatArray:
    """Draw noise as `wander` does, each row of which goes on at its beginning where it ends.

    `smoothing` is the standard deviation of the kernel as a share of the ring; the shape is [rows, count].
    """
    bins = count // 2 + 1
    shape = np.exp(-2.0 * (np.pi * smoothing * np.arange(bins)) ** 2)
    spectrum = shape * (rng.standard_normal((rows, bins)) + 1j * rng.standard_normal((rows, bins)))
    drawn = np.fft.irfft(spectrum, count, axis=1)
    return np.asarray(drawn / (np.sqrt(4.0 * np.sum(shape[1:] ** 2) + 1.0) / count))


def _partials(string_hz: float, character: _Character, rate_hz: int) -> FloatArray:
    """Return the frequencies of a string's partials in Hz, as far up as they can be heard or sampled."""
    order = np.arange(1.0, _PARTIALS + 1)
    partials_hz = order * string_hz * np.sqrt(1.0 + character.inharmonicity * order**2)
    return np.asarray(partials_hz[partials_hz < min(_TOP_HZ, 0.48 * rate_hz)])


def _character(rng: np.random.Generator) -> _Character:
    start = rng.uniform(2.6, 4.0)
    return _Character(
        pluck_s=rng.uniform(0.7, 1.0),
        breath_s=rng.uniform(0.0, 0.4),
        tilt_db_per_octave=rng.uniform(-5.0, -1.0),
        decay_s=rng.uniform(2.0, 4.0),
        decay_partial=rng.uniform(15.0, 40.0),
        inharmonicity=rng.uniform(0.3e-5, 1.5e-5),
        jivari_db=rng.uniform(8.0, 18.0),
        band_from=start,
        band_to=start + rng.choice([-1.0, 1.0]) * rng.uniform(0.5, 1.2),
        band_width=rng.uniform(0.5, 1.0),
        sweep_s=rng.uniform(0.4, 1.2),
        body_hz=rng.uniform(150.0, 450.0),
        roof_hz=1800.0 * 4.0 ** rng.random(),
    )


def _plucks(duration_s: float, character: _Character, rng: np.random.Generator) -> FloatArray:
    """Draw the times of all plucks, string after string: from long before the start until the end."""
    count = 4 * (2 + int((duration_s + _BEFORE_S) / (4.0 * character.pluck_s)))
    steps_s = character.pluck_s * (1.0 + 0.04 * rng.standard_normal(count))
    steps_s[3::4] += character.breath_s
    return np.asarray(np.cumsum(steps_s) - _BEFORE_S - rng.uniform(0.0, 4.0 * character.pluck_s))


def _ringing(
    times_s: FloatArray,
    plucks_s: FloatArray,
    strength: FloatArray,
    shimmer: FloatArray,
    character: _Character,
) -> FloatArray:
    """Amplitude of one string's partials, shape [partials, times]: each pluck stops what rang before.

    `strength` is that of each pluck, linear; `shimmer` of unit variance, of the shape that is returned.
    """
    last = np.searchsorted(plucks_s, times_s, side="right") - 1
    since_s = times_s - plucks_s[last]
    until_s = np.append(plucks_s, np.inf)[last + 1] - times_s
    order = np.arange(1.0, shimmer.shape[0] + 1)[:, None]
    octaves = np.log2(order)
    band = character.band_to + (character.band_from - character.band_to) * np.exp(
        -since_s / character.sweep_s
    )
    buzz_db = character.jivari_db * np.exp(-0.5 * ((octaves - band) / character.band_width) ** 2)
    decay_s = character.decay_s / (1.0 + (order / character.decay_partial) ** 2)
    level_db = character.tilt_db_per_octave * octaves + buzz_db + _SHIMMER_DB * shimmer
    touch = np.minimum(1.0, since_s / _ATTACK_S) * np.minimum(1.0, until_s / _DAMPING_S)
    return np.asarray(strength[last] * touch * 10.0 ** (level_db / 20.0) * np.exp(-since_s / decay_s))


def _body(freq_hz: FloatArray, character: _Character, rng: np.random.Generator) -> FloatArray:
    """Draw what the body makes of each partial, linear, shape [partials]."""
    low = 1.0 / np.sqrt(1.0 + (character.body_hz / freq_hz) ** 4)
    high = 1.0 / np.sqrt(1.0 + (freq_hz / character.roof_hz) ** 6)
    return np.asarray(low * high * 10.0 ** (_BODY_DB * rng.standard_normal(freq_hz.size) / 20.0))


def _sum_still_partials(
    freq_hz: FloatArray, amplitude: FloatArray, hop: int, rate_hz: int, rng: np.random.Generator
) -> Samples:
    """Add partials of constant frequency and random phase; amplitudes are linear from hop to hop.

    ``cos(w (m hop + j) + p)`` is the real part of ``exp(i (w m hop + p)) exp(i w j)``: a sum over partials of
    products of a hop's factor and a sample's factor, which is a matrix product.
    """
    frames = amplitude.shape[1] - 1
    step = 2.0 * np.pi * freq_hz / rate_hz
    start = np.outer(step * hop, np.arange(frames)) + rng.uniform(0.0, 2.0 * np.pi, freq_hz.size)[:, None]
    carrier = np.exp(1j * start)
    within = np.exp(1j * np.outer(step, np.arange(hop)))
    ramp = np.arange(hop) / hop
    before = (amplitude[:, :-1] * carrier).T
    rise = (np.diff(amplitude, axis=1) * carrier).T
    total = (before @ within + rise @ (within * ramp)).real
    return np.asarray(total.reshape(-1), dtype=np.float32)
