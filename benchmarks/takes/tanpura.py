"""The same take with a tanpura laid under it: what is told to the singer should not change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.page import Check, Section, Table
from benchmarks.pitch.tracks import Tracks
from benchmarks.recordings import Tanpura, calans, sight_singing, tanpuras
from swara.classifier.notes import PRESETS
from swara.data.clip import Clip
from swara.data.pitch_track import HOP_S, PitchTrack
from swara.data.synth import mix_at_db
from swara.data.take import Note
from swara.raga.ragas import Raga
from swara.raga.tuning import EQUAL, JUST, Tuning
from swara.service.take.summary import GOOD

from .judged import best_overlap, judged_at

LEVEL_DB = 5.0
MOST_CENTS, MOST_FLIPPED = 3.0, 3.0
_NEAR_LIMIT_CENTS = 3.0
_LIMIT_CENTS = PRESETS["student"].in_tune_cents

_METHOD = f"""Recorded tanpuras, tuned to the take's Sa, are laid under the calans and the sight-singers'
takes, the voice {LEVEL_DB:.0f} dB above them, and the take is analyzed again. Each note of the take as it was
is held against the one that shares most time with it. Flips are shares of the steady time of notes that were
found both times and judged low, high, or in tune (perfect included), notes within {_NEAR_LIMIT_CENTS:.0f}
cents of the limit of {_LIMIT_CENTS:.0f} left out. The sight-singers' Sa is taken from the last note of the
melody, in equal temperament."""


@dataclass(frozen=True, slots=True, eq=False)
class _Take:
    """A clip, and what it is judged by."""

    clip: Clip
    sa_hz: float
    raga: Raga | None
    tuning: Tuning

    def notes(self, clip: Clip, track: PitchTrack) -> tuple[Note, ...]:
        return judged_at(self.sa_hz, clip, track, self.raga, self.tuning)


class _Change(NamedTuple):
    """One note's: how far `cents_off` moved, and from which verdict to which; none where it was lost."""

    cents: float
    steady_s: float
    before: str
    after: str
    near_limit: bool


def measure(root: Path, tracks: Tracks) -> Section:
    """Analyze every take twice."""
    sung = {
        "calans": [_Take(p.clip, p.sa_hz, p.raga, JUST) for p in calans(root)],
        "sight-singers": [_Take(s.clip, _last_hz(s.midi), None, EQUAL) for s in sight_singing(root)],
    }
    drones = tanpuras(root)
    rows = [(name, *_figures(_changes(takes, drones, tracks))) for name, takes in sung.items()]
    checks = [
        check
        for name, _, median, flipped, *_ in rows
        for check in (
            Check(f"{name} over a tanpura: median change of cents off", median, MOST_CENTS, "", at_most=True),
            Check(f"{name} over a tanpura: verdicts flipped", 100 * flipped, MOST_FLIPPED, at_most=True),
        )
    ]
    headings = ("takes", "notes", "median change, cents", "flipped", "found again", "became unsure")
    forms = ("{}", "{:.1f}", "{:.1%}", "{:.1%}", "{:.1%}")
    return Section(
        "A tanpura under the take",
        _METHOD,
        checks,
        [Table("Shares of the notes' steady time.", headings, rows, forms)],
        "What a singer is told should not hang on whether the tanpura is on.",
    )


def _figures(changes: Sequence[_Change]) -> tuple[int, float, float, float, float]:
    """Return how many notes were found again, the median change, and the shares of the table."""
    found = [c for c in changes if c.after]
    counted = [c for c in found if not c.near_limit and "unsure" not in (c.before, c.after)]
    median = float(np.median([abs(c.cents) for c in found]))
    flipped = _time_s(c for c in counted if c.before != c.after) / _time_s(counted)
    unsure = _time_s(c for c in found if c.after == "unsure" != c.before) / _time_s(found)
    return len(found), median, flipped, _time_s(found) / _time_s(changes), unsure


def _time_s(changes: Iterable[_Change]) -> float:
    return sum(change.steady_s for change in changes)


def _last_hz(midi: np.ndarray) -> float:
    """Return the last note's pitch, by octaves nearest to 170 Hz, where a tanpura may be tuned."""
    hz = 440.0 * 2.0 ** ((float(midi[-1]) - 69.0) / 12.0)
    return float(hz * 2.0 ** round(np.log2(170.0 / hz)))


def _changes(takes: Sequence[_Take], drones: Sequence[Tanpura], tracks: Tracks) -> list[_Change]:
    plain = tracks.of("head", [take.clip for take in takes])
    pairs = enumerate(zip(takes, plain, strict=True))
    over = [_over(take, drones[k % len(drones)], track, k) for k, (take, track) in pairs]
    found = zip(takes, plain, over, tracks.of("head", over), strict=True)
    return [
        _change(note, again)
        for take, before, clip, after in found
        for again in (take.notes(clip, after),)
        for note in take.notes(take.clip, before)
    ]


def _over(take: _Take, tanpura: Tanpura, track: PitchTrack, seed: int) -> Clip:
    drone = tanpura.play(take.clip.samples.size, take.sa_hz, np.random.default_rng(seed))
    voiced = np.repeat(track.voiced, round(HOP_S * take.clip.rate_hz))[: take.clip.samples.size]
    return Clip(mix_at_db(take.clip.samples, drone, LEVEL_DB, voiced), take.clip.rate_hz)


def _change(note: Note, again: Sequence[Note]) -> _Change:
    near = abs(abs(note.cents_off) - _LIMIT_CENTS) < _NEAR_LIMIT_CENTS
    other = best_overlap(again, note.start_s, note.end_s)
    if other is None:
        return _Change(0.0, note.steady_s, _called(note), "", near)
    # Another swara's target, or the other edge of a band, is no smaller a change than the pitch's own.
    return _Change(other.cents_off - note.cents_off, note.steady_s, _called(note), _called(other), near)


def _called(note: Note) -> str:
    return "in tune" if note.verdict in GOOD else str(note.verdict)
