"""What else a microphone hears: noises, hum, clicks, a tabla and a harmonium that follows the voice."""

from __future__ import annotations

import numpy as np

from swara.data.clip import Samples
from swara.data.synth import tabla
from swara.data.synth.noise import TablaStroke

from .draw_line import STEP_S, Line
from .wavetable import line_phase, read_table, wave_tables

__all__ = ["clicks", "coloured_noise", "hum", "instrument_play", "shadow", "tabla_play"]

_RATE_HZ = 16_000
_STROKES: tuple[TablaStroke, ...] = ("na", "tin", "ge")


def coloured_noise(count: int, rng: np.random.Generator) -> Samples:
    """Noise of a random slope, with random bumps, unit RMS: float32 of shape [count]."""
    slope = float(rng.choice([0.0, -0.5, -0.5, -1.0, 0.5, rng.uniform(-1.3, 0.5)]))
    spectrum = np.fft.rfft(rng.standard_normal(count, dtype=np.float32))
    octaves = np.log2(np.maximum(np.fft.rfftfreq(count, 1.0 / _RATE_HZ), 25.0) / 500.0).astype(np.float32)
    level = np.float32(slope) * octaves
    for _ in range(int(rng.integers(0, 3))):
        middle, width, bump = rng.uniform(-3.0, 4.0), rng.uniform(0.1, 1.0), rng.uniform(-2.0, 3.0)
        level += np.float32(bump) * np.exp(-0.5 * ((octaves - np.float32(middle)) / np.float32(width)) ** 2)
    noise = np.fft.irfft(spectrum * np.exp2(level), count)
    if rng.random() < 0.2:
        swing = np.interp(np.arange(count), np.linspace(0, count, 12), rng.uniform(-10.0, 3.0, 12))
        noise = noise * 10.0 ** (swing / 20.0)
    return np.asarray(noise / np.sqrt(np.mean(noise**2)), dtype=np.float32)


def hum(count: int, rng: np.random.Generator) -> Samples:
    """Mains hum of 50 or 60 Hz, unit RMS: float32 of shape [count]."""
    base_hz = rng.choice([50.0, 60.0]) * (1.0 + rng.normal(0.0, 5e-4))
    order = np.arange(1, int(rng.integers(2, 30)))
    level = order ** -rng.uniform(0.3, 2.0) * np.exp(rng.normal(0.0, 0.8, order.size))
    turns = np.arange(count) * (base_hz / _RATE_HZ)
    sound = np.zeros(count)
    for k, gain in zip(order, level, strict=True):
        sound += gain * np.sin(2.0 * np.pi * (k * turns + rng.random()))
    return np.asarray(sound / np.sqrt(np.mean(sound**2)), dtype=np.float32)


def clicks(count: int, rng: np.random.Generator) -> Samples:
    """Clicks, claps and crackle, peak about 1: float32 of shape [count]."""
    sound = np.zeros(count, np.float32)
    for _ in range(int(np.exp(rng.uniform(0.0, np.log(60.0))))):
        length = int(np.exp(rng.uniform(np.log(4.0), np.log(800.0))))
        start = int(rng.integers(0, max(1, count - length)))
        burst = rng.standard_normal(length, dtype=np.float32) * np.exp(-4.0 * np.arange(length) / length)
        sound[start : start + length] += (rng.random() * burst)[: count - start].astype(np.float32)
    return np.asarray(sound / max(1e-6, float(np.abs(sound).max())), dtype=np.float32)


