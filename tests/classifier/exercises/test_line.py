"""The notes of a pitch track: those that are hardly sure, and where the room goes on without the singer."""

from __future__ import annotations

import numpy as np
import pytest

from swara.classifier.exercises.line import note_line
from swara.data.pitch_track import PitchTrack

NOTES = (0, 2, 4, 5, 7)
LENGTH, BREAK = 10, 6
"""Frames of each note, and between."""


def quick(confidence: float) -> tuple[PitchTrack, np.ndarray]:
    """Quick notes with breaks, the first of them sure, the others as likely as said."""
    each = LENGTH + BREAK
    frames = each * len(NOTES)
    sounds = np.arange(frames) % each < LENGTH
    semitones = np.repeat(NOTES, each)
    hz = 220.0 * 2.0 ** (semitones / 12.0)
    likely = np.where(sounds, confidence, 0.02)
    likely[:LENGTH] = 0.99
    voiced = np.arange(frames) < LENGTH
    level = np.where(sounds, -20.0, -70.0)
    return PitchTrack(0.01 * np.arange(frames), hz, likely, voiced), level


@pytest.mark.parametrize(("confidence", "count"), [(0.3, len(NOTES)), (0.1, 1)])
def test_notes_that_are_hardly_sure_are_heard_beside_a_sure_one(confidence: float, count: int) -> None:
    track, level = quick(confidence)
    found = note_line(track, level)
    assert np.rint(found.semitones - 24.0).tolist() == list(NOTES[:count])
    assert found.start_s == pytest.approx(0.01 * (LENGTH + BREAK) * np.arange(count))


def test_without_a_sure_frame_there_is_no_note() -> None:
    track, level = quick(0.3)
    unsure = PitchTrack(track.times_s, track.hz, track.confidence, np.zeros(len(track), np.bool_))
    found = note_line(unsure, level)
    assert (len(found), found.voiced_s[-1]) == (0, 0.0)


def test_frames_without_an_estimate_are_no_voice() -> None:
    track, level = quick(0.3)
    hz = np.where(np.arange(len(track)) >= 3 * (LENGTH + BREAK), np.nan, track.hz)
    found = note_line(PitchTrack(track.times_s, hz, track.confidence, track.voiced), level)
    assert len(found) == 3


def test_an_echo_is_no_longer_the_note() -> None:
    """A note of 0.5 s whose echo falls by 50 dB a second: 15 dB are 0.3 s of it."""
    after_s = 0.01 * np.arange(1, 101)
    level = np.concatenate([np.full(50, -20.0), -20.0 - 50.0 * after_s])
    frames = level.size
    track = PitchTrack(
        0.01 * np.arange(frames), np.full(frames, 220.0), np.full(frames, 0.99), np.ones(frames, np.bool_)
    )
    found = note_line(track, level)
    loudest = [level[max(0, at - 50) : at + 1].max() for at in range(frames)]
    heard = np.flatnonzero(level > np.array(loudest) - 15.0)
    assert found.end_s == pytest.approx([0.01 * (heard[-1] + 1)])
    assert found.end_s[0] == pytest.approx(0.8, abs=0.011)
