"""Log-mel pictures: a tone lies in its band, at its level, in frames of the hop asked for."""

from __future__ import annotations

import numpy as np
import pytest

from swara.data.audio.frames import hz_of_mel, mel_of_hz
from swara.data.log_mel import RATE_HZ, LogMel, log_mel


@pytest.mark.parametrize("spec", [LogMel(), LogMel(80, 2048, 256, 30.0, 8000.0)], ids=["usual", "other"])
def test_a_tone_lies_in_its_band(spec: LogMel) -> None:
    edges_hz = hz_of_mel(np.linspace(mel_of_hz(spec.low_hz), mel_of_hz(spec.high_hz), spec.n_mels + 2))
    hz = edges_hz[31]
    sine = np.sin(2 * np.pi * hz * np.arange(RATE_HZ) / RATE_HZ).astype(np.float32)
    picture = log_mel(np.float32(0.1) * sine, spec)
    assert picture.shape == (spec.frames(RATE_HZ), spec.n_mels)
    assert picture.dtype == np.float32
    assert (picture[5:-5].argmax(axis=1) == 30).all()
    ten = log_mel(sine, spec)[20] - picture[20]
    assert ten[30] == pytest.approx(np.log(100.0), abs=1e-3)  # ten times the amplitude
    assert (log_mel(np.zeros(50, np.float32), spec) == np.log(np.float32(1e-9))).all()
