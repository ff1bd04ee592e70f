"""A voice for a pitch line: one wave table through a moving tract, quick enough to be drawn afresh each time.

The harmonics come from a table that is read at the phase of the fundamental, the tract is a zero-phase filter
that changes from window to window; neither can shift or delay the pitch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from swara.data.arrays import FloatArray
from swara.data.clip import Samples
from swara.data.synth.curves import even_times, raised_cosine, wander
from swara.data.synth.phones import CONSONANTS, VOWELS
from swara.data.synth.sung import Contour
from swara.data.synth.tract import tract_gain
from swara.data.synth.voice import Voice, sing

from .draw_line import STEP_S, Line
from .wavetable import HIGHEST_HZ, LOWEST_HZ, TOP_HZ, line_phase, read_table, wave_tables

__all__ = [
    "Timbre",
    "draw_timbre",
    "sing_line",
    "synthesize_line",
    "whisper_line",
]

_RATE_HZ = 16_000
_STEP = round(STEP_S * _RATE_HZ)
_HOP, _WINDOW, _SIZE = 128, 512, 1024
_HZ = np.fft.rfftfreq(_SIZE, 1.0 / _RATE_HZ)


@dataclass(frozen=True, slots=True)
class Timbre:
    """One singer, one day; all drawn at random.

    Parameters
    ----------
    formant_scale : float
        Formant frequencies relative to an average man's.
    tilt_db_per_octave, lift_db, uneven_db : float
        Slope of the source's partials, what the first stands above it, and the scatter of the others.
    breathiness : float
        RMS of the breath relative to the voice's, before the tract.
    roughness : float
        Shimmer and jitter, 1 for an ordinary voice.
    effort : float
        How much sooner the upper partials go when the voice gets softer.
    singer_db, singer_hz : float
        The singer's formant.
    zero_hz : float
        A zero of the tract, as nasal voices have it; 0 for none.
    opens_jaw : bool
        Whether F1 is kept above the fundamental.
    top_hz : float
        Above it the partials give way to breath.
    breath_slope : float
        Of the breath, in octaves of amplitude per octave.
    creaks : float
        Roughness at the ends of phrases.
    consonants : float
        Share of notes that begin with one.
    phases : int
        See `wave_tables`.
    """

    formant_scale: float
    tilt_db_per_octave: float
    lift_db: float
    breathiness: float
    roughness: float
    effort: float
    uneven_db: float
    singer_db: float
    singer_hz: float
    zero_hz: float
    opens_jaw: bool
    top_hz: float
    breath_slope: float
    creaks: float
    consonants: float
    phases: int


def draw_timbre(middle_hz: float, rng: np.random.Generator, *, plain: bool = False) -> Timbre:
    """Draw a singer who is at home around `middle_hz`; a `plain` one is a synthesizer, without a breath."""
    size = 1.0 + 0.22 * np.log2(middle_hz / 140.0) / 1.6
    scale = float(np.clip(size + rng.normal(0.0, 0.1), 0.8, 1.6))
    return Timbre(
        formant_scale=scale if rng.random() < 0.8 else rng.uniform(0.85, 1.5),
        tilt_db_per_octave=-float(np.clip(rng.normal(7.5, 3.0), 3.0, 16.0)),
        lift_db=rng.uniform(-3.0, 12.0),
        breathiness=0.003 if plain else float(np.exp(rng.uniform(np.log(0.003), np.log(0.35)))),
        roughness=0.0 if plain else rng.uniform(0.0, 3.0) * rng.random(),
        effort=rng.uniform(0.0, 0.35),
        uneven_db=rng.uniform(0.0, 3.0),
        singer_db=rng.uniform(3.0, 15.0) if rng.random() < 0.35 else 0.0,
        singer_hz=rng.uniform(2300.0, 3600.0),
        zero_hz=rng.uniform(400.0, 2500.0) if rng.random() < 0.2 else 0.0,
        opens_jaw=bool(rng.random() < 0.75),
        top_hz=rng.uniform(2500.0, 7000.0) if rng.random() < 0.4 else 2.0 * TOP_HZ,
        breath_slope=rng.uniform(0.0, 1.2),
        creaks=rng.uniform(2.0, 12.0) if not plain and rng.random() < 0.15 else 0.0,
        consonants=rng.choice([0.0, 0.3, 0.8]),
        phases=int(rng.integers(3)),
    )


def sing_line(line: Line, timbre: Timbre, rng: np.random.Generator) -> Samples:
    """Sing a line.

    Parameters
    ----------
    line : Line
        Pitch and loudness over time.
    timbre : Timbre
        Of whom it is sung: formants, breath, roughness.
    rng : numpy.random.Generator
        Everything random is drawn from it.

    Returns
    -------
    float32 array, shape [(points - 1) * 16]
        At 16 kHz, of no set level.
    """
    tables = wave_tables(_harmonics(timbre, rng), rng, timbre.phases, timbre.top_hz)
    rough = timbre.roughness + timbre.creaks * _endings(line)
    shimmer = np.maximum(0.0, 1.0 + 0.03 * rough * wander(rough.size, 3.0, rng))
    jitter = rng.random() + 0.0015 * rough * wander(rough.size, 3.0, rng)
    gain = _at_samples(line.loudness * shimmer * _closures(line, timbre, rng))
    turns, log2_hz = line_phase(line.f0_hz, jitter)
    buzz = read_table(tables, turns, log2_hz)
    buzz *= gain
    level = float(np.sqrt(np.mean(buzz[gain > 0] ** 2))) if (gain > 0).any() else 1.0
    breath = _breath(buzz.size, timbre, rng)
    pulse = 0.6 + 0.4 * np.cos(2.0 * np.pi * (turns % 1.0)).astype(np.float32)
    buzz += np.float32(timbre.breathiness * level) * np.sqrt(gain) * pulse * breath
    return _through_tract(buzz, line, timbre, rng) + _hisses(line, timbre, level, rng)


def synthesize_line(line: Line, timbre: Timbre, rng: np.random.Generator) -> Samples:
    """Sing a line as `swara.data.synth` does, on one vowel: float32 of shape [(points - 1) * 16]."""
    every = 5
    sung = np.where(line.voiced, line.f0_hz, 0.0)[::every]
    loudness = np.where(line.voiced, line.loudness, 0.0)[::every]
    times_s = even_times(sung.size, every * STEP_S)
    voice = Voice(
        name="drawn",
        formant_scale=timbre.formant_scale,
        tilt_db_per_octave=timbre.tilt_db_per_octave,
        breathiness=timbre.breathiness,
        roughness=timbre.roughness,
        vibrato_cents=0.0,
        vibrato_hz=6.0,
        range_hz=(LOWEST_HZ, HIGHEST_HZ),
    )
    sound = sing(Contour(times_s, sung, loudness, ()), voice, rate_hz=_RATE_HZ, rng=rng)
    count = (line.f0_hz.size - 1) * _STEP
    return np.asarray(np.pad(sound, (0, max(0, count - sound.size)))[:count], np.float32)


def whisper_line(line: Line, timbre: Timbre, rng: np.random.Generator) -> Samples:
    """Breathe a line without any voice: float32 of shape [(points - 1) * 16]."""
    gain = np.sqrt(_at_samples(line.loudness))
    breath = _breath(gain.size, timbre, rng) * gain
    return _through_tract(breath, line, timbre, rng) + _hisses(line, timbre, 1.0, rng)


def _at_samples(values: FloatArray) -> Samples:
    """Interpolate from steps to samples."""
    share = np.arange(_STEP, dtype=np.float32) / np.float32(_STEP)
    rough = np.maximum(values, 0.0).astype(np.float32)
    return np.asarray((rough[:-1, None] + np.diff(rough)[:, None] * share).reshape(-1))


def _harmonics(timbre: Timbre, rng: np.random.Generator) -> FloatArray:
    """Amplitudes of the source's partials, before the tract."""
    order = np.arange(1, int(TOP_HZ / LOWEST_HZ) + 1)
    level_db = timbre.tilt_db_per_octave * np.log2(order) + timbre.uneven_db * rng.standard_normal(order.size)
    level_db[0] += timbre.lift_db
    return np.asarray(10.0 ** (level_db / 20.0))


