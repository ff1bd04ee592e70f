"""What a room, a microphone and a recorder make of a sound."""

from __future__ import annotations

import numpy as np

from swara.data.arrays import FloatArray
from swara.data.clip import Samples
from swara.data.synth import room_response

__all__ = ["automatic_gain", "coded", "draw_equaliser", "draw_room", "filtered", "narrow_band", "record"]


_RATE_HZ = 16_000


def draw_equaliser(hz: FloatArray, rng: np.random.Generator, *, strength: float = 1.0) -> FloatArray:
    """Draw a magnitude response: slope, bumps, and the ends of the band.

    Parameters
    ----------
    hz : float64 array, shape [bins]
        Frequencies that the gain is wanted at.
    rng : numpy.random.Generator
        Everything random is drawn from it.
    strength : float
        0 for nothing but a little colour.

    Returns
    -------
    float64 array, shape [bins]
    """
    octaves = np.log2(np.maximum(hz, 20.0) / 800.0)
    level_db = rng.normal(0.0, 1.5 * strength) * octaves
    for _ in range(int(rng.integers(0, 5))):
        middle, width = rng.uniform(-4.0, 3.3), np.exp(rng.uniform(np.log(0.08), np.log(1.0)))
        level_db += strength * rng.uniform(-12.0, 9.0) * np.exp(-0.5 * ((octaves - middle) / width) ** 2)
    gain = 10.0 ** (level_db / 20.0)
    kind = rng.random() / max(strength, 1e-3)
    if kind < 0.4:
        cut_hz, order = np.exp(rng.uniform(np.log(50.0), np.log(400.0))), rng.choice([2, 4, 8])
        gain /= np.sqrt(1.0 + (cut_hz / np.maximum(hz, 1.0)) ** order)
    if kind < 0.12 or 0.4 < kind < 0.6:
        cut_hz, order = rng.uniform(2800.0, 7500.0), rng.choice([4, 8, 16])
        gain /= np.sqrt(1.0 + (hz / cut_hz) ** order)
    return np.asarray(gain)


def draw_room(rng: np.random.Generator) -> FloatArray:
    """Draw the response of a room, with early reflections: float64, the direct sound first."""
    if rng.random() < 0.65:
        t60_s, direct_db = np.exp(rng.uniform(np.log(0.1), np.log(1.2))), rng.uniform(-3.0, 20.0)
    else:  # a hall
        t60_s, direct_db = np.exp(rng.uniform(np.log(0.9), np.log(3.5))), rng.uniform(-6.0, 10.0)
    response = room_response(float(t60_s), direct_db, rate_hz=_RATE_HZ, rng=rng)
    for _ in range(int(rng.integers(0, 7))):
        at = int(rng.uniform(0.0008, 0.03) * _RATE_HZ)
        if at < response.size:
            response[at] += rng.choice([-1.0, 1.0]) * rng.uniform(0.05, 0.6)
    if rng.random() < 0.7:  # air and curtains take the treble
        soft = rng.uniform(0.1, 0.7)
        tail = response[1:]
        tail[1:] = (1.0 - soft) * tail[1:] + soft * tail[:-1]
    if rng.random() < 0.06:  # a stage's echo
        late = int(rng.uniform(0.06, 0.35) * _RATE_HZ)
        response = np.pad(response, (0, max(0, late + 1 - response.size)))
        response[late] += 10.0 ** (-rng.uniform(6.0, 20.0) / 20.0)
    return response


