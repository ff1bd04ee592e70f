"""Phrases that an expert marked in concerts: whether what is written of them holds their skeleton."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from itertools import groupby
from pathlib import Path

import numpy as np

from benchmarks.page import Check, Section, Table
from benchmarks.recordings import CONCERTS
from benchmarks.search.concerts import Concerts
from benchmarks.takes.concert_phrases import concert_raga
from swara.classifier.transcription import Transcription, transcribe
from swara.data.arrays import BoolArray, FloatArray
from swara.data.pitch_track import HOP_S, PitchTrack
from swara.raga.ragas import Raga
from swara.raga.swaras import SVARASTHANAS

CHOSEN_ON = ("204008ee", "6ac112dd", "c76cadd9", "f49ac932")
"""The concerts on which the lengths of touches were chosen: by the labels found, less twice the others."""

PARTS = ("all", "chosen on", "other three")
Contained = tuple[BoolArray, FloatArray]
"""Of each phrase: whether its label is contained, and the share of the others that are."""

_NAMED = ", ".join(CHOSEN_ON)
_METHOD = f"""The {{phrases}} phrases that an expert marked in {{concerts}} concerts, as pitch tracks (a
machine's f0). A label is a skeleton: NDS. It is contained where its swaras come in this order, whatever
else between them, in what is written of its stretch, held and touched together, octaves folded. The
concert's other labels are sought in the same stretch: the share of them that are contained too, some of
them necessarily, as they are part of the label itself. Ma is taken for either Ma. The mean is over the
phrases.

The lengths of touches, and within how many cents, were chosen on four of the concerts ({_NAMED}), by the
share of labels found less twice the share of the others. All seven were in sight meanwhile; the other three
say what the choice is worth. Semitone runs are the rival: whatever stays on one semitone for so long."""


def measure(root: Path | None) -> list[Section | str]:
    """Measure the phrases, and the runs beside them."""
    if root is None or not (root / CONCERTS).is_dir():
        return [f"phrases: `SWARA_EVAL_DATA` has no {CONCERTS}"]
    marked = Marked(Concerts.load(root))
    ways: dict[str, Callable[[PitchTrack, float, Raga], str]] = {
        "held and touched": lambda track, sa_hz, raga: _letters(transcribe(track, sa_hz, raga), touched=True),
        "held alone": lambda track, sa_hz, raga: _letters(transcribe(track, sa_hz, raga), touched=False),
        "semitone runs of 60 ms": lambda track, sa_hz, _: _runs(track, sa_hz, 6),
        "semitone runs of 100 ms": lambda track, sa_hz, _: _runs(track, sa_hz, 10),
    }
    found = {name: marked.contained(way) for name, way in ways.items()}
    chosen = np.isin(marked.concert, CHOSEN_ON)
    own, others = (float(side.mean()) for side in found["held and touched"])
    checks = [
        Check("labels contained in order in what is written of their stretch", own, 0.75, unit="", digits=3),
        Check("the concert's other labels there", others, 0.12, unit="", at_most=True, digits=3),
    ]
    method = _METHOD.format(phrases=len(marked.rows), concerts=len(marked.concerts.tracks))
    parts = dict(zip(PARTS, (chosen | ~chosen, chosen, ~chosen), strict=True))
    scores = {
        name: {part: tuple(float(side[at].mean()) for side in pair) for part, at in parts.items()}
        for name, pair in found.items()
    }
    tables = [_by_way(scores), _by_concert(marked, found["held and touched"])]
    leads = (
        f"{part}: {max(scores, key=lambda name, part=part: _less(*scores[name][part]))}" for part in PARTS
    )
    reading = f"Best by the share of labels found less twice the share of the others: {'; '.join(leads)}."
    return [Section("Phrases of concerts", method, checks, tables, reading)]


def _less(own: float, others: float) -> float:
    """Return what the lengths of touches were chosen by."""
    return own - 2.0 * others


def _by_way(scores: Mapping[str, Mapping[str, tuple[float, ...]]]) -> Table:
    rows = [
        (name, *(each for pair in parts.values() for each in (*pair, _less(*pair))))
        for name, parts in scores.items()
    ]
    columns = [
        f"{part}{what}" for part in PARTS for what in (": own label", ": others", ": less twice those")
    ]
    return Table("", ("", *columns), rows, "{:.3f}")


def _by_concert(marked: Marked, found: Contained) -> Table:
    parts = {name: marked.concert == name for name in marked.concerts.tracks}
    rows = [
        (name, int(part.sum()), *(float(side[part].mean()) for side in found)) for name, part in parts.items()
    ]
    return Table("By concert:", ("", "phrases", "own label", "others"), rows, ("{}", "{:.3f}", "{:.3f}"))


class Marked:
    """The phrases with their labels."""

    def __init__(self, concerts: Concerts) -> None:
        self.concerts, self.rows = concerts, concerts.rows
        self.concert = concerts.column("concert")

    @cached_property
    def labels(self) -> list[str]:
        """The label of each phrase, one Ma."""
        return [row["phrase"].replace("M", "m") for row in self.rows]

    def contained(self, way: Callable[[PitchTrack, float, Raga], str]) -> Contained:
        """Return whether each label is contained in what a way writes, and the share of others that are."""
        own, others = list[bool](), list[float]()
        known = {
            name: {each for each, c in zip(self.labels, self.concert, strict=True) if c == name}
            for name in self.concerts.tracks
        }
        for row, label in zip(self.rows, self.labels, strict=True):
            raga = concert_raga(row["raga"])
            track = _stretch(self.concerts.tracks[row["concert"]], float(row["start_s"]), float(row["end_s"]))
            text = way(track, float(row["sa_hz"]), raga).replace("M", "m")
            own.append(_holds(text, label))
            others.append(float(np.mean([_holds(text, other) for other in known[row["concert"]] - {label}])))
        return np.array(own), np.array(others)


def _holds(text: str, label: str) -> bool:
    rest = iter(text)
    return all(letter in rest for letter in label)


def _letters(found: Transcription, *, touched: bool) -> str:
    return "".join(each.svarasthana.letter for each in found.swaras if touched or each.held)


def _runs(track: PitchTrack, sa_hz: float, frames: int) -> str:
    """Return the semitones on which the pitch stays for so many frames."""
    steps = np.round(np.nan_to_num(track.cents(sa_hz), nan=-1e6) / 100.0).astype(np.intp).tolist()
    groups = ((step, len(list(group))) for step, group in groupby(steps))
    return "".join(SVARASTHANAS[step % 12].letter for step, n in groups if n >= frames and step > -1000)


def _stretch(track: PitchTrack, start_s: float, end_s: float) -> PitchTrack:
    inside = (track.times_s >= start_s) & (track.times_s <= end_s)
    arrays = (each[inside] for each in (track.hz, track.confidence, track.voiced))
    return PitchTrack(HOP_S * np.arange(int(inside.sum()), dtype=np.float64), *arrays)
