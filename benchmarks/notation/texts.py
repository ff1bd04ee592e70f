"""Notation written, read and written again: nothing may change on the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from benchmarks.page import Check, Section
from swara.classifier.transcription import in_tala, notated, transcribe
from swara.data.pitch_track import HOP_S, PitchTrack
from swara.raga.notation import NotatedSwara, parse_notation, to_devanagari, to_roman
from swara.raga.swaras import SVARASTHANAS
from swara.raga.talas import TALAS

from .singing import written_take

LINES, TAKES = 2000, 20

_METHOD = f"""Of {LINES} lines drawn at random, with every sign there is (three octaves, kan, meend, turns,
rests, beats shared by several swaras, ends of phrases), and of what is written of {TAKES} synthesized
takes, whose pitch is the one that was sung, in free rhythm and in a tala: roman and Devanagari text is
read, and written again. It must be the same text, and what is read the same swaras."""


def measure(root: Path | None) -> list[Section | str]:
    """Measure; no recording is needed."""
    del root
    same = {name: [_comes_back(line) for line in lines] for name, lines in (("d", _drawn()), ("t", _takes()))}
    checks = [
        Check("lines drawn at random that come back unchanged", 100 * float(np.mean(same["d"])), 100.0),
        Check("takes that come back unchanged", 100 * float(np.mean(same["t"])), 100.0),
    ]
    return [Section("Text read back", _METHOD, checks)]


def _comes_back(line: tuple[NotatedSwara, ...]) -> bool:
    texts = to_roman(line), to_devanagari(line)
    read = [parse_notation(text) for text in texts]
    again = to_roman(read[0]), to_devanagari(read[1])
    return texts == again and all(each == line for each in read)


def _drawn() -> Iterator[tuple[NotatedSwara, ...]]:
    rng = np.random.default_rng(1)
    beats = [Fraction(1), Fraction(2), Fraction(4), Fraction(1, 2), Fraction(1, 3), Fraction(7, 4)]
    for _ in range(LINES):
        line = list[NotatedSwara]()
        for _ in range(int(rng.integers(1, 12))):
            pitches = [(SVARASTHANAS[rng.integers(12)], int(rng.integers(-1, 2))) for _ in range(3)]
            tied = bool(line) and line[-1].meend_to_next
            line.append(
                NotatedSwara(
                    *pitches[0],
                    beats[rng.integers(len(beats))],
                    tuple(pitches[1 : 1 + int(rng.integers(3))]),
                    turn=bool(rng.random() < 0.1),
                    meend_to_next=bool(rng.random() < 0.2),
                    rest_beats=0 if tied or rng.random() < 0.8 else beats[rng.integers(len(beats))],
                )
            )
            if not line[-1].meend_to_next and rng.random() < 0.2:
                line[-1] = replace(line[-1], ends_phrase=True)
        yield (*line[:-1], replace(line[-1], meend_to_next=False))


def _takes() -> Iterator[tuple[NotatedSwara, ...]]:
    for seed in range(TAKES):
        sung = written_take(seed, count=12)
        contour = sung.take.contour
        step = round(HOP_S / contour.hop_s)
        hz = contour.f0_hz[::step]
        voiced = hz > 0
        times_s = HOP_S * np.arange(hz.size, dtype=np.float64)
        track = PitchTrack(times_s, np.where(voiced, hz, np.nan), voiced.astype(np.float64), voiced)
        found = transcribe(track, sung.take.sa_hz, sung.raga)
        yield notated(found)
        tala = list(TALAS.values())[seed % len(TALAS)]
        yield notated(in_tala(found, tala, 60.0 + 10 * seed, 0.2))
