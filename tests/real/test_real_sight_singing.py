"""Notes of amateurs, recorded by phone and labelled by hand."""

from __future__ import annotations

import mir_eval
import numpy as np
import pytest

pytestmark = pytest.mark.xdist_group("sight-singing")


def note_f(labels: np.ndarray, held) -> float:
    """F of notes with onset within 50 ms and pitch within 50 cents, the file's own offset removed.

    `labels` holds onset, offset (s) and MIDI pitch; they run sharp as a whole.
    """
    spans_s = np.array([[note.start_s, note.end_s] for note in held])
    midi = np.array([69 + 12 * np.log2(note.hz / 440) for note in held])
    middles_s = labels[:, :2].mean(axis=1)
    off = [
        midi[(spans_s[:, 0] < middle_s) & (middle_s < spans_s[:, 1])] - pitch
        for middle_s, pitch in zip(middles_s, labels[:, 2], strict=True)
    ]
    hz, truth_hz = (
        440 * 2 ** ((each - 69) / 12) for each in (midi - np.median(np.concatenate(off)), labels[:, 2])
    )
    _, _, f, _ = mir_eval.transcription.precision_recall_f1_overlap(
        labels[:, :2], truth_hz, spans_s, hz, onset_tolerance=0.05, pitch_tolerance=50.0, offset_ratio=None
    )
    return f


def test_notes_are_found_at_their_onset_and_pitch(recordings):
    scores = [
        note_f(np.loadtxt(labels), sorted([*heard.held, *heard.touched], key=lambda note: note.start_s))
        for labels, heard in recordings.sight_singing()
    ]

    assert len(scores) == 24
    assert np.mean(scores) >= 0.82
