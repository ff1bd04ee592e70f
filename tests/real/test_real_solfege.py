"""One man's sung notes, which nothing was trained on: pitch and head together name every swara."""

from __future__ import annotations

import pytest

from swara.classifier.notes import PRESETS
from swara.classifier.pitch import TRACK_RATE_HZ
from swara.classifier.pitch.head import pitch_tracker
from swara.data.audio.decode import load_clip
from swara.raga.tonic_names import note_name, parse_tonic
from swara.raga.tuning import EQUAL
from swara.service.adviser.adviser import load_model
from swara.service.take.analyze import Request, analyze

pytestmark = pytest.mark.xdist_group("solfege")

SCALES = range(45, 51)
"""MIDI notes of Sa: A2, A#2, B2, C3, C#3, D3."""

SWARAS = {0: ("Sa", "madhya"), 2: ("Re", "madhya"), 4: ("Ga", "madhya"), 7: ("Pa", "madhya")}
SWARAS |= {9: ("Dha", "madhya"), 12: ("Sa", "taar")}


@pytest.fixture(scope="session")
def model(pack_store):
    """What a fresh machine learns: from synthesized voices only."""
    return load_model(pack_store)


@pytest.fixture(scope="session")
def notes(recordings):
    """Clips and pitch of the notes by MIDI number."""
    heard = {}
    wanted = {sa + step for sa in SCALES for step in SWARAS}
    for path in sorted((recordings.folder / "sung_notes" / "chengu" / "notes").glob("note*.wav")):
        midi = int(path.name[4:7])
        if midi in wanted:
            clip = load_clip(path)
            heard.setdefault(midi, (clip, pitch_tracker("head").track(clip)))
    return heard


class Heard:
    """A tracker that has tracked already."""

    name = "heard"
    release = "1"

    def __init__(self, track):
        self._track = track

    def track(self, clip, progress=None):
        return self._track


@pytest.mark.parametrize("sa", SCALES)
@pytest.mark.parametrize("step", SWARAS)
def test_pitch_and_head_name_every_swara_on_every_scale(sa, step, notes, model):
    clip, track = notes[sa + step]
    assert clip.rate_hz == TRACK_RATE_HZ
    tonic = parse_tonic(note_name(440.0 * 2 ** ((sa - 69) / 12)))
    request = Request(EQUAL, PRESETS["student"], tonic)

    report = analyze(clip, request, Heard(track), source="note", adviser=model)

    longest = max(range(len(report.notes)), key=lambda i: report.notes[i].steady_s)
    note, opinion = report.notes[longest], report.opinions[longest]
    assert (note.swara, note.saptak) == SWARAS[step]
    assert opinion.agrees is True
    assert note.verdict != "unsure"
    assert opinion.neighbours
    assert all(near.item.synthesized for near in opinion.neighbours)