def filtered(
    samples: Samples, rng: np.random.Generator, response: FloatArray | None, strength: float
) -> Samples:
    """Colour a sound by a drawn equaliser and a room: float32 of its own length."""
    size = _good_size(samples.size + (0 if response is None else response.size) + 2048)
    gain = draw_equaliser(np.linspace(0.0, 0.5 * _RATE_HZ, 513), rng, strength=strength)
    dense = np.interp(np.arange(size // 2 + 1) * (1024 / size), np.arange(513), gain).astype(np.float32)
    spectrum = np.fft.rfft(samples, size) * dense
    if response is not None:
        spectrum *= np.fft.rfft(response.astype(np.float32), size)
    return np.asarray(np.fft.irfft(spectrum, size)[: samples.size], dtype=np.float32)


def coded(samples: Samples, rng: np.random.Generator) -> Samples:
    """Thin a sound out as lossy codecs and noise suppression do: what is weak beside its neighbours goes.

    Parameters
    ----------
    samples : float32 array, shape [n]
        What goes into the codec.
    rng : numpy.random.Generator
        Everything random is drawn from it.

    Returns
    -------
    float32 array, shape [n]
    """
    size, hop = 1024, 512
    frames = -(-samples.size // hop) + 1
    padded = np.pad(samples, (hop, frames * hop - samples.size))
    window = np.sin(np.pi * (np.arange(size, dtype=np.float32) + 0.5) / size)
    spectrum = np.fft.rfft(np.lib.stride_tricks.sliding_window_view(padded, size)[::hop] * window)
    power = np.abs(spectrum) ** 2
    reach = int(rng.integers(8, 60))
    total = np.cumsum(np.pad(power, ((0, 0), (reach, reach))), axis=1, dtype=np.float64)
    around = (total[:, 2 * reach :] - total[:, : total.shape[1] - 2 * reach]) / (2 * reach)
    kept = power > 10.0 ** (-rng.uniform(3.0, 25.0) / 10.0) * around
    heard = np.fft.irfft(np.where(kept, spectrum, np.float32(rng.choice([0.0, 0.1, 0.3])) * spectrum), size)
    heard *= window
    return np.asarray((heard[:-1, hop:] + heard[1:, :hop]).reshape(-1)[: samples.size], dtype=np.float32)


def automatic_gain(samples: Samples, loudness: FloatArray, rng: np.random.Generator) -> Samples:
    """Turn the gain as a phone does: up in soft passages, or down where nobody sings.

    Parameters
    ----------
    samples : float32 array, shape [n]
        What the microphone hears.
    loudness : float64 array, shape [any]
        The voice's, evenly spaced over all samples.
    rng : numpy.random.Generator
        Everything random is drawn from it.

    Returns
    -------
    float32 array, shape [n]
    """
    reach = int(rng.integers(30, 300))
    smooth = np.convolve(loudness, np.full(reach, 1.0 / reach), mode="same")
    if rng.random() < 0.5:
        gain = (0.2 + smooth) ** -rng.uniform(0.2, 0.9)
    else:
        floor = 10.0 ** (-rng.uniform(6.0, 60.0) / 20.0)
        gain = floor + (1.0 - floor) * np.clip(4.0 * smooth, 0.0, 1.0)
    dense = np.interp(np.arange(samples.size), np.linspace(0.0, samples.size - 1, gain.size), gain)
    return np.asarray(samples * dense, dtype=np.float32)


def record(samples: Samples, rng: np.random.Generator, *, lowest_db: float = -40.0) -> Samples:
    """Set a level, overload a little now and then, and quantise: float32 in -1 to 1."""
    peak = float(np.abs(samples).max())
    if peak > 0:
        level_db = rng.uniform(-20.0, 0.0) if rng.random() < 0.75 else rng.uniform(lowest_db, 0.0)
        samples = samples * np.float32(10.0 ** (level_db / 20.0) / peak)
    overload = rng.random()
    if overload < 0.05 and peak > 0:
        limit = float(np.abs(samples).max()) * rng.uniform(0.3, 0.9)
        samples = np.clip(samples, -limit, limit)
    elif overload < 0.12 and peak > 0:
        drive = rng.uniform(0.5, 3.0) / float(np.abs(samples).max())
        samples = np.tanh(drive * samples) / np.float32(drive)
    if rng.random() < 0.05:
        samples = samples + np.float32(rng.normal(0.0, 0.02))
    bits = int(rng.choice([16, 16, 16, 14, 12, 10, 8], p=[0.4, 0.2, 0.15, 0.1, 0.08, 0.05, 0.02]))
    scale = np.float32(2.0 ** (bits - 1))
    return np.asarray(np.clip(np.round(samples * scale) / scale, -1.0, 1.0), dtype=np.float32)


def narrow_band(samples: Samples, rng: np.random.Generator) -> Samples:
    """Leave nothing above some 4 kHz, not even noise, as a file at a low rate has it.

    Parameters
    ----------
    samples : float32 array, shape [n]
        What was recorded.
    rng : numpy.random.Generator
        The highest frequency is drawn from it.

    Returns
    -------
    float32 array, shape [n]
        Within -1 to 1.
    """
    spectrum = np.fft.rfft(samples)
    spectrum[round(rng.uniform(0.42, 0.7) * spectrum.size) :] = 0.0
    return np.asarray(np.clip(np.fft.irfft(spectrum, samples.size), -1.0, 1.0), dtype=np.float32)


def _good_size(least: int) -> int:
    """Return the next length that an FFT is quick at: 1, 3, 5, 9 or 15 times a power of two."""
    return min(odd << max(0, int(np.ceil(np.log2(least / odd)))) for odd in (1, 3, 5, 9, 15))
