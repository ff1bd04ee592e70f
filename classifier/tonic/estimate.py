"""Sa: as given, with its octave from the voice, or estimated from the notes and the drone; and its drift."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from swara.classifier.notes import HeldNote
from swara.data.arrays import FloatArray
from swara.data.clip import Clip
from swara.data.take import Drift, Note, Tonic, TonicCandidate
from swara.raga.ragas import BASIC_RAGAS, Raga
from swara.raga.tonic_names import MAX_SA_HZ, MIN_SA_HZ, ParsedTonic, note_name

from .template import (
    CLASSES,
    REFERENCE_HZ,
    circular_cents,
    drone_partials,
    drone_salience,
    fold,
    log_likelihood,
    log_likelihoods,
)

__all__ = [
    "SA_HZ",
    "SaEvidence",
    "drift_of_sa",
    "estimate_tonic",
    "given_tonic",
    "likeliest_octave",
    "no_tonic",
    "share_on_pitches",
]


MEDIAN_CENTS, MEDIAN_SPREAD_CENTS = 400.0, 500.0
"""Where the middle of what is sung lies above Sa: between Sa and Pa, give or take a third of an octave."""

SA_HZ, SA_SPREAD_CENTS = 170.0, 600.0
"""Where singers have their Sa: men about C#3-F3, women about G3-A3, low voices and children further out."""


def likeliest_octave(candidates_hz: Sequence[float], notes: Sequence[HeldNote]) -> float:
    """Return the likeliest of several candidates for Sa, in Hz.

    The one that is least far, in squared spreads, from where singers have their Sa and from where they
    sing around it; without notes, the first alone decides.
    """
    middle_hz = _median_hz(notes) if notes else None

    def strangeness(sa_hz: float) -> float:
        voice = np.log2(sa_hz / SA_HZ) * 1200.0 / SA_SPREAD_CENTS
        if middle_hz is None:
            return float(voice**2)
        register = (np.log2(middle_hz / sa_hz) * 1200.0 - MEDIAN_CENTS) / MEDIAN_SPREAD_CENTS
        return float(voice**2 + register**2)

    return min(candidates_hz, key=strangeness)


def _median_hz(notes: Sequence[HeldNote]) -> float:
    """Return the pitch below which half of the steady time lies."""
    ordered = sorted(notes, key=lambda note: note.hz)
    elapsed_s = np.cumsum([note.steady_s for note in ordered])
    return ordered[int(np.searchsorted(elapsed_s, elapsed_s[-1] / 2))].hz


NOTES_TEMPER = 0.5
"""Notes of one phrase are not independent: their log likelihood counts half."""

DRONE_WEIGHT = 12.0
SURE = 0.7
"""How often an estimate this sure is right: ``make bench``."""

SAME_CENTS = 50.0
MOST_ON_ONE_PITCH = 0.65
"""A voice that spends more of its time than this on one pitch class sounds like a drone itself."""

MOST_ON_TWO_PITCHES = 0.99
"""Two pitches fit too many places in a scale to tell which of them is Sa, if any."""


def given_tonic(parsed: ParsedTonic, notes: Sequence[HeldNote]) -> Tonic:
    """Return the Sa that the user gave; where it has no octave, the voice decides."""
    candidates_hz = parsed.candidates_hz()
    if parsed.has_octave:
        return Tonic(candidates_hz[0], note_name(candidates_hz[0]), 1.0, "given")
    hz = likeliest_octave(candidates_hz, notes)
    return Tonic(hz, note_name(hz), 1.0, "given, octave from the voice")


