"""Notes from a soundfont: found or asked for in one line, played on time, at their pitch."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from swara.data.errors import AudioError, MissingPackage
from swara.data.synth import soundfont
from swara.data.synth.midi import MidiNote
from swara.data.synth.soundfont import ENVIRONMENT, find_soundfont, render_notes

RATE_HZ = 16_000
CLARINET, FLUTE = 71, 73


def any_font():
    if shutil.which("fluidsynth") is None:
        pytest.skip("the program fluidsynth is not installed")
    for name in ("timgm6mb", "fluidr3"):
        try:
            return find_soundfont(name)
        except MissingPackage:
            continue
    pytest.skip("no soundfont is installed (timgm6mb-soundfont or fluid-soundfont-gm)")


def test_a_font_is_looked_for_first_where_one_was_told_to(tmp_path, monkeypatch):
    font = tmp_path / "TimGM6mb.sf2"
    font.write_bytes(b"RIFF")
    monkeypatch.setenv(ENVIRONMENT, str(tmp_path))
    assert find_soundfont("timgm6mb") == font
    assert find_soundfont("TimGM6mb.sf2") == font


def test_a_font_that_is_not_there_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(soundfont, "FOLDERS", (str(tmp_path),))
    monkeypatch.delenv(ENVIRONMENT, raising=False)
    with pytest.raises(MissingPackage, match="FluidR3_GM") as refused:
        find_soundfont("fluidr3")
    assert "fluid-soundfont-gm" in refused.value.fix
    assert ENVIRONMENT in refused.value.fix


def test_without_the_program_it_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingPackage, match="fluidsynth"):
        render_notes(tmp_path / "any.sf2", [MidiNote(0, 60, 0.0, 1.0)], RATE_HZ)


def test_a_file_that_is_no_soundfont_is_refused(tmp_path):
    any_font()
    broken = tmp_path / "broken.sf2"
    broken.write_bytes(b"no soundfont at all")
    with pytest.raises(AudioError, match="broken"):
        render_notes(broken, [MidiNote(0, 60, 0.0, 1.0)], RATE_HZ)


def test_notes_sound_when_they_should_and_at_their_pitch():
    notes = [MidiNote(FLUTE, 69, 0.5, 1.0), MidiNote(CLARINET, 60, 3.0, 1.0)]
    samples = render_notes(any_font(), notes, RATE_HZ)
    assert samples.dtype == np.float32
    assert samples.shape == (round((4.0 + soundfont.TAIL_S) * RATE_HZ),)
    for note in notes:
        before = samples[: round(note.start_s * RATE_HZ)][-RATE_HZ // 5 :]
        within = samples[round((note.start_s + 0.1) * RATE_HZ) :][: RATE_HZ // 2]
        assert np.abs(before).max() < 0.05 * np.abs(within).max()
        hz = 440.0 * 2.0 ** ((note.key - 69) / 12)
        assert f0_hz(within) == pytest.approx(hz, rel=0.02)  # a sample of lag is a hundredth


def test_two_programs_at_once_are_both_heard():
    font = any_font()
    low, high = MidiNote(CLARINET, 60, 0.0, 1.0), MidiNote(FLUTE, 79, 0.0, 1.0)
    both, one, other = (render_notes(font, notes, RATE_HZ) for notes in ([low, high], [low], [high]))
    # Held to a tenth: fluidsynth may start the modulation of two voices at other phases.
    assert np.linalg.norm(both - one - other) < 0.1 * np.linalg.norm(both)


def f0_hz(samples):
    """Fundamental by the highest peak of the autocorrelation after its first dip."""
    spectrum = np.fft.rfft(samples, 2 * samples.size)
    correlation = np.fft.irfft(np.abs(spectrum) ** 2)[: samples.size // 2]
    dip = int(np.argmax(correlation < 0))
    lag = dip + int(np.argmax(correlation[dip:]))
    return RATE_HZ / lag
