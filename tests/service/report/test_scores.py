"""What was sung on a staff, in a sequencer, in Praat: written, and read again by what it is for."""

from __future__ import annotations

import importlib.util
import re
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from benchmarks.notation.round_trips import _READERS, Sung, by_verovio, midi_error
from swara.classifier.instruments.network import NONE, Named
from swara.classifier.instruments.sounds import Heard, Sound
from swara.classifier.transcription import Metre, SungGlide, SungSwara, Transcription
from swara.data.errors import MissingPackage, OutputError
from swara.data.pitch_track import HOP_S, PitchTrack
from swara.raga.errors import BadTonic
from swara.raga.ragas import raga_named
from swara.raga.swaras import SVARASTHANAS, parse_swara
from swara.raga.talas import tala_named
from swara.service.export.score_files import ScoreFiles, check_scores, written_sa
from swara.service.report.notation.measures import Item, Measure, beams, measures
from swara.service.report.notation.midi import to_midi
from swara.service.report.notation.musicxml import to_musicxml
from swara.service.report.notation.score import drawn_devanagari, score_of_sounds, score_of_take
from swara.service.report.notation.staff import to_svg

PHRASES = "S R ^S G~P R, .D S ^R ^G ^P ^D ^S' ^R' S'~R' ^P D, g m M n N r d -S"


def _sung(text: str = PHRASES, *, sa_hz: float = 139.2, source: str = "take.wav", tala: str = "") -> Sung:
    """Sing it, up to 30 cents off: ^ before a touch, ~ where a glide of 0.2 s follows, a comma a silence."""
    rng, now_s, swaras, glides = np.random.default_rng(3), 0.3, [], []
    for word in text.replace("~", "~ ").replace("-", "").split():
        swara, octave = parse_swara(word.strip("^~,"))
        end_s = now_s + (0.08 if word[0] == "^" else float(rng.choice((0.2, 0.4, 1.1, 2.3))))
        cents = 1200.0 * octave + 100.0 * swara.index + float(rng.uniform(-30, 30))
        swaras.append(SungSwara(now_s, end_s, swara, octave, cents, word[0] != "^", word[-1] == ","))
        now_s = end_s + {"~": 0.2, ",": 0.8}.get(word[-1], 0.02)
        if word[-1] == "~":
            glides.append(SungGlide(end_s, now_s, cents, cents + 700.0, len(swaras) - 1, len(swaras)))
    swaras[-1:] = [replace(each, ends_phrase=True) for each in swaras[-1:]]
    frames = np.arange(round((now_s + 0.5) / HOP_S)) * HOP_S
    line = np.full(frames.size, np.nan)
    for each in swaras:
        inside = (frames >= each.start_s) & (frames < each.end_s)
        line[inside] = each.cents + 40.0 * np.sin(35.0 * frames[inside])
    for glide in glides:
        inside = (frames >= glide.start_s) & (frames < glide.end_s)
        line[inside] = np.linspace(glide.from_cents, glide.to_cents, int(inside.sum()))
    voiced = np.isfinite(line)
    track = PitchTrack(frames, sa_hz * 2.0 ** (np.nan_to_num(line) / 1200), voiced.astype(float), voiced)
    onsets = tuple(Fraction(round((each.start_s - 1.0) * 8), 8 if tala == "Dadra" else 4) for each in swaras)
    metre = Metre(tala_named(tala), 80.0, 1.0, onsets, 0.02, 0.1) if tala else None
    raga = raga_named("bhupali")
    found = Transcription(source, now_s + 0.5, sa_hz, raga, tuple(swaras), tuple(glides), 0.15, metre)
    return Sung(source, found, track)


@pytest.mark.parametrize("what", [each for each in _READERS if "music21" not in each])
@pytest.mark.parametrize("tala", ["", "Jhaptal", "Dadra"])
def test_each_format_is_read_again(what: str, tala: str) -> None:
    if "verovio" in what:
        pytest.importorskip("verovio")
    assert _READERS[what](_sung(tala=tala))
    assert _READERS[what](_sung("S", source='"♪\x07\udce9.wav'))
    assert _READERS[what](_sung(""))


