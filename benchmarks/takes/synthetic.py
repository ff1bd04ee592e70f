"""Takes with known errors, sung by a synthesized voice over a tanpura of several strengths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice

import numpy as np

from benchmarks.page import Check, Section, Table, percent
from benchmarks.pitch.tracks import Tracks
from swara.classifier.notes import PRESETS
from swara.data.arrays import FloatArray
from swara.data.synth import VOICES, NoteTruth, bhupali_take
from swara.data.take import Note
from swara.raga.ragas import raga_named

from .judged import best_overlap, judged_at, true_track

SEEDS = 60
PROMISED_DB, HARD_DB = 20.0, 5.0
TANPURA_DB = {"none": None, "20 dB below": PROMISED_DB, "10 dB below": 10.0, "5 dB below": HARD_DB}
RIGHT, ERROR_CENTS = 97.0, 5.0
SIZES_CENTS = ((0.0, 5.0), (5.0, 15.0), (15.0, 45.0), (45.0, 75.0))
_METHOD = f"""{SEEDS} seeded phrases of Bhupali by {len(VOICES)} voices in turn, about half of the notes
within 10 cents of the target and half 30 to 60 cents off, so that no error is near a threshold; Sa and raga
given, just intonation, student thresholds. A verdict is right when the note was found, was taken for the
swara that was meant, and got the verdict that its true error deserves; a note that was missed or called
unsure counts as wrong. A synthesized voice is easier than a real one, so high figures here are a condition,
not a proof."""
_INVENTED = "Notes found where nobody sang one: they share no time with the steady part of any sung note."


@dataclass(frozen=True, slots=True)
class _Answer:
    """One note as it was sung, by whom, and what the program made of it; None where it found nothing."""

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


_Answers = Sequence[_Answer]


def measure(tracks: Tracks) -> Section:
    """Measure verdicts and errors on synthesized takes."""
    conditions = {name: _condition(db, tracks) for name, db in TANPURA_DB.items()}
    conditions[f"{HARD_DB:.0f} dB below, true pitch handed over"] = _condition(HARD_DB, None)
    answers = {name: answers for name, (answers, _) in conditions.items()}
    promised, hard = answers["20 dB below"], answers["5 dB below"]
    by_size = {
        f"{low:.0f} to {high:.0f} cents": [h for h in promised if low <= abs(h.truth.error_cents) < high]
        for low, high in SIZES_CENTS
    }
    error = _error_cents(promised, 0.5)
    return Section(
        "Synthesized takes",
        _METHOD,
        (
            Check(f"tanpura at {PROMISED_DB:.0f} dB: verdict right", 100 * _right(promised), RIGHT),
            Check("the same: median error", error, ERROR_CENTS, "cents", at_most=True),
        ),
        (
            _table("By the tanpura's level below the voice's.", "tanpura", answers),
            Table(
                _INVENTED,
                ("tanpura", "notes found", "nobody sang"),
                [(name, *counts) for name, (_, counts) in conditions.items()],
            ),
            _table(f"By size of the true error, {PROMISED_DB:.0f} dB.", "off by", by_size),
            _table(f"By voice, {PROMISED_DB:.0f} dB.", "voice", _by_voice(promised)),
            _table(f"By voice, {HARD_DB:.0f} dB.", "voice", _by_voice(hard)),
        ),
        _reading(answers, _by_voice(hard)),
    )


def _condition(db: float | None, tracks: Tracks | None) -> tuple[_Answers, tuple[int, int]]:
    """Analyze every take at one strength of the tanpura; without `tracks`, on the true pitch.

    Returns
    -------
    sequence of _Answer
        One for each note that was sung.
    tuple of int
        Notes found, and how many of those nobody sang.
    """
    voices = list(islice(cycle(VOICES.values()), SEEDS))
    takes = [bhupali_take(seed, voice=voice, tanpura_db=db) for seed, voice in enumerate(voices)]
    clips = [take.clip for take in takes]
    pitch = [true_track(take) for take in takes] if tracks is None else tracks.of("head", clips)
    answers, found, invented = [], 0, 0
    for take, voice, track in zip(takes, voices, pitch, strict=True):
        notes = judged_at(take.sa_hz, take.clip, track, raga_named("bhupali"))
        labels = [(truth, truth.label) for truth in take.labels]
        answers += [
            _Answer(truth, voice.name, best_overlap(notes, label.start_s, label.end_s))
            for truth, label in labels
            if label.steady
        ]
        found += len(notes)
        invented += sum(
            not any(note.start_s < label.end_s and label.start_s < note.end_s for _, label in labels)
            for note in notes
        )
    return answers, (found, invented)


def _right(answers: _Answers) -> float:
    return float(np.mean([answer.right for answer in answers]))


def _error_cents(answers: _Answers, quantile: float) -> float:
    errors: FloatArray = np.array([answer.misjudged_cents for answer in answers if answer.named])
    return float(np.quantile(errors, quantile)) if errors.size else float("nan")


def _by_voice(answers: _Answers) -> dict[str, _Answers]:
    return {voice: [answer for answer in answers if answer.voice == voice] for voice in VOICES}


def _table(caption: str, heading: str, groups: Mapping[str, _Answers]) -> Table:
    rows = [
        (
            name,
            len(answers),
            np.mean([a.note is not None for a in answers]),
            np.mean([a.named for a in answers]),
            np.mean([a.note is not None and a.note.verdict == "unsure" for a in answers]),
            _right(answers),
            *(_error_cents(answers, quantile) for quantile in (0.5, 0.9)),
        )
        for name, answers in groups.items()
    ]
    figures = ("notes", "found", "swara right", "unsure", "verdict right", "median error", "9 in 10 within")
    return Table(caption, (heading, *figures), rows, ("{}", *["{:.1%}"] * 4, *["{:.1f} cents"] * 2))


def _reading(answers: Mapping[str, _Answers], by_voice: Mapping[str, _Answers]) -> str:
    shares = ", ".join(f"{percent(_right(each))} ({name})" for name, each in answers.items())
    worst = min(by_voice, key=lambda voice: _right(by_voice[voice]))
    return (
        f"The share of right verdicts, by tanpura: {shares}. The last of these has the same sound with a"
        f" perfect tracker, so the step up to it is what the tracker loses to a tanpura at {HARD_DB:.0f} dB."
        f" The hardest voice there is the {worst}, with {percent(_right(by_voice[worst]))} right."
    )
