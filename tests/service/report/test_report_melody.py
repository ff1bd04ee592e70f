"""Notes as they should sound."""

from __future__ import annotations

from dataclasses import replace

import pytest

from swara.data.take import Silence
from swara.raga.tuning import EQUAL, JUST
from swara.service.report.melody import target_melody


def test_targets_are_the_ragas_swaras_in_the_octave_sung(take):
    melody = target_melody(take, JUST)
    assert [note.swara for note in melody] == ["S", "R", "G", "P", "D", "S'", "P"]
    expected = [0.0, 203.91, 386.31, 701.96, 895.11, 1200.0, 701.96]
    assert [note.cents for note in melody] == pytest.approx(expected, abs=0.01)
    assert (melody[2].start_s, melody[2].end_s) == (1.52, 2.10)
    assert [n.cents for n in target_melody(take, EQUAL)] == [0, 200, 400, 700, 900, 1200, 700]


def test_a_foreign_note_across_the_octave_goes_to_the_sa_above(make, take):
    fields = {"foreign": True, "raga_swara": "Sa", "raga_saptak": "taar", "raga_cents_off": -110.0}
    segments = [one_note(take, "Ni", "madhya", 1090.0, fields), Silence(1.0, 2.0)]
    report = make(segments, worst=(), track=take.track)
    (note,) = target_melody(report, JUST)
    assert (note.swara, note.cents) == ("S'", 1200.0)


@pytest.mark.parametrize(
    ("saptak", "cents", "octave"),
    [("mandra", -309.4, -1), ("mandra", -300.0, -1), ("madhya", 890.0, 0), ("taar", 2100.0, 1)],
)
def test_a_note_inside_a_band_goes_to_its_middle(make, take, saptak, cents, octave):
    report = make([one_note(take, "Dha", saptak, cents, {"raga_cents_off": 0.0})], worst=(), track=take.track)
    (note,) = target_melody(report, JUST)
    assert note.cents == pytest.approx(JUST.cents_of(9, octave))


def one_note(take, swara, saptak, cents, fields):
    sung = {"swara": swara, "saptak": saptak, "raga_swara": swara, "raga_saptak": saptak, "cents": cents}
    return replace(take.notes[0], start_s=0.0, end_s=1.0, **sung | fields)


def test_silence_is_no_music(silent_take):
    assert target_melody(silent_take, JUST) == ()
