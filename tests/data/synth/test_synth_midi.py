"""The MIDI file that notes become, checked by reading it back byte by byte."""

from __future__ import annotations

import pytest

from swara.data.synth.midi import MidiNote, midi_file


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


def test_a_program_change_goes_before_each_note_on_its_channel():
    notes = [MidiNote(program, 60, 0.0, 1.0) for program in (71, 73, 68)]
    heard, _ = read_back(midi_file(notes, 2.0))
    programs = {}
    played = set()
    for _, message in heard:
        if message[0] >> 4 == 0xC:
            programs[message[0] & 0xF] = message[1]
        elif message[0] >> 4 == 9:
            played.add(programs[message[0] & 0xF])
    assert played == {71, 73, 68}


def test_drums_are_never_played():
    heard, _ = read_back(midi_file([MidiNote(0, 60, 0.1 * k, 0.1) for k in range(40)], 5.0))
    assert all(message[0] & 0xF != 9 for _, message in heard)


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


def test_no_notes_and_notes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError):
        midi_file([], 1.0)
    with pytest.raises(ValueError):
        midi_file([MidiNote(0, 60, 0.0, 2.0)], 1.0)
