"""Recordings of a raga: every steady note that is surely one of its swaras gets a label."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias

from swara.classifier.tonic import estimate_tonic, given_tonic
from swara.data.clip import Clip
from swara.data.errors import CorpusError
from swara.data.layouts import RecordingSpec
from swara.data.recording import SwaraLabel
from swara.raga.notation import swara_letter
from swara.raga.ragas import Raga, raga_named
from swara.raga.tonic_names import note_name
from swara.raga.tuning import JUST

from .hearing import SURE, SteadyNote
from .results import LeftOut
from .single_notes import cents_above

__all__ = ["RagaNotes", "fitting_share", "is_other_sa", "label_raga"]

WITHIN_CENTS = 35.0
LEAST_STEADY_S = 0.2
_LEAST_SHARE = 0.5
_OTHER_SA_CENTS = 60.0

_NoteClass: TypeAlias = Literal["labelled", "foreign", "off_pitch", "short", "faint", "unsure"]


class RagaNotes(NamedTuple):
    """The labels of a raga recording, the Sa that they stand on, and what got none."""

    tonic_hz: float
    labels: tuple[SwaraLabel, ...]
    left_out: LeftOut


def label_raga(described: RecordingSpec, clip: Clip, notes: Sequence[SteadyNote]) -> RagaNotes:
    """Label the steady notes of a raga recording by their pitch above Sa.

    Raises
    ------
    CorpusError
        If the raga is not known, nothing steady is heard, or the Sa must be wrong.
    """
    where = str(described.path)
    if described.raga is None:
        raise CorpusError("nothing says which raga this is", where=where, fix="Give --raga")
    sung = [note for note in notes if not note.faint]
    if not sung:
        raise CorpusError("no steady note was heard", where=where)
    raga = raga_named(described.raga)
    tonic_hz = given_tonic(described.tonic, [note.held for note in sung]).hz
    _check_sa(where, clip, sung, raga, tonic_hz)
    classes = [_classify(note, raga, tonic_hz) for note in notes]
    labels = tuple(
        _label(note, tonic_hz) for note, fate in zip(notes, classes, strict=True) if fate == "labelled"
    )
    if not labels:
        raise CorpusError(f"no note is steady for {LEAST_STEADY_S} s and in tune", where=where)
    return RagaNotes(tonic_hz, labels, LeftOut(described.path, **Counter[str](classes)))


def _check_sa(where: str, clip: Clip, notes: Sequence[SteadyNote], raga: Raga, tonic_hz: float) -> None:
    """Refuse a Sa that most notes do not fit, or that a sure estimate contradicts and beats."""
    share = fitting_share(notes, raga, tonic_hz)
    estimate = estimate_tonic(clip, [note.held for note in notes], [raga])
    better = fitting_share(notes, raga, estimate.hz)
    contradicted = not estimate.needs_confirmation and is_other_sa(estimate.hz, tonic_hz) and better > share
    if share >= _LEAST_SHARE and not contradicted:
        return
    fit = f"Sa on {estimate.name} would fit {better:.0%}; correct the scale" if better > share else None
    raise CorpusError(
        f"Sa on {note_name(tonic_hz)} fits {share:.0%} of the steady time in {raga.display}",
        where=where,
        fix=fit,
    )


def is_other_sa(one_hz: float, other_hz: float) -> bool:
    """Tell whether two Sa are too far apart to be one, whatever their octaves."""
    return abs((1200.0 * math.log2(one_hz / other_hz) + 600.0) % 1200.0 - 600.0) > _OTHER_SA_CENTS


def fitting_share(notes: Sequence[SteadyNote], raga: Raga, sa_hz: float) -> float:
    """Return the share of the steady time that lies on swaras of the raga, 0 to 1."""
    total_s = sum(note.held.steady_s for note in notes)
    fitting_s = sum(n.held.steady_s for n in notes if _classify(n, raga, sa_hz) in ("labelled", "short"))
    return fitting_s / total_s


def _classify(note: SteadyNote, raga: Raga, sa_hz: float) -> _NoteClass:
    placed = JUST.nearest(cents_above(note, sa_hz))
    if note.faint or note.held.confidence < SURE:
        return "faint" if note.faint else "unsure"
    if not raga.allows(placed.svarasthana.index):
        return "foreign"
    if abs(placed.cents_off) > WITHIN_CENTS:
        return "off_pitch"
    return "labelled" if note.held.steady_s >= LEAST_STEADY_S else "short"


def _label(note: SteadyNote, sa_hz: float) -> SwaraLabel:
    placed = JUST.nearest(cents_above(note, sa_hz))
    return SwaraLabel(note.start_s, note.end_s, swara_letter(placed.svarasthana, placed.octave))
