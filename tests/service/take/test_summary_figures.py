"""What the notes of a take come to, against figures worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swara.classifier.notes import PRESETS, HeldNote, Standard, judge
from swara.data.take import Glide, Note, Silence
from swara.raga.ragas import raga_named
from swara.raga.tuning import JUST
from swara.service.take.summary import (
    drift_of_sa,
    foreign_share,
    nearest_samples,
    swara_stats,
    verdict_shares,
    worst_spots,
)

SA_HZ = 146.83
STANDARD = Standard(SA_HZ, raga_named("Bhupali"), JUST, PRESETS["student"])


def note(
    cents: float, *, at_s: float = 0.0, steady_s: float = 0.5, confidence: float = 0.9, wavers: float = 4.0
):
    held = HeldNote(at_s, at_s + steady_s + 0.1, steady_s, SA_HZ * 2 ** (cents / 1200), wavers, confidence)
    return judge(held, STANDARD)


def test_shares_are_of_the_steady_time_not_of_the_notes():
    notes = [note(0.0, steady_s=3.0), note(230.0, steady_s=0.5), note(498.0, steady_s=0.5)]

    shares = verdict_shares(notes)

    assert shares == {"perfect": 0.75, "in tune": 0.0, "low": 0.0, "high": 0.125, "unsure": 0.125}
    assert foreign_share(notes) == 0.125


def test_without_notes_there_are_no_figures():
    assert verdict_shares([]) == {}
    assert foreign_share([]) == 0.0
    assert swara_stats([]) == ()
    assert worst_spots([]) == ()
    assert drift_of_sa([]) is None


def test_each_swara_has_its_bias_and_its_steadiness_weighted_by_time():
    notes = [
        note(203.9 + 30.0, steady_s=0.3, wavers=10.0),
        note(203.9 - 10.0, steady_s=0.9, wavers=2.0),
        note(1200.0 - 5.0, steady_s=0.4),
        note(0.0, steady_s=0.4),
        note(702.0, steady_s=2.0, confidence=0.3),
    ]

    stats = swara_stats(notes)

    assert [(s.saptak, s.swara, s.notes) for s in stats] == [
        ("madhya", "Sa", 1),
        ("madhya", "Re", 2),
        ("taar", "Sa", 1),
    ]
    assert stats[1].bias_cents == pytest.approx((30.0 * 0.3 - 10.0 * 0.9) / 1.2, abs=0.02)
    assert stats[1].steadiness_cents == pytest.approx((10.0 * 0.3 + 2.0 * 0.9) / 1.2)
    assert stats[1].in_tune_share == pytest.approx(0.75)
    assert stats[1].duration_s == pytest.approx(1.2)


def test_a_foreign_note_counts_for_the_swara_it_was_meant_to_be():
    (stats,) = swara_stats([note(386.3 - 50.0)])

    assert (stats.swara, stats.saptak) == ("Ga", "madhya")
    assert stats.bias_cents == pytest.approx(-50.0, abs=0.1)
    assert stats.in_tune_share == 0.0


def test_mandra_comes_before_madhya_and_taar():
    notes = [note(cents) for cents in (1200.0, 386.3, 890.0 - 1200, 702.0, 0.0, 890.0)]

    order = [(stats.saptak, stats.swara) for stats in swara_stats(notes)]

    assert order == [
        ("mandra", "Dha"),
        ("madhya", "Sa"),
        ("madhya", "Ga"),
        ("madhya", "Pa"),
        ("madhya", "Dha"),
        ("taar", "Sa"),
    ]


PA, GA, RE = 702.0, 386.3, 203.9


def spots(*segments):
    return [(spot.raga_swara, round(spot.raga_cents_off)) for spot in worst_spots(segments)]


def test_work_comes_first_where_a_swara_was_off_for_long_or_often_and_not_where_it_was_furthest_off():
    long = note(PA + 30.0, at_s=0.0, steady_s=2.0)
    often = [note(GA - 29.0, at_s=3.0 + i, steady_s=0.5) for i in range(3)]
    once = note(RE + 45.0, at_s=9.0, steady_s=0.6)
    fine = [note(RE - 20.0, at_s=10.0, steady_s=5.0), note(498.0, at_s=16.0, steady_s=5.0)]
    assert spots(*often, long, once, *fine) == [("Pa", 30), ("Ga", -29), ("Re", 45)]
    assert spots(*fine) == spots() == []


def test_a_spot_is_the_clearest_case_of_its_swara_and_no_swara_takes_two_places():
    cases = [
        note(PA + off, at_s=i, steady_s=s) for i, (off, s) in enumerate([(31, 0.5), (40, 0.9), (33, 1.0)])
    ]
    assert spots(*cases, note(PA - 40.0, at_s=9.0)) == [("Pa", 40), ("Pa", -40)]


@pytest.mark.parametrize("glide", [Glide(0.4, 0.5), note(0.0, at_s=0.0, steady_s=0.4), None])
def test_a_touch_beside_what_is_sung_is_an_ornament(glide):
    touch = note(PA + 45.0, at_s=0.5, steady_s=0.2)
    held = note(PA + 45.0, at_s=0.5, steady_s=0.4)
    assert spots(*[glide or Silence(0.0, 0.5)], touch) == ([] if glide else [("Pa", 45)])
    assert spots(touch, *([Glide(0.8, 1.0)] if glide else [])) == ([] if glide else [("Pa", 45)])
    assert spots(*[glide or Silence(0.0, 0.5)], held) == [("Pa", 45)]


def test_what_passes_outside_the_raga_is_no_spot_and_what_is_held_there_is():
    assert spots(note(590.0 + 45.0, steady_s=0.3)) == []
    assert spots(note(590.0 + 45.0, steady_s=0.5)) == [("Pa", -67)]


def test_a_swara_that_was_always_in_tune_was_so_for_all_of_its_time():
    lengths = [0.1 * n for n in range(1, 40)]
    (stats,) = swara_stats([note(PA, at_s=5 * n, steady_s=s) for n, s in enumerate(lengths)])
    assert stats.in_tune_share == 1.0


@given(
    cents_per_minute=st.floats(-40.0, 40.0).filter(lambda rate: abs(rate) > 1),
    seed=st.integers(0, 1000),
    offset=st.floats(-10.0, 10.0),
)
def test_drift_is_recovered_within_a_tenth(cents_per_minute, seed, offset):
    rng = np.random.default_rng(seed)
    cents = [0.0, 203.9, 386.3, 702.0, 1200.0]
    times_s = np.sort(rng.uniform(0.0, 55.0, 20)) + 0.6 * np.arange(20)
    notes = [
        note(cents[rng.integers(5)] + offset + cents_per_minute / 60 * (t + 0.25), at_s=t, steady_s=0.4)
        for t in times_s
    ]

    drift = drift_of_sa(notes)

    assert drift.cents_per_minute == pytest.approx(cents_per_minute, rel=0.1)
    assert drift.total_cents == pytest.approx(cents_per_minute / 60 * (times_s[-1] - times_s[0]), rel=0.1)


def test_drift_is_the_least_squares_line_weighted_by_steady_time():
    rng = np.random.default_rng(5)
    notes = [
        note(702.0 + off, at_s=3.0 * i, steady_s=steady_s)
        for i, (off, steady_s) in enumerate(
            zip(rng.normal(0, 12, 12), rng.uniform(0.2, 2.0, 12), strict=True)
        )
    ]
    weight = np.array([n.steady_s for n in notes])
    middle = np.array([(n.start_s + n.end_s) / 2 for n in notes])
    off = np.array([n.raga_cents_off for n in notes])
    t0, y0 = weight @ middle / weight.sum(), weight @ off / weight.sum()
    slope = (weight * (middle - t0)) @ (off - y0) / ((weight * (middle - t0)) @ (middle - t0))

    assert drift_of_sa(notes).cents_per_minute == pytest.approx(60 * slope)


def test_drift_needs_eight_notes_over_ten_seconds():
    def sung(count: int, apart_s: float) -> list[Note]:
        return [note(0.0 + i, at_s=i * apart_s) for i in range(count)]

    assert drift_of_sa(sung(7, 5.0)) is None
    assert drift_of_sa(sung(8, 1.0)) is None
    assert drift_of_sa(sung(8, 1.5)) is not None
    assert drift_of_sa([replace(n, verdict="unsure") for n in sung(8, 1.5)]) is None


@pytest.mark.parametrize("judged", [(0.0, 15.0), ()])
def test_beside_the_professional_stands_a_note_that_is_that_swara(judged: tuple[float, ...]):
    guesses = [note(590.0), note(702.0 - 40.0, confidence=0.1)]  # tivra Ma, and a Pa that is hardly heard
    sung = [note(702.0 + off) for off in judged]
    assert {each.raga_swara for each in (*sung, *guesses)} == {"Pa"}
    opinions = [SimpleNamespace(neighbours=("sample",))] * len([*sung, *guesses])
    report = SimpleNamespace(notes=[*sung, *guesses], opinions=opinions)
    ((chosen, _),) = nearest_samples(report)
    assert chosen is (sung[-1] if sung else guesses[0])  # of guesses alone, the furthest off
