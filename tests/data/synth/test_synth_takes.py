"""Takes are what their labels say, judged by pYIN, and the same seed makes the same take."""

from __future__ import annotations

import json
from pathlib import Path

import librosa
import numpy as np
import pytest
import soundfile

import swara.data.synth
from swara.data.synth.demo import demo_take, write_demo
from swara.data.synth.takes import (
    BHUPALI_PHRASES,
    aim,
    bhupali_take,
    draw_errors,
    sargam,
    sing_take,
    swara_sequence,
)
from swara.data.synth.voice import VOICES
from swara.raga.swaras import parse_swara


def pyin_cents(take, hop: int = 160) -> tuple[np.ndarray, np.ndarray]:
    """Times in s and cents above Sa, NaN where pYIN hears no voice."""
    hz, _, _ = librosa.pyin(
        take.clip.samples, fmin=80, fmax=900, sr=take.clip.rate_hz, frame_length=1024, hop_length=hop
    )
    return np.arange(hz.size) * hop / take.clip.rate_hz, 1200 * np.log2(hz / take.sa_hz)


@pytest.mark.xdist_group("pyin")
@pytest.mark.parametrize("seed", [1, 4])
def test_pyin_agrees_with_the_contour_on_steady_parts_under_a_tanpura(seed):
    take = bhupali_take(seed)

    times_s, heard = pyin_cents(take)
    truth = np.interp(times_s, take.contour.times_s, take.contour.cents(take.sa_hz))
    labels = [note.label for note in take.labels if note.label.steady]
    inner = [(times_s > label.start_s + 0.02) & (times_s < label.end_s - 0.02) for label in labels]
    steady = np.logical_or.reduce(inner)
    assert np.mean(np.abs(heard - truth)[steady] < 50) >= 0.97


@pytest.mark.xdist_group("pyin")
def test_the_demo_reads_as_it_was_meant():
    take = demo_take()

    times_s, heard = pyin_cents(take)
    assert 4.8 <= take.clip.duration_s <= 5.3
    for note in take.labels:
        inside = (times_s > note.label.start_s + 0.04) & (times_s < note.label.end_s - 0.04)
        assert note.label.end_s - note.label.onset_s >= 0.45
        assert np.nanmedian(heard[inside]) == pytest.approx(note.label.cents_true, abs=6)
    errors = [note.error_cents for note in take.labels]
    assert [note.swara for note in take.labels] == ["Sa", "Re", "Ga", "Pa", "Dha", "Pa", "Ga"]
    assert min(errors) == pytest.approx(-32)
    assert max(errors) == pytest.approx(30)
    assert sum(abs(error) <= 5 for error in errors) >= 4


def test_the_demo_is_written_small_and_is_the_one_in_the_repository(tmp_path):
    take, here = demo_take(), Path(swara.data.synth.__file__).parents[1] / "demo"

    for sound, truth, within in (
        (*write_demo(tmp_path), 1 / 32000),
        (here / "take.flac", here / "take.json", 1e-3),
    ):
        samples, rate_hz = soundfile.read(sound)
        described = json.loads(truth.read_text())
        assert rate_hz == 16_000
        assert sound.stat().st_size + truth.stat().st_size < 150_000
        np.testing.assert_allclose(samples, take.clip.samples, atol=within)
        assert described["sa_hz"] == pytest.approx(138.59, abs=0.01)
        assert [note["swara"] for note in described["labels"]] == [note.swara for note in take.labels]
        told = [(note["start_s"], note["end_s"], note["cents_true"]) for note in described["labels"]]
        made = [(n.label.start_s, n.label.end_s, n.label.cents_true) for n in take.labels]
        np.testing.assert_allclose(told, made, atol=0.006)


