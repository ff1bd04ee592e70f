"""Samples in memory: the same clip as a file that holds them, and one clear error for what is no sound."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from swara.data.audio.decode import decode, decode_samples
from swara.data.errors import AudioError, AudioTooLong

RATE_HZ = 44_100


def _noise(seconds: float = 3.1, channels: int = 1) -> np.ndarray:
    shape = (round(seconds * RATE_HZ), channels)
    noise = 0.3 * np.random.default_rng(0).standard_normal(shape)
    return np.clip(noise, -0.99, 0.99).squeeze()


@pytest.mark.parametrize("channels", [1, 2, 5])
@pytest.mark.parametrize(
    ("subtype", "dtype"),
    [("FLOAT", "float32"), ("DOUBLE", "float64"), ("PCM_16", "int16"), ("PCM_32", "int32")],
)
def test_an_array_is_heard_as_the_file_that_holds_it(tmp_path: Path, subtype, dtype, channels) -> None:
    file = tmp_path / "take.wav"
    soundfile.write(file, _noise(channels=channels), RATE_HZ, subtype=subtype)
    samples, rate_hz = soundfile.read(file, dtype=dtype)
    assert samples.dtype == dtype
    before = samples.copy()
    found = decode_samples(samples, rate_hz)
    np.testing.assert_array_equal(found.clip.samples, decode(file).clip.samples)
    assert (found.clip.rate_hz, found.warnings) == (16_000, ())
    np.testing.assert_array_equal(samples, before)


def test_bytes_of_a_wav_file_are_samples(tmp_path: Path) -> None:
    file = tmp_path / "take.wav"
    levels = np.random.default_rng(0).integers(0, 256, RATE_HZ, dtype=np.uint8)
    soundfile.write(file, (levels / 128.0 - 1.0), RATE_HZ, subtype="PCM_U8")
    np.testing.assert_allclose(
        decode_samples(levels, RATE_HZ).clip.samples, decode(file).clip.samples, atol=1e-6
    )


@pytest.mark.parametrize("order", ["C", "F", "strided", "read-only", "big-endian"])
def test_how_it_lies_in_memory_does_not_matter(order: str) -> None:
    samples = _noise(channels=2).astype(np.float32)
    there = {
        "C": samples,
        "F": np.asfortranarray(samples),
        "strided": np.repeat(samples, 3, axis=0)[::3],
        "read-only": np.frombuffer(samples.tobytes(), np.float32).reshape(samples.shape),
        "big-endian": samples.astype(">f4"),
    }[order]
    wanted = decode_samples(samples, RATE_HZ).clip.samples
    np.testing.assert_array_equal(decode_samples(there, RATE_HZ).clip.samples, wanted)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16, np.int16])
def test_the_clip_is_a_copy(dtype) -> None:
    samples = (_noise(1.0) * (1000 if dtype is np.int16 else 1)).astype(dtype)
    clip = decode_samples(samples, 16_000, rate_hz=16_000).clip
    assert not np.shares_memory(samples, clip.samples)
    before = clip.samples.copy()
    samples[:] = 0
    np.testing.assert_array_equal(clip.samples, before)


NO_SAMPLES = {
    "int64": np.zeros(9_000, np.int64),
    "int8": np.zeros(9_000, np.int8),
    "bool": np.zeros(9_000, bool),
    "complex128": np.zeros(9_000, complex),
    "<U2": np.array(["la"] * 9_000),
    "object": np.array([None] * 9_000),
}
SHAPES = {r"\(\)": (), r"\(2, 2, 9000\)": (2, 2, 9_000), r"more channels.*pass samples\.T": (2, 9_000)}
RATES = [0, -44_100, 44_100.5, 999, 1e9, float("nan"), float("inf")]


@pytest.mark.parametrize(
    ("samples", "rate_hz", "kind", "said"),
    [
        *((samples, RATE_HZ, TypeError, said) for said, samples in NO_SAMPLES.items()),
        *((np.zeros(shape), RATE_HZ, ValueError, said) for said, shape in SHAPES.items()),
        *((np.zeros(9_000), rate_hz, ValueError, "must be a whole number") for rate_hz in RATES),
        *((np.zeros(9_000), rate_hz, TypeError, "must be a number") for rate_hz in ("44100", True, 1j, [9])),
    ],
)
def test_what_is_no_array_of_samples_or_no_rate(samples, rate_hz, kind, said: str) -> None:
    with pytest.raises(kind, match=said):
        decode_samples(samples, rate_hz)


@pytest.mark.parametrize("rate_hz", [44_100, 44_100.0, np.int64(44_100), np.float32(44_100)])
def test_a_rate_may_be_any_whole_number(rate_hz) -> None:
    assert decode_samples(np.zeros(44_100), rate_hz).clip.duration_s == pytest.approx(1.0)


@pytest.mark.parametrize("shape", [0, (0, 2), (9_000, 0), 10, (10, 2)])
def test_too_little_to_analyse(shape) -> None:
    with pytest.raises(AudioError, match=r"^here: .*(no samples|at least 0\.2 s)"):
        decode_samples(np.zeros(shape), RATE_HZ, where="here")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e300])
def test_a_sample_that_is_no_number_is_named(value: float) -> None:
    samples = np.zeros((200_000, 2))
    samples[150_000, 1] = value
    with pytest.raises(AudioError, match=r"^samples: sample 150000, at 3\.401 s, is not a finite number"):
        decode_samples(samples, RATE_HZ)


def test_masked_samples_are_not_taken_for_sound() -> None:
    masked = np.ma.masked_greater(_noise(), 0.5)
    with pytest.raises(AudioError, match="masked"):
        decode_samples(masked, RATE_HZ)
    assert decode_samples(np.ma.masked_array(_noise()), RATE_HZ).clip.duration_s == pytest.approx(3.1)


def test_too_long() -> None:
    with pytest.raises(AudioTooLong, match="limit is"):
        decode_samples(_noise(), RATE_HZ, max_duration_s=3.0)
    assert decode_samples(_noise(), RATE_HZ, max_duration_s=None).clip.duration_s == pytest.approx(3.1)
