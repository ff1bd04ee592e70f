"""What the benchmark of embedders does to sounds, and the linear probe: what it may see and what not."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
import soundfile

from benchmarks import world
from benchmarks.embedders import instruments, singers
from benchmarks.embedders.instruments import (
    GRID,
    NAMES,
    RATE_HZ,
    font_notes,
    key_folds,
    probe,
    recorded_notes,
    sounding,
)
from benchmarks.embedders.singers import FIFTH, average_spectrum, equaliser
from swara.data.errors import MissingPackage
from swara.data.synth import VOICES, bhupali_take, pink_noise


def in_bands_db(samples):
    """Level of each half octave from 250 Hz to 5.6 kHz, over their mean."""
    power, bins_hz = average_spectrum(samples), np.arange(513) * RATE_HZ / 1024
    edges_hz = 250.0 * 2.0 ** np.arange(0.0, 5.0, 0.5)
    places = np.digitize(bins_hz, edges_hz)
    levels = np.array([10 * np.log10(power[places == band].mean()) for band in range(1, edges_hz.size)])
    return levels - levels.mean()


class TestEqualiser:
    def test_a_coloured_noise_becomes_flat_and_a_microphone_is_taken_out(self):
        noise = pink_noise(5 * RATE_HZ, np.random.default_rng(0))
        heard = np.convolve(noise, [1.0, -0.9])[: noise.size].astype(np.float32)
        assert np.abs(in_bands_db(heard) - in_bands_db(noise)).max() > 3
        for sound in (noise, heard):
            assert np.ptp(in_bands_db(sound)) > 3
            flat = equaliser(sound)(sound)
            assert np.ptp(in_bands_db(flat)) < 1.5
            assert (flat.dtype, flat.shape) == (np.float32, noise.shape)

    def test_level_and_time_stay(self):
        noise = pink_noise(3 * RATE_HZ, np.random.default_rng(0))
        noise[RATE_HZ : 2 * RATE_HZ] = 0.0
        flat = equaliser(noise)(noise)
        assert np.sqrt(np.mean(flat**2)) == pytest.approx(np.sqrt(np.mean(noise**2)), rel=1e-3)
        quiet = flat[RATE_HZ + 1024 : 2 * RATE_HZ - 1024]
        assert np.abs(quiet).max() < 1e-3 * np.abs(flat).max()
        silence = np.zeros(RATE_HZ, np.float32)
        assert not equaliser(silence)(silence).any()

    def test_a_part_is_filtered_like_the_whole(self):
        take = bhupali_take(0).clip.samples
        flat = equaliser(take)
        # But for the last of it, where the whole rings on into what comes next.
        part = flat(take[: take.size // 2])[:-2048]
        inside = flat(take)[: part.size]
        gain = (part @ inside) / (inside @ inside)
        assert np.linalg.norm(part - gain * inside) < 0.02 * np.linalg.norm(part)


class TestResung:
    def test_pitch_moves_and_formants_stay(self):
        pytest.importorskip("pyworld", reason="pyworld is not installed")
        take = bhupali_take(1, voice=VOICES["mid male"], tanpura_db=None).clip.samples[: 3 * RATE_HZ]
        hz, _ = world.harvest(take)
        higher = singers.resung(take, FIFTH)
        assert higher.shape == take.shape
        assert higher.dtype == np.float32
        moved_hz, _ = world.harvest(higher)
        voiced = (hz > 0) & (moved_hz > 0)
        assert voiced.mean() > 0.5
        assert np.median(moved_hz[voiced] / hz[voiced]) == pytest.approx(1.5, rel=0.01)
        # Were it played faster instead, the formants would be a fifth higher too.
        faster = np.interp(np.arange(0, take.size, 1.5), np.arange(take.size), take).astype(np.float32)
        kept, lost = (np.std(in_bands_db(sound) - in_bands_db(take)) for sound in (higher, faster))
        assert kept < 0.6 * lost


class TestConditions:
    def test_each_take_has_its_pair_in_every_round(self, monkeypatch):
        monkeypatch.setattr(singers, "resung", lambda samples, ratio: ratio * samples)
        sung = [np.full(100 + k, 1.0 + k, np.float32) for k in range(3)]
        made = {c.name: c.make(sung) for c in singers.conditions()}
        assert [len(rounds) for rounds in made.values()] == [1, 1, 2, 2, 2, 2]
        (plain,) = made["plain"]
        assert [one.size + other.size for one, other in plain] == [100, 101, 102]
        second, first = made["fifth"]
        assert [(one[0], other[0]) for one, other in second] == [(1.0, 1.5), (2.0, 3.0), (3.0, 4.5)]
        assert [(one[0], other[0]) for one, other in first] == [(1.5, 1.0), (3.0, 2.0), (4.5, 3.0)]
        for pairs in made["crossed"]:
            assert [tuple(float(each[0]) for each in pair) for pair in pairs] == [
                (k, k, 1.5 * k) for k in (1, 2, 3)
            ]

    def test_without_pyworld_some_cannot_be_made(self, monkeypatch):
        monkeypatch.setattr(singers, "find_spec", lambda name: None)
        lacking = [c.name for c in singers.conditions() if c.missing]
        assert lacking == ["fifth", "crossed", "flat-fifth", "vocoder"]


class TestNotes:
    def test_a_note_is_cut_to_where_it_sounds_at_one_level(self):
        tone = 0.3 * np.sin(np.arange(RATE_HZ) * 0.2)
        hum = 1e-4 * np.sin(np.arange(RATE_HZ) * 0.02)
        note = sounding(np.concatenate([hum, tone, hum]).astype(np.float32))
        assert note.size == pytest.approx(RATE_HZ, abs=640)
        assert 20 * np.log10(np.sqrt(np.mean(note**2))) == pytest.approx(-26.0, abs=0.1)
        assert not sounding(np.zeros(1000, np.float32)).any()

    def test_a_font_plays_every_instrument(self):
        if shutil.which("fluidsynth") is None:
            pytest.skip("the program fluidsynth is not installed")
        try:
            notes = font_notes("timgm6mb", every=12)
        except MissingPackage as missing:
            pytest.skip(str(missing))
        counts = np.bincount(notes.labels, minlength=len(NAMES))
        assert counts[NAMES.index("oboe")] == len(instruments.VELOCITIES) * len(range(58, 92, 12))
        assert counts[NAMES.index("saxophone")] == counts.max()
        assert counts.min() > 0
        assert all(0.8 * RATE_HZ < sound.size <= 2.5 * RATE_HZ for sound in notes.sounds)


def collection(rng, notes=120, noise=0.5, moved=0.0):
    """Three labels on three axes of five, with keys that run through each label alike."""
    labels = np.repeat(np.arange(3), notes // 3)
    keys = np.tile(np.arange(notes // 3), 3)
    vectors = noise * rng.normal(size=(notes, 5))
    vectors[np.arange(notes), labels] += 1.0
    return vectors + moved, labels, keys


def test_what_a_line_can_tell_apart_is_named_rightly_and_what_carries_nothing_is_guessed():
    rng = np.random.default_rng(0)
    vectors, labels, keys = collection(rng, noise=0.1)
    asked, truth, _ = collection(rng, noise=0.1)
    probed = probe(vectors, labels, keys, {"other": (asked, truth)})["other"]
    assert probed.accuracy.value == 1.0
    assert probed.by_name == dict.fromkeys(NAMES[:3], 1.0)
    vectors, asked = rng.normal(size=(2, 120, 5))
    guessed = probe(vectors, labels, keys, {"other": (asked, labels)})["other"].accuracy
    assert 0.15 < guessed.value < 0.55
    assert guessed.interval.low < 1 / 3 < guessed.interval.high


def test_the_penalty_is_that_of_trying_each_by_hand():
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import log_loss
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    vectors, labels, keys = collection(np.random.default_rng(6), noise=1.0)
    losses = []
    for c in GRID:
        line = make_pipeline(
            StandardScaler(), LogisticRegression(C=c, max_iter=2000, class_weight="balanced")
        )
        spent = [
            log_loss(
                labels[out],
                line.fit(vectors[~out], labels[~out]).predict_proba(vectors[out]),
                labels=range(3),
            )
            for out in key_folds(labels, keys)
        ]
        losses.append(np.mean(spent))
    found = probe(vectors, labels, keys, {"other": (vectors + 100.0, labels)})["other"]  # asked of others
    assert found.inverse_penalty == GRID[int(np.argmin(losses))]


def test_folds_are_stretches_of_keys_that_hold_every_note_once():
    labels = np.repeat([0, 1, 2], 100)
    keys = np.random.default_rng(5).integers(50, 97, 300) - 20 * labels
    folds = key_folds(labels, keys)
    assert np.sum(folds, axis=0).tolist() == [1] * 300
    for fold in folds:
        for label in range(3):
            inside, outside = (keys[which & (labels == label)] for which in (fold, ~fold))
            assert inside.size
            assert not ((outside >= inside.min()) & (outside <= inside.max())).any()


def test_recordings_are_named_by_their_folders_and_saxophones_are_one(tmp_path):
    played = ("voice", "alto_flute", "tenor_saxophone", "tenor_trombone")
    listed = [f"some/{name}.flac,{name},60,x,y,z" for name in played]
    files = [*(f"instrument_notes/some/{name}" for name in played)]
    files += ["iowa_notes/flute/Flute.vib.ff.A4.stereo", "iowa_notes/oboe/Oboe.ff.Bb3.stereo"]
    for file in files:
        path = tmp_path / f"{file}.flac"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, 0.1 * np.ones(RATE_HZ), RATE_HZ)
    table = "\n".join(["file,instrument,midi,player,source,licence", *listed])
    (tmp_path / "instrument_notes" / "notes.csv").write_text(table, "utf-8")
    found = recorded_notes(tmp_path)
    names = [NAMES[label] for label in found.labels]
    assert names == ["saxophone", "trombone", "flute", "oboe"]
    assert found.keys.tolist() == [60, 60, 69, 58]
