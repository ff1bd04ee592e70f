"""The sounds of the benchmark of pitch trackers: at the level stated, and the same every time."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from benchmarks import recordings
from benchmarks.pitch import resung, sounds
from benchmarks.pitch.conditions import conditions
from benchmarks.recordings import Sung, Tanpura
from swara.classifier.pitch import TRACK_RATE_HZ as RATE_HZ
from swara.classifier.pitch.head import pitch_tracker
from swara.data.clip import Clip
from swara.data.synth import VOICES, rms


@pytest.fixture(scope="module")
def voice() -> Sung:
    return sounds.made_voice(0, VOICES["low female"])


def _under(mixed: Sung, voice: Sung) -> np.ndarray:
    """What was laid under the voice: the mix may have been turned down as a whole."""
    silent = ~voice.voiced_samples & (np.abs(voice.clip.samples) < 1e-4)
    assert silent.any()
    scale = np.linalg.lstsq(voice.clip.samples[:, None], mixed.clip.samples, rcond=None)[0][0]
    return mixed.clip.samples / scale - voice.clip.samples


def _tone_tanpura() -> Tanpura:
    times_s = np.arange(RATE_HZ) / RATE_HZ
    return Tanpura("tone", np.sin(2 * np.pi * 130.0 * times_s).astype(np.float32), 130.0)


@pytest.mark.parametrize("level_db", [10.0, 0.0])
def test_levels_are_as_stated(voice: Sung, level_db: float) -> None:
    (droned,) = sounds.over_tanpura([voice], [_tone_tanpura()], level_db)
    (noisy,) = sounds.over_noise([voice], level_db)
    for mixed in (droned, noisy):
        heard_db = 20 * np.log10(rms(voice.clip.samples[voice.voiced_samples]) / rms(_under(mixed, voice)))
        assert heard_db == pytest.approx(level_db, abs=0.3)


def test_a_tanpura_is_tuned_to_the_singer() -> None:
    tuned = _tone_tanpura().tuned(216.0)
    spectrum = np.abs(np.fft.rfft(tuned[: RATE_HZ // 2] * np.hanning(RATE_HZ // 2)))
    assert 2.0 * spectrum.argmax() == pytest.approx(216.0, abs=2.0)


def test_all_tanpuras_are_used_in_turn(voice: Sung) -> None:
    played = []

    class Spy(Tanpura):
        def play(self, count: int, sa_hz: float, rng: np.random.Generator) -> np.ndarray:
            played.append((self.name, sa_hz))
            return np.ones(count, np.float32)

    tanpuras = [Spy(str(k), np.ones(10, np.float32), 100.0) for k in range(5)]
    sounds.over_tanpura([voice] * 10, tanpuras, 5.0)
    assert sorted(name for name, _ in played) == sorted("0123401234")
    assert {sa_hz for _, sa_hz in played} == {voice.sa_hz}


def test_a_room_leaves_the_sound_where_it_was() -> None:
    click = np.zeros(RATE_HZ, np.float32)
    click[4000] = 1.0
    sung = Sung("click", Clip(click, RATE_HZ), np.array([0.0, 1.0]), np.zeros(2))
    for wet in sounds.in_room([sung] * 3, sounds.made_rooms()):
        assert np.abs(wet.clip.samples).argmax() == 4000
        assert np.count_nonzero(np.abs(wet.clip.samples) > 1e-4) > 1000


@pytest.mark.parametrize("name", ["made-tanpura5", "made-pink10", "made-tanpura5room"])
def test_a_condition_repeats(name: str, voice: Sung, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sounds, "made_voices", lambda: [voice])
    first, second = (conditions(None)[name].make()[0].clip.samples for _ in range(2))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, voice.clip.samples)


def test_without_recordings_there_are_still_conditions() -> None:
    found = conditions(None)
    assert {"made-clean", "made-tanpura0", "made-range", "silence", "white", "tabla", "breath"} <= set(found)
    assert not {"clean", "concert", "drone"} & set(found)


def test_what_nobody_sings_is_truly_unvoiced() -> None:
    found = [one for kind in ("silence", "white", "tabla", "breath") for one in sounds.nobody(kind)]
    for sound in found:
        assert not sound.hz.any()
        assert np.abs(sound.clip.samples).max() <= 1.0
    assert rms(found[-1].clip.samples) == pytest.approx(10 ** (sounds.LEVEL_DB / 20), rel=1e-3)


def test_made_voices_fill_the_range() -> None:
    hz = np.concatenate([one.hz for one in sounds.made_range()])
    for low, high in ((50, 80), (80, 110), (250, 290), (550, 700), (900, 1200), (1200, 1600)):
        assert np.count_nonzero((hz > low) & (hz < high)) > 50


def _cents(one: Sung, voice: Sung) -> np.ndarray:
    sung = voice.hz > 0
    assert np.array_equal(one.hz > 0, sung)
    return np.asarray(1200 * np.log2(one.hz[sung] / voice.hz[sung]))


def test_world_moves_a_voice_where_it_is_told(voice: Sung) -> None:
    pytest.importorskip("pyworld")
    first, second, low, high = resung.moved([voice])
    medians_hz = [float(np.median(one.hz[one.hz > 0])) for one in (first, second, low, high)]
    to_hz = (resung.MEDIANS_HZ[0], resung.MEDIANS_HZ[4], resung.KHARAJ_HZ[0], resung.TAAR_HZ[0])
    assert medians_hz == pytest.approx(to_hz)
    assert first.clip.samples.size == voice.clip.samples.size
    assert np.abs(first.clip.samples).max() == pytest.approx(np.abs(voice.clip.samples).max(), rel=1e-3)
    assert np.ptp(_cents(second, voice)) == pytest.approx(0.0, abs=1e-6)
    (below,), (above,) = resung.below([voice]), resung.above([voice])
    assert below.hz.max() < 48
    assert above.hz[above.hz > 0].min() > 1650


def test_world_lays_vibrato_on_a_voice_and_takes_its_movement_away(voice: Sung) -> None:
    pytest.importorskip("pyworld")
    (same,), (shaken,) = resung.as_sung([voice]), resung.shaken([voice])
    assert not _cents(same, voice).any()
    assert np.abs(_cents(shaken, voice)).max() == pytest.approx(resung.VIBRATO_CENTS, rel=0.01)
    turns = np.diff(np.sign(np.gradient(_cents(shaken, voice)[: round(0.9 / 0.005)])))
    assert np.count_nonzero(turns) == pytest.approx(2 * 0.9 * resung.VIBRATO_HZ[0], abs=1)
    (tuned,), (straight,) = resung.autotuned([voice]), resung.straight([voice])
    semitones = 12 * np.log2(tuned.hz[tuned.hz > 0] / 440.0)
    assert semitones == pytest.approx(np.round(semitones), abs=1e-6)
    assert np.abs(_cents(tuned, voice)).mean() < 35
    runs = np.split(straight.hz, np.flatnonzero(np.diff(voice.hz > 0)) + 1)
    assert all(np.ptp(run) == pytest.approx(0.0, abs=1e-9) for run in runs)
    heard = pitch_tracker("head").track(straight.clip)  # it is what sounds, too
    nearest = np.clip(np.round(voice.times_s / 0.01).astype(int), 0, heard.hz.size - 1)
    off = 1200 * np.log2(heard.hz[nearest] / np.maximum(straight.hz, 1.0))[straight.hz > 0]
    assert np.median(np.abs(off)) < 10


def test_machine_voices_hold_their_swaras_and_tones_lie_beyond_all_singing() -> None:
    machines = sounds.made_straight()
    assert len(machines) == len(VOICES)
    for one in machines:
        assert np.unique(one.hz).size == 7  # six swaras, and rests
        assert np.abs(one.clip.samples).max() > 0.1
    for middles_hz, low, high in ((sounds.BELOW_HZ, 35, 48), (sounds.ABOVE_HZ, 1650, 2010)):
        for tone in sounds.tones(middles_hz):
            assert low < tone.hz.min() < tone.hz.max() < high
            spectrum = np.abs(np.fft.rfft(tone.clip.samples))
            peak_hz = spectrum.argmax() * RATE_HZ / tone.clip.samples.size
            assert peak_hz == pytest.approx(np.median(tone.hz), rel=0.02)


def test_each_tanpura_is_heard_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    cycles = [Tanpura(name, np.ones(1000 * (2 + k), np.float32), 130.0) for k, name in enumerate("ab")]
    cycles.append(Tanpura("el02", np.arange(3000, dtype=np.float32), 130.0))
    monkeypatch.setattr(sounds, "real_tanpuras", lambda root: cycles)
    once, (looped,) = (sounds.tanpura_alone(kind, Path()) for kind in ("cycles", "loops"))
    assert {one.name: one.clip.samples.size for one in once} == {"a": 2000, "b": 3000, "el02": 3000}
    assert (looped.name, looped.clip.duration_s) == ("el02", 30.0)
    assert np.array_equal(looped.clip.samples[:3000], looped.clip.samples[3000:6000])
    assert len(sounds.tanpura_alone("drone", Path())) == 3
    assert [one.name for one in sounds.tanpura_alone("retuned", Path())] == ["a"] * 4 + ["b"] * 4 + [
        "el02"
    ] * 4


def test_real_rooms_begin_with_the_direct_sound_and_concert_labels_come_later_than_published() -> None:
    root = Path(os.environ.get("SWARA_EVAL_DATA", "/"))
    if not all((root / name).is_dir() for name in ("tanpura", "noise_and_rooms", "hindustani_concert")):
        pytest.skip("SWARA_EVAL_DATA names no folder with these recordings")
    responses, excerpts = recordings.room_responses(root), recordings.concert_pitch(root)
    assert (len(recordings.tanpuras(root)), len(responses), len(excerpts)) == (12, 4, 2)
    assert all(np.abs(r[:160]).max() == pytest.approx(np.abs(r).max()) for r in responses)
    assert all(one.times_s[0] == pytest.approx(recordings.CONCERT_EARLY_S) for one in excerpts)
    assert all((one.hz > 0).any() and (one.hz == 0).any() for one in excerpts)
