"""Steady runs against a search through every run, and vibrato heard at its mean."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swara.classifier.notes.steady import SMOOTH_FRAMES, smooth, stands_still, steady_runs, vibrato_cycle


def slow_runs(values: list[float], start: int, stop: int) -> list[tuple[int, int]]:
    """The longest run of 15 frames or more within 40 cents, the first of equals, then either side of it."""
    best = (start, start)
    for first in range(start, stop):
        for last in range(first + 1, stop + 1):
            part = values[first:last]
            if max(part) - min(part) <= 40.0 and last - first > best[1] - best[0]:
                best = (first, last)
    if best[1] - best[0] < 15:
        return []
    return [*slow_runs(values, start, best[0]), best, *slow_runs(values, best[1], stop)]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([0.0, 20.0, 40.0, 40.5, 60.0, 100.0]), st.integers(1, 22)),
        min_size=1,
        max_size=5,
    )
)
def test_steady_runs_are_those_of_a_search_through_every_run(steps):
    values = [cents for cents, frames in steps for _ in range(frames)]

    assert [tuple(run) for run in steady_runs(values)] == slow_runs(values, 0, len(values))


@pytest.mark.parametrize("seed", range(12))
def test_steady_runs_of_a_wandering_pitch_are_those_of_a_search_through_every_run(seed):
    values = np.cumsum(np.random.default_rng(seed).normal(0.0, 7.0, 90))

    assert [tuple(run) for run in steady_runs(values)] == slow_runs(values.tolist(), 0, values.size)


def test_smoothing_is_the_median_of_90_ms_and_before_the_ends_the_end_goes_on():
    cents = np.random.default_rng(0).normal(0.0, 3.0, 50)
    padded = np.concatenate([[cents[0]] * 4, cents, [cents[-1]] * 4])

    assert SMOOTH_FRAMES == 9
    np.testing.assert_allclose(smooth(cents, None), [np.median(padded[i : i + 9]) for i in range(50)])


def test_a_kan_of_40_ms_leaves_no_trace_in_a_held_note():
    cents = np.full(60, 386.0)
    cents[30:34] = 498.0

    np.testing.assert_array_equal(smooth(cents, None), 386.0)


def turn(height: float, frames: int) -> np.ndarray:
    """The turning point of a meend: a parabola that rises `height` within `frames`."""
    return -height * np.linspace(-1, 1, frames) ** 2


@pytest.mark.parametrize(
    ("run", "held"),
    [
        (turn(39.0, 15), False),
        (np.linspace(0, 39, 17), False),
        (np.full(15, 702.0), True),
        (np.concatenate([np.linspace(0, 35, 5), np.full(12, 35.0)]), True),
        (turn(39.0, 20), True),
    ],
    ids=["a turn", "a slow glide", "a short hold", "a hold after a scoop", "200 ms"],
)
def test_a_short_steady_run_is_a_hold_only_if_it_stands_still(run, held):
    assert steady_runs(run) == [(0, run.size)]
    assert stands_still(run) is held


@pytest.mark.parametrize("frames", [1, 4, 9, 15])
def test_a_note_shorter_than_the_window_is_smoothed_too(frames):
    np.testing.assert_allclose(smooth(np.full(frames, 386.0), None), 386.0)


@settings(max_examples=120, deadline=None)
@given(
    hz=st.floats(5.0, 8.0),
    half_width=st.floats(20.0, 100.0),
    phase=st.floats(0.0, 6.28),
    frames=st.integers(60, 160),
    level=st.floats(-1200.0, 2400.0),
)
def test_vibrato_is_heard_at_its_mean(hz, half_width, phase, frames, level):
    cents = level + half_width * np.sin(2 * np.pi * hz * 0.01 * np.arange(frames) + phase)

    smoothed = smooth(cents, vibrato_cycle(cents))
    steady = np.concatenate([smoothed[slice(*run)] for run in steady_runs(smoothed)])

    assert abs(vibrato_cycle(cents) - 100 / hz) <= 1.0
    assert steady.size >= 0.6 * frames
    assert np.median(steady) == pytest.approx(level, abs=5.0)


@pytest.mark.parametrize("hz", [1.0, 2.0, 3.0])
def test_an_oscillation_slower_than_vibrato_is_not_averaged_away(hz):
    cents = 30.0 * np.sin(2 * np.pi * hz * 0.01 * np.arange(200))

    assert vibrato_cycle(cents) is None
    assert smooth(cents, None).std() > 0.9 * cents.std()


@pytest.mark.parametrize("cents", [np.zeros(80), 3.0 * np.sin(2 * np.pi * 6.0 * 0.01 * np.arange(80))])
def test_a_straight_note_and_a_trace_of_vibrato_have_no_cycle(cents):
    assert vibrato_cycle(cents) is None


def test_noise_has_no_cycle():
    rng = np.random.default_rng(1)

    found = [vibrato_cycle(rng.normal(0.0, 12.0, 100)) for _ in range(200)]

    assert sum(cycle is not None for cycle in found) <= 4