def test_the_readers_can_tell() -> None:
    one, other = _sung("S R G"), _sung("S R P")
    wrong = Sung("", Transcription("", 9.0, 139.2, one.found.raga, other.found.swaras), one.track)
    assert np.median(midi_error(to_midi(wrong.found, other.track), one.track)[0]) < 40.0
    assert np.quantile(midi_error(to_midi(wrong.found, other.track), one.track)[0], 0.9) > 200.0


@pytest.mark.parametrize("tala", ["", "Teental"])
def test_the_bends_sing_what_was_sung_also_in_a_wide_glide(tala: str) -> None:
    sung = _sung(".P~S' R, " + PHRASES, tala=tala)
    error, covered = midi_error(to_midi(sung.found, sung.track), sung.track)
    assert covered > 0.99
    assert np.median(error) < 1.0
    assert np.quantile(error, 0.95) < 2.0


@pytest.mark.parametrize("tala", ["Teental", "Rupak", "Dadra"])
def test_the_measures_of_a_tala_are_full_and_keep_each_onset(tala: str) -> None:
    score = score_of_take(_sung(PHRASES.replace("^", ""), tala=tala).found)
    parted, begun, now = measures(score), {}, Fraction(0)
    for measure in parted:
        assert sum(item.quarters for item in measure.items) == measure.matras
        for item in measure.items:
            if item.note is not None and not item.ends_tie and not item.note.is_grace:
                begun[item.note] = now
            now += item.quarters
    moved = {note.onset - begun[note] for note in begun}
    assert len(moved) == 1
    assert moved.pop() % tala_named(tala).matras in np.cumsum([0, *tala_named(tala).vibhags]).tolist()
    assert len(begun) == sum(not note.is_grace for note in score.notes)


@pytest.mark.parametrize(
    ("quarters", "beamed"),
    [
        ("1/2 1/2", {0: ["begin"], 1: ["end"]}),
        ("1/2 1/4 1/4", {0: ["begin"], 1: ["continue", "begin"], 2: ["end", "end"]}),
        ("1/4 1/2 1/4", {0: ["begin", "forward hook"], 1: ["continue"], 2: ["end", "backward hook"]}),
        ("3/4 1/4 1 1/2", {0: ["begin"], 1: ["end", "backward hook"]}),
    ],
)
def test_what_is_shorter_than_a_beat_is_beamed_within_it(quarters: str, beamed: dict) -> None:
    note = score_of_take(_sung("S").found).notes[0]
    measure = Measure("regular", 4, [Item(Fraction(each), note) for each in quarters.split()])
    assert beams(measure) == beamed


def test_free_rhythm_has_no_metre_times_over_its_phrases_graces_and_slides() -> None:
    score = score_of_take(_sung().found)
    root = ElementTree.fromstring(to_musicxml(score))
    assert root.find(".//senza-misura") is not None
    assert [node.text for node in root.iter("words")] == [
        "Bhupali. Sa = C#3, 8 cents sharp. Cents: off the swara, just",
        "0:00",
        *_clocks(score)[1:],
    ]
    # One touch leads to Ga; of six in a row none is a grace note; one leads to Dha.
    assert [bool(note.is_grace) for note in score.notes].count(True) == 2
    slides = [node.get("type") for node in root.iter("slide")]
    assert slides == ["start", "stop"] * sum(note.glides for note in score.notes)
    letters = {lyric.find("text").text for lyric in root.iter("lyric")}
    assert {".D", "S'", "M", "g"} <= letters
    # Written as C4, it sounds from C#3 on.
    higher = {node.tag: node.text for node in root.find(".//transpose")}
    assert higher == {"diatonic": "-6", "chromatic": "-11"}


def _clocks(score) -> list[str]:
    return [note.above for note in score.notes if note.above]


