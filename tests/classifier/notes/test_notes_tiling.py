"""Whatever the notes and whatever is sung: the tiling has no gap and no overlap, and keeps the notes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swara.classifier.notes import tile
from swara.data.take import Glide, Note, Silence

HALF_A_FRAME_S = 0.005


def note(start_s: float, end_s: float) -> Note:
    return Note(
        start_s, end_s, 0.2, "Sa", "madhya", 0.0, 0.0, 1.0, "perfect", 0.9, False, "Sa", "madhya", 0.0
    )


@st.composite
def takes(draw, on_grid: bool):
    """Notes in order without overlap, a mask that need not agree with them, and a length."""
    frames = draw(st.integers(1, 200))
    duration_s = frames * 0.01 + draw(st.sampled_from([0.0, 0.0031, 0.0099]))
    if on_grid:
        times_s = st.integers(0, frames).map(lambda frame: 0.01 * frame)
    else:
        times_s = st.floats(0.0, duration_s)
    edges_s = sorted(draw(st.lists(times_s, max_size=12, unique=True)))
    notes = [note(a, b) for a, b in zip(edges_s[::2], edges_s[1::2], strict=False)]
    if notes and draw(st.booleans()):
        # Two notes that touch, as two syllables on one pitch do.
        last = notes.pop()
        middle_s = (last.start_s + last.end_s) / 2
        notes += [note(last.start_s, middle_s), note(middle_s, last.end_s)]
    runs = draw(st.lists(st.tuples(st.booleans(), st.integers(1, 40)), max_size=12))
    sung = np.array([flag for flag, length in runs for _ in range(length)] + [False] * frames, dtype=np.bool_)
    return notes, sung[: frames + 1], duration_s


@settings(max_examples=300, deadline=None)
@given(st.one_of(takes(on_grid=True), takes(on_grid=False)))
def test_a_tiling_has_no_gap_and_no_overlap_and_keeps_the_notes(take):
    notes, sung, duration_s = take

    segments = tile(notes, sung, duration_s)

    assert segments[0].start_s == 0.0
    assert segments[-1].end_s == duration_s
    assert all(before.end_s == after.start_s for before, after in pairwise(segments))
    assert all(segment.end_s > segment.start_s for segment in segments)
    assert [segment for segment in segments if isinstance(segment, Note)] == notes


@settings(max_examples=200, deadline=None)
@given(takes(on_grid=True))
def test_between_notes_a_glide_is_where_something_is_sung_and_a_silence_where_not(take):
    notes, sung, duration_s = take

    segments = tile(notes, sung, duration_s)

    for frame in np.flatnonzero(np.arange(sung.size) * 0.01 + HALF_A_FRAME_S < duration_s):
        at_s = 0.01 * frame + HALF_A_FRAME_S
        here = next(segment for segment in segments if segment.start_s <= at_s < segment.end_s)
        # Less than half a frame before a note, or at the end, no frame is left to be told from silence.
        if isinstance(here, Note) or here.end_s - at_s < HALF_A_FRAME_S - 1e-9:
            continue
        if here.start_s <= 0.01 * frame + 1e-9:
            assert isinstance(here, Glide if sung[frame] else Silence)


def test_glides_and_silences_never_follow_their_own_kind():
    sung = np.zeros(101, dtype=np.bool_)
    sung[10:30] = sung[35:60] = sung[70:90] = True

    kinds = [type(segment) for segment in tile([note(0.4, 0.55)], sung, 1.0)]

    assert kinds == [Silence, Glide, Silence, Glide, Note, Glide, Silence, Glide, Silence]


@pytest.mark.parametrize("duration_s", [0.2, 7.654])
def test_a_take_without_a_note_is_one_silence(duration_s):
    sung = np.zeros(1 + round(100 * duration_s), dtype=np.bool_)

    assert tile([], sung, duration_s) == (Silence(0.0, duration_s),)
