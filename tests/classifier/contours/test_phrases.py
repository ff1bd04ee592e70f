"""Phrases cut from tracks, and lines of notation."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from swara.classifier.contours import LocalCost, alignment
from swara.classifier.contours.distance import POINTS, STRING, string_distances
from swara.classifier.contours.phrases import breath_groups, notated_line, phrase_line, phrase_lines
from swara.data.pitch_track import PitchTrack
from swara.raga.notation import parse_notation

SA_HZ = 200.0


def track_of(*parts: tuple[float | None, float]) -> PitchTrack:
    """Return semitones above Sa, None for silence, each so many seconds long."""
    semitones = np.concatenate([np.full(round(100 * s), np.nan if p is None else p) for p, s in parts])
    voiced = np.isfinite(semitones)
    times_s = 0.01 * np.arange(semitones.size)
    return PitchTrack(times_s, SA_HZ * 2 ** (semitones / 12), voiced.astype(float), voiced)


TRACK = track_of((None, 0.5), (0, 0.6), (2, 0.05), (4, 0.6), (None, 0.2), (7, 0.8), (None, 1.0), (-3, 2.0))


def test_breath_groups_are_parted_by_breaths_and_not_by_consonants() -> None:
    assert np.allclose(breath_groups(TRACK), [(0.5, 2.75), (3.75, 5.75)])
    assert breath_groups(track_of((None, 1.0))) == []


def test_phrases_are_groups_and_windows_of_more_than_one_swara() -> None:
    found = phrase_lines(TRACK, SA_HZ)
    assert (found[0].start_s, found[0].swaras) == (0.5, ("S", "G", "P"))  # Re is passed, not dwelt on
    assert any(each.swaras == ("S", "G", "P", ".D") for each in found)
    assert all(len(each.swaras) > 1 and len(each.line) == POINTS for each in found)
    assert all(
        np.isfinite(each.line.cents).all() and (np.diff(each.line.times_s) >= 0).all() for each in found
    )
    spans = {(round(each.start_s, 1), round(each.end_s, 1)) for each in found}
    assert len(spans) == len(found)
    assert phrase_lines(track_of((0, 30.0)), SA_HZ) == phrase_lines(track_of((None, 1.0)), SA_HZ) == []


def test_a_long_take_falls_into_windows_that_cover_it() -> None:
    scale = track_of(*[(semitone, 0.5) for semitone in (0, 2, 4, 7, 9, 12) * 12])
    found = phrase_lines(scale, SA_HZ)
    assert max(each.duration_s for each in found) < 8.5
    for at_s in np.arange(0.5, 33.0, 0.37):
        best = min(abs(each.start_s - at_s) + abs(each.end_s - at_s - 2.0) for each in found)
        assert best <= 0.51


def test_a_stretch_is_a_phrase_from_its_first_sung_frame() -> None:
    phrase = phrase_line(TRACK, SA_HZ, 0.0, 1.2)
    assert phrase is not None
    assert (phrase.start_s, phrase.end_s) == pytest.approx((0.5, 1.2))
    assert phrase_line(TRACK, SA_HZ, 3.0, 3.5) is None


@pytest.mark.parametrize(
    ("notation", "swaras", "first", "last"),
    [
        ("S R G", "S R G", 0.0, 386.3),
        (".D - S", ".D S", -305.0, 0.0),
        ("S S (P)", "S D P M P", 0.0, 702.0),
        ("G~P ^RS'", "G P S'", 386.3, 1200.0),
    ],
)
def test_notation_is_sung_in_just_intonation(notation: str, swaras: str, first: float, last: float) -> None:
    line = notated_line(parse_notation(notation))
    assert " ".join(line.swaras) == swaras
    assert (line.line.cents[0], line.line.cents[-1]) == pytest.approx((first, last), abs=1.0)


def test_notation_is_near_what_it_writes() -> None:
    sung = phrase_line(track_of((0, 0.4), (2, 0.4), (4, 0.9)), SA_HZ, 0.0, 2.0)
    assert sung is not None
    away = [
        alignment(
            notated_line(parse_notation(text)).line.cents, sung.line.cents, cost=LocalCost(100)
        ).distance
        for text in ("S R G", "S G R", "S r g")
    ]
    assert away[0] < 10
    assert away[0] < min(away[1:])


def plain_edits(one: str, other: str) -> int:
    table = {(i, 0): i for i in range(len(one) + 1)} | {(0, j): j for j in range(len(other) + 1)}
    for i, j in itertools.product(range(1, len(one) + 1), range(1, len(other) + 1)):
        changed = table[i - 1, j - 1] + (one[i - 1] != other[j - 1])
        table[i, j] = min(changed, table[i - 1, j] + 1, table[i, j - 1] + 1)
    return table[len(one), len(other)]


def test_strings_are_compared_swara_by_swara() -> None:
    rng = np.random.default_rng(2)
    words = ["".join(rng.choice(list("012"), rng.integers(0, 9))) for _ in range(40)]
    words += ["".join(rng.choice(list("0123456789"), rng.integers(18, STRING + 1))) for _ in range(8)]
    rows = np.array([[*map(int, word), *[-1] * (STRING - len(word))] for word in words], dtype=np.int8)
    for word, row in zip(words, rows, strict=True):
        expected = [plain_edits(word, other) / max(len(word), len(other), 1) for other in words]
        assert string_distances(row, rows) == pytest.approx(expected)


def test_a_string_has_no_octaves() -> None:
    phrase = notated_line(parse_notation("G S .D .S S' R"))
    assert phrase.string.tolist()[:6] == [4, 0, 9, 0, 2, -1]
