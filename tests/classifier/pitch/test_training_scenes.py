"""Scenes for the pitch head: exact labels, at the right sample, the same for the same seed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from swara.classifier.pitch.training.draw_drone import DronePool, reed_drone, still_drone
from swara.classifier.pitch.training.draw_line import STEP_S, Line, render_line
from swara.classifier.pitch.training.draw_noise import (
    clicks,
    coloured_noise,
    hum,
    instrument_play,
    shadow,
    tabla_play,
)
from swara.classifier.pitch.training.draw_notes import Event, draw_events, draw_register, flattened
from swara.classifier.pitch.training.draw_recording import (
    automatic_gain,
    coded,
    draw_room,
    filtered,
    narrow_band,
    record,
)
from swara.classifier.pitch.training.draw_voice import draw_timbre, sing_line, synthesize_line, whisper_line
from swara.classifier.pitch.training.scenes import LABELLED_HZ, SCENE_RATE_HZ, Scene, SceneMaker
from swara.data.arrays import FloatArray
from swara.data.clip import Samples

FRAME = 160


def line_of(seed: int, duration_s: float = 2.0) -> tuple[Line, float, np.random.Generator]:
    rng = np.random.default_rng(seed)
    middle_hz, sa_hz = draw_register(rng)
    events = draw_events(middle_hz, sa_hz, duration_s, rng)
    return render_line(events, sa_hz, duration_s, rng), middle_hz, rng


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    maker = SceneMaker(7, duration_s=2.0, drones=3)
    return [maker.draw() for _ in range(120)]


def test_every_scene_is_sound_with_a_label_for_every_frame(scenes: list[Scene]) -> None:
    for scene in scenes:
        assert scene.samples.dtype == np.float32
        assert scene.samples.shape == (2 * SCENE_RATE_HZ,)
        assert np.isfinite(scene.samples).all()
        assert np.abs(scene.samples).max() <= 1.0
        assert scene.f0_hz.dtype == np.float64
        assert scene.f0_hz.shape == (1 + 2 * SCENE_RATE_HZ // FRAME,)
        sung_hz = scene.f0_hz[scene.f0_hz != 0]
        assert np.all((sung_hz >= LABELLED_HZ[0]) & (sung_hz <= LABELLED_HZ[1]))


def test_scenes_are_as_mixed_as_they_should_be(scenes: list[Scene]) -> None:
    voiced = np.array([np.mean(scene.f0_hz > 0) for scene in scenes])
    sung = voiced[voiced > 0]
    assert 0.1 < np.mean(voiced == 0) < 0.35
    assert 0.7 < sung.mean() < 0.92
    middles_hz = [np.median(scene.f0_hz[scene.f0_hz > 0]) for scene in scenes if scene.f0_hz.any()]
    assert np.mean(np.array(middles_hz) < 220.0) > 0.3
    assert np.mean(np.array(middles_hz) > 220.0) > 0.3
    assert max(middles_hz) > 500.0
    assert min(middles_hz) < 110.0


def test_a_seed_says_all() -> None:
    first, again, other = (SceneMaker(seed, duration_s=1.0, drones=2) for seed in (3, 3, 4))
    for _ in range(12):
        one, two, three = first.draw(), again.draw(), other.draw()
        np.testing.assert_array_equal(one.samples, two.samples)
        np.testing.assert_array_equal(one.f0_hz, two.f0_hz)
        assert not np.array_equal(one.samples, three.samples)


@pytest.mark.parametrize(("duration_s", "drones"), [(0.0, 5), (1.003, 5), (-1.0, 5), (1.0, 0)])
def test_a_scene_has_whole_frames_and_a_pool_has_drones(duration_s: float, drones: int) -> None:
    with pytest.raises(ValueError, match="10 ms frames"):
        SceneMaker(0, duration_s=duration_s, drones=drones)


def off_cents(line: Line, sound: np.ndarray, lag_s: float) -> FloatArray:
    """How far the fundamental moves against its label shifted by `lag_s`, where it is sung, in cents.

    The fundamental is turned back by the integral of the labels, taken every 10 ms as a scene has them; what
    is left turning is the error.
    """
    return turned_cents(line.f0_hz[:: round(0.01 / STEP_S)], sound, lag_s)


def turned_cents(labels_hz: FloatArray, sound: np.ndarray, lag_s: float = 0.0, width: int = 2) -> FloatArray:
    times_s = np.arange(sound.size) / SCENE_RATE_HZ
    hz = np.exp(np.interp(times_s - lag_s, np.arange(labels_hz.size) * 0.01, np.log(labels_hz)))
    still = sound * np.exp(-2j * np.pi * np.cumsum(hz) / SCENE_RATE_HZ)
    window = np.hanning(width * FRAME + 1)
    still = np.convolve(still, window / window.sum(), mode="same")[:: FRAME // 4]
    turned_hz = np.angle(still[2:] * np.conj(still[:-2])) / (2.0 * np.pi) / (2 * FRAME / 4 / SCENE_RATE_HZ)
    cents = 1200.0 / np.log(2.0) * turned_hz / hz[:: FRAME // 4][1:-1]
    return cents[20:-20]


@pytest.mark.parametrize("sing", [sing_line, synthesize_line])
def test_labels_are_true_to_the_cent_and_the_millisecond(sing: Callable[..., Samples]) -> None:
    rng = np.random.default_rng(1)
    slides = [Event(cents, 0.5, glide_s=0.45) for cents in (0.0, 1200.0, 0.0, 900.0)]
    line = render_line(slides, 300.0, 2.0, rng)
    sound = sing(line, draw_timbre(400.0, rng), rng)
    here = np.median(np.abs(off_cents(line, sound, 0.0)))
    assert here < 2.0
    for lag_s in (-0.002, 0.002):
        assert np.median(np.abs(off_cents(line, sound, lag_s))) > here + 2.0
    for seed in range(6):  # a held note sounds at its label
        rng = np.random.default_rng(seed)
        held = render_line([Event(0.0, 2.0)], float(rng.uniform(180.0, 600.0)), 2.0, rng)
        sound = sing(held, draw_timbre(300.0, rng), rng)
        assert abs(np.median(off_cents(held, sound, 0.0))) < 1.0


def test_a_voice_is_silent_in_rests_and_a_sunken_note_is_no_voice() -> None:
    rng = np.random.default_rng(2)
    faded = Event(0.0, 1.0, release_s=0.6, release_db=70.0)
    line = render_line([faded, Event(200.0, 0.6, rest_s=0.4)], 220.0, 2.0, rng)
    at = np.arange(line.f0_hz.size) * STEP_S
    assert line.voiced[(at > 0.1) & (at < 0.4)].all()
    assert not line.voiced[(at > 0.97) & (at < 1.4)].any()
    assert line.voiced[(at > 1.5) & (at < 1.9)].all()
    assert not line.loudness[(at > 1.01) & (at < 1.39)].any()
    empty = render_line([], 200.0, 0.5, rng)
    assert (empty.f0_hz.size, empty.voiced.any()) == (501, False)


def test_a_drone_is_heard_at_the_sa_that_was_asked_for() -> None:
    rng = np.random.default_rng(5)
    pool = DronePool(4)
    for sa_hz in (105.0, 140.0, 187.0, 233.0, 380.0):
        drone = pool.draw(sa_hz, 4 * SCENE_RATE_HZ, rng)
        power = np.abs(np.fft.rfft(drone * np.hanning(drone.size), 1 << 19)) ** 2
        hz = np.fft.rfftfreq(1 << 19, 1.0 / SCENE_RATE_HZ)
        near = np.abs(1200.0 * np.log2(np.maximum(hz, 1.0) / (2.0 * sa_hz))) < 40.0
        peak_hz = hz[near][power[near].argmax()]
        assert abs(1200.0 * np.log2(peak_hz / (2.0 * sa_hz))) < 4.0


@pytest.mark.parametrize("kind", [still_drone, reed_drone, tabla_play, coloured_noise, hum, clicks])
def test_what_is_beside_the_voice_has_the_length_that_was_asked_for(kind: Callable[..., Samples]) -> None:
    tuned = (150.0,) if kind in (still_drone, reed_drone, tabla_play) else ()
    for seed in range(5):
        sound = kind(*tuned, 20_011, np.random.default_rng(seed))
        assert sound.shape == (20_011,)
        assert sound.dtype == np.float32
        assert np.isfinite(sound).all()
        assert sound.any()


def test_a_machine_holds_every_note_on_one_pitch_and_nobody_sings_in_a_drone_alone() -> None:
    rng = np.random.default_rng(8)
    events = flattened(draw_events(220.0, 200.0, 3.0, rng), rng)
    line = render_line(events, 200.0, 3.0, rng, drifts=False)
    cents = 1200.0 * np.log2(line.f0_hz / 200.0)
    still = np.abs(np.diff(cents)) < 1e-9
    assert np.mean(still[line.voiced[1:]]) > 0.8
    assert np.abs(((cents[1:][still] - cents[1:][still][0] + 50.0) % 100.0) - 50.0).max() < 1e-6
    maker = SceneMaker(3, duration_s=1.0, drones=2)
    for _ in range(4):
        alone = maker.draw_drone()
        assert alone.samples.any()
        assert not alone.f0_hz.any()
        assert maker.draw_sung(machine=True).samples.any()


def test_keys_and_strings_play_the_line_in_semitones() -> None:
    line, _, rng = line_of(11)
    for _ in range(4):
        played = instrument_play(line, rng)
        assert played.shape == (2 * SCENE_RATE_HZ,)
        assert not played[: round(SCENE_RATE_HZ * line.onsets_s[0]) - 200].any()
        assert np.abs(played).max() > 0


def test_a_whisper_has_no_pitch_and_a_shadow_comes_after_the_voice() -> None:
    line, middle_hz, rng = line_of(11)
    assert whisper_line(line, draw_timbre(middle_hz, rng), rng).shape == (2 * SCENE_RATE_HZ,)
    begun = int(np.argmax(line.loudness > 0.05))
    played = shadow(line, rng)
    assert played.shape == (2 * SCENE_RATE_HZ,)
    assert not played[: (begun + 20) * round(STEP_S * SCENE_RATE_HZ)].any()


def test_filters_and_rooms_do_not_delay() -> None:
    click = np.zeros(8000, np.float32)
    click[3000] = 1.0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        assert np.abs(filtered(click, rng, None, 1.0)).argmax() == 3000
        assert draw_room(rng)[0] == 1.0


def test_thinning_out_takes_the_weak_and_moves_nothing() -> None:
    rng = np.random.default_rng(0)
    tone = np.sin(2.0 * np.pi * 440.0 / SCENE_RATE_HZ * np.arange(10_007)).astype(np.float32)
    for _ in range(5):
        heard = coded(tone + 0.01 * rng.standard_normal(tone.size, dtype=np.float32), rng)
        assert heard.shape == tone.shape
        assert np.abs(heard - tone)[600:-600].max() < 0.15


def test_a_recording_stays_within_full_scale() -> None:
    for seed in range(40):
        rng = np.random.default_rng(seed)
        loud = 30.0 * rng.standard_normal(4000, dtype=np.float32)
        heard = record(automatic_gain(loud, rng.random(500), rng), rng)
        assert np.abs(heard).max() <= 1.0
        assert heard.any()


def test_a_lifeless_tone_is_labelled_where_it_sounds_and_as_it_sounds() -> None:
    maker, swaying, starting = SceneMaker(21, duration_s=2.0, drones=1), 0, 0
    for _ in range(40):
        scene = maker.draw_tone()
        sounding = scene.f0_hz > 0
        power = np.convolve(scene.samples**2, np.full(FRAME, 1.0 / FRAME), mode="same")[::FRAME]
        power = np.append(power, power[-1])[: sounding.size]
        loud = np.median(power[sounding])
        assert power[sounding].min() > 0.05 * loud
        assert power[~sounding].max(initial=0.0) < 0.4 * loud  # a fade of 50 ms is half sound
        assert sounding.sum() >= 14
        starting += not sounding[20]
        first, last = np.flatnonzero(sounding)[[0, -1]]
        if last - first < 60:
            continue
        stretch = scene.samples[first * FRAME : last * FRAME]
        labels_hz = scene.f0_hz[first : last + 1]
        swaying += np.ptp(1200.0 * np.log2(labels_hz)) > 5.0
        off = turned_cents(labels_hz, stretch, width=8)  # in which partials of 50 Hz do not meet
        assert np.median(np.abs(off)) < 3.0
        assert abs(off.mean()) < 1.0
    assert swaying > 5
    assert starting > 5


def test_a_narrow_band_ends_at_4_khz_and_moves_nothing_below() -> None:
    hz = np.fft.rfftfreq(32_000, 1.0 / SCENE_RATE_HZ)
    tops_hz = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        sound = (0.1 * rng.standard_normal(32_000)).astype(np.float32)
        before, after = np.fft.rfft(sound), np.fft.rfft(narrow_band(sound, rng))
        tops_hz.append(hz[np.abs(after) > 0.1].max())
        np.testing.assert_allclose(after[hz < 3300.0], before[hz < 3300.0], atol=0.01)
        assert np.abs(after[hz > tops_hz[-1] + 1.0]).max() < 0.01
    assert 3300.0 < min(tops_hz) < 4000.0 < max(tops_hz) < 5700.0
    loud = np.where(np.arange(8000) % 80 < 40, 1.0, -1.0).astype(np.float32)
    assert np.abs(narrow_band(loud, np.random.default_rng(0))).max() <= 1.0


def test_few_scenes_are_tones_or_narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    noise = Scene(rng.uniform(-0.5, 0.5, SCENE_RATE_HZ).astype(np.float32), np.full(101, 220.0))
    tone = Scene(noise.samples, np.full(101, 440.0))
    monkeypatch.setattr(SceneMaker, "draw_sung", lambda self, machine: noise)
    monkeypatch.setattr(SceneMaker, "_negative", lambda self: noise.samples)
    monkeypatch.setattr(SceneMaker, "draw_tone", lambda self: tone)
    maker = SceneMaker(4, duration_s=1.0, drones=1)
    drawn = [maker.draw() for _ in range(3000)]
    assert 0.02 < np.mean([scene.f0_hz[0] == 440.0 for scene in drawn]) < 0.04
    assert 0.06 < np.mean([scene.samples is not noise.samples for scene in drawn]) < 0.1
    assert {scene.f0_hz[0] for scene in drawn} == {0.0, 220.0, 440.0}
