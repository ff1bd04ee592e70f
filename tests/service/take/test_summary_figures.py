"""What the notes of a take come to, against figures worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swara.classifier.notes import PRESETS, HeldNote, Standard, judge
from swara.classifier.tonic import drift_of_sa
from swara.data.take import Glide, Note, Silence
from swara.raga.ragas import raga_named
from swara.raga.tuning import JUST
from swara.service.take.summary import (
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


@pytest.mark.parametrize("beside", [Glide(0.4, 0.5), note(0.0, at_s=0.0, steady_s=0.4), Silence(0.0, 0.5)])
def test_a_touch_is_an_ornament_beside_what_is_sung_and_a_habit_where_it_comes_again(beside):
    touches = [note(PA + 45.0, at_s=at_s, steady_s=0.2) for at_s in (0.5, 3.0)]
    alone = isinstance(beside, Silence)
    assert spots(beside, touches[0]) == []
    assert spots(beside, touches[0], beside, touches[1]) == ([("Pa", 45)] if alone else [])
    assert spots(beside, note(PA + 45.0, at_s=0.5, steady_s=0.4)) == [("Pa", 45)]


def test_what_is_excused_is_no_spot_and_leaves_the_place_to_others():
    swung, held_low = note(PA + 49.0, at_s=0.0, steady_s=3.0), note(GA - 30.0, at_s=4.0)
    assert [spot.raga_swara for spot in worst_spots([swung, held_low], {swung})] == ["Ga"]


def test_what_passes_outside_the_raga_is_no_spot_and_what_is_held_there_is():
    assert spots(note(590.0 + 45.0, steady_s=0.3)) == []
    assert spots(note(590.0 + 45.0, steady_s=0.5)) == [("Pa", -67)]


def test_a_swara_that_was_always_in_tune_was_so_for_all_of_its_time():
    lengths = [0.1 * n for n in range(1, 40)]
    (stats,) = swara_stats([note(PA, at_s=5 * n, steady_s=s) for n, s in enumerate(lengths)])
    assert stats.in_tune_share == 1.0


def sung(seed: int, cents_per_minute: float = 0.0, spread: float = 12.0, alike: float = 0.0):
    """Thirty notes of a melody over a minute; each swara is sung a little high or low throughout.

    Each note errs by `spread` cents, and neighbours alike, with that correlation.
    """
    swaras = (0.0, RE, GA, PA, 1200.0)
    rng = np.random.default_rng(seed)
    habits, places = rng.normal(0, 8, len(swaras)), rng.integers(len(swaras), size=30)
    errs = rng.normal(0, spread, 30)
    for place in range(1, 30):
        errs[place] = alike * errs[place - 1] + np.sqrt(1 - alike**2) * errs[place]
    return [
        note(swaras[k] + habits[k] + err + cents_per_minute / 60 * t, at_s=t, steady_s=0.5)
        for k, err, t in zip(places, errs, np.linspace(0.0, 60.0, 30), strict=True)
    ]


@given(cents_per_minute=st.floats(20.0, 40.0), sign=st.sampled_from([1, -1]), seed=st.integers(0, 1000))
def test_a_drift_is_recovered_whatever_each_swara_is_sung_like(cents_per_minute, sign, seed):
    drift = drift_of_sa(sung(seed, sign * cents_per_minute, spread=2.0))

    assert drift.cents_per_minute == pytest.approx(sign * cents_per_minute, rel=0.25)
    assert drift.total_cents == pytest.approx(
        drift.cents_per_minute, rel=1e-6
    )  # a minute from middle to middle


def test_notes_that_err_alike_need_four_errors(monkeypatch):
    takes = [sung(seed, alike=0.3) for seed in range(200)]
    assert sum(drift_of_sa(take) is not None for take in takes) <= 2
    monkeypatch.setattr("swara.classifier.tonic.estimate.DRIFT_SURE", 2.0)
    assert sum(drift_of_sa(take) is not None for take in takes) == pytest.approx(200 / 7, abs=7)


def test_where_nothing_drifts_nothing_is_said_and_what_drifts_stands_out_of_the_spread():
    assert sum(drift_of_sa(sung(seed)) is not None for seed in range(200)) <= 2
    assert sum(drift_of_sa(sung(seed, 60.0, spread=15.0)) is not None for seed in range(100)) >= 85
    assert drift_of_sa(sung(1, 6.0, spread=0.0)) is None, "nobody hears 6 cents"


@pytest.mark.parametrize(
    "cents",
    [
        pytest.param([RE + 20] * 5 + [RE] * 2 + [0.0] * 8, id="a high swara that came first"),
        pytest.param([0.0, GA, PA - 20, PA - 12, 0.0, GA, PA, PA + 12, 0.0, GA, PA + 24], id="one of three"),
        pytest.param([PA - 24 + 4 * place for place in range(12)], id="one alone"),
    ],
)
def test_what_one_swara_does_is_no_drift_of_sa(cents):
    assert drift_of_sa([note(each, at_s=3.0 * place) for place, each in enumerate(cents)]) is None


def test_drift_needs_eight_judged_notes_over_ten_seconds():
    def rising(count: int, apart_s: float) -> list[Note]:
        return [note((0.0, RE, PA)[i % 3] + 20 / count * i, at_s=i * apart_s) for i in range(count)]

    assert drift_of_sa(rising(7, 5.0)) is drift_of_sa(rising(12, 0.7)) is drift_of_sa([]) is None
    assert drift_of_sa(rising(12, 1.5)) is not None
    assert drift_of_sa([replace(n, verdict="unsure") for n in rising(12, 1.5)]) is None


@pytest.mark.parametrize("judged", [(0.0, 15.0), ()])
def test_beside_the_professional_stands_a_note_that_is_that_swara(judged: tuple[float, ...]):
    guesses = [note(590.0), note(702.0 - 40.0, confidence=0.1)]  # tivra Ma, and a Pa that is hardly heard
    sung = [note(702.0 + off) for off in judged]
    assert {each.raga_swara for each in (*sung, *guesses)} == {"Pa"}
    opinions = [SimpleNamespace(neighbours=("sample",))] * len([*sung, *guesses])
    report = SimpleNamespace(notes=[*sung, *guesses], opinions=opinions)
    ((chosen, _),) = nearest_samples(report)
    assert chosen is (sung[-1] if sung else guesses[0])  # of guesses alone, the furthest off
