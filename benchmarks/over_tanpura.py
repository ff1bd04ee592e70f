"""The same take with a tanpura laid under it: what is told to the singer should not change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from swara.classifier.notes import PRESETS
from swara.data.clip import Clip
from swara.data.pitch_track import HOP_S, PitchTrack
from swara.data.synth import mix_at_db
from swara.data.take import Note
from swara.raga.ragas import Raga
from swara.raga.tuning import EQUAL, JUST, Tuning
from swara.service.take.summary import GOOD

from .page import Check, Section, Table, percent
from .pitchbench.sounds import Tanpura, real_tanpuras
from .recordings import calans, sight_singing
from .tracks import Tracks, best_overlap, judged_at

__all__ = ["measure"]

LEVEL_DB = 5.0
MOST_CENTS, MOST_FLIPPED = 3.0, 3.0
_NEAR_LIMIT_CENTS = 3.0
_LIMIT_CENTS = PRESETS["student"].in_tune_cents

_METHOD = (
    "Recorded tanpuras, tuned to the take's Sa, are laid under the calans and the sight-singers' takes, the"
    f" voice {LEVEL_DB:.0f} dB above them, and the take is analyzed again. Each note of the take as it was is"
    " held against the one that shares most time with it. Flips are shares of the steady time of notes that"
    " were found both times and judged low, high, or in tune (perfect included), notes within"
    f" {_NEAR_LIMIT_CENTS:.0f} cents of the limit of {_LIMIT_CENTS:.0f} left out. The sight-singers' Sa is"
    " taken from the last note of the melody, in equal temperament."
)


@dataclass(frozen=True, slots=True, eq=False)
class _Take:
    """A clip, and what it is judged by."""

    clip: Clip
    sa_hz: float
    raga: Raga | None
    tuning: Tuning


@dataclass(frozen=True, slots=True)
class _Change:
    """One note's: how far `cents_off` moved, and from which verdict to which."""

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
    tanpuras = real_tanpuras(root)
    rows, checks = [], []
    for name, takes in sung.items():
        plain = tracks.own([take.clip for take in takes])
        over = [
            _over(take, tanpuras[i % len(tanpuras)], track, i)
            for i, (take, track) in enumerate(zip(takes, plain, strict=True))
        ]
        mixed = tracks.own(over)
        changes = [
            change
            for take, clip, before, after in zip(takes, over, plain, mixed, strict=True)
            for change in _changes(take, clip, before, after)
        ]
        found = [c for c in changes if c.after]
        median = float(np.median([abs(c.cents) for c in found]))
        counted = [c for c in found if not c.near_limit and "unsure" not in (c.before, c.after)]
        flipped = sum(c.steady_s for c in counted if c.before != c.after) / sum(c.steady_s for c in counted)
        kept = sum(c.steady_s for c in found) / sum(c.steady_s for c in changes)
        unsure = sum(c.steady_s for c in found if c.after == "unsure" != c.before) / sum(
            c.steady_s for c in found
        )
        rows.append(
            (name, str(len(found)), f"{median:.1f}", percent(flipped), percent(kept), percent(unsure))
        )
        checks += [
            Check(f"{name} over a tanpura: median change of cents off", median, MOST_CENTS, "", at_most=True),
            Check(f"{name} over a tanpura: verdicts flipped", 100 * flipped, MOST_FLIPPED, at_most=True),
        ]
    headings = ("takes", "notes", "median change, cents", "flipped", "found again", "became unsure")
    table = Table("Shares of the notes' steady time.", headings, tuple(rows))
    return Section(
        title="A tanpura under the take",
        method=_METHOD,
        checks=tuple(checks),
        tables=(table,),
        reading="What a singer is told should not hang on whether the tanpura is on.",
    )


def _last_hz(midi: np.ndarray) -> float:
    """Return the last note's pitch, by octaves nearest to 170 Hz, where a tanpura may be tuned."""
    hz = 440.0 * 2.0 ** ((float(midi[-1]) - 69.0) / 12.0)
    return float(hz * 2.0 ** round(np.log2(170.0 / hz)))


def _over(take: _Take, tanpura: Tanpura, track: PitchTrack, seed: int) -> Clip:
    drone = tanpura.play(take.clip.samples.size, take.sa_hz, np.random.default_rng(seed))
    hop = round(HOP_S * take.clip.rate_hz)
    voiced = np.repeat(track.voiced, hop)[: take.clip.samples.size]
    return Clip(mix_at_db(take.clip.samples, drone, LEVEL_DB, voiced), take.clip.rate_hz)


def _changes(take: _Take, clip: Clip, before: PitchTrack, after: PitchTrack) -> list[_Change]:
    plain = judged_at(take.sa_hz, take.clip, before, take.raga, take.tuning).notes
    again = judged_at(take.sa_hz, clip, after, take.raga, take.tuning).notes
    return [_change(note, again) for note in plain]


def _change(note: Note, again: Sequence[Note]) -> _Change:
    near = abs(abs(note.cents_off) - _LIMIT_CENTS) < _NEAR_LIMIT_CENTS
    other = best_overlap(again, note.start_s, note.end_s)
    if other is None:
        return _Change(0.0, note.steady_s, _called(note), "", near)
    # Another swara's target, or the other edge of a band, is no smaller a change than the pitch's own.
    return _Change(other.cents_off - note.cents_off, note.steady_s, _called(note), _called(other), near)


def _called(note: Note) -> str:
    return "in tune" if note.verdict in GOOD else str(note.verdict)