def tabla_play(sa_hz: float, count: int, rng: np.random.Generator) -> Samples:
    """Draw a tabla that keeps a beat, dayan on Sa or Pa: float32 of shape [count], of no set level."""
    dayan_hz = sa_hz * float(rng.choice([1.0, 1.0, 0.75, 1.5]))
    while dayan_hz < 200.0:
        dayan_hz *= 2.0
    pitches_hz = (dayan_hz, dayan_hz, rng.uniform(60.0, 130.0))
    strokes = [tabla(s, p, rate_hz=_RATE_HZ, rng=rng) for s, p in zip(_STROKES, pitches_hz, strict=True)]
    damped = rng.standard_normal(600, dtype=np.float32) * np.exp(-np.arange(600) / 90.0).astype(np.float32)
    strokes.append(np.asarray(0.15 * damped, dtype=np.float32))
    pattern = rng.integers(0, len(strokes), 16)
    rests = rng.random(16) < rng.uniform(0.0, 0.6)
    pulse = int(_RATE_HZ * 60.0 / np.exp(rng.uniform(np.log(60.0), np.log(600.0))))
    sound = np.zeros(count + 2 * _RATE_HZ, np.float32)
    beat = int(rng.integers(16))
    for start in range(int(rng.integers(0, pulse)), count, pulse):
        beat = (beat + 1) % 16
        if rests[beat]:
            continue
        stroke = strokes[pattern[beat]]
        at = start + int(abs(rng.normal(0.0, 80.0)))
        sound[at : at + stroke.size] += np.float32(rng.uniform(0.3, 1.0)) * stroke
    return sound[:count]


def instrument_play(line: Line, rng: np.random.Generator) -> Samples:
    """Play a line alone, on keys or plucked strings: float32 of shape [n], of no set level."""
    times_s = STEP_S * np.arange(line.f0_hz.size)
    hz, gain = np.full(times_s.size, 220.0), np.zeros(times_s.size)
    plucked = rng.random() < 0.5
    octave, decay_s = float(rng.choice([0.5, 1.0, 2.0])), float(np.exp(rng.uniform(np.log(0.1), np.log(2.0))))
    for start_s, end_s in zip(line.onsets_s, line.ends_s, strict=True):
        first, last = np.searchsorted(times_s, [start_s, times_s[-1] if plucked else end_s])
        middle = min(int(np.searchsorted(times_s, 0.5 * (start_s + end_s))), times_s.size - 1)
        into_s = times_s[first:last] - start_s
        hz[first:] = octave * 261.6 * 2.0 ** (round(12.0 * np.log2(line.f0_hz[middle] / 261.6)) / 12.0)
        gain[first:last] = np.clip(into_s / 0.005, 0.0, 1.0) * (np.exp(-into_s / decay_s) if plucked else 1.0)
    gain = np.convolve(gain, np.full(10, 0.1), mode="same")
    order = np.arange(1, 60)
    harmonics = 10.0 ** ((rng.uniform(-12.0, -2.0) * np.log2(order) + 4.0 * rng.standard_normal(59)) / 20.0)
    turns, log2_hz = line_phase(np.clip(hz, 40.0, 2000.0))
    sound = read_table(wave_tables(harmonics, rng, 1), turns, log2_hz)
    return np.asarray(sound * np.repeat(gain[:-1], round(STEP_S * _RATE_HZ)).astype(np.float32))


def shadow(line: Line, rng: np.random.Generator) -> Samples:
    """Play the line after the voice, on a harmonium key by key or a fiddle: float32, of no set level."""
    late = int(rng.uniform(0.05, 0.3) / STEP_S)
    keys = rng.random() < 0.75
    octave = float(rng.choice([0.5, 1.0, 1.0, 2.0]))
    semitones = 12.0 * np.log2(line.f0_hz / 261.6)
    if keys:
        semitones = np.round(semitones - 0.3)
    hz = np.clip(octave * 261.6 * 2.0 ** (semitones / 12.0), 65.0, 1100.0)
    hz = np.concatenate([np.full(late, hz[0]), hz])[: hz.size]
    pressed = np.concatenate([np.zeros(late), line.loudness > 0.05])[: hz.size].astype(np.float64)
    gain = np.convolve(pressed, np.full(40, 1.0 / 40.0), mode="same")
    order = np.arange(1, 60)
    harmonics = 10.0 ** ((rng.uniform(-8.0, -2.0) * np.log2(order) + 4.0 * rng.standard_normal(59)) / 20.0)
    turns, log2_hz = line_phase(hz)
    sound = read_table(wave_tables(harmonics, rng, 1), turns, log2_hz)
    step = round(STEP_S * _RATE_HZ)
    return np.asarray(sound * np.repeat(gain[:-1], step).astype(np.float32))
