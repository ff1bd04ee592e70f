"""What the benchmark of embedders does to sounds: channels made flat, voices moved, notes cut out."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from benchmarks.embedderbench import instruments, shift, takes
from benchmarks.embedderbench.channel import average_spectrum, equaliser
from benchmarks.embedderbench.instruments import INSTRUMENTS, RATE_HZ, font_notes, sounding
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
    def test_a_coloured_noise_becomes_flat(self):
        noise = pink_noise(5 * RATE_HZ, np.random.default_rng(0))
        assert np.ptp(in_bands_db(noise)) > 10
        flat = equaliser(noise)(noise)
        assert np.ptp(in_bands_db(flat)) < 1.5
        assert flat.dtype == np.float32
        assert flat.shape == noise.shape

    def test_a_microphone_is_taken_out(self):
        noise = pink_noise(5 * RATE_HZ, np.random.default_rng(0))
        heard = np.convolve(noise, [1.0, -0.9])[: noise.size].astype(np.float32)
        plain, through = equaliser(noise)(noise), equaliser(heard)(heard)
        assert np.abs(in_bands_db(heard) - in_bands_db(noise)).max() > 3
        assert np.abs(in_bands_db(through) - in_bands_db(plain)).max() < 0.5

    def test_level_and_time_stay(self):
        noise = pink_noise(3 * RATE_HZ, np.random.default_rng(0))
        noise[RATE_HZ : 2 * RATE_HZ] = 0.0
        flat = equaliser(noise)(noise)
        assert np.sqrt(np.mean(flat**2)) == pytest.approx(np.sqrt(np.mean(noise**2)), rel=1e-3)
        quiet = flat[RATE_HZ + 1024 : 2 * RATE_HZ - 1024]
        assert np.abs(quiet).max() < 1e-3 * np.abs(flat).max()

    def test_a_part_is_filtered_like_the_whole(self):
        take = bhupali_take(0).clip.samples
        flat = equaliser(take)
        # But for the last of it, where the whole rings on into what comes next.
        part = flat(take[: take.size // 2])[:-2048]
        inside = flat(take)[: part.size]
        gain = (part @ inside) / (inside @ inside)
        assert np.linalg.norm(part - gain * inside) < 0.02 * np.linalg.norm(part)

    def test_silence_stays_silent(self):
        silence = np.zeros(RATE_HZ, np.float32)
        assert not equaliser(silence)(silence).any()


class TestResung:
    def test_pitch_moves_and_formants_stay(self):
        pytest.importorskip("pyworld", reason="pyworld is not installed")
        take = bhupali_take(1, voice=VOICES["mid male"], tanpura_db=None).clip.samples[: 3 * RATE_HZ]
        hz, times_s = shift.pitch(take)
        higher = shift.resung(take, hz, times_s, shift.FIFTH)
        assert higher.shape == take.shape
        assert higher.dtype == np.float32
        moved_hz, _ = shift.pitch(higher)
        voiced = (hz > 0) & (moved_hz > 0)
        assert voiced.mean() > 0.5
        assert np.median(moved_hz[voiced] / hz[voiced]) == pytest.approx(1.5, rel=0.01)
        # Were it played faster instead, the formants would be a fifth higher too.
        faster = np.interp(np.arange(0, take.size, 1.5), np.arange(take.size), take).astype(np.float32)
        kept, lost = (np.std(in_bands_db(sound) - in_bands_db(take)) for sound in (higher, faster))
        assert kept < 0.6 * lost

    def test_a_sound_is_resung_once(self, tmp_path, monkeypatch):
        pytest.importorskip("pyworld", reason="pyworld is not installed")
        calls = []
        monkeypatch.setattr(shift, "pitch", lambda s: calls.append("pitch") or (s, s))
        monkeypatch.setattr(shift, "resung", lambda s, hz, t, ratio: calls.append(ratio) or ratio * s)
        sound = np.ones(8, np.float32)
        world = shift.Resung(tmp_path)
        assert world(sound, 1.5) == pytest.approx(1.5 * sound)
        world(sound, 2.0)
        assert shift.Resung(tmp_path)(sound, 1.5) == pytest.approx(1.5 * sound)
        assert calls == ["pitch", 1.5, 2.0]
        world(2 * sound, 1.5)
        assert calls == ["pitch", 1.5, 2.0, "pitch", 1.5]

    def test_what_was_kept_wrongly_is_made_again(self, tmp_path, monkeypatch):
        pytest.importorskip("pyworld", reason="pyworld is not installed")
        monkeypatch.setattr(shift, "pitch", lambda s: (s, s))
        monkeypatch.setattr(shift, "resung", lambda s, hz, t, ratio: s)
        sound = np.ones(8, np.float32)
        shift.Resung(tmp_path)(sound, 1.5)
        (kept,) = tmp_path.rglob("*.npy")
        np.save(kept, np.zeros(3, np.float32))
        assert shift.Resung(tmp_path)(sound, 1.5).shape == sound.shape


class TestConditions:
    def test_each_take_has_its_pair_in_every_round(self, tmp_path, monkeypatch):
        monkeypatch.setattr(takes.Resung, "__call__", lambda self, samples, ratio: ratio * samples)
        sung = [np.full(100 + k, 1.0 + k, np.float32) for k in range(3)]
        made = {c.name: c.make(sung) for c in takes.conditions(tmp_path)}
        assert [len(rounds) for rounds in made.values()] == [1, 1, 2, 2, 2, 2]
        (plain,) = made["plain"]
        assert [p.one.size + p.other.size for p in plain] == [100, 101, 102]
        second, first = made["fifth"]
        assert [(p.one[0], p.other[0]) for p in second] == [(1.0, 1.5), (2.0, 3.0), (3.0, 4.5)]
        assert [(p.one[0], p.other[0]) for p in first] == [(1.5, 1.0), (3.0, 2.0), (4.5, 3.0)]
        for pairs in made["crossed"]:
            assert [(p.one[0], p.other[0], p.sought[0]) for p in pairs] == [
                (k, k, 1.5 * k) for k in (1, 2, 3)
            ]

    def test_without_pyworld_some_cannot_be_made(self, tmp_path, monkeypatch):
        monkeypatch.setattr(takes, "find_spec", lambda name: None)
        lacking = [c.name for c in takes.conditions(tmp_path) if c.missing]
        assert lacking == ["fifth", "crossed", "flat-fifth", "vocoder"]


class TestNotes:
    def test_a_note_is_cut_to_where_it_sounds_at_one_level(self):
        tone = 0.3 * np.sin(np.arange(RATE_HZ) * 0.2)
        hum = 1e-4 * np.sin(np.arange(RATE_HZ) * 0.02)
        note = sounding(np.concatenate([hum, tone, hum]).astype(np.float32))
        assert note.size == pytest.approx(RATE_HZ, abs=640)
        assert 20 * np.log10(np.sqrt(np.mean(note**2))) == pytest.approx(-26.0, abs=0.1)

    def test_silence_is_no_note_and_no_error(self):
        assert not sounding(np.zeros(1000, np.float32)).any()

    def test_a_font_plays_every_instrument(self):
        if shutil.which("fluidsynth") is None:
            pytest.skip("the program fluidsynth is not installed")
        try:
            notes = font_notes("timgm6mb", every=12)
        except MissingPackage as missing:
            pytest.skip(str(missing))
        keys = [len(range(i.lowest, i.highest + 1, 12)) for i in INSTRUMENTS]
        counts = np.bincount(notes.labels)
        assert counts.tolist() == [len(instruments.VELOCITIES) * count for count in keys]
        assert all(0.8 * RATE_HZ < sound.size <= 2.5 * RATE_HZ for sound in notes.sounds)
