"""The mel spectrogram beside librosa's, and beside what a tone must look like."""

from __future__ import annotations

import numpy as np
import pytest

from swara.data.audio.frames import frame_count, hz_of_mel, mel_of_hz
from swara.data.audio.mel import MelBands, mel_power
from swara.data.clip import Clip

RATE_HZ = 16_000


def _clip(seconds: float, seed: int = 0) -> Clip:
    noise = np.random.default_rng(seed).normal(scale=0.1, size=round(seconds * RATE_HZ))
    glide = np.sin(np.cumsum(2 * np.pi * np.linspace(100, 3000, noise.size) / RATE_HZ))
    return Clip((0.5 * glide + noise).astype(np.float32), RATE_HZ)


def _whole(clip: Clip, bands: MelBands) -> np.ndarray:
    return np.concatenate(list(mel_power(clip, bands)))


@pytest.mark.parametrize("seconds", [0.3, 3.0, 25.013], ids="{} s".format)
@pytest.mark.parametrize(
    "bands", [MelBands(), MelBands(64, 125.0, 7500.0, 512)], ids=["as drawn", "fewer and wider"]
)
def test_as_librosa_computes_it(seconds: float, bands: MelBands) -> None:
    librosa = pytest.importorskip("librosa")
    clip = _clip(seconds)
    reference = librosa.feature.melspectrogram(
        y=clip.samples,
        sr=RATE_HZ,
        n_fft=bands.window,
        hop_length=160,
        n_mels=bands.bands,
        fmin=bands.min_hz,
        fmax=bands.max_hz,
        pad_mode="constant",
        htk=True,
    ).T
    ours = _whole(clip, bands)
    assert ours.shape == reference.shape == (frame_count(clip), bands.bands)
    np.testing.assert_allclose(ours, reference, rtol=2e-4, atol=2e-6 * reference.max())


def test_blocks_are_small_and_make_a_whole() -> None:
    clip = _clip(25.0)
    blocks = list(mel_power(clip, MelBands()))
    assert [len(block) for block in blocks] == [1000, 1000, 501]
    middle = clip.between(9.0, 11.5)
    np.testing.assert_allclose(
        np.concatenate(blocks)[920:1130], _whole(middle, MelBands())[20:230], rtol=1e-3, atol=1e-4
    )


def test_mel_is_librosas_and_goes_back() -> None:
    librosa = pytest.importorskip("librosa")
    hz = np.array([0.0, 66.7, 999.9, 1000.0, 1000.1, 6400.0])
    np.testing.assert_allclose(hz_of_mel(mel_of_hz(hz)), hz, atol=1e-9)
    np.testing.assert_allclose(mel_of_hz(hz), librosa.hz_to_mel(hz, htk=True))
