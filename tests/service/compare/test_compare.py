from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from benchmarks.search.compare import asked, judged
from benchmarks.search.pairs import draw_pair
from swara.classifier.pitch.head import pitch_tracker
from swara.data.clip import Clip
from swara.service.compare import takes
from swara.service.compare.glides import other_way
from swara.service.compare.line import Line, Sung
from swara.service.compare.overlay import lay_over
from swara.service.compare.pairing import FURTHEST_CENTS, pair_notes
from swara.service.compare.takes import compare_takes
from swara.service.compare.timing import TimeMap, shifted_onsets
from swara.service.report.compare_report import comparison_dict, comparison_json, findings_csv
from swara.service.take.heard import hear

SEED = 1003


@cache
def heard(seed: int = SEED):
    pair = draw_pair(seed)
    tracker = pitch_tracker("head")
    return pair, hear(pair.mine, tracker), hear(pair.guru, tracker)


def compared(sa: bool = True):
    pair, mine, guru = heard()
    sas = (pair.mine_sa_hz, pair.guru_sa_hz) if sa else (None, None)
    return compare_takes(asked(mine, sas[0], "mine.wav"), asked(guru, sas[1], "guru.wav"))


def notes(*rows: tuple[float, float], phrase_s: float = 1.0) -> list[Sung]:
    """Notes of (cents, length in s) one after the other; one of 0 s is a rest."""
    now, phrase, made = 0.0, 0, []
    for cents, length_s in rows:
        if not length_s:
            now, phrase = now + phrase_s, phrase + 1
            continue
        made.append(Sung(now, now + length_s, cents, "Sa", "madhya", True, True, 0.0, phrase))
        now += length_s
    return made


@pytest.mark.parametrize("sa", [True, False], ids=["Sa given", "Sa estimated"])
def test_every_planted_error_is_found_and_nothing_else(sa):
    pair, mine, guru = heard()
    sas = (pair.mine_sa_hz, pair.guru_sa_hz) if sa else (None, None)
    outcome = judged(asked(mine, sas[0]), asked(guru, sas[1]), pair)
    assert set(outcome.found) == set(pair.planted)
    assert not outcome.false_alarms


def test_a_take_is_like_itself_in_any_octave():
    pair, mine, _ = heard()
    own = asked(mine, pair.mine_sa_hz)
    lower = replace(mine, evidence=mine.evidence)
    same, octave = compare_takes(own, own), compare_takes(own, asked(lower, pair.mine_sa_hz / 2))
    for comparison in (same, octave):
        assert comparison.phrases
        assert not comparison.findings
        assert not comparison.stretches
    assert (same.octave, octave.octave) == (0, 1)
    assert "octave lower" in " ".join(octave.warnings)


@pytest.mark.parametrize("wrong_hz", [None, 395.0], ids=["a fifth off", "at the edge of the range"])
def test_a_wrong_sa_is_sought_once_more_and_said(monkeypatch, wrong_hz):
    pair, mine, guru = heard()
    real, guess_hz = takes.Asked.report, wrong_hz or pair.guru_sa_hz * 2 ** (702 / 1200)

    def guessed(of):
        report = real(of)
        if of.source != "guru.wav" or of.request.tonic is not None:
            return report
        wrong = real(of._replace(request=asked(guru, guess_hz).request))
        return replace(wrong, tonic=replace(wrong.tonic, source="estimated", confidence=0.5))

    monkeypatch.setattr(takes.Asked, "report", guessed)
    comparison = compare_takes(asked(mine, pair.mine_sa_hz, "mine.wav"), asked(guru, None, "guru.wav"))
    if wrong_hz is None:
        assert len(comparison.notes) > 10
        assert comparison.warnings[0].endswith("--guru-tonic")
        assert comparison.guru.tonic.hz == pytest.approx(pair.guru_sa_hz, rel=0.01)
    else:
        assert not comparison.aligned


