"""What lies between a voice and a file: noise, a room, an equalizer, a codec.

Every function takes samples and their rate and returns as many new samples; silence stays silence.
"""

from __future__ import annotations

import io
from typing import Any, Literal, TypeAlias

import numpy as np

from swara.data.arrays import FloatArray
from swara.data.clip import Samples
from swara.data.synth.noise import room

__all__ = ["CODECS", "Codec", "add_noise", "apply_codec", "equalize", "place_in_room"]

Codec: TypeAlias = Literal["mp3", "opus", "aac"]
CODECS: tuple[Codec, ...] = ("mp3", "opus", "aac")
_ENCODERS = {"mp3": ("libmp3lame", "mp3"), "opus": ("libopus", "ogg"), "aac": ("aac", "adts")}
_LOWEST_HZ = 50.0
_OPUS_HZ, _AAC_DELAY = 48_000, 1024


def add_noise(
    samples: Samples, rate_hz: int, snr_db: float, slope_db_octave: float, rng: np.random.Generator
) -> Samples:
    """Add noise at a signal-to-noise ratio, both as powers over the whole sound.

    Parameters
    ----------
    samples : float32 array, shape [n]
        One channel.
    rate_hz : int
        Samples a second.
    snr_db : float
        How far the noise lies below the sound.
    slope_db_octave : float
        Its colour: 0 is white, -3 pink, -6 brown; below 50 Hz it is even.
    rng : numpy.random.Generator
        Draws the noise.

    Returns
    -------
    float32 array, shape [n]
    """
    power = float(np.mean(np.square(samples, dtype=np.float64))) if len(samples) else 0.0
    if power == 0.0:
        return samples.copy()
    spectrum = np.fft.rfft(rng.standard_normal(len(samples)))
    hz = np.maximum(np.fft.rfftfreq(len(samples), 1.0 / rate_hz), _LOWEST_HZ)
    noise = np.fft.irfft(spectrum * (hz / _LOWEST_HZ) ** (slope_db_octave / 6.0206), len(samples))
    noise *= np.sqrt(power / 10.0 ** (snr_db / 10.0) / np.mean(np.square(noise)))
    return (samples + noise).astype(np.float32)


def place_in_room(
    samples: Samples, rate_hz: int, rt60_s: float, direct_db: float, rng: np.random.Generator
) -> Samples:
    """Let a sound ring in a room: noise that decays exponentially, higher frequencies faster (Moorer, 1979).

    Parameters
    ----------
    samples : float32 array, shape [n]
        One channel.
    rate_hz : int
        Samples a second.
    rt60_s : float
        How long it takes to fall by 60 dB, in seconds; at 4 kHz, half as long.
    direct_db : float
        How much stronger the direct sound is than all that rings.
    rng : numpy.random.Generator
        Draws the reflections.

    Returns
    -------
    float32 array, shape [n]
        What rings on after the end is cut off.
    """
    if not len(samples):
        return samples.copy()
    times_s = np.arange(max(1, round(rt60_s * rate_hz))) / rate_hz
    dull = np.convolve(rng.standard_normal(len(times_s)), np.ones(4) / 4.0)[: len(times_s)]
    bright = rng.standard_normal(len(times_s))
    ringing = dull * 10.0 ** (-3.0 * times_s / rt60_s) + bright * 10.0 ** (-6.0 * times_s / rt60_s)
    ringing *= np.sqrt(10.0 ** (-direct_db / 10.0) / np.sum(np.square(ringing)))
    response = np.concatenate(([1.0], ringing))
    return room(samples, response)


def equalize(samples: Samples, rate_hz: int, gains_db: FloatArray) -> Samples:
    """Raise and lower bands, without shifting any in time.

    Parameters
    ----------
    samples : float32 array, shape [n]
        One channel.
    rate_hz : int
        Samples a second.
    gains_db : float array, shape [bands]
        Gains at frequencies that lie evenly in octaves from 50 Hz to half the rate; between them, in line.

    Returns
    -------
    float32 array, shape [n]
    """
    if not len(samples):
        return samples.copy()
    length = 1 << (2 * len(samples) - 1).bit_length()
    octaves = np.log2(np.maximum(np.fft.rfftfreq(length, 1.0 / rate_hz), _LOWEST_HZ))
    places = np.linspace(np.log2(_LOWEST_HZ), np.log2(rate_hz / 2.0), len(gains_db))
    spectrum = np.fft.rfft(samples, length) * 10.0 ** (np.interp(octaves, places, gains_db) / 20.0)
    return np.fft.irfft(spectrum, length)[: len(samples)].astype(np.float32)


def apply_codec(samples: Samples, rate_hz: int, codec: Codec, kbit_s: int) -> Samples:
    """Encode a sound and decode it again, without the delay that encoders put before it.

    Parameters
    ----------
    samples : float32 array, shape [n]
        One channel, full scale -1 to 1.
    rate_hz : int
        Samples a second, one that the codec knows: 16, 24, 32, 44.1 or 48 kHz, for MP3 and AAC.
    codec : str
        One of `CODECS`.
    kbit_s : int
        The bit rate; what is too little for the codec, it raises.

    Returns
    -------
    float32 array, shape [n]
    """
    import av
    import soxr

    if not np.any(samples):
        return samples.copy()
    encoder, container = _ENCODERS[codec]
    coded_hz = _OPUS_HZ if codec == "opus" else rate_hz
    file = io.BytesIO()
    with av.open(file, "w", format=container) as out:
        stream: Any = out.add_stream(encoder, rate=coded_hz, layout="mono")
        stream.bit_rate = 1000 * kbit_s
        resampled = samples if coded_hz == rate_hz else soxr.resample(samples, rate_hz, coded_hz)
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(resampled[None]), format="fltp", layout="mono"
        )
        frame.sample_rate = coded_hz
        for packet in (*stream.encode(frame), *stream.encode(None)):
            out.mux(packet)
    file.seek(0)
    with av.open(file, "r") as coded:
        blocks = [block.to_ndarray()[0] for block in coded.decode(audio=0)]
    decoded = np.concatenate(blocks)[_AAC_DELAY if codec == "aac" else 0 :].astype(np.float32)
    if coded_hz != rate_hz:
        decoded = soxr.resample(decoded, coded_hz, rate_hz)
    decoded = decoded[: len(samples)]
    return np.pad(decoded, (0, len(samples) - len(decoded)))
