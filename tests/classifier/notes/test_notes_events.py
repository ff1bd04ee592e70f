"""Where one note ends and the next begins, on pitch, level and flux drawn by hand."""

from __future__ import annotations

import numpy as np
import pytest

from swara.classifier.notes.events import note_events, runs, sung_frames
from swara.data.pitch_track import PitchTrack

FRAMES = 100


def events(*, cents=0.0, sung=True, level_db=-20.0, flux_db=0.0):
    """Notes of a second of singing; each curve is a constant or an array."""
    curves = [np.broadcast_to(np.asarray(curve), FRAMES).copy() for curve in (cents, sung, level_db, flux_db)]
    return [tuple(event) for event in note_events(*curves)]


def bump(height: float, at: int, width: int) -> np.ndarray:
    """A triangle: `height` at frame `at`, 0 from `width` frames away."""
    return height * np.clip(1 - np.abs(np.arange(FRAMES) - at) / width, 0, None)


def test_one_pitch_is_one_note():
    assert events() == [(0, FRAMES)]


@pytest.mark.parametrize(("depth_db", "notes"), [(8.5, 1), (9.5, 2), (30.0, 2)])
def test_a_dip_of_9_db_within_a_pitch_begins_a_new_note(depth_db, notes):
    found = events(level_db=-20.0 - bump(depth_db, 50, 8))

    assert len(found) == notes
    assert found[0][0] == 0
    assert found[-1][1] == FRAMES
    if notes == 2:
        assert found[0][1] == found[1][0] == 50


def test_a_voice_that_swells_or_fades_is_one_note():
    assert events(level_db=np.linspace(-40, -20, FRAMES)) == [(0, FRAMES)]
    assert events(level_db=np.linspace(-20, -40, FRAMES)) == [(0, FRAMES)]


@pytest.mark.parametrize(("rise_db", "notes"), [(5.9, 1), (6.1, 2)])
def test_a_spectrum_that_rises_by_6_db_begins_a_new_note(rise_db, notes):
    assert len(events(flux_db=bump(rise_db, 40, 4))) == notes


def test_the_onset_of_a_note_is_no_second_note():
    assert events(flux_db=bump(20.0, 3, 5), level_db=-20.0 - bump(20.0, 0, 5)) == [(0, FRAMES)]


def test_a_dip_and_its_burst_are_one_cut():
    assert len(events(level_db=-20.0 - bump(20.0, 48, 5), flux_db=bump(15.0, 51, 4))) == 2


def test_a_semitone_is_a_new_note_and_a_waver_is_not():
    assert len(events(cents=np.repeat([0.0, 100.0], 50))) == 2
    assert len(events(cents=np.repeat([0.0, 60.0], 50))) == 1


def test_silence_parts_notes_and_a_scrap_is_none():
    sung = np.ones(FRAMES, dtype=np.bool_)
    sung[40:45] = sung[70:72] = sung[80:] = False

    # Frames 72 to 80 are sung for 80 ms: an ornament.
    assert events(sung=sung) == [(0, 40), (45, 70)]


def test_runs_are_the_maximal_stretches():
    assert runs(np.array([1, 1, 0, 1, 0, 0, 1], dtype=np.bool_)) == [(0, 2), (3, 4), (6, 7)]
    assert runs(np.zeros(5, dtype=np.bool_)) == []
    assert runs(np.zeros(0, dtype=np.bool_)) == []


@pytest.mark.parametrize(("below_db", "heard"), [(21.0, True), (23.0, False)])
def test_what_lies_22_db_below_the_loud_singing_is_not_the_singer(below_db, heard):
    voiced = np.ones(FRAMES, dtype=np.bool_)
    voiced[:10] = False
    track = PitchTrack(0.01 * np.arange(FRAMES), np.full(FRAMES, 150.0), np.full(FRAMES, 0.9), voiced)
    level = np.full(FRAMES, -15.0)
    level[60:] -= below_db

    sung = sung_frames(track, level)

    assert not sung[:10].any()
    assert sung[10:60].all()
    assert (sung[60:] == heard).all()