def test_silence_and_ten_seconds_are_said_not_judged():
    pair, mine, _ = heard()
    rate = pair.guru.rate_hz
    silent = hear(Clip(np.zeros(3 * rate, np.float32), rate), pitch_tracker("head"))
    own = asked(mine, pair.mine_sa_hz)
    for comparison in (compare_takes(own, asked(silent, 200.0)), compare_takes(asked(silent, 200.0), own)):
        assert comparison.verdict.startswith("No steady note was found in ")
        assert not comparison.findings
    tone = np.sin(2 * np.pi * 440 * np.arange(3 * rate) / rate).astype(np.float32)
    comparison = compare_takes(asked(hear(Clip(0.3 * tone, rate), pitch_tracker("head")), None), own)
    assert comparison.verdict == "Sa of your take is not known: nothing is compared"
    twice = Clip(np.tile(pair.guru.samples[: round(5.4 * rate)], 2), rate)
    again = compare_takes(
        asked(hear(twice, pitch_tracker("head")), pair.guru_sa_hz), asked(heard()[2], pair.guru_sa_hz)
    )
    assert "sung elsewhere" in {stretch.kind for stretch in again.stretches}
    begun = hear(Clip(pair.guru.samples[: 6 * rate], rate), pitch_tracker("head"))
    comparison = compare_takes(own, asked(begun, pair.guru_sa_hz))
    assert comparison.stretches[-1].kind == "not in the guru's take"
    assert comparison.notes
    assert max(finding.mine.start_s for finding in comparison.findings) < 7.0


def test_json_csv_and_the_pages_say_the_same():
    comparison = compared()
    told = json.loads(comparison_json(comparison))
    rows = list(csv.DictReader(io.StringIO(findings_csv(comparison))))
    assert told["schema"] == "swara.compare/1"
    assert told == json.loads(json.dumps(comparison_dict(comparison)))
    assert [row["kind"] for row in rows] == [each["kind"] for each in told["findings"]]
    assert {row["kind"]: bool(row["cents"]) for row in rows}["omitted"] is False
    clock = told["clock"]
    assert all(a["mine_s"] < b["mine_s"] and a["guru_s"] < b["guru_s"] for a, b in pairwise(clock))


def test_pairing_costs_no_more_than_any_other_way():
    rng = np.random.default_rng(5)
    for _ in range(20):
        mine, other = (
            [
                (float(c), float(s))
                for c, s in zip(rng.choice([0, 90, 200, 390], n), rng.uniform(0.2, 1, n), strict=True)
            ]
            for n in rng.integers(1, 7, 2)
        )
        mine, other = notes(*mine), notes(*other)
        found = pair_notes(mine, other)
        assert found.cost == pytest.approx(slowest(mine, other))
        assert [one for one, _ in found.steps if one is not None] == list(range(len(mine)))
        assert [two for _, two in found.steps if two is not None] == list(range(len(other)))
        assert all(
            abs(mine[one].cents - other[two].cents) <= FURTHEST_CENTS
            for one, two in found.steps
            if one is not None and two is not None
        )


def slowest(mine, other):
    """The cheapest of all ways to lay two rows over each other, one after the other."""
    from swara.service.compare import pairing

    pairs, (own, theirs) = pairing._pair_costs(mine, other), map(pairing._alone, (mine, other))

    @cache
    def rest(i, j, inside):
        if i == len(mine) and j == len(other):
            return 0.0
        ways = []
        if i < len(mine) and j < len(other):
            ways.append(pairs[i, j] + rest(i + 1, j + 1, ""))
        if i < len(mine):
            ways.append(own[i] + (0.0 if inside == "mine" else pairing._OPEN_COST) + rest(i + 1, j, "mine"))
        if j < len(other):
            ways.append(
                theirs[j] + (0.0 if inside == "other" else pairing._OPEN_COST) + rest(i, j + 1, "other")
            )
        return min(ways)

    return rest(0, 0, "")


def late(at: int, by_s: float, onwards: bool) -> np.ndarray:
    guru_s = np.cumsum([0.6, 0.5, 0.8, 0.6, 0.7, 0.5, 0.6, 0.9])
    mine_s = 1.2 * guru_s + 0.3 * np.linspace(0, 1, 8) ** 2  # another tempo, and getting slower
    mine_s[at : None if onwards else at + 1] += by_s
    return np.column_stack((guru_s, mine_s))