def test_a_seed_says_all_and_a_drone_does_not_change_what_is_sung():
    bare = bhupali_take(3, tanpura_db=None)
    droned, again, other = (bhupali_take(seed, tanpura_db=20.0) for seed in (3, 3, 4))

    assert droned.clip.samples.tobytes() == again.clip.samples.tobytes() != other.clip.samples.tobytes()
    assert droned.contour.f0_hz.tobytes() == again.contour.f0_hz.tobytes()
    assert bare.labels == droned.labels == again.labels
    added = droned.clip.samples - bare.clip.samples
    voiced = bare.contour.voiced_at(np.arange(added.size) / 16_000)
    ratio = np.mean(bare.clip.samples[voiced] ** 2) / np.mean(added**2)
    assert 10 * np.log10(ratio) == pytest.approx(20, abs=0.05)


@pytest.mark.parametrize("seed", range(12))
def test_takes_are_singable_bhupali(seed):
    take = bhupali_take(seed, tanpura_db=None)

    letters = {note.swara for note in take.labels}
    assert letters <= {"Sa", "Re", "Ga", "Pa", "Dha"}
    assert 80 <= take.sa_hz <= 400
    voiced_hz = take.contour.f0_hz[take.contour.voiced]
    assert voiced_hz.min() > 65
    assert voiced_hz.max() < 1100
    assert 3 < take.clip.duration_s < 9
    for note in take.labels:
        assert note.label.steady
        assert not 10 < abs(note.error_cents) < 20
        assert not 20 < abs(note.error_cents) < 30
        assert abs(note.error_cents) <= 60


def test_every_phrase_fits_every_voice():
    for low, high in (voice.range_hz for voice in VOICES.values()):
        for phrase in BHUPALI_PHRASES:
            cents = [aim(pitch, 0.0) for pitch in swara_sequence(phrase)]
            assert 1.25 * low * 2 ** ((min(cents) - 60) / 1200) > 0.95 * low
            assert 1.55 * low * 2 ** ((max(cents) + 60) / 1200) < high


def test_errors_keep_clear_of_both_thresholds_and_use_their_whole_range():
    sizes = np.abs(draw_errors(4000, np.random.default_rng(0)))

    for threshold in (15, 25):
        assert np.abs(sizes - threshold).min() >= 5
    assert sizes.max() > 59
    assert np.mean(np.array(draw_errors(4000, np.random.default_rng(0))) < 0) == pytest.approx(0.5, abs=0.03)


def test_labels_tell_the_error_and_the_truly_nearest_swara():
    take = bhupali_take(
        0, phrase="S R G", errors_cents=[-8.0, -58.0, 40.0], sung_on_sargam=False, tanpura_db=None
    )

    assert [note.error_cents for note in take.labels] == pytest.approx([-8, -58, 40])
    assert [note.swara for note in take.labels] == ["Sa", "Re", "Ga"]
    # Re 58 cents low is 145.9: nearer to komal Re at 111.7 than to Re at 203.9.
    assert [note.nearest.svarasthana.name for note in take.labels] == ["Sa", "komal Re", "Ga"]
    assert take.labels[1].nearest.cents_off == pytest.approx(203.91 - 58 - 111.73, abs=0.01)
    with pytest.raises(ValueError, match="2 errors for 3 notes"):
        bhupali_take(0, phrase="S R G", errors_cents=[0.0, 0.0])
    with pytest.raises(ValueError, match="1 swaras for 0 notes"):
        sing_take(swara_sequence("S"), [], 150.0, VOICES["child"], rng=np.random.default_rng(0))


@pytest.mark.parametrize(("error", "cents"), [(-20.0, 884.36), (0.0, 895.11), (20.0, 905.87)])
def test_an_error_on_dha_counts_from_the_nearer_edge_of_its_band(error, cents):
    assert aim(parse_swara("D"), error) == pytest.approx(cents, abs=0.01)
    assert aim(parse_swara(".D"), error) == pytest.approx(cents - 1200, abs=0.01)


def test_swaras_are_read_from_text_and_tokens():
    pitches = swara_sequence("G R S .D, S R' ")

    assert "".join(place.letter for place, _ in pitches) == "GRSDSR"
    assert [octave for _, octave in pitches] == [0, 0, 0, -1, 0, 1]
    assert swara_sequence(["G", "R", "S", ".D", "S", "R'"]) == pitches
    assert [sargam(parse_swara(letter)) for letter in "SrMPdn"] == ["sa", "re", "ma", "pa", "dha", "ni"]
