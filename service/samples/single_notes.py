"""Single notes, named by their owner: whether each sounds like its name, and in which octave Sa lies."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from swara.classifier.tonic.estimate import likeliest_octave
from swara.data.errors import CorpusError
from swara.data.layouts import NamedNote, RecordingSpec
from swara.data.layouts.path_labels import swara_name
from swara.data.recording import SwaraLabel
from swara.raga.notation import swara_letter
from swara.raga.swaras import SwaraPitch
from swara.raga.tonic_names import MAX_SA_HZ, MIN_SA_HZ, note_name
from swara.raga.tuning import JUST

from .hearing import SteadyNote
from .results import Conflict

__all__ = [
    "AGREES_CENTS",
    "Claim",
    "VerifiedClaims",
    "best_sa",
    "cents_above",
    "cents_off",
    "claims_of",
    "implied_sa_hz",
    "label_of",
    "sounds_like",
    "verify_group",
]

AGREES_CENTS = 60.0
"""A note further than this from the swara that it is named after is in conflict with its name."""

_AGREEING_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Claim:
    """A note that is named, and the steady notes that were heard in its place: at least one."""

    described: RecordingSpec
    named: NamedNote
    notes: tuple[SteadyNote, ...]

    @property
    def longest(self) -> SteadyNote:
        """The note that is steady for the longest time."""
        return max(self.notes, key=lambda note: note.held.steady_s)


@dataclass(frozen=True, slots=True)
class VerifiedClaims:
    """What came of the claims of one group.

    Parameters
    ----------
    tonic_hz : float
        The Sa that they were held against.
    conflicts : tuple of Conflict
        Names that the sound contradicts.
    remark : str or None
        Set where the Sa itself must be wrong; then no claim of the group holds.
    """

    tonic_hz: float
    conflicts: tuple[Conflict, ...]
    remark: str | None = None


def claims_of(described: RecordingSpec, notes: Sequence[SteadyNote]) -> list[Claim]:
    """Put what was heard in a recording beside what is claimed of it.

    Raises
    ------
    CorpusError
        If nothing steady was heard in the place of a named note.
    """
    claims = []
    for named in described.notes:
        start_s, end_s = named.span_s or (0.0, math.inf)
        there = tuple(n for n in notes if start_s <= n.middle_s < end_s and not n.faint)
        if not there:
            raise CorpusError(
                f"no steady note was heard where {swara_name(named.pitch)} should be",
                where=str(described.path),
                fix="Leave it out, or record the note again and hold it",
            )
        claims.append(Claim(described, named, there))
    return claims


def verify_group(claims: Sequence[Claim]) -> VerifiedClaims:
    """Find the octave of Sa that makes the names of a group fit, and the names that still do not.

    All claims have the same tonic, perhaps without octave. Where no more than half of them fit, and another
    Sa fits more, the Sa is taken to be wrong, not the names.
    """
    tonic = claims[0].described.tonic
    fits = {sa_hz: _fitting(claims, sa_hz) for sa_hz in tonic.candidates_hz()}
    best = max(fits.values())
    # As many fit either way, or none: then the voice decides.
    held = [note.held for claim in claims for note in claim.notes]
    sa_hz = likeliest_octave([hz for hz, count in fits.items() if count == best], held)
    conflicts = tuple(_conflict(claim, sa_hz) for claim in claims if not _fits(claim, sa_hz))
    return VerifiedClaims(sa_hz, conflicts, _wrong_sa(claims, sa_hz, best))


def label_of(claim: Claim, sa_hz: float) -> SwaraLabel:
    """Return the label of a claim that fits: the place given, or where the note is steady."""
    swara = swara_letter(*claim.named.pitch)
    if claim.named.span_s is not None:
        return SwaraLabel(*claim.named.span_s, swara)
    agreeing = [note for note in claim.notes if _agrees(note, claim.named.pitch, sa_hz)]
    longest = max(agreeing, key=lambda note: note.held.steady_s)
    return SwaraLabel(longest.start_s, longest.end_s, swara)


def cents_above(note: SteadyNote, sa_hz: float) -> float:
    """Return the pitch of a note above Sa, in cents."""
    return 1200.0 * math.log2(note.held.hz / sa_hz)


def sounds_like(cents: float) -> str:
    """Say which swara lies so many cents above Sa: ``Ga``, ``taar Re, 12 cents high``."""
    placed = JUST.nearest(cents)
    name = swara_name((placed.svarasthana, placed.octave))
    off = round(placed.cents_off)
    return f"{name}, {abs(off)} cents {'high' if off > 0 else 'low'}" if off else name


def cents_off(cents: float, pitch: SwaraPitch) -> float:
    """Return how far above a swara a pitch lies that is `cents` above Sa; negative below, 0 in its band."""
    svarasthana, octave = pitch
    return JUST.targets[svarasthana.index].offset(cents - 1200.0 * octave)


def implied_sa_hz(hz: float, pitch: SwaraPitch) -> float:
    """Return where Sa must be for a note at `hz` to be just right as that swara."""
    svarasthana, octave = pitch
    return float(hz * 2.0 ** (-JUST.cents_of(svarasthana.index, octave) / 1200.0))


def best_sa(implied_hz: Iterable[float], fitting: Callable[[float], float]) -> tuple[float, float]:
    """Return the Sa on which most fits, and how much does; NaN and 0 where none can be.

    Parameters
    ----------
    implied_hz : iterable of float
        The Sa to try, in Hz. Of those that fit best it is the middle one.
    fitting : callable
        Returns how much fits a Sa in Hz: a count or a share.
    """
    fits = {hz: fitting(hz) for hz in implied_hz if MIN_SA_HZ <= hz <= MAX_SA_HZ}
    best = max(fits.values(), default=0)
    alike_hz = sorted(hz for hz, fit in fits.items() if fit == best)
    return (alike_hz[len(alike_hz) // 2], best) if alike_hz else (math.nan, 0)


def _agrees(note: SteadyNote, pitch: SwaraPitch, sa_hz: float) -> bool:
    return abs(cents_off(cents_above(note, sa_hz), pitch)) <= AGREES_CENTS


def _fits(claim: Claim, sa_hz: float) -> bool:
    """Tell whether more than half of the steady time agrees with the name."""
    agreeing_s = sum(n.held.steady_s for n in claim.notes if _agrees(n, claim.named.pitch, sa_hz))
    return agreeing_s > _AGREEING_SHARE * sum(note.held.steady_s for note in claim.notes)


def _fitting(claims: Sequence[Claim], sa_hz: float) -> int:
    return sum(_fits(claim, sa_hz) for claim in claims)


def _conflict(claim: Claim, sa_hz: float) -> Conflict:
    note = claim.longest
    named = swara_name(claim.named.pitch)
    return Conflict(claim.described.path, named, sounds_like(cents_above(note, sa_hz)), note.start_s)


def _wrong_sa(claims: Sequence[Claim], sa_hz: float, fitting: int) -> str | None:
    """Say which Sa would fit, if the one in use fits no more than half of the names and another more."""
    if len(claims) < 2 or fitting > len(claims) / 2:
        return None
    implied_hz = [implied_sa_hz(claim.longest.held.hz, claim.named.pitch) for claim in claims]
    better_hz, best = best_sa(implied_hz, lambda hz: _fitting(claims, hz))
    if best <= max(fitting, len(claims) / 2):
        return None
    folder, many = claims[0].described.group, len(claims)
    return (
        f"{folder}: Sa on {note_name(sa_hz)} fits {fitting} of {many} notes, "
        f"Sa on {note_name(better_hz)} would fit {best:g}; none was added. "
        "Correct the scale, or give --tonic."
    )
