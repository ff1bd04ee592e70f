"""Notes as a MIDI file, read back byte by byte, and as sound from a soundfont: on time, at their pitch."""

from __future__ import annotations

import re
import shutil

import numpy as np
import pytest

from swara.data.errors import AudioError, MissingPackage
from swara.data.synth import soundfont
from swara.data.synth.midi import MidiNote, midi_file
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
    monkeypatch.setattr(soundfont, "FOLDERS", ())
    monkeypatch.setenv(ENVIRONMENT, str(tmp_path))
    assert find_soundfont("timgm6mb") == find_soundfont("TimGM6mb.sf2") == font
    with pytest.raises(MissingPackage, match="FluidR3_GM") as refused:
        find_soundfont("fluidr3")
    assert {"fluid-soundfont-gm", ENVIRONMENT} <= set(re.split(r"[\s,.]+", refused.value.fix))


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


def f0_hz(samples):
    """Fundamental by the highest peak of the autocorrelation after its first dip."""
    spectrum = np.fft.rfft(samples, 2 * samples.size)
    correlation = np.fft.irfft(np.abs(spectrum) ** 2)[: samples.size // 2]
    dip = int(np.argmax(correlation < 0))
    lag = dip + int(np.argmax(correlation[dip:]))
    return RATE_HZ / lag


def read_back(content: bytes) -> tuple[list[tuple[float, bytes]], float]:
    """A slow reader of the few messages used here: (time in s, message), and when the track ends."""
    assert content[:8] == b"MThd\x00\x00\x00\x06"
    ticks_per_beat = int.from_bytes(content[12:14], "big")
    assert content[14:18] == b"MTrk"
    assert int.from_bytes(content[18:22], "big") == len(content) - 22
    at, tick, beat_us, heard = 22, 0, 500_000, []
    while True:
        delta = 0
        while True:
            delta = delta << 7 | content[at] & 0x7F
            at += 1
            if not content[at - 1] & 0x80:
                break
        tick += delta
        time_s = tick / ticks_per_beat * beat_us / 1e6
        if content[at] == 0xFF:
            kind, size = content[at + 1 : at + 3]
            if kind == 0x2F:
                assert at + 3 == len(content)
                return heard, time_s
            beat_us = int.from_bytes(content[at + 3 : at + 3 + size], "big")
            at += 3 + size
            continue
        size = 2 if content[at] >> 4 == 0xC else 3
        heard.append((time_s, content[at : at + size]))
        at += size


def test_every_note_begins_and_ends_when_it_should():
    notes = [MidiNote(71, 60 + k, 0.25 * k, 20.0, 90) for k in range(4)]
    heard, end_s = read_back(midi_file(notes, 30.0))
    assert end_s == pytest.approx(30.0)
    for note in notes:
        ((start_s, on),) = [h for h in heard if h[1][0] >> 4 == 9 and h[1][1] == note.key]
        ((stop_s, _),) = [h for h in heard if h[1][0] >> 4 == 8 and h[1][1] == note.key]
        assert (start_s, stop_s) == pytest.approx((note.start_s, note.end_s))
        assert on[2] == 90


def test_a_program_change_goes_before_each_note_on_its_channel_and_drums_are_never_played():
    notes = [MidiNote(k % 128, 60, 0.1 * k, 0.1) for k in range(40)]
    heard, _ = read_back(midi_file(notes, 5.0))
    programs, played = {}, []
    for _, (status, value, *_) in heard:
        assert status & 0xF != 9
        if status >> 4 == 0xC:
            programs[status & 0xF] = value
        elif status >> 4 == 9:
            played.append(programs[status & 0xF])
    assert played == list(range(40))


def test_the_end_of_a_note_comes_before_the_next_at_the_same_moment():
    notes = [MidiNote(0, 60, 1.0 * k, 1.0) for k in range(16)]  # the sixteenth has the first one's channel
    heard, _ = read_back(midi_file(notes, 20.0))
    kinds = [message[0] >> 4 for time_s, message in heard if time_s == pytest.approx(15.0)]
    assert kinds == [8, 0xC, 9]


@pytest.mark.parametrize(
    "wrong",
    [
        {"program": 128},
        {"key": -1},
        {"velocity": 0},
        {"start_s": -0.1},
        {"duration_s": 0.0},
        {"duration_s": float("nan")},
    ],
)
def test_what_is_no_note_is_refused(wrong):
    with pytest.raises(ValueError):
        MidiNote(**({"program": 0, "key": 60, "start_s": 0.0, "duration_s": 1.0} | wrong))
    for notes in ([], [MidiNote(0, 60, 0.0, 2.0)]):  # none, and one that does not fit
        with pytest.raises(ValueError):
            midi_file(notes, 1.0)