def _breath(count: int, timbre: Timbre, rng: np.random.Generator) -> Samples:
    """Hiss at the glottis, unit RMS; above `top_hz` it takes the place of the partials."""
    spectrum = np.fft.rfft(rng.standard_normal(count, dtype=np.float32))
    hz = np.fft.rfftfreq(count, 1.0 / _RATE_HZ).astype(np.float32)
    spectrum *= (0.05 + hz / np.float32(2000.0)) ** np.float32(timbre.breath_slope)
    spectrum *= 1.0 + 2.0 * np.clip(hz / np.float32(timbre.top_hz) - 1.0, 0.0, 0.5)
    noise = np.fft.irfft(spectrum, count)
    return np.asarray(noise / np.sqrt(np.mean(noise**2)), dtype=np.float32)


def _endings(line: Line) -> FloatArray:
    """Rise to 1 towards the end of every phrase, shape [points]."""
    near = np.zeros(line.f0_hz.size)
    last = np.append(line.fresh[1:], True) if line.fresh.size else line.fresh
    for end_s in line.ends_s[last]:
        stop = min(round(float(end_s) / STEP_S), near.size)
        start = max(0, stop - 200)
        near[start:stop] = np.linspace(0.0, 1.0, 200)[: stop - start]
    return near


def _closures(line: Line, timbre: Timbre, rng: np.random.Generator) -> FloatArray:
    """Draw what voiced consonants leave of the voice, shape [points]."""
    gain_db = np.zeros(line.f0_hz.size)
    for onset_s in line.onsets_s[rng.random(line.onsets_s.size) < timbre.consonants]:
        first = max(0, round(float(onset_s) / STEP_S))
        length = int(rng.integers(20, 80))
        shape = np.hanning(length + 2)[1:-1] ** 0.5
        room = gain_db[first : first + length]
        room -= rng.uniform(3.0, 22.0) * shape[: room.size]
    return np.asarray(10.0 ** (gain_db / 20.0))


