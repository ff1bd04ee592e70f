"""A sound lies at the same time whatever it was encoded with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from swara.data.audio.decode import load_clip

RATE_HZ = 48_000
WORK_HZ = 16_000
ONE_MS = WORK_HZ // 1_000
START_S = 0.25


def _chirps() -> np.ndarray:
    """Silence, then three seconds of rising chirps 0.5 s apart, each with its own slope: one sharp peak."""
    times_s = np.arange(RATE_HZ // 2) / RATE_HZ
    window = np.hanning(times_s.size)
    chirps = [
        0.5 * window * np.sin(2 * np.pi * (300 * times_s + 0.5 * slope * times_s**2))
        for slope in (2_000, 5_000, 9_000, 4_000, 7_000, 3_000)
    ]
    return np.concatenate((np.zeros(round(START_S * RATE_HZ)), *chirps)).astype(np.float32)


def _lag(samples: np.ndarray, reference: np.ndarray) -> int:
    """Samples by which `samples` comes later than `reference`, by cross-correlation."""
    size = samples.size + reference.size
    product = np.fft.rfft(samples, size) * np.conj(np.fft.rfft(reference, size))
    peak = int(np.argmax(np.fft.irfft(product, size)))
    return peak if peak <= size // 2 else peak - size


@pytest.fixture(name="reference")
def _reference(tmp_path: Path) -> np.ndarray:
    soundfile.write(tmp_path / "reference.wav", _chirps(), RATE_HZ, subtype="FLOAT")
    return load_clip(tmp_path / "reference.wav").samples


def test_the_measure_itself_sees_a_millisecond(reference: np.ndarray) -> None:
    later = np.concatenate((np.zeros(ONE_MS, dtype=np.float32), reference))
    assert _lag(later, reference) == ONE_MS
    assert _lag(reference, later) == -ONE_MS


def test_resampling_adds_no_delay(reference: np.ndarray) -> None:
    assert _lag(reference, np.ascontiguousarray(_chirps()[:: RATE_HZ // WORK_HZ])) == 0


@pytest.mark.parametrize(
    ("codec", "container", "name"),
    [
        ("libmp3lame", "mp3", "take.mp3"),
        ("aac", "ipod", "take.m4a"),
        ("alac", "ipod", "take.m4a"),
        ("libopus", "webm", "take.webm"),
        ("libopus", "ogg", "take.opus"),
        ("libopus", "matroska", "take.mka"),
    ],
)
def test_encoder_delay_is_removed(
    tmp_path: Path, reference: np.ndarray, encode, codec: str, container: str, name: str
) -> None:
    clip = load_clip(encode(tmp_path / name, _chirps(), codec, container))
    assert abs(_lag(clip.samples, reference)) < ONE_MS


@pytest.mark.parametrize("name", ["take.flac", "take.ogg", "take.mp3"])
def test_so_it_is_when_libsndfile_encoded(tmp_path: Path, reference: np.ndarray, name: str) -> None:
    soundfile.write(tmp_path / name, _chirps(), RATE_HZ)
    assert abs(_lag(load_clip(tmp_path / name).samples, reference)) < ONE_MS


def test_raw_aac_keeps_the_priming_that_it_cannot_state(
    tmp_path: Path, reference: np.ndarray, encode
) -> None:
    """1024 samples at 48 kHz from FFmpeg's encoder: the one offset that remains, see `av_reader`."""
    clip = load_clip(encode(tmp_path / "take.aac", _chirps(), "aac", "adts"))
    assert _lag(clip.samples, reference) == pytest.approx(1_024 * WORK_HZ / RATE_HZ, abs=1)
