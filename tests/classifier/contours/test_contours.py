"""Contours, and their alignment beside a plain one."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

from swara.classifier.contours import LocalCost, alignment, alignments, contour, distances, resampled
from swara.data.arrays import FloatArray
from swara.data.pitch_track import PitchTrack

COSTS = (
    LocalCost(),
    LocalCost(150.0, True),
    LocalCost(80.0, False, 10.0),
    LocalCost(folded=True, cap_cents=90.0),
)


def plain_distance(query: FloatArray, other: FloatArray, band: float, cost: LocalCost) -> float:
    """Fill the whole table, cell by cell."""
    n, m = len(query), len(other)
    slope = (m - 1) / max(n - 1, 1)
    room = max(band * m, 1 + slope)
    table = np.full((n + 1, m + 1), np.inf)
    table[0, 0] = 0
    for i, j in itertools.product(range(n), range(m)):
        if n > 1 and abs(j - i * slope) > room + 1e-9:
            continue
        away = abs(query[i] - other[j])
        if cost.folded:
            away = min(abs(away - 1200 * octave) for octave in range(5))
        pair = away if math.isinf(cost.knee_cents) else away / (1 + away / cost.knee_cents)
        pair = min(pair, cost.cap_cents)
        waiting = min(table[i, j + 1], table[i + 1, j]) + cost.stretch_cents
        table[i + 1, j + 1] = pair + min(table[i, j], waiting)
    return table[n, m] / max(n, m)


@pytest.mark.parametrize("cost", COSTS)
@pytest.mark.parametrize(
    ("n", "m", "band"), [(1, 7, 0.2), (7, 1, 0.2), (20, 20, 0.2), (31, 12, 0.1), (12, 31, 1.0), (2, 2, 0.01)]
)
def test_alignment_is_the_cheapest_there_is(n: int, m: int, band: float, cost: LocalCost) -> None:
    rng = np.random.default_rng(n * m)
    query, others = np.cumsum(rng.normal(0, 150, n)), np.cumsum(rng.normal(0, 150, (3, m)), axis=1)
    expected = [plain_distance(query, other, band, cost) for other in others]
    assert distances(query, others, band=band, cost=cost) == pytest.approx(expected, rel=1e-5)
    several = alignments(query, others, band=band, cost=cost)
    for other, distance, found in zip(others, expected, several, strict=True):
        assert alignment(query, other, band=band, cost=cost).path.tolist() == found.path.tolist()
        assert found.distance == pytest.approx(distance)
        steps = np.diff(found.path, axis=0)
        assert found.path[0].tolist() == [0, 0]
        assert found.path[-1].tolist() == [n - 1, m - 1]
        assert ((steps >= 0) & (steps <= 1)).all()
        assert steps.any(axis=1).all()
        walked = cost.of(query[found.path[:, 0]] - other[found.path[:, 1]]).sum()
        walked += cost.stretch_cents * (steps.sum(axis=1) == 1).sum()
        assert walked / max(n, m) == pytest.approx(distance)


def test_whole_cents_are_hardly_off_and_only_where_they_can_be_counted() -> None:
    rng, cost = np.random.default_rng(8), LocalCost(folded=True, cap_cents=100.0, stretch_cents=5.0)
    query, others = (1200.0 * rng.uniform(-3, 3, shape) for shape in (32, (200, 32)))
    others[:20] = query + rng.normal(0, 20, (20, 32))
    exact = distances(query, others, band=0.5, cost=cost)
    near = distances(query, others, band=0.5, cost=cost, whole=True)
    assert np.abs(near - exact).max() <= 1.0
    assert np.abs(near - exact).max() > 0.0
    for unfit in (None, LocalCost(folded=True), replace(cost, cap_cents=600.0), replace(cost, folded=False)):
        with pytest.raises(ValueError, match="cannot be aligned so"):
            distances(query, others, cost=unfit, whole=True)


def test_a_slower_line_an_octave_up_is_the_same_line_folded() -> None:
    line = np.repeat([0.0, 200.0, 400.0, 700.0], 20)
    slow = np.repeat(line, 2) + 1200.0
    assert alignment(line, slow, cost=LocalCost(folded=True)).distance == 0.0
    assert alignment(line, slow).distance > 1000.0


def test_contour_is_trimmed_and_relative_to_sa() -> None:
    hz = np.array([np.nan, 200, 200, np.nan, 300, np.nan, 400.0])
    voiced = np.isfinite(hz)
    track = PitchTrack(np.arange(7) / 100, hz, voiced.astype(float), voiced)
    line = contour(track, 200.0, -1.0, 0.055)
    assert line.times_s.tolist() == pytest.approx([0.01, 0.02, 0.03, 0.04])
    assert line.cents.tolist() == pytest.approx([0, 0, math.nan, 701.955], abs=1e-3, nan_ok=True)
    assert resampled(line, 5).tolist() == pytest.approx([0, 0, 0, 350.98, 701.955], abs=1e-2)
    assert len(contour(track, 200.0, 7.0, 9.0)) == 0


def test_what_cannot_be_aligned_is_refused() -> None:
    line, gap = np.zeros(5), np.array([0.0, np.nan])
    for query, other, band in ((line, gap, 0.2), (gap, line, 0.2), (line[:0], line, 0.2), (line, line, 0.0)):
        with pytest.raises(ValueError, match="align"):
            alignment(query, other, band=band)
    with pytest.raises(ValueError, match="points"):
        resampled(contour(PitchTrack(*(line,) * 3, line.astype(bool)), 200.0, 0.0, 1.0), 50)
