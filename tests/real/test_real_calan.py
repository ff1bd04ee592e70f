"""A professional's own singing comes out in tune, and what is moved shows as moved."""

from __future__ import annotations

import csv
from typing import NamedTuple

import numpy as np
import pytest

from swara.classifier.notes import PRESETS, Standard, judge, touch
from swara.classifier.tonic import estimate_tonic
from swara.data.take import Note
from swara.raga.ragas import BASIC_RAGAS, raga_named
from swara.raga.swaras import SVARASTHANAS
from swara.raga.tuning import EQUAL, JUST
from swara.service.take.grammar import leaning

# With `pytest -n auto --dist loadgroup` no recording is tracked twice.
pytestmark = pytest.mark.xdist_group("calans and concerts")

CALANS = ("calan-bhupali", "calan-deskar", "calan-yaman")
GOOD = ("perfect", "in tune")
SAPTAKS = ("mandra", "madhya", "taar")


def share(notes: list[Note], wanted: list[bool]) -> float:
    """Share of the steady time."""
    steady_s = np.array([note.steady_s for note in notes])
    return float(steady_s @ np.array(wanted) / steady_s.sum())


def in_tune(notes: list[Note]) -> float:
    return share(notes, [note.verdict in GOOD for note in notes])


def test_bhupali_is_in_tune_with_few_foreign_swaras_on_most_of_the_voiced_time(recordings):
    heard = recordings.calan("calan-bhupali")
    notes = heard.judged()

    steady_s = sum(note.steady_s for note in notes)
    assert in_tune(notes) >= 0.93
    assert share(notes, [note.foreign for note in notes]) < 0.03
    assert steady_s >= 0.60 * 0.01 * np.count_nonzero(heard.track.voiced)


@pytest.mark.parametrize(("name", "least"), [("calan-deskar", 0.94), ("calan-yaman", 0.87)])
def test_deskar_and_yaman_are_in_tune_with_few_foreign_swaras(recordings, name, least):
    notes = recordings.calan(name).judged()

    assert in_tune(notes) >= least
    assert share(notes, [note.foreign for note in notes]) < 0.03


class Labelled(NamedTuple):
    """A steady svara: where it lies, and what it is."""

    start_s: float
    end_s: float
    swara: str
    saptak: str


def labelled(recordings, name: str) -> list[Labelled]:
    """The segments that pYIN confirms; ``D0`` is mandra Dha, and a rag uses one form of each svara."""
    swaras = {
        SVARASTHANAS[index].name.split()[-1]: SVARASTHANAS[index].name
        for index in recordings.calan(name).raga.swaras
    }
    spoken = {name[0]: full for name, full in swaras.items()}
    with (recordings.folder / "hindustani_calan" / "svara_segments.csv").open(newline="") as table:
        return [
            Labelled(
                float(row["start_s"]),
                float(row["end_s"]),
                spoken[row["svara"][0]],
                SAPTAKS[int(row["svara"][1])],
            )
            for row in csv.DictReader(table)
            if row["track"] == name and row["confirmed"] == "1"
        ]


def test_labelled_segments_have_their_swara_and_saptak(recordings):
    right = []
    for name in CALANS:
        notes = recordings.calan(name).judged()
        for label in labelled(recordings, name):
            shared_s = [min(n.end_s, label.end_s) - max(n.start_s, label.start_s) for n in notes]
            best = int(np.argmax(shared_s))
            named = (notes[best].swara, notes[best].saptak) == (label.swara, label.saptak)
            right.append(shared_s[best] > 0 and named)

    assert len(right) >= 140
    assert np.mean(right) >= 0.97


@pytest.mark.parametrize(("moved_cents", "verdict"), [(-50.0, "high"), (50.0, "low")])
def test_with_sa_50_cents_away_nearly_all_is_low_or_high(recordings, moved_cents, verdict):
    notes = recordings.calan("calan-bhupali").judged(sa_off_cents=moved_cents)

    assert share(notes, [note.verdict == verdict for note in notes]) >= 0.90


@pytest.mark.parametrize("name", CALANS)
@pytest.mark.parametrize("moved_cents", [-30.0, 30.0])
@pytest.mark.parametrize("tuning", [EQUAL, JUST], ids=lambda tuning: tuning.name)
def test_moving_sa_moves_every_distance_by_as_much(recordings, name, moved_cents, tuning):
    heard = recordings.calan(name)
    before = heard.judged(tuning=tuning)
    after = heard.judged(sa_off_cents=moved_cents, tuning=tuning)

    shifts = [
        other.cents_off - one.cents_off
        for one, other in zip(before, after, strict=True)
        if (one.swara, one.saptak) == (other.swara, other.saptak)
        # In just intonation Dha is a band: inside it the distance stays 0.
        and not (tuning is JUST and one.swara == "Dha")
    ]
    assert len(shifts) >= 0.4 * len(before)
    assert np.mean(np.abs(np.array(shifts) + moved_cents) <= 3.0) >= 0.95


@pytest.mark.parametrize("raga_known", [True, False])
def test_sa_is_found_or_asked_for_and_never_confidently_wrong(recordings, raga_known):
    heard = [*(recordings.calan(name) for name in CALANS), *recordings.concerts()]
    tonics = [
        estimate_tonic(take.clip, take.held, [take.raga] if raga_known else BASIC_RAGAS.values())
        for take in heard
    ]

    off_cents = np.array([1200 * np.log2(t.hz / h.sa_hz) for t, h in zip(tonics, heard, strict=True)])
    right_class = np.abs((off_cents + 600) % 1200 - 600) <= 50
    asked = np.array([tonic.needs_confirmation for tonic in tonics])
    assert len(heard) == 6
    assert (right_class | asked).all()
    assert np.count_nonzero(asked) <= 2
    assert (np.abs(off_cents[right_class]) <= 50).all(), "the octave is wrong"


@pytest.mark.parametrize(
    ("name", "judged_as", "leans_to"),
    [
        ("calan-bhupali", "Bhupali", None),
        ("calan-bhupali", "Deshkar", "Bhupali"),
        ("calan-deskar", "Deshkar", None),
        ("calan-deskar", "Bhupali", "Deshkar"),
        ("calan-yaman", "Yaman", None),
    ],
)
def test_bhupali_and_deshkar_are_told_apart_by_what_is_sung(recordings, name, judged_as, leans_to):
    heard = recordings.calan(name)
    standard = Standard(heard.sa_hz, raga_named(judged_as), JUST, PRESETS["student"])
    parts = [judge(note, standard) for note in heard.held] + [touch(each, standard) for each in heard.touched]
    told = leaning(sorted(parts, key=lambda part: part.start_s), standard.raga)
    assert told is None if leans_to is None else told.startswith(f"Leaning to {leans_to}: ")
