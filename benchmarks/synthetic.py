"""Takes with known errors, sung by a synthesized voice over a tanpura of several strengths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice

import numpy as np

from swara.classifier.notes import PRESETS
from swara.data.arrays import FloatArray
from swara.data.pitch_track import PitchTrack
from swara.data.synth import VOICES, NoteTruth, SynthTake, Voice, bhupali_take
from swara.data.take import Note
from swara.raga.ragas import raga_named

from .page import Check, Section, Table, percent
from .tracks import Tracks, best_overlap, judged_at, true_track

__all__ = ["measure"]

SEEDS = 60
TANPURA_DB: tuple[float | None, ...] = (None, 20.0, 10.0, 5.0)
PROMISED_DB, HARD_DB = 20.0, 5.0
RIGHT, ERROR_CENTS = 97.0, 5.0
SIZES_CENTS = ((0.0, 5.0), (5.0, 15.0), (15.0, 45.0), (45.0, 75.0))
_GIVEN_PITCH = f"{HARD_DB:.0f} dB below, true pitch handed over"
_METHOD = (
    f"{SEEDS} seeded phrases of Bhupali by {len(VOICES)} voices in turn, about half of the notes within 10"
    " cents of the target and half 30 to 60 cents off, so that no error is near a threshold; Sa and raga"
    " given, just intonation, student thresholds. A verdict is right when the note was found, was taken for"
    " the swara that was meant, and got the verdict that its true error deserves; a note that was missed or"
    " called unsure counts as wrong. A synthesized voice is easier than a real one, so high figures here are"
    " a condition, not a proof."
)


@dataclass(frozen=True, slots=True)
class _Heard:
    """One note as it was sung, by whom, and what the program made of it; None where it heard nothing."""

    truth: NoteTruth
    voice: str
    note: Note | None

    @property
    def named(self) -> bool:
        """Whether the swara that was meant is the one it was judged against."""
        meant = (self.truth.swara, self.truth.saptak)
        return self.note is not None and (self.note.raga_swara, self.note.raga_saptak) == meant

    @property
    def right(self) -> bool:
        """Whether the verdict is the one that the true error deserves."""
        deserved = PRESETS["student"].verdict(self.truth.error_cents)
        return self.named and self.note is not None and self.note.verdict == deserved

    @property
    def misjudged_cents(self) -> float:
        """By how much the error was misjudged, whichever way; NaN where the swara was."""
        if self.note is None or not self.named:
            return float("nan")
        return abs(self.note.raga_cents_off - self.truth.error_cents)


@dataclass(frozen=True, slots=True)
class _Condition:
    """All sung notes as heard, how many notes were found, and how many of those nobody sang."""

    heard: tuple[_Heard, ...]
    found: int
    invented: int


def measure(tracks: Tracks) -> Section:
    """Measure verdicts and errors on synthesized takes."""
    conditions = {_db_name(db): _condition(db, tracks) for db in TANPURA_DB}
    conditions[_GIVEN_PITCH] = _condition(HARD_DB, None)
    promised, hard = (conditions[_db_name(db)].heard for db in (PROMISED_DB, HARD_DB))
    return Section(
        title="Synthesized takes",
        method=_METHOD,
        checks=(
            Check(f"tanpura at {PROMISED_DB:.0f} dB: verdict right", 100 * _right(promised), RIGHT),
            Check("the same: median error", _error(promised, 0.5), ERROR_CENTS, "cents", at_most=True),
        ),
        tables=(
            _table(
                "By the tanpura's level below the voice's.",
                "tanpura",
                [(name, condition.heard) for name, condition in conditions.items()],
            ),
            _found_table(conditions),
            _table(f"By size of the true error, {PROMISED_DB:.0f} dB.", "off by", _by_size(promised)),
            _table(f"By voice, {PROMISED_DB:.0f} dB.", "voice", _by_voice(promised)),
            _table(f"By voice, {HARD_DB:.0f} dB.", "voice", _by_voice(hard)),
        ),
        reading=_reading(conditions, _by_voice(hard)),
    )


def _condition(db: float | None, tracks: Tracks | None) -> _Condition:
    """Analyze every take at one strength of the tanpura; without `tracks`, on the true pitch."""
    voices = list(islice(cycle(VOICES.values()), SEEDS))
    takes = [bhupali_take(seed, voice=voice, tanpura_db=db) for seed, voice in enumerate(voices)]
    clips = [take.clip for take in takes]
    pitch = [true_track(take) for take in takes] if tracks is None else tracks.own(clips)
    judged = [_judged(take, track) for take, track in zip(takes, pitch, strict=True)]
    taken = list(zip(takes, voices, judged, strict=True))
    return _Condition(
        tuple(heard for one in taken for heard in _heard(*one)),
        sum(len(notes) for notes in judged),
        sum(not _was_sung(note, take) for take, _, notes in taken for note in notes),
    )


def _judged(take: SynthTake, track: PitchTrack) -> tuple[Note, ...]:
    return judged_at(take.sa_hz, take.clip, track, raga_named("bhupali")).notes


def _heard(take: SynthTake, voice: Voice, notes: Sequence[Note]) -> list[_Heard]:
    steady = [truth for truth in take.labels if truth.label.steady]
    return [_Heard(t, voice.name, best_overlap(notes, t.label.start_s, t.label.end_s)) for t in steady]


def _was_sung(note: Note, take: SynthTake) -> bool:
    return any(note.start_s < t.label.end_s and t.label.start_s < note.end_s for t in take.labels)


def _right(heard: Sequence[_Heard]) -> float:
    return float(np.mean([h.right for h in heard]))


def _error(heard: Sequence[_Heard], quantile: float) -> float:
    errors: FloatArray = np.array([h.misjudged_cents for h in heard if h.named])
    return float(np.quantile(errors, quantile)) if errors.size else float("nan")


def _by_size(heard: Sequence[_Heard]) -> list[tuple[str, list[_Heard]]]:
    return [
        (f"{low:.0f} to {high:.0f} cents", [h for h in heard if low <= abs(h.truth.error_cents) < high])
        for low, high in SIZES_CENTS
    ]


def _by_voice(heard: Sequence[_Heard]) -> list[tuple[str, list[_Heard]]]:
    return [(voice, [h for h in heard if h.voice == voice]) for voice in VOICES]


def _db_name(db: float | None) -> str:
    return "none" if db is None else f"{db:.0f} dB below"


def _found_table(conditions: Mapping[str, _Condition]) -> Table:
    caption = "Notes found where nobody sang one: they share no time with the steady part of any sung note."
    rows = tuple((name, str(c.found), str(c.invented)) for name, c in conditions.items())
    return Table(caption, ("tanpura", "notes found", "nobody sang"), rows)


def _table(caption: str, heading: str, groups: Sequence[tuple[str, Sequence[_Heard]]]) -> Table:
    figures = ("notes", "found", "swara right", "unsure", "verdict right", "median error", "9 in 10 within")
    return Table(caption, (heading, *figures), tuple(_row(name, heard) for name, heard in groups))


def _row(name: str, heard: Sequence[_Heard]) -> tuple[str, ...]:
    found = [h.note is not None for h in heard]
    unsure = [h.note is not None and h.note.verdict == "unsure" for h in heard]
    shares = (found, [h.named for h in heard], unsure, [h.right for h in heard])
    errors = (f"{_error(heard, quantile):.1f} cents" for quantile in (0.5, 0.9))
    return name, str(len(heard)), *(percent(float(np.mean(share))) for share in shares), *errors


def _reading(conditions: Mapping[str, _Condition], by_voice: Sequence[tuple[str, Sequence[_Heard]]]) -> str:
    shares = ", ".join(f"{percent(_right(c.heard))} ({name})" for name, c in conditions.items())
    worst, heard = min(by_voice, key=lambda group: _right(group[1]))
    return (
        f"The share of right verdicts, by tanpura: {shares}. The last of these has the same sound with a"
        f" perfect tracker, so the step up to it is what the tracker loses to a tanpura at {HARD_DB:.0f} dB."
        f" The hardest voice there is the {worst}, with {percent(_right(heard))} right."
    )