def _hisses(line: Line, timbre: Timbre, level: float, rng: np.random.Generator) -> Samples:
    """Voiceless consonants in the rests before notes."""
    sound = np.zeros((line.f0_hz.size - 1) * _STEP, np.float32)
    for onset_s in line.onsets_s[line.fresh]:
        if rng.random() > timbre.consonants:
            continue
        count = int(rng.uniform(0.01, 0.14) * _RATE_HZ)
        stop = int(float(onset_s) * _RATE_HZ) + int(rng.integers(-300, 60))
        if stop - count < 0:
            continue
        spectrum = np.fft.rfft(rng.standard_normal(count))
        octaves = np.log2(
            np.maximum(np.fft.rfftfreq(count, 1.0 / _RATE_HZ), 30.0) / np.exp(rng.uniform(6.2, 8.9))
        )
        burst = np.fft.irfft(spectrum * np.exp(-0.5 * (octaves / rng.uniform(0.2, 1.0)) ** 2), count)
        burst *= np.hanning(count) ** 0.3
        loud = level * 10.0 ** (rng.uniform(-25.0, 0.0) / 20.0) / max(1e-9, float(np.sqrt(np.mean(burst**2))))
        sound[stop - count : stop] += (loud * burst).astype(np.float32)[: max(0, sound.size - stop + count)]
    return sound


def _formants(line: Line, timbre: Timbre, times_s: FloatArray, rng: np.random.Generator) -> FloatArray:
    """F1 to F3 over time, shape [frames, 3]: a vowel for every note, by way of its consonant."""
    vowels = np.array(list(VOWELS.values()))
    places = np.array([c.formants_hz for c in CONSONANTS.values()])
    knots: list[tuple[float, FloatArray]] = [(0.0, vowels[rng.integers(len(vowels))])]
    spoken = rng.random() < 0.7
    for onset_s in line.onsets_s:
        if not spoken and rng.random() < 0.8:
            continue
        vowel = vowels[rng.integers(len(vowels))] * np.exp(rng.normal(0.0, 0.1, 3))
        knots.append((onset_s - 0.04, knots[-1][1]))
        if rng.random() < timbre.consonants:
            knots.append((onset_s, places[rng.integers(len(places))]))
        knots.append((onset_s + rng.uniform(0.03, 0.12), vowel))
    at_s = np.maximum.accumulate(np.array([k[0] for k in knots]))
    formants_hz = timbre.formant_scale * raised_cosine(times_s, at_s, np.array([k[1] for k in knots]))
    sway = np.stack([wander(times_s.size, 15.0, rng) for _ in range(3)], axis=1)
    return np.asarray(formants_hz * (1.0 + 0.025 * sway))


