"""The reference: one frame per 10 ms centred where it says it is, the whole sung range, any length."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import swara.classifier.pitch.pyin as pyin
from swara.classifier.pitch import TRACK_RATE_HZ, pitch_tracker
from swara.data.clip import Clip
from swara.data.errors import MissingPackage
from swara.data.pitch_track import MAX_HZ, MIN_HZ
from swara.data.synth import VOICES, bhupali_take

# In one process: numba compiles for half a minute in each that it is used in.
pytestmark = pytest.mark.xdist_group("pyin")


def harmonic(f0_hz: np.ndarray) -> Clip:
    """Eight partials of a moving fundamental, given at every sample."""
    phase = 2 * np.pi * (np.cumsum(f0_hz) - f0_hz / 2) / TRACK_RATE_HZ
    room = np.minimum(1.0, np.maximum(0.0, 7500 - np.outer(range(1, 9), f0_hz)) / 500)
    samples = sum(0.2 / k * room[k - 1] * np.sin(k * phase) for k in range(1, 9))
    return Clip(np.asarray(samples, np.float32), TRACK_RATE_HZ)


@pytest.fixture(scope="module")
def chirp():
    """Up two octaves in 2.5 s and down again: 9.6 cents in 10 ms, so that a frame's place shows."""
    seconds = np.arange(5 * TRACK_RATE_HZ) / TRACK_RATE_HZ
    clip = harmonic(100 * 2 ** (2 - 2 * np.abs(seconds - 2.5) / 2.5))
    return pitch_tracker("pyin").track(clip)


def test_a_frame_tells_the_pitch_at_its_own_time(chirp):
    truth_hz = 100 * 2 ** (2 - 2 * np.abs(chirp.times_s - 2.5) / 2.5)
    inside = (chirp.times_s > 0.1) & (chirp.times_s < 4.9) & (np.abs(chirp.times_s - 2.5) > 0.05)

    assert chirp.voiced[inside].all()
    assert np.abs(1200 * np.log2(chirp.hz / truth_hz))[inside].max() <= 5.0


def test_frames_lie_10_ms_apart_from_the_first_sample_to_the_last(chirp):
    np.testing.assert_allclose(chirp.times_s, 0.01 * np.arange(501))


def test_the_whole_sung_range_is_heard():
    steps_hz = np.array([MIN_HZ + 1, 80.0, 170.0, 430.0, 700.0, 950.0, MAX_HZ - 10])
    clip = harmonic(np.repeat(steps_hz, TRACK_RATE_HZ // 2))

    track = pitch_tracker("pyin").track(clip)

    for step, hz in enumerate(steps_hz):
        held = track.hz[50 * step + 10 : 50 * step + 40]
        assert track.voiced[50 * step + 10 : 50 * step + 40].all()
        assert np.abs(1200 * np.log2(held / hz)).max() <= 2.0


def test_a_long_take_tracked_in_pieces_is_that_of_one_piece(monkeypatch):
    take = bhupali_take(11, voice=VOICES["mid female"], phrase="G R S .D S R G, P G R S")
    whole = pitch_tracker("pyin").track(take.clip)
    done: list[float] = []
    monkeypatch.setattr(pyin, "_PIECE_FRAMES", 230)
    pieces = pitch_tracker("pyin").track(take.clip, done.append)

    assert len(done) == -(-len(whole) // 230) >= 3
    assert done == sorted(done)
    assert done[-1] == 1.0
    np.testing.assert_array_equal(pieces.times_s, whole.times_s)
    assert np.count_nonzero(pieces.voiced != whole.voiced) <= 2
    both = pieces.voiced & whole.voiced
    np.testing.assert_allclose(pieces.hz[both], whole.hz[both], rtol=1e-6)


@pytest.mark.parametrize("samples", [3200, 3201, 3359, 3360, 3999])
def test_any_length_has_a_frame_for_each_10_ms_begun(samples):
    clip = harmonic(np.full(samples, 200.0))

    assert len(pitch_tracker("pyin").track(clip)) == 1 + samples // 160


def test_confidence_is_high_on_a_voice_and_low_in_noise():
    rng = np.random.default_rng(6)
    voice = harmonic(np.full(TRACK_RATE_HZ, 220.0)).samples
    noise = np.asarray(0.1 * rng.standard_normal(TRACK_RATE_HZ), np.float32)

    track = pitch_tracker("pyin").track(Clip(np.concatenate([voice, noise]), TRACK_RATE_HZ))

    assert track.confidence[5:95].min() > 0.9
    assert track.voiced[5:95].all()
    assert not track.voiced[110:].any()
    assert np.isfinite(track.confidence).all()


def test_another_sample_rate_is_refused():
    with pytest.raises(ValueError, match="16000"):
        pitch_tracker("pyin").track(Clip(np.zeros(8000, np.float32), 8000))


def test_without_librosa_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "librosa", None)
    with pytest.raises(MissingPackage) as caught:
        pitch_tracker("pyin")
    line = "pYIN takes librosa, which is not installed. Install it with: pip install 'librosa>=0.11'."
    assert str(caught.value) == line
