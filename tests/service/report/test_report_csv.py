"""The CSV forms, read back."""

from __future__ import annotations

import csv
import io
from dataclasses import fields

import numpy as np

from swara.data.pitch_track import PitchTrack
from swara.data.take import Note
from swara.service.report.csv_report import notes_csv, track_csv, track_rows


def test_notes_read_back(take):
    rows = list(csv.DictReader(io.StringIO(notes_csv(take))))
    assert list(rows[0]) == [field.name for field in fields(Note)]
    assert len(rows) == len(take.notes)
    for row, note in zip(rows, take.notes, strict=True):
        assert row["swara"] == note.swara
        assert float(row["raga_cents_off"]) == round(note.raga_cents_off, 2)
        assert row["foreign"] == ("true" if note.foreign else "false")


def test_track_is_as_crepe_writes_it_and_says_what_is_sung():
    track = PitchTrack(
        np.array([0.0, 0.01, 0.02]),
        np.array([138.5914, np.nan, 277.18]),
        np.array([0.95, 0.1, 0.3]),
        np.array([True, False, False]),
    )
    assert track_csv(track).splitlines() == [
        "time,frequency,confidence,voiced",
        "0.000,138.591,0.950000,1",
        "0.010,0.000,0.100000,0",
        "0.020,277.180,0.300000,0",
    ]


def test_a_long_track_comes_block_by_block():
    frames = 2500
    track = PitchTrack(
        0.01 * np.arange(frames), np.full(frames, 200.0), np.ones(frames), np.ones(frames, bool)
    )
    blocks = list(track_rows(track))
    assert [block.count("\n") for block in blocks] == [1000, 1000, 500]
    rows = np.loadtxt(io.StringIO("".join(blocks)), delimiter=",")
    np.testing.assert_allclose(rows[:, 0], track.times_s, atol=5e-4)


def test_track_has_a_line_for_every_frame(take):
    rows = np.loadtxt(io.StringIO(track_csv(take.track)), delimiter=",", skiprows=1)
    assert rows.shape == (len(take.track), 4)
    np.testing.assert_allclose(rows[:, 0], take.track.times_s, atol=5e-4)
    voiced = take.track.voiced
    np.testing.assert_allclose(rows[voiced, 1], take.track.hz[voiced], atol=5e-4)
    np.testing.assert_array_equal(rows[:, 3], voiced)
    assert np.all(rows[np.isnan(take.track.hz), 1] == 0)


def test_nothing_leaves_the_headers(silent_take):
    assert notes_csv(silent_take).count("\n") == 1
    nothing = np.zeros(0)
    empty = PitchTrack(nothing, nothing, nothing, nothing.astype(bool))
    assert track_csv(empty) == "time,frequency,confidence,voiced\n"
