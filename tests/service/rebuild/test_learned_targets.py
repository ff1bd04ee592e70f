"""Targets are where professionals sing, if enough of them do."""

from __future__ import annotations

import json

import numpy as np
import pytest

from swara.classifier.note_head.examples import NoteSource
from swara.index import Item
from swara.raga.tuning import JUST
from swara.service.rebuild.labelled_notes import LabelledNote
from swara.service.rebuild.targets import (
    LearnedTarget,
    learn_targets,
    moved_cents,
    targets_from_json,
    targets_json,
    tuning_of,
)


def notes(swara: str, cents: float, *, singer: str, count: int, synthesized: bool = False):
    rng = np.random.default_rng(1)
    vector, item = np.ones(3, np.float32), Item("r", singer, swara, 0.0, 1.0, synthesized)
    pitches = (np.append(cents + rng.normal(0, 1, 9), np.nan) for _ in range(count))
    return [LabelledNote(NoteSource(each, vector, swara, singer, "r"), item) for each in pitches]


def of_two(**sung: tuple[float, int]):
    """Notes of two singers: for each swara its cents and how many each of them sings."""
    wanted = [(singer, swara, *each) for singer in "ab" for swara, each in sung.items()]
    return [note for s, swara, cents, count in wanted for note in notes(swara, cents, singer=s, count=count)]


def test_the_middle_of_the_singers_counts_not_of_the_notes() -> None:
    heard = [
        *notes("G", 380.0, singer="a", count=100),
        *notes("G'", 1590.0, singer="b", count=5),
        *notes(".G", -808.0, singer="c", count=5),
    ]
    target = learn_targets(heard)["G"]
    assert target.cents == pytest.approx(390.0, abs=1.5)
    assert (target.notes, target.singers) == (110, 3)


@pytest.mark.parametrize(
    ("singers", "each", "options"),
    [(1, 50, {}), (2, 4, {}), (3, 50, {"synthesized": True})],
    ids=["one singer", "few notes", "synthesized"],
)
def test_too_little_leaves_just_intonation(singers: int, each: int, options: dict[str, bool]) -> None:
    heard = [n for s in range(singers) for n in notes("G", 380.0, singer=f"{s}", count=each, **options)]
    assert learn_targets(heard) == {}
    assert tuning_of({}).targets == JUST.targets


def test_sa_stays_and_slips_do_not_count() -> None:
    slips = [note for singer in "ab" for note in notes("P", 0.0, singer=singer, count=30)]
    targets = learn_targets([*of_two(**{"S'": (1190.0, 20), "P": (705.0, 20)}), *slips])
    assert set(targets) == {"P"}
    assert targets["P"].cents == pytest.approx(705.0, abs=1.0)
    assert targets["P"].notes == 40


def test_targets_that_overlap_are_not_both_taken() -> None:
    targets = learn_targets(of_two(r=(160.0, 10), R=(150.0, 20)))
    assert set(targets) == {"R"}
    assert tuning_of(targets).targets[2].low_cents == pytest.approx(150.0, abs=1.0)


def test_the_file_reads_as_it_was_written() -> None:
    targets = learn_targets(of_two(G=(390.0, 9)))
    text = targets_json(targets)
    assert targets_from_json(text.encode()) == targets
    assert set(json.loads(text)["just"]) == set("SrRgmMPdDnN")


TOO_FAR = b'{"learned": {"G": {"cents": 500.0, "notes": 20, "singers": 2}}}'


@pytest.mark.parametrize(
    "content", [b"", b"[]", b'{"learned": {"G": 3}}', b'{"learned": {"G": {}}}', TOO_FAR]
)
def test_what_is_no_targets_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="too far" if content == TOO_FAR else None):
        targets_from_json(content)


def test_how_far_targets_moved() -> None:
    stays = {"P": LearnedTarget(702.0, 9, 3)}
    before = {"G": LearnedTarget(390.0, 20, 2), "D": LearnedTarget(870.0, 20, 2), **stays}
    now = {"G": LearnedTarget(386.5, 21, 3), "R": LearnedTarget(209.0, 10, 2), **stays}
    given_up, found = -JUST.targets[9].offset(870.0), JUST.targets[2].offset(209.0)
    assert moved_cents(before, now) == {"G": -3.5, "D": round(given_up, 1), "R": round(found, 1)}
    assert moved_cents(now, now) == {}
