"""Whether labels and Sa agree with the pitch: of each recording, and of those that share a Sa together."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from swara.data.layouts.path_labels import swara_name
from swara.data.pitch_track import PitchTrack
from swara.data.recording import Recording, SwaraLabel
from swara.raga.swaras import SwaraPitch, parse_swara
from swara.raga.tonic_names import MAX_SA_HZ, MIN_SA_HZ, note_name
from swara.raga.tuning import JUST

from .findings import Finding, finding, mend, remove
from .single_notes import AGREES_CENTS, best_sa, cents_off, implied_sa_hz, sounds_like

__all__ = [
    "BetterSa",
    "LabelledPitch",
    "better_sa",
    "check_labels",
    "labelled_pitches",
    "sa_finding",
    "tonic_option",
]

LEAST_NOTES = 3
"""Fewer say nothing about Sa."""

BETTER_SHARE = 0.75
"""Another Sa is reported only if this share of the notes fits it, and at most half fit the one given."""

MISTUNED_CENTS = 35.0
"""Where most notes lie this far to one side, Sa does."""

_ALIKE_CENTS = 25.0
_CENTS_IN_OCTAVE = 1200.0


@dataclass(frozen=True, slots=True)
class LabelledPitch:
    """A label of a recording, and the median pitch sung there in Hz; NaN where none is heard."""

    recording: Recording
    label: SwaraLabel
    hz: float

    @property
    def pitch(self) -> SwaraPitch:
        """What the label says."""
        return parse_swara(self.label.swara)

    def fits(self, sa_hz: float) -> bool:
        """Tell whether the label and the pitch agree with Sa there."""
        return abs(cents_off(_CENTS_IN_OCTAVE * math.log2(self.hz / sa_hz), self.pitch)) <= AGREES_CENTS


@dataclass(frozen=True, slots=True)
class BetterSa:
    """Another Sa, and the shares that fit it and the one given, 0 to 1."""

    hz: float
    share: float
    given_share: float


def labelled_pitches(recording: Recording, track: PitchTrack) -> tuple[LabelledPitch, ...]:
    """Return what is sung at each label of a recording."""
    return tuple(LabelledPitch(recording, label, _median_hz(track, label)) for label in recording.labels)


def better_sa(notes: Sequence[LabelledPitch]) -> BetterSa | None:
    """Return the Sa that fits the labels of recordings of one Sa clearly better than theirs, if there is one.

    Labels of one swara alone cannot tell a wrong Sa from a wrong name.
    """
    heard = [note for note in notes if math.isfinite(note.hz)]
    if len(heard) < LEAST_NOTES or len({note.pitch for note in heard}) == 1:
        return None
    given_hz = heard[0].recording.tonic_hz
    given_share = _share(heard, given_hz)
    if given_share > 0.5:
        return _mistuned(heard, given_hz, given_share)
    hz, best = best_sa(_implied_hz(heard), lambda hz: _share(heard, hz))
    return BetterSa(hz, best, given_share) if best >= BETTER_SHARE else None


def check_labels(notes: Sequence[LabelledPitch], sa_hz: float) -> Iterator[Finding]:
    """Yield the labels that disagree with the pitch, or stand where none is heard."""
    for note in notes:
        recording, label = note.recording, note.label
        several = len(recording.labels) > 1
        at = f"--at {(label.start_s + label.end_s) / 2:.2f} " if several else ""
        named = f"named {swara_name(note.pitch)} at {label.start_s:.2f} s"
        if not math.isfinite(note.hz):
            fix = mend(recording, f"{at}--swara none") if several else remove(recording)
            yield finding(
                recording, "label", f"{named}, but no pitch is heard", f"Run: {fix}", start_s=label.start_s
            )
        elif not note.fits(sa_hz):
            cents = _CENTS_IN_OCTAVE * math.log2(note.hz / sa_hz)
            placed = JUST.nearest(cents)
            name = swara_name((placed.svarasthana, placed.octave))
            fix = mend(recording, f'{at}--swara "{name}"' if " " in name else f"{at}--swara {name}")
            what = f"{named}, but sounds like {sounds_like(cents)}"
            yield finding(recording, "label", what, f"Run: {fix}", start_s=label.start_s)


def sa_finding(recording: Recording, better: BetterSa) -> Finding:
    """Say that another Sa fits a recording better."""
    away = _CENTS_IN_OCTAVE * math.log2(better.hz / recording.tonic_hz)
    where = f"{note_name(better.hz)}, {abs(away):.0f} cents {'higher' if away > 0 else 'lower'}"
    fit = f"Sa on {note_name(recording.tonic_hz)} fits {better.given_share:.0%} of the notes"
    what = f"{fit}, on {where}, {better.share:.0%}"
    return finding(recording, "sa", what, f"Run: {mend(recording, tonic_option(better.hz))}")


def tonic_option(hz: float) -> str:
    """Write the option that sets this Sa: by name, or in Hz where it lies off that note."""
    name = note_name(hz)
    return f"--tonic {hz:.2f}" if " " in name else f"--tonic {name}"


def _mistuned(heard: Sequence[LabelledPitch], given_hz: float, given_share: float) -> BetterSa | None:
    """Return a Sa that lies less than a semitone away, and on which the notes are in tune."""
    implied = [_CENTS_IN_OCTAVE * math.log2(hz / given_hz) for hz in _implied_hz(heard)]
    middle = median(implied)
    alike = sum(abs(cents - middle) <= _ALIKE_CENTS for cents in implied) / len(implied)
    if abs(middle) < MISTUNED_CENTS or alike < BETTER_SHARE:
        return None
    hz = given_hz * 2.0 ** (middle / _CENTS_IN_OCTAVE)
    near = sum(abs(cents) <= _ALIKE_CENTS for cents in implied) / len(implied)
    if not MIN_SA_HZ <= hz <= MAX_SA_HZ:
        return None
    return BetterSa(hz, alike, min(near, given_share))


def _implied_hz(notes: Sequence[LabelledPitch]) -> list[float]:
    return [implied_sa_hz(note.hz, note.pitch) for note in notes]


def _share(notes: Sequence[LabelledPitch], sa_hz: float) -> float:
    return sum(note.fits(sa_hz) for note in notes) / len(notes)


def _median_hz(track: PitchTrack, label: SwaraLabel) -> float:
    inside = (track.times_s >= label.start_s) & (track.times_s < label.end_s) & track.voiced
    return float(np.median(track.hz[inside])) if inside.any() else math.nan