@pytest.mark.parametrize(
    ("written", "sa"),
    [("C", 60), ("D4", 62), ("B", 59), ("g", 55), ("Bb", 58), ("F#", 66), ("sung", None)],
)
def test_sa_is_written_as_the_note_that_is_asked_for(written: str, sa: int | None) -> None:
    assert written_sa(written) == sa
    score = score_of_take(_sung("S R G m P D N S'").found, sa_as=sa)
    assert score.notes[0].midi == (sa or 49)
    # In the key of Sa no shuddha swara needs a sign, and each stands on a step of its own.
    assert "<accidental>" not in to_musicxml(score)
    assert {after.step - before.step for before, after in pairwise(score.notes)} == {1}


@pytest.mark.parametrize("written", ["220 Hz", "H", ""])
def test_what_sa_cannot_be_written_as_is_said(written: str) -> None:
    with pytest.raises(BadTonic, match="note"):
        written_sa(written)


@pytest.mark.parametrize("svarasthana", SVARASTHANAS, ids=lambda each: each.letter)
def test_drawn_devanagari_is_read_as_the_same_swara(svarasthana) -> None:
    for octave in range(-2, 3):
        text = drawn_devanagari(svarasthana, octave)
        assert parse_swara(text) == (svarasthana, octave)
        assert not {"\u0323", "\u0307"} & set(text)


def test_a_score_of_many_pages_is_one_picture_in_which_no_two_parts_have_one_name() -> None:
    pytest.importorskip("verovio")
    picture = to_svg(to_musicxml(score_of_take(_sung(", ".join([PHRASES] * 16)).found)))
    root = ElementTree.fromstring(picture)
    pages = [node for node in root if node.tag.endswith("svg")]
    assert len(pages) > 1
    assert sum(float(page.get("height")) for page in pages) == pytest.approx(float(root.get("height")))
    names = [node.get("id") for node in root.iter() if node.get("id")]
    assert len(names) == len(set(names))
    for page in pages:  # without its own style, a page has no lines
        styled = {rule.split()[0] for node in page.iter() for rule in re.findall(r"#\w+ ", node.text or "")}
        assert styled == {f"#{page.get('id')}"}


@pytest.mark.parametrize("empty", [True, False])
def test_sheet_music_of_any_instrument_names_its_notes(empty: bool) -> None:
    trumpet = Named("trumpet", {"trumpet": 1.0})
    heard = [(36, 4.0), (61, -20.0), (None, 0.0), (84, 0.0)]
    sounds = [Sound(i, i + 0.5, *each, trumpet) for i, each in enumerate(heard)]
    score = score_of_sounds(Heard(5.0, trumpet, {}, () if empty else tuple(sounds)), "🎺")
    root = ElementTree.fromstring(to_musicxml(score))
    said = [[node.text for node in note.iter("text")] for note in root.iter("note")]
    assert [each for each in said if each] == ([] if empty else [["C2", "+4"], ["C#4", "-20"], ["C6", "0"]])
    assert (root.find(".//staves") is None) == empty
    assert root.find(".//part-name").text == "trumpet"
    assert score_of_sounds(Heard(1.0, Named(NONE, {}), {}, ()), "").part == "Sound"
    if importlib.util.find_spec("verovio"):
        assert len(by_verovio(score)) == (0 if empty else 3)


@pytest.mark.parametrize(
    ("files", "error", "words"),
    [
        (ScoreFiles(midi=Path("a.wav")), OutputError, "Name it a.mid"),
        (ScoreFiles(musicxml=Path("a.mxl")), OutputError, "Name it a.musicxml"),
        (ScoreFiles(staff=Path("a.png")), OutputError, "Name it a.svg"),
        (ScoreFiles(staff=Path("a.svg")), MissingPackage, "verovio"),
    ],
)
def test_what_cannot_be_written_is_found_out_before_the_work(
    files: ScoreFiles, error: type, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(error, match=words):
        check_scores(files)


def test_names_with_usual_suffixes_or_none_are_taken() -> None:
    names = ("a.mid", "a.XML", "a.TextGrid", "a.jams"), ("a.MIDI", "a.musicxml", "a", "a.json")
    for each in names:
        check_scores(ScoreFiles(*map(Path, each)))