class SaEvidence:
    """What a take tells of its Sa under any raga, to be asked under one after another; threads may share it.

    Parameters
    ----------
    drone : float64 array, shape [240]
        `drone_salience` of the take.
    notes : sequence of HeldNote
        Its notes.
    """

    def __init__(self, drone: FloatArray, notes: Sequence[HeldNote]) -> None:
        self.drone = drone
        self._notes = tuple(notes)
        self._fits: dict[str, FloatArray] = {}

    @classmethod
    def of(cls, clip: Clip, notes: Sequence[HeldNote]) -> SaEvidence:
        """Gather it from a take, and the notes found in it."""
        return cls(drone_salience(drone_partials(clip)) if notes else np.zeros_like(CLASSES), notes)

    def tonic(self, ragas: Collection[Raga]) -> Tonic:
        """Return what `estimate_tonic` does of the take, under these ragas."""
        notes = self._notes
        if not notes:
            return no_tonic()
        fits = self._fits_of(ragas)
        drone = DRONE_WEIGHT * self.drone
        probability = _probability(NOTES_TEMPER * np.logaddexp.reduce(fits) + drone)
        best = _likeliest(probability)
        others = self._fits_of([raga for raga in BASIC_RAGAS.values() if raga not in ragas])
        contradicted = _contradicted(best, fits, others, drone, notes)
        if contradicted is not None:
            first, second = contradicted
        else:
            rest = np.where(_NEAR[best], 0.0, probability)
            first, second = _candidate(best, probability, notes), _candidate(_likeliest(rest), rest, notes)
        one, two = share_on_pitches(notes, 1), share_on_pitches(notes, 2)
        doubtful = first.confidence < SURE or one > MOST_ON_ONE_PITCH or two > MOST_ON_TWO_PITCHES
        asks = doubtful or contradicted is not None
        return Tonic(first.hz, first.name, first.confidence, "estimated", second, needs_confirmation=asks)

    def _fits_of(self, ragas: Collection[Raga]) -> list[FloatArray]:
        """Return the log likelihoods of the notes; those under the ragas known by name are kept."""
        lacking = [raga for raga in BASIC_RAGAS.values() if raga in ragas and raga.name not in self._fits]
        for raga, fit in zip(lacking, log_likelihoods(self._notes, lacking), strict=True):
            self._fits[raga.name] = fit
        return [
            self._fits[raga.name] if BASIC_RAGAS.get(raga.name) == raga else log_likelihood(self._notes, raga)
            for raga in ragas
        ]


def estimate_tonic(clip: Clip, notes: Sequence[HeldNote], ragas: Collection[Raga]) -> Tonic:
    """Estimate Sa, and hold it against what the other known ragas make of the take.

    Parameters
    ----------
    clip : Clip
        The take, for its drone.
    notes : sequence of HeldNote
        Its notes.
    ragas : collection of Raga
        The raga, if it is known, else all that it may be.

    Returns
    -------
    Tonic
        With the runner-up; its confidence is the probability that lies within 50 cents of it.
        `needs_confirmation` where that is below `SURE`, hardly a third pitch is sung, or a raga that
        is not among `ragas` explains the take better from another Sa, which is then one of the two.
    """
    return SaEvidence.of(clip, notes).tonic(ragas)


def no_tonic() -> Tonic:
    """Return what stands for Sa where nothing tells it: of no confidence at all, without a runner-up."""
    return Tonic(SA_HZ, "not known", 0.0, "estimated", None, needs_confirmation=True)


CHECK_TEMPER, CHECK_LENGTH = 0.15, 10.0
"""What notes weigh, beside a drone at `DRONE_WEIGHT`, where a raga is held against the others.

One scale can be another's rotation, as Bhupali from its Ga is Malkauns: there notes tell Sa only by what is
dwelt on, which differs from singer to singer, and a drone tells it better. So notes count for less than under
one raga, and their length (in square roots of seconds, added up) for no more than `CHECK_LENGTH`. Chosen on
synthesized takes of 56 ragas; no recording took part.
"""

CLEAR_ODDS = 1.0
"""From this log odds on, the other raga's Sa is taken; up to it the singer's raga keeps its own, and asks."""


def _contradicted(
    best: int,
    fits: Sequence[FloatArray],
    others: Sequence[FloatArray],
    drone: FloatArray,
    notes: Sequence[HeldNote],
) -> tuple[TonicCandidate, TonicCandidate] | None:
    """Return the Sa at `best` and one from which another raga explains the take better; None if none does."""
    if not others:
        return None
    weight = CHECK_TEMPER * min(1.0, CHECK_LENGTH / float(np.sqrt([note.steady_s for note in notes]).sum()))
    here = _NEAR[best]
    # The best raga for each Sa, not their sum: a longer table of ragas must not outvote the singer's.
    evidence = weight * np.max([*fits, *others], axis=0) + drone
    claimed = weight * np.max(fits, axis=0) + drone
    elsewhere = np.where(here, -np.inf, evidence)
    odds = float(elsewhere.max() - claimed[here].max())
    if odds <= 0.0:
        return None
    probability = _probability(np.where(here, claimed, evidence))
    there = _candidate(int(elsewhere.argmax()), np.where(here, 0.0, probability), notes)
    claim = _candidate(best, probability, notes)
    if odds < CLEAR_ODDS:
        return claim, replace(there, confidence=min(claim.confidence, there.confidence))
    return there, replace(claim, confidence=min(claim.confidence, there.confidence))


def _probability(evidence: FloatArray) -> FloatArray:
    """Return log evidence for each Sa as probability, shape [240]."""
    likelihood = np.exp(evidence - evidence.max())
    probability: FloatArray = likelihood / likelihood.sum()
    return probability


