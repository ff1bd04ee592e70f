"""Written notation put on the clock, and sung."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from swara.classifier.transcription import Transcription, rendered, sung_track
from swara.raga.errors import BadNotation
from swara.raga.notation import parse_notation, swara_letter
from swara.raga.ragas import RAGAS
from swara.raga.tuning import JUST
from swara.service.report.melody import written_melody

SA_HZ = 138.59


def clocked(text: str, **how: Any) -> Transcription:
    return rendered(parse_notation(text), SA_HZ, **how)


@pytest.mark.parametrize(
    ("text", "swaras", "glides"),
    [
        ("S R - , _ [P D]", "S 0.0-1.0 R 1.0-2.6, P 4.0-4.5 D 4.5-5.0,", ""),
        ("S ^RG P", "S 0.0-1.0 (R) 1.0-1.1 G 1.1-2.0 P 2.0-3.0,", ""),
        ("G~P", "G 0.0-0.5 P 1.0-2.0,", "G 0.5-1.0 P"),
        ("G - ~^DP", "G 0.0-1.4 (D) 2.0-2.1 P 2.1-3.0,", "G 1.4-2.0 D"),
        ("(P)", "D 0.0-0.2 P 0.2-0.5 M 0.5-0.8 P 0.8-1.0,", ""),
    ],
)
def test_swaras_are_put_on_the_clock(text: str, swaras: str, glides: str) -> None:
    found = clocked(text)
    letters = [swara_letter(*each.pitch) for each in found.swaras]
    spans = (f"{each.start_s:.1f}-{each.end_s:.1f}" + "," * each.ends_phrase for each in found.swaras)
    named = (each if found.swaras[n].held else f"({each})" for n, each in enumerate(letters))
    line = " ".join(f"{name} {span}" for name, span in zip(named, spans, strict=True))
    assert line == swaras
    cents = {each.cents: letter for letter, each in zip(letters, found.swaras, strict=True)}
    drawn = [
        f"{cents[each.from_cents]} {each.start_s:.1f}-{each.end_s:.1f} {cents[each.to_cents]}"
        for each in found.glides
    ]
    assert " ".join(drawn) == glides
    assert all(each.duration_s > 0 for each in found.swaras)
    track = sung_track(found)
    for each in found.swaras:
        middle = round(50 * (each.start_s + each.end_s))
        assert track.cents(SA_HZ)[middle] == pytest.approx(each.cents)
    for glide in found.glides:
        middle = round(50 * (glide.start_s + glide.end_s))
        assert track.cents(SA_HZ)[middle] == pytest.approx((glide.from_cents + glide.to_cents) / 2, abs=15)
    melody = written_melody(found, JUST)
    assert melody[-1].end_s == found.swaras[-1].end_s
    assert all(note.end_s - note.start_s > note.meend_s + note.kan_s for note in melody)
    assert [note.kan_cents for note in melody if note.kan_cents] == [each.cents for each in found.touched]


def test_a_turn_and_what_is_foreign_are_told_by_the_raga() -> None:
    found = clocked("(P) m", raga=RAGAS["bhupali"])
    assert " ".join(swara_letter(*each.pitch) for each in found.swaras) == "D P G P m"
    assert [each.foreign for each in found.swaras] == [False] * 4 + [True]
    assert not any(each.foreign for each in clocked("(P) m").swaras)


@pytest.mark.parametrize(
    ("text", "beat_s", "what", "where"),
    [
        ("", 1.0, "no swara is written", None),
        ("S\nR G'''", 1.0, "\"G'''\" lies at 1386 Hz", "line 2, column 3"),
        ("S [S R ^GP]", 0.2, '"S" would last 67 ms', "column 4"),
        ("S" + " -" * 1300, 1.0, "this takes 22 minutes", None),
    ],
)
def test_what_no_voice_sings_is_refused(text: str, beat_s: float, what: str, where: str | None) -> None:
    with pytest.raises(BadNotation) as caught:
        clocked(text, beat_s=beat_s)
    assert caught.value.what.startswith(what)
    assert caught.value.where == where
    assert caught.value.fix


def test_what_is_written_is_sung_and_written_down_again(swara: Callable[..., Any], tmp_path: Path) -> None:
    target = tmp_path / "target.wav"
    sung = swara("notate", "--sing", "सा रे ग~प, ध़", "--target", target, "--tempo", "100", "--tonic", "D3")
    assert sung.out.splitlines() == ["S R G~P, .D", f"{target}: 3.0 s on Sa D3, 100 beats a minute."]
    lines = re.findall(r"^  [\d.]+ s  (.+)$", swara("notate", target, "--tonic", "D3").out, re.MULTILINE)
    assert " ".join(lines) == "S R G~P, .D,"


@pytest.mark.parametrize(
    ("words", "said", "code"),
    [
        (("--sing", "S R X"), 'swara: --sing, column 5: "X" is not a swara. Write S r R', 1),
        (("--sing", ""), "swara: --sing: no swara is written. Write such as", 1),
        (("--sing", "S", "--target", "a.mp3"), "swara: a.mp3: the target is written as WAV", 1),
        ((), "give a take, or notation", 2),
        (("take.wav", "--target", "a.wav"), "--target goes with --sing", 2),
        (("--sing", "S", "--tala", "teental"), "--tala and --sam go with a take", 2),
        (("take.wav", "--sing", "S"), "give a take, or notation", 2),
    ],
)
def test_what_cannot_be_sung_is_one_line(
    swara: Callable[..., Any], words: tuple[str, ...], said: str, code: int
) -> None:
    refused = swara("notate", *words)
    assert (refused.code, said in " ".join(refused.err.split())) == (code, True), refused.err
