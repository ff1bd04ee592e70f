"""The fast search for plateaus costs no more than the best of all paths, and nothing in it knows Sa."""

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
    plateau_path,
)


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