def _through_tract(source: Samples, line: Line, timbre: Timbre, rng: np.random.Generator) -> Samples:
    """Filter a source by the tract, window by window."""
    frames = source.size // _HOP + _WINDOW // _HOP
    times_s = even_times(frames, _HOP / _RATE_HZ) - _HOP / _RATE_HZ
    formants_hz = _formants(line, timbre, times_s, rng)
    points = np.clip((times_s / STEP_S).astype(np.intp), 0, line.f0_hz.size - 1)
    if timbre.opens_jaw:
        formants_hz[:, 0] = np.maximum(formants_hz[:, 0], 1.05 * line.f0_hz[points])
        formants_hz[:, 1] = np.maximum(formants_hz[:, 1], 1.2 * formants_hz[:, 0])
    gains = _tract(formants_hz, timbre)
    octaves = np.log2(np.maximum(_HZ, 50.0) / 250.0).astype(np.float32)
    softness = np.log2(np.clip(line.loudness[points], 0.01, 1.5)).astype(np.float32)
    gains *= np.exp(np.float32(0.69 * timbre.effort) * np.outer(softness, np.maximum(octaves, 0.0)))
    return _overlap_filter(source, gains)


def _tract(formants_hz: FloatArray, timbre: Timbre) -> Samples:
    """Magnitudes of the tract, shape [frames, bins]."""
    at_rest = tract_gain(_HZ[None, :], np.array([[1e5, 1e5, 1e5]]), timbre.formant_scale)[0]
    power = np.broadcast_to(at_rest**2, (formants_hz.shape[0], _HZ.size)).copy()
    hz_sq = (_HZ**2).astype(np.float32)
    for centre_hz in formants_hz.T[:, :, None]:
        width_hz = 80.0 + 12.0 * (centre_hz / 1000.0) ** 2
        pole_sq = (centre_hz**2 + 0.25 * width_hz**2).astype(np.float32)
        width_sq = (width_hz**2).astype(np.float32)
        power *= pole_sq**2 / ((pole_sq - hz_sq) ** 2 + width_sq * hz_sq)
    extra_db = timbre.singer_db * np.exp(-0.5 * ((_HZ - timbre.singer_hz) / 350.0) ** 2)
    if timbre.zero_hz:
        extra_db -= 18.0 * np.exp(-0.5 * ((_HZ - timbre.zero_hz) / 150.0) ** 2)
    return np.asarray(np.sqrt(power) * 10.0 ** (extra_db / 20.0), dtype=np.float32)


def _overlap_filter(source: Samples, gains: Samples) -> Samples:
    """Filter by zero-phase magnitudes that belong to Hann windows a quarter apart."""
    frames, parts = gains.shape[0], _WINDOW // _HOP
    lead = _WINDOW - _HOP
    padded = np.zeros((frames + parts - 1) * _HOP, np.float32)
    padded[lead : lead + source.size] = source
    cut = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP][:frames]
    window = (0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(_WINDOW) / _WINDOW)).astype(np.float32)
    pieces = np.zeros((frames, _SIZE), np.float32)
    quarter = (_SIZE - _WINDOW) // 2
    pieces[:, quarter : quarter + _WINDOW] = cut * (window * np.float32(2.0 / parts))
    heard = np.fft.irfft(np.fft.rfft(pieces) * gains, _SIZE)
    total = np.zeros((frames + _SIZE // _HOP, _HOP), np.float32)
    for part in range(_SIZE // _HOP):
        total[part : part + frames] += heard[:, part * _HOP : (part + 1) * _HOP]
    start = lead + quarter
    return total.reshape(-1)[start : start + source.size]
