from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from swara.classifier.transcription import SungGlide, SungSwara, Transcription, in_tala, notated, transcribe
from swara.data.pitch_track import HOP_S, PitchTrack
from swara.data.synth import SungNote, render_contour
from swara.raga.notation import swara_letter, to_roman
from swara.raga.ragas import raga_named
from swara.raga.swaras import parse_swara
from swara.raga.talas import tala_named

SA_HZ = 200.0
CENTS = {"S": 0.0, "R": 203.9, "n": 996.0, "G": 386.3, "m": 498.0, "P": 702.0, "D": 895.0, "S'": 1200.0}
BHUPALI = raga_named("bhupali")


def _track(*notes: SungNote) -> PitchTrack:
    contour = render_contour(notes, SA_HZ, hop_s=HOP_S, rng=np.random.default_rng(1))
    hz = np.where(contour.voiced, contour.f0_hz, np.nan)
    return PitchTrack(contour.times_s, hz, contour.voiced.astype(np.float64), contour.voiced)


def _note(letter: str, seconds: float = 0.6, **more: float) -> SungNote:
    return SungNote(CENTS[letter], seconds, **{"meend_s": 0.06, **more})


def _letters(found: Transcription) -> str:
    return " ".join(("" if s.held else "^") + swara_letter(*s.pitch) for s in found.swaras)


@pytest.mark.parametrize(
    ("notes", "written"),
    [
        ([_note("S"), _note("R"), _note("G", vibrato_cents=40.0)], "S R G"),
        ([_note("S"), _note("G", kan_cents=CENTS["P"], kan_s=0.13)], "S ^P G"),
        ([_note("S"), _note("G", kan_cents=CENTS["R"], kan_s=0.1)], "S ^R G"),
        ([_note("R", kan_cents=CENTS["S"], kan_s=0.12)], "^S R"),
        ([_note("S"), _note("P", 1.4, meend_s=0.7)], "S P"),
        ([_note("S"), _note("S", rest_before_s=0.06)], "S S"),
        ([_note("S"), _note("R", 0.2), _note("S")], "S ^R S"),
        ([_note("S"), _note("m"), _note("G")], "S m G"),
        ([_note("S"), SungNote(CENTS["G"] - 45.0, 0.6), _note("S")], "S G S"),
    ],
    ids=["held", "kan above", "kan below", "kan first", "meend", "again", "short", "foreign", "low"],
)
def test_what_is_held_and_what_is_touched(notes, written):
    assert _letters(transcribe(_track(*notes), SA_HZ, BHUPALI)) == written


def test_a_meend_is_drawn_from_where_to_where_it_goes():
    found = transcribe(_track(_note("S"), _note("P", 1.0, meend_s=0.4), _note("D")), SA_HZ, BHUPALI)
    (glide,) = found.glides
    assert (glide.before, glide.after) == (0, 1)
    assert (glide.start_s, glide.end_s) == pytest.approx((0.6, 1.0), abs=0.05)
    assert (glide.from_cents, glide.to_cents) == pytest.approx((0.0, 702.0), abs=10)
    assert to_roman(notated(found)) == "S~P D,"


def test_a_glide_out_of_nothing_and_one_that_leads_nowhere():
    line = np.concatenate([np.linspace(-400, 0, 25), np.zeros(60), np.linspace(0, -500, 25)])
    track = _line(line)
    found = transcribe(track, SA_HZ, BHUPALI)
    assert [(glide.before, glide.after) for glide in found.glides] == [(None, 0), (0, None)]
    assert found.glides[0].from_cents == pytest.approx(-400, abs=30)
    assert found.glides[1].to_cents == pytest.approx(-500, abs=30)


def _line(cents: np.ndarray) -> PitchTrack:
    hz, sung = SA_HZ * 2 ** (cents / 1200), np.isfinite(cents)
    return PitchTrack(HOP_S * np.arange(cents.size), hz, sung.astype(np.float64), sung)


def test_phrases_end_in_silence_and_where_nothing_follows():
    found = transcribe(
        _track(_note("S"), _note("R", rest_before_s=0.1), _note("G", rest_before_s=0.5)), SA_HZ, BHUPALI
    )
    assert [swara.ends_phrase for swara in found.swaras] == [False, True, True]
    assert [list(phrase) for phrase in found.phrases()] == [[0, 1], [2]]
    assert (found.held, found.touched) == (found.swaras, ())


@pytest.mark.parametrize(
    "line", [np.zeros(0), np.full(300, np.nan), np.zeros(3)], ids=["none", "silent", "30 ms"]
)
def test_nothing_held_is_nothing_written(line):
    found = transcribe(_line(line), SA_HZ, BHUPALI)
    assert (found.swaras, found.glides, notated(found)) == ((), (), ())


