"""Where one note ends and the next begins; the path over plateaus is as cheap as the best of all."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from swara.classifier.notes.events import (
    EDGE_COST,
    FURTHEST,
    GLIDE,
    GLIDE_COST,
    LEAP_COST,
    SPREAD_CENTS,
    cheapest_path,
    hold_costs,
    note_events,
    plateau_path,
    runs,
    sung_frames,
)
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


def change_costs(plateaus: int) -> np.ndarray:
    """What it costs to go from each state to each, written out in full; the glide is the last state."""
    table = np.full((plateaus + 1, plateaus + 1), LEAP_COST)
    table[plateaus, :] = table[:, plateaus] = EDGE_COST
    np.fill_diagonal(table, 0.0)
    return table


def with_glide(costs: np.ndarray) -> np.ndarray:
    return np.column_stack([costs, np.full(costs.shape[0], GLIDE_COST)])


def price(costs: np.ndarray, path: np.ndarray) -> float:
    frames = np.arange(path.size)
    return float(
        with_glide(costs)[frames, path].sum() + change_costs(costs.shape[1])[path[:-1], path[1:]].sum()
    )


def least_price(costs: np.ndarray) -> float:
    """The least over all paths: the whole dynamic programme, states squared."""
    table, stay = change_costs(costs.shape[1]), with_glide(costs)
    best = stay[0]
    for frame in stay[1:]:
        best = (best[:, None] + table).min(axis=0) + frame
    return float(best.min())


def test_the_oracle_is_the_least_over_every_single_path():
    costs = np.random.default_rng(3).uniform(0, 14, (4, 3))

    assert least_price(costs) == pytest.approx(
        min(price(costs, np.array(path)) for path in product(range(4), repeat=4))
    )


@pytest.mark.parametrize("seed", range(60))
def test_the_path_is_as_cheap_as_the_best_of_all_on_random_costs(seed):
    rng = np.random.default_rng(seed)
    costs = rng.choice([0.3, 2.0, 9.0, 30.0]) * rng.exponential(
        size=(rng.integers(1, 70), rng.integers(1, 12))
    )

    assert price(costs, cheapest_path(costs)) == pytest.approx(least_price(costs))


@settings(max_examples=150, deadline=None)
@given(
    arrays(
        np.float64,
        st.tuples(st.integers(1, 25), st.integers(1, 6)),
        elements=st.sampled_from([0.0, GLIDE_COST, FURTHEST, EDGE_COST, 2 * EDGE_COST, LEAP_COST, 40.0]),
    )
)
def test_the_path_is_as_cheap_as_the_best_of_all_where_everything_ties(costs):
    assert price(costs, cheapest_path(costs)) == pytest.approx(least_price(costs))


def test_a_frame_costs_its_distance_from_the_plateau_and_never_more_than_an_octave_error():
    costs = hold_costs(np.array([0.0, 30.0, 1200.0]))

    assert costs[0, :4] == pytest.approx([0.0, 20 / SPREAD_CENTS, 40 / SPREAD_CENTS, 1.0])
    assert costs[1, :3] == pytest.approx([0.5, 10 / SPREAD_CENTS, 10 / SPREAD_CENTS])
    assert costs[2, 0] == FURTHEST
    assert costs[2].min() == 0.0


def test_two_held_pitches_with_a_glide_between_are_two_plateaus():
    cents = np.concatenate([np.zeros(40), np.linspace(0, 700, 30), np.full(40, 700.0)])

    path = plateau_path(cents)

    assert (path[:38] == path[0]).all()
    assert (path[-38:] == path[-1]).all()
    assert GLIDE not in (path[0], path[-1])
    assert path[0] != path[-1]
    assert (path[45:65] == GLIDE).all()


def test_an_octave_error_of_three_frames_does_not_break_a_note():
    cents = np.full(60, 500.0)
    cents[30:33] += 1200.0

    assert np.unique(plateau_path(cents)).size == 1


@given(st.floats(-3000, 3000), st.integers(0, 50))
@settings(max_examples=40, deadline=None)
def test_moving_every_pitch_moves_every_plateau_with_it(shift_cents, seed):
    # Whole multiples of 1/8 cent: the shift itself must not round.
    shift_cents = round(8 * shift_cents) / 8
    steps = np.random.default_rng(seed).integers(-2, 3, 12) * 150.0
    cents = np.repeat(np.cumsum(steps), 18) + 4.0

    np.testing.assert_array_equal(plateau_path(cents + shift_cents), plateau_path(cents))