@pytest.mark.parametrize("onwards", [False, True], ids=["one note", "after a pause"])
@pytest.mark.parametrize(("at", "by_s"), [(3, 0.2), (4, -0.2), (7, 0.2)])
def test_early_and_late_are_told_from_another_tempo(at, by_s, onwards):
    assert shifted_onsets(late(0, 0.0, False), 1.25) == []
    ((found, found_s),) = shifted_onsets(late(at, by_s, onwards), 1.25)
    assert found == at
    assert found_s == pytest.approx(by_s, abs=0.06)


@pytest.mark.parametrize(("lead_s", "known"), [(0.1, True), (0.29, True), (0.31, False), (0.6, False)])
def test_what_is_sung_long_before_a_note_leaves_its_beginning_open(lead_s, known):
    times_s = np.arange(0.0, 2.0, 0.01)
    sung = Sung(1.0, 1.5, 0.0, "Sa", "madhya", True, True, 0.0, 0)
    line = Line((sung,), times_s, np.where(times_s < 1.0 - lead_s, np.nan, 0.0))
    if known:
        assert line.onset_s(0) == pytest.approx(1.0 - lead_s, abs=0.011)
    else:
        assert np.isnan(line.onset_s(0))
    assert line.within(-1.0, 3.0) == (0.0, times_s[-1])


def test_in_a_slow_alap_a_fifth_of_a_second_is_nothing():
    onsets = 6.0 * late(0, 0.0, False)
    onsets[3, 1] += 0.2
    assert shifted_onsets(onsets, 1.2) == []


def glide(*knots: tuple[int, float]) -> np.ndarray:
    return np.interp(np.arange(knots[-1][0]), *zip(*knots, strict=True))


STRAIGHT = ((0, 0.0), (10, 0.0), (40, 700.0), (50, 700.0))
OVER = ((0, 0.0), (10, 0.0), (30, 900.0), (40, 900.0), (50, 700.0), (60, 700.0))
STEP = ((0, 0.0), (10, 0.0), (13, 700.0), (25, 700.0))


@pytest.mark.parametrize(
    ("mine", "guru", "kind"),
    [
        (STRAIGHT, STRAIGHT, None),
        (tuple((3 * at, cents) for at, cents in STRAIGHT), STRAIGHT, None),
        (STRAIGHT, OVER, "over"),
        (OVER, STRAIGHT, "straight"),
        (STEP, STRAIGHT, "glides"),
        (STRAIGHT, STEP, "steps"),
    ],
)
def test_a_glide_that_goes_another_way(mine, guru, kind):
    way = other_way(glide(*mine), glide(*guru), 0.0, 700.0)
    assert (way and way.kind) == kind
    if kind in ("over", "straight"):
        assert way.cents == pytest.approx(900, abs=30)


def test_an_octave_that_the_tracker_missed_is_no_way():
    slipped = glide(*STRAIGHT)
    slipped[20:28] += 1200.0
    assert other_way(slipped, glide(*STRAIGHT), 0.0, 700.0) is None


def test_times_of_one_take_on_the_clock_of_the_other():
    clock = TimeMap.of([(1.0, 10.0), (2.0, 12.0), (1.5, 13.0), (4.0, 14.0)])
    assert clock.to_mine(11.0) == 1.5
    assert clock.to_other(3.0) == 13.0
    assert (clock.to_mine(9.0), clock.to_mine(15.0)) == (0.0, 5.0)
    assert TimeMap.of([]).to_mine(3.0) == 3.0


def test_other_phrases_of_the_same_raga_are_not_laid_over_each_other():
    def line(*rows):
        return Line(tuple(notes(*rows)), np.zeros(0), np.zeros(0))

    one = [(c, 0.5) for c in (0, 200, 390, 700, 390, 200, 0, 200, 390, 200, 0, -310)]
    two = [(c, 0.5) for c in (1200, 900, 700, 390, 200, 0, 900, 700, 900, 1200, 1400, 1200)]
    assert lay_over(line(*one), line(*one)).pairs == tuple((at, at) for at in range(12))
    assert lay_over(line(*one), line(*two)).pairs == ()