def test_what_lies_outside_the_raga_is_named_and_told():
    found = transcribe(_track(_note("D"), _note("n"), _note("S'")), SA_HZ, BHUPALI)
    assert [(swara_letter(*s.pitch), s.foreign) for s in found.swaras] == [
        ("D", False),
        ("n", True),
        ("S'", False),
    ]


def _made(*swaras: tuple[str, float, float, bool], ends: tuple[int, ...] = (), glides=()) -> Transcription:
    made = [
        SungSwara(start, end, *parse_swara(name), 0.0, held, number in ends or number + 1 == len(swaras))
        for number, (name, start, end, held) in enumerate(swaras)
    ]
    return Transcription("take", 10.0, SA_HZ, BHUPALI, tuple(made), tuple(glides))


def test_touches_are_kan_of_what_they_lead_to_and_runs_are_written_out():
    assert to_roman(notated(_made(("R", 0, 0.1, False), ("G", 0.15, 2.5, True)))) == "^RG -,"
    run = [(name, 0.1 * at, 0.1 * at + 0.09, False) for at, name in enumerate("SRGP")]
    assert to_roman(notated(_made(*run, ("D", 0.4, 1.0, True)))) == "S R G P D,"
    long = _made(("R", 0, 0.3, False), ("G", 0.3, 1.0, True))
    assert to_roman(notated(long)) == "R G,"
    last = _made(("G", 0, 0.6, True), ("R", 0.6, 0.7, False), ("S", 1.2, 2.0, True), ends=(1,))
    assert to_roman(notated(last)) == "G R, S,"
    itself = _made(("G", 0, 0.1, False), ("G", 0.2, 0.9, True))
    assert to_roman(notated(itself)) == "G G,"


def test_a_glide_into_a_kan_is_written_and_none_across_a_phrase():
    glides = [SungGlide(0.5, 0.7, 0.0, 1.0, 0, 1)]
    swaras = ("S", 0, 0.5, True), ("P", 0.7, 0.8, False), ("G", 0.85, 1.5, True)
    assert to_roman(notated(_made(*swaras, glides=glides))) == "S~^PG,"
    assert to_roman(notated(_made(*swaras, glides=glides, ends=(0,)))) == "S, ^PG,"


def test_in_a_tala_swaras_stand_on_its_parts():
    made = _made(
        *(("S", 2.02, 2.9, True), ("R", 3.0, 3.4, True), ("G", 3.52, 3.98, True), ("P", 4.0, 4.6, True)),
        *(("D", 7.01, 7.9, True),),
        ends=(3,),
    )
    found = in_tala(made, tala_named("rupak"), 60.0, 1.0)
    assert found.metre is not None
    assert found.metre.onsets == (1, 2, Fraction(5, 2), 3, 6)
    assert found.metre.residual_s < 0.02 < found.metre.even_s
    assert [(each.rest_beats, each.beats) for each in notated(found)] == [
        (1, 1),
        (0, Fraction(1, 2)),
        (0, Fraction(1, 2)),
        (0, 1),
        (2, 1),
    ]


def test_two_swaras_on_one_part_of_a_beat_are_one_with_a_kan():
    made = _made(("S", 0.0, 0.5, True), ("R", 1.0, 1.04, True), ("G", 1.04, 1.6, True))
    found = in_tala(made, tala_named("dadra"), 60.0, 0.0)
    assert [(each.kan, each.pitch) for each in notated(found)] == [
        ((), parse_swara("S")),
        ((parse_swara("R"),), parse_swara("G")),
    ]


def test_a_tala_that_does_not_fit_is_said_and_not_written():
    rng = np.random.default_rng(3)
    starts = np.cumsum(rng.uniform(0.4, 0.9, 24))
    made = _made(*(("S", float(at), float(at) + 0.3, True) for at in starts))
    found = in_tala(made, tala_named("teental"), 60.0, 0.0)
    assert found.metre is None
    assert "does not fit" in found.warnings[-1]
    even = _made(*(("S", 0.5 * at + 0.02, 0.5 * at + 0.3, True) for at in range(24)))
    assert in_tala(even, tala_named("teental"), 60.0, 0.0).metre is not None
    with pytest.raises(ValueError, match="tempo"):
        in_tala(made, tala_named("teental"), 0.0, 0.0)
    assert in_tala(replace(made, swaras=()), tala_named("teental"), 60.0, 0.0).metre is not None


@pytest.mark.parametrize(("count", "share"), [(20, 1 / 5), (40, 1 / 14)])
def test_so_many_sets_of_onsets_drawn_at_random_pass_for_a_tala(count: int, share: float):
    draws = np.sort(np.random.default_rng(4).uniform(0.0, 100.0, (400, count)))
    made = (_made(*(("S", at, at + 0.3, True) for at in draw)) for draw in draws.tolist())
    fits = [in_tala(each, tala_named("teental"), 60.0, 0.0).metre is not None for each in made]
    assert np.mean(fits) == pytest.approx(share, abs=0.04)
