"""Sentences, and text from outside made harmless."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from swara.data.take import Tonic, TonicCandidate
from swara.raga.tonic_names import parse_tonic
from swara.service import web
from swara.service.phrases import ascii_text, counted, encodable, percent, printable, romanized
from swara.service.report import wording
from swara.service.take.report import Drift, Thresholds


@pytest.mark.parametrize(
    ("cents", "words"),
    [(-32.2, "32 cents low"), (31.0, "31 cents high"), (0.6, "1 cent high"), (-0.4, "on the mark")],
)
def test_how_off(cents, words):
    assert wording.how_off(cents) == words


def test_how_far_is_said_in_semitones_and_the_nearest_part_of_one():
    words = {cents: wording.how_far(cents) for cents in (-12, 26, -32, 48, 97, 160, 340)}
    assert (words[-12], words[340]) == ("a touch", "3.4 semitones")
    parts = [(26, "quarter"), (-32, "third"), (48, "half"), (97, "a semitone"), (160, "semitone and a half")]
    for cents, part in parts:
        assert part in words[cents]


def test_advice_sends_a_low_note_up_and_a_high_note_down(take):
    by_verdict = {note.verdict: note for note in take.notes if not note.foreign}
    assert "higher" in wording.advice(by_verdict["low"])
    assert "lower" in wording.advice(by_verdict["high"])
    assert "judge" in wording.advice(by_verdict["unsure"])


def test_a_foreign_note_has_the_name_it_was_judged_by_and_says_what_it_is_nearer_to(take):
    foreign = next(note for note in take.notes if note.foreign)
    words = "Pa, 62 cents low, nearer to tivra Ma, which is not in Bhupali"
    assert wording.spot_words(foreign, "Bhupali") == words
    assert wording.advice(foreign) == "Sing it about two thirds of a semitone higher."
    assert wording.note_label(foreign).startswith("P ")
    assert "nearer to tivra Ma" in wording.verdict_words(foreign)
    taar = replace(foreign, raga_saptak="taar")
    assert wording.spot_words(taar, "Bhupali").startswith("taar Pa, 62 cents low")


@pytest.mark.parametrize(
    ("name", "words"),
    [("D3", "D3"), ("D3 +49", "D3, 49 cents sharp"), ("C#3 -1", "C#3, 1 cent flat"), ("<x> y", "<x> y")],
)
def test_sa_is_said_in_words(name, words):
    assert wording.note_words(name) == words


def test_what_was_good_is_said(take):
    assert wording.praise(take) == "Well sung: Sa, taar Sa and Re, in tune."
    often = tuple(replace(each, notes=2) for each in take.per_swara[:1])
    assert wording.praise(replace(take, per_swara=often)) == "Well sung: Sa, in tune each time."
    none_whole = tuple(replace(each, in_tune_share=0.6) for each in take.per_swara[:2])
    assert wording.praise(replace(take, per_swara=none_whole)) == "Best was Sa, in tune for 60% of its time."
    assert wording.praise(replace(take, per_swara=take.per_swara[2:3])) is None


def test_a_swara_that_went_wrong_more_than_once_is_counted(take, long_take):
    low = next(note for note in take.notes if note.verdict == "low")
    assert wording.often_words(take, low) == ""
    assert wording.often_words(long_take, low) == "low 24 of 24 times"


def test_an_unsure_note_is_not_judged(take):
    unsure = next(note for note in take.notes if note.verdict == "unsure")
    assert wording.spot_words(unsure, "Bhupali") == "perhaps mandra Dha"
    assert wording.cents_cell(unsure) == "-"


@pytest.mark.parametrize(
    ("start_s", "end_s", "words"),
    [
        (2.41, 2.93, "2.41-2.93 s"),
        (59.9, 60.1, "0:59.90-1:00.10"),
        (59.999, 60.0, "1:00.00-1:00.00"),
        (3599.5, 3600.25, "59:59.50-60:00.25"),
    ],
)
def test_span(start_s, end_s, words):
    assert wording.span(start_s, end_s) == words


@pytest.mark.parametrize(
    ("share", "words"), [(0.0, "0%"), (0.001, "1%"), (0.573, "57%"), (0.999, "99%"), (1.0, "100%")]
)
def test_only_a_whole_is_a_hundred_percent(share, words):
    assert percent(share) == words


def test_the_tonic_flag_can_be_typed_and_means_that_sa(take):
    for candidate in (take.tonic, TonicCandidate(139.3, "C#3 +9", 0.4)):
        flag = wording.tonic_flag(candidate)
        assert parse_tonic(flag.removeprefix("--tonic ")).candidates_hz()[0] == pytest.approx(
            candidate.hz, rel=1e-3
        )
        assert len(flag.split()) == 2


@pytest.mark.parametrize(
    ("said", "on_the_page"),
    [
        ("check the raga or Sa (--raga, --tonic)", "check the raga or Sa"),
        ("which tells no Sa: give it (--tonic)", "which tells no Sa: give it"),
        ("it is a guess; say it with --tonic", "it is a guess; say it in the field Sa"),
        ("it is A3; say which with --guru-tonic", "it is A3; say which in the field Its Sa"),
        ("S R -- held", "S R -- held"),
    ],
)
def test_the_live_page_names_its_fields_and_no_options(said, on_the_page):
    assert wording.page_words(said) == on_the_page
    page = Path(web.__file__).with_name("static") / "index.html"
    for field in ("Its Sa <input", ">Sa</label>"):
        assert field in page.read_text("utf-8")


def test_a_given_tonic_needs_no_override(take):
    assert wording.how_to_override(Tonic(138.59, "C#3", 1.0, "given")) is None
    assert wording.how_to_override(take.tonic) == "--tonic G#3"
    assert wording.how_to_override(replace(take.tonic, runner_up=None)) == "--tonic C#3"


def test_thresholds_and_drift():
    words = wording.threshold_words(Thresholds(15.0, 25.0, "student"))
    assert words == "perfect within 15 cents, in tune within 25 (student)"
    assert wording.threshold_words(Thresholds(15.0, 15.0, "performer")).count("15") == 1
    parts = ("sank by 18 cents", "rose by 12 cents ")
    drifts = (Drift(-4.0, -18.0), Drift(2.0, 12.0))
    for drift, part in zip(drifts, parts, strict=True):
        assert part in wording.drift_words(drift)


def test_letters_carry_their_octave():
    saptaks = ("ati-mandra", "mandra", "madhya", "taar")
    assert [wording.letter("Sa", saptak) for saptak in saptaks] == ["..S", ".S", "S", "S'"]
    assert wording.letter("komal Re", "madhya") == "r"


def test_a_label_says_how_far_off_or_that_it_is_not_known(take):
    labels = [wording.note_label(note, "*" if note.foreign else "") for note in take.notes]
    assert labels[2:] == ["G −32", "P −4", "D +31", "S' −21", "P* −62", ".D ?"]
    assert wording.note_label(replace(take.notes[0], raga_cents_off=0.4)) == "S"


def test_text_from_outside_cannot_move_the_cursor_or_turn_the_line():
    assert printable("a\x1b[31mb\n\u202ec\udcff") == "a\ufffd[31mb \ufffdc\ufffd"
    assert printable("क्\u200dष") == "क्\u200dष"


def test_ascii_keeps_what_it_can():
    assert ascii_text("café ±7 – “so”…") == 'cafe +/-7 - "so"...'
    assert ascii_text("宮").strip("?") == ""


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("भूपाली राग १२.flac", "bhupali raga 12.flac"),
        ("தமிழ் ராகம்", "tamil rakam"),
        ("ऋषभ क्ष संगीत", "rishabha ksha samgita"),
        ("ವಸಂತ café 宮", "vasamta café 宮"),
        ("ा्", ""),
    ],
)
def test_the_scripts_of_india_are_written_in_latin_letters(text, plain):
    assert romanized(text) == plain


def test_encodable_leaves_good_text_alone():
    assert encodable("भूपाली \x1b") == "भूपाली \x1b"


def test_one_is_not_several() -> None:
    assert [counted(count, "note") for count in (0, 1, 2)] == ["0 notes", "1 note", "2 notes"]
    assert [counted(count, "entry", "entries") for count in (1, 2)] == ["1 entry", "2 entries"]
