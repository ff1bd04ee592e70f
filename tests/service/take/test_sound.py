"""What is said of how loud a take is, and of what in it lies beyond what is heard."""

from __future__ import annotations

import numpy as np
import pytest

from swara.classifier.pitch.head import pitch_tracker
from swara.data.audio.level import Level
from swara.data.clip import Clip
from swara.data.synth import VOICES, SungNote, render_contour, sing
from swara.service.take.sound import remarks_about_level, within_range


@pytest.mark.parametrize(
    ("level", "said"),
    [
        (Level(-6.0, -16.0, 0.0), ""),
        (Level(-40.0, -52.0, 0.0), "very quiet: its loudest sample is at -40 dB"),
        (Level(-200.0, -100.0, 0.0), "silent"),
        (Level(0.0, -9.0, 0.012), "clipped: 1% of it"),
        (Level(0.0, -9.0, 0.0004), "clipped: 0.04% of it"),
    ],
)
def test_the_level_is_said_where_it_matters(level: Level, said: str) -> None:
    remarks = list(remarks_about_level(level))
    assert len(remarks) == bool(said)
    assert said in "".join(remarks)


def _sung(voice: str, hz: float) -> Clip:
    rng = np.random.default_rng(1)
    contour = render_contour([SungNote(0.0, 0.7, rest_before_s=0.3), SungNote(200.0, 0.5)], hz, rng=rng)
    samples = sing(contour, VOICES[voice], rate_hz=16_000, rng=rng)
    return Clip(np.concatenate((samples, np.zeros(32_000, np.float32))), 16_000)


@pytest.mark.parametrize(
    ("voice", "hz", "said"),
    [
        ("child", 1_350.0, ""),
        ("child", 1_750.0, "above 1600 Hz"),
        ("child", 2_100.0, "above 1600 Hz"),
        ("low male", 55.0, ""),
        ("low male", 110.0, ""),
        ("low male", 45.0, "below 50 Hz"),
        ("low male", 42.0, "below 50 Hz"),
    ],
)
def test_what_is_beyond_the_range_is_said_and_left_out(voice: str, hz: float, said: str) -> None:
    clip = _sung(voice, hz)
    track, remarks = within_range(clip, pitch_tracker("head").track(clip))
    heard = track.hz[track.voiced]
    assert [said in each for each in remarks] == [True] * bool(said)
    cents = 1200 * np.log2(heard / hz)
    assert np.all((cents > -60) & (cents < 260))
    assert bool(said) or heard.size > 90


def test_a_hiss_and_a_noise_are_not_taken_for_a_high_voice() -> None:
    rng = np.random.default_rng(0)
    noise = rng.standard_normal(32_000)
    for sound in (np.diff(noise, prepend=0.0), noise, np.zeros(32_000)):
        clip = Clip((0.1 * sound).astype(np.float32), 16_000)
        assert within_range(clip, pitch_tracker("head").track(clip))[1] == ()
