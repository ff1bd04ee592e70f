"""The take in characters: what stands where."""

from __future__ import annotations

from dataclasses import replace

import pytest

from swara.data.take import Glide, Silence
from swara.service.report.terminal.timeline import ASCII, UNICODE, kind_of, timeline
from swara.service.report.wording import letter

WIDTH = 76


def row_text(row):
    return "".join(glyphs for _, glyphs in row.blocks)


def test_short_take_is_one_full_row(take):
    (row,) = timeline(take.segments, take.duration_s, WIDTH, UNICODE)
    assert len(row_text(row)) == WIDTH
    assert max(len(row.letters), len(row.axis)) <= WIDTH
    assert len(timeline((), 0.0, WIDTH, UNICODE)) <= 1, "an empty one"


def test_each_cell_shows_what_is_sung_in_its_middle(take):
    (row,) = timeline(take.segments, take.duration_s, WIDTH, ASCII)
    cell_s = take.duration_s / WIDTH
    for cell, glyph in enumerate(row_text(row)):
        left, right = cell * cell_s, (cell + 1) * cell_s
        inside = [s for s in take.segments if s.start_s < right and s.end_s > left]
        if len(inside) == 1:
            assert glyph == ASCII[kind_of(inside[0])]


def test_letters_stand_under_their_notes(take):
    (row,) = timeline(take.segments, take.duration_s, WIDTH, UNICODE)
    for note in take.notes:
        at = int(note.start_s / take.duration_s * WIDTH + 1e-9)
        name = letter(*note.called)
        assert row.letters[at : at + len(name)] == name


def test_every_kind_has_a_glyph_of_its_own():
    for glyphs in (UNICODE, ASCII):
        assert len(set(glyphs.values())) == len(glyphs) == 8
        assert all(len(glyph) == 1 for glyph in glyphs.values())
    assert "".join(ASCII.values()).isascii()


@pytest.mark.parametrize(
    ("duration_s", "rows"), [(0.2, 1), (20.0, 1), (20.5, 2), (120.0, 6), (121.0, 5), (3600.0, 6)]
)
def test_rows_stay_few(duration_s, rows):
    drawn = timeline((Silence(0.0, duration_s),), duration_s, WIDTH, UNICODE)
    assert len(drawn) == rows
    assert all(len(row_text(row)) <= WIDTH for row in drawn)


def test_long_take_has_every_letter_that_fits(long_take):
    drawn = timeline(long_take.segments, long_take.duration_s, WIDTH, UNICODE)
    assert all(row.letters.split()[:3] == ["S", "R", "G"] for row in drawn)
    assert [row.axis.split()[0] for row in drawn[:2]] == ["0", "20"]


def test_a_note_shorter_than_a_cell_is_still_seen(take):
    short = replace(take.notes[0], start_s=300.0, end_s=300.2)
    segments = (Silence(0.0, 300.0), short, Glide(300.2, 300.3), Silence(300.3, 600.0))
    drawn = timeline(segments, 600.0, WIDTH, UNICODE)
    assert sum(row_text(row).count("█") for row in drawn) == 1
