"""What is said of a raga: a swara sung the way it is left out, weight, rests, key phrases, allied ragas."""

from __future__ import annotations

import pytest

from swara.classifier.notes import PRESETS, HeldNote, Standard, TouchedNote, judge, touch
from swara.data.take import Silence
from swara.raga.notation import parse_notation
from swara.raga.ragas import raga_named
from swara.raga.swara_list import raga_of_swaras
from swara.raga.tuning import JUST
from swara.service.take.grammar import leaning, raga_remarks

SA_HZ = 150.0
BHIMPALASI = ".n S g m P, m g R S"
UP = "S R g m P D n S', S' n D P m g R S"


def sung(notation: str, raga, *, times: int = 1, note_s: float = 0.5, touched: str = ""):
    """A take tiled by notes, those of the letters in `touched` touches, and a silence after each phrase."""
    standard = Standard(SA_HZ, raga, JUST, PRESETS["student"])
    segments, now_s = [], 0.0
    for swara in list(parse_notation(notation)) * times:
        hz = SA_HZ * 2 ** (JUST.cents_of(swara.svarasthana.index, swara.octave) / 1200)
        if swara.svarasthana.letter in touched:
            segments.append(touch(TouchedNote(now_s, now_s + 0.1, hz), standard))
            now_s += 0.1
        else:
            segments.append(judge(HeldNote(now_s, now_s + note_s, note_s, hz, 3.0, 0.9), standard))
            now_s += note_s
        if swara.ends_phrase:
            segments.append(Silence(now_s, now_s + 1.0))
            now_s += 1.0
    return (*segments, Silence(now_s, now_s + 1.0))


def remarks(notation: str, name: str, **how) -> dict[str, str]:
    raga = raga_named(name)
    return {each.kind: each.text for each in raga_remarks(sung(notation, raga, **how), raga)}


def test_a_swara_sung_where_the_ascent_leaves_it_out_is_remarked():
    told = raga_remarks(sung(UP, raga_named("Bhimpalasi"), times=4), raga_named("Bhimpalasi"))
    broken = [each for each in told if each.kind == "aroha"]
    assert [each.text for each in broken] == [
        "Going up, Re was sung on the way 4 times, first at 0.5 s; Bhimpalasi leaves it out there",
        "Going up, Dha was sung on the way 4 times, first at 2.5 s; Bhimpalasi leaves it out there",
    ]
    assert [len(each.at_s) for each in broken] == [4, 4]


@pytest.mark.parametrize(
    ("notation", "name"),
    [
        (BHIMPALASI, "Bhimpalasi"),
        (f"{UP}, {'n D P m g R S, ' * 3}m", "Bhimpalasi"),  # once in a while
        ("S R S, S R S, g R g m P", "Bhimpalasi"),  # a turn is no ascent
        ("S R G M P D N S', S' N D P M G R S", "Yaman"),  # where the sources differ on Pa
        (UP, "Kafi"),
    ],
)
def test_what_the_raga_does_is_not_remarked(notation: str, name: str):
    assert {"aroha", "avaroha"}.isdisjoint(remarks(notation, name, times=4))


def test_touches_are_no_broken_ascent():
    assert "aroha" not in remarks(UP, "Bhimpalasi", times=4, touched="RD")


def test_weight_rests_and_key_phrases_are_told():
    told = remarks("G R G, P, G R S, D P G", "Bhupali", times=6)
    assert told["weight"].startswith("Held longest beside Sa: Ga 40%, Re 20%, Pa 20%; its vadi is Ga")
    assert told["nyas"].startswith("Phrases end on Ga (7), Pa (6), Sa (6)")
    assert told["pakad"] == "Pakad heard: G R G 6 times, G R S 6 times, first at 0.0 s"


def test_a_key_phrase_may_be_in_another_octave_and_hold_touches_but_no_rest():
    assert "G R G 6 times" in remarks("G' R' G', P, S", "Bhupali", times=6)["pakad"]
    assert "G R G 8 times" in remarks("G P R G, S, D", "Bhupali", times=8, touched="P")["pakad"]
    told = remarks("G, R, G, S P", "Bhupali", times=12)["pakad"]
    assert told.startswith("Of the pakad no phrase was heard whole: S .D R S, G R G")


def test_a_short_take_lacks_no_key_phrase_and_shows_no_habit():
    assert "pakad" not in remarks("S P D S' P", "Bhupali", times=6)
    assert remarks("G R G, P, G R S", "Bhupali") == {}


def test_of_a_raga_known_by_its_swaras_nothing_is_told():
    raga = raga_of_swaras("S R g m P D n")
    assert raga_remarks(sung(UP, raga, times=4), raga) == ()


@pytest.mark.parametrize(
    ("notation", "times", "name", "other"),
    [
        ("G P D P, D P D", 4, "Bhupali", "Deshkar"),
        ("G P D P, D P D", 4, "Deshkar", None),
        ("G R G, S R G", 4, "Deshkar", "Bhupali"),
        ("G R G, S R G", 4, "Bhupali", None),
        ("P D P, P D,", 5, "Bhupali", None),  # weight for a few phrases, and nothing that is Deshkar's alone
        ("P D P, P D,", 10, "Bhupali", "Deshkar"),  # for a minute
        (".P .D .P, .P .D S", 10, "Bhupali", None),  # mandra is Bhupali's own
        ("G P D P, G R G, P D, D", 4, "Bhupali", None),  # the phrases of both
        ("R G m G, M P", 4, "Yaman", "Yaman Kalyan"),
        ("R G m G, M P", 4, "Yaman Kalyan", None),
        ("R G m P, G m G, D m", 4, "Yaman", None),  # a shuddha Ma that is everywhere is a tivra Ma sung low
        ("R G M G, M P", 4, "Yaman", None),
    ],
)
def test_an_allied_raga_is_told_by_weight_and_phrase(notation, times, name, other):
    raga = raga_named(name)
    told = leaning(sung(notation, raga, times=times), raga)
    assert told is None if other is None else told.startswith(f"Leaning to {other}: ")