def share_on_pitches(notes: Sequence[HeldNote], count: int) -> float:
    """Return the share of the steady time on the `count` pitches that have most of it, in any octave.

    A pitch is all that lies within `SAME_CENTS` of one note.
    """
    pitch = fold(np.array([note.hz for note in notes]))
    left = np.array([note.steady_s for note in notes])
    total_s = float(left.sum())
    same = np.abs(circular_cents(pitch[:, None] - pitch)) <= SAME_CENTS
    for _ in range(count):
        left = np.where(same[int(np.argmax(same @ left))], 0.0, left)
    return 1.0 - float(left.sum()) / total_s


_NEAR = np.abs(circular_cents(CLASSES[:, None] - CLASSES)) <= SAME_CENTS
"""Which candidates lie within `SAME_CENTS` of each, shape [240, 240]."""


def _likeliest(probability: FloatArray) -> int:
    """Index of the peak within the 100 cents that hold most probability."""
    return int(np.argmax(np.where(_NEAR[int(np.argmax(_NEAR @ probability))], probability, -1.0)))


def _candidate(index: int, probability: FloatArray, notes: Sequence[HeldNote]) -> TonicCandidate:
    near = _NEAR[index]
    confidence = min(1.0, float(probability[near].sum()))
    # Between grid points: the mean of what lies close around the peak.
    off = circular_cents(CLASSES - CLASSES[index])
    close = np.abs(off) <= 15.0
    shift = float(probability[close] @ off[close] / max(probability[close].sum(), 1e-300))
    lowest_hz = REFERENCE_HZ * 2 ** ((CLASSES[index] + shift) / 1200)
    octaves_hz = [float(lowest_hz * 2**octave) for octave in range(9)]
    hz = likeliest_octave([hz for hz in octaves_hz if MIN_SA_HZ <= hz <= MAX_SA_HZ], notes)
    return TonicCandidate(hz, note_name(hz), confidence)


DRIFT_NOTES, DRIFT_SWARAS, DRIFT_SPAN_S = 8, 3, 10.0
DRIFT_CENTS = 10.0
"""A smaller drift over a whole take nobody hears."""

DRIFT_SURE, SPREAD_LEAST_CENTS = 4.0, 2.0
"""Standard errors that a drift must reach. Neighbouring notes err alike, which makes those too small: where
that is so (a correlation of 0.3), takes of a steady Sa drawn with notes that err by 12 cents would show a
drift in one of seven with 2 errors (tests/service/take/test_summary_figures.py)."""

SWARA_LEFT_OUT = 0.5
"""So much of a drift must be left without any one of its swaras: else it is that swara that is sung anew."""


def drift_of_sa(notes: Sequence[Note]) -> Drift | None:
    """Return how the pitch of all swaras together moved over the take; None where no drift is certain.

    One straight line for all, by least squares weighted by steady time, through how far each note is from the
    mean of its own swara: that Ni is sung high and came first is no drift. It must be audible, stand out of
    the spread of the notes around it, and be there without any one of the swaras.

    Parameters
    ----------
    notes : sequence of Note
        In order; what is unsure counts for nothing.
    """
    judged = [note for note in notes if note.verdict != "unsure"]
    if len(judged) < DRIFT_NOTES:
        return None
    middle_s = np.array([(note.start_s + note.end_s) / 2 for note in judged])
    off_cents = np.array([note.raga_cents_off for note in judged])
    weights = np.array([note.steady_s for note in judged])
    names = sorted({(note.raga_swara, note.raga_saptak) for note in judged})
    swaras = np.array([names.index((note.raga_swara, note.raga_saptak)) for note in judged])
    span_s = float(middle_s[-1] - middle_s[0])

    def sums(values: FloatArray) -> FloatArray:
        return np.bincount(swaras, weights * values, len(names)).astype(np.float64)

    shares = sums(np.ones(len(judged)))
    times, offs = (each - (sums(each) / shares)[swaras] for each in (middle_s, off_cents))
    moments, products = sums(times**2), sums(times * offs)
    free = len(judged) - len(names) - 1
    if span_s < DRIFT_SPAN_S or np.count_nonzero(moments) < DRIFT_SWARAS or free < DRIFT_SWARAS:
        return None
    slope = float(products.sum() / moments.sum())
    left = (products.sum() - products) / (moments.sum() - moments)
    spread = float(weights @ (offs - slope * times) ** 2) / weights.mean() / free
    error = np.sqrt(max(spread, SPREAD_LEAST_CENTS**2) * weights.mean() / moments.sum())
    certain = abs(slope) >= DRIFT_SURE * error and (left / slope >= SWARA_LEFT_OUT).all()
    return Drift(60.0 * slope, span_s * slope) if certain and abs(span_s * slope) >= DRIFT_CENTS else None
