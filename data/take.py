"""What was sung in a take: its Sa, and the notes, touches, glides and silences that tile it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = [
    "PHRASE_REST_S",
    "Drift",
    "Glide",
    "Note",
    "Segment",
    "Silence",
    "Tonic",
    "TonicCandidate",
    "TonicSource",
    "Touch",
    "Verdict",
    "read_seconds",
]

Verdict: TypeAlias = Literal["perfect", "in tune", "low", "high", "unsure"]
TonicSource: TypeAlias = Literal["given", "given, octave from the voice", "estimated"]


@dataclass(frozen=True, slots=True)
class TonicCandidate:
    """A Sa that could be meant.

    Parameters
    ----------
    hz : float
        Frequency of madhya Sa.
    name : str
        The nearest note, as in `Tonic`.
    confidence : float
        Probability that it is meant, 0 to 1.
    """

    hz: float
    name: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Tonic:
    """The Sa of a take.

    Parameters
    ----------
    hz : float
        Frequency of madhya Sa.
    name : str
        The nearest equal-tempered note, such as ``C#3``; with cents when it lies off it, ``C#3 +12``;
        ``not known`` where nothing tells it.
    confidence : float
        0 to 1; 1 when given; 0 where nothing tells it, and then `hz` says nothing either.
    source : {"given", "given, octave from the voice", "estimated"}
        Where it comes from.
    runner_up : TonicCandidate or None
        The second-best estimate; None when the Sa was given.
    needs_confirmation : bool
        True when it is an estimate too weak to stand on.
    """

    hz: float
    name: str
    confidence: float
    source: TonicSource
    runner_up: TonicCandidate | None = None
    needs_confirmation: bool = False


@dataclass(frozen=True, slots=True)
class Drift:
    """How Sa moved over a take.

    Parameters
    ----------
    cents_per_minute : float
        The slope; above zero is rising.
    total_cents : float
        What that makes from the first note to the last.
    """

    cents_per_minute: float
    total_cents: float


@dataclass(frozen=True, slots=True)
class Note:
    """A steady note.

    Parameters
    ----------
    start_s, end_s : float
        Where it lies in the take, from its onset to its end, in seconds.
    steady_s : float
        How much of that is steady, in seconds: what the note was judged on.
    swara : str
        The nearest of the 12 svarasthanas: ``Sa``, ``komal Re``, ``Re`` ...
    saptak : str
        ``mandra``, ``madhya`` or ``taar`` (``ati-`` before it further out).
    cents : float
        Median pitch above madhya Sa, in cents.
    cents_off : float
        Signed distance of that median from the target of `swara`, in cents; 0 inside a target band.
    steadiness_cents : float
        Standard deviation of the pitch within the note, vibrato averaged out, in cents; small is steady.
    verdict : {"perfect", "in tune", "low", "high", "unsure"}
        Judged on `raga_cents_off`.
    confidence : float
        Mean voicing confidence, 0 to 1.
    foreign : bool
        Whether `swara` is outside the raga.
    raga_swara, raga_saptak : str
        The raga's own swara nearest to the note: `swara` and `saptak` themselves unless foreign.
    raga_cents_off : float
        Signed distance from that one's target, in cents.
    """

    start_s: float
    end_s: float
    steady_s: float
    swara: str
    saptak: str
    cents: float
    cents_off: float
    steadiness_cents: float
    verdict: Verdict
    confidence: float
    foreign: bool
    raga_swara: str
    raga_saptak: str
    raga_cents_off: float

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.end_s - self.start_s

    @property
    def called(self) -> tuple[str, str]:
        """Swara and saptak that a reader is told: what the note was judged as, else the nearest of the 12."""
        if self.verdict == "unsure":
            return self.swara, self.saptak
        return self.raga_swara, self.raga_saptak


@dataclass(frozen=True, slots=True)
class Touch:
    """A note that is named, but too short or too moving to be judged.

    Parameters
    ----------
    start_s, end_s : float
        Where it lies in the take, in seconds.
    swara, saptak : str
        The nearest of the 12 svarasthanas, as in `Note`.
    cents : float
        Median pitch above madhya Sa, in cents.
    """

    start_s: float
    end_s: float
    swara: str
    saptak: str
    cents: float


@dataclass(frozen=True, slots=True)
class Glide:
    """Voiced, but neither held nor touched: meend and other ornaments, or a consonant's slide. Never judged.

    Parameters
    ----------
    start_s, end_s : float
        Where it lies in the take, in seconds.
    """

    start_s: float
    end_s: float


PHRASE_REST_S = 0.3
"""A silence this long parts two phrases; a consonant's closure is shorter, a breath longer."""


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing sung: rest, breath, noise.

    Parameters
    ----------
    start_s, end_s : float
        Where it lies in the take, in seconds.
    """

    start_s: float
    end_s: float


Segment: TypeAlias = Note | Touch | Glide | Silence


_CLOCK = re.compile(r"(?:(?P<hours>\d+):)?(?P<minutes>\d+):(?P<seconds>\d{1,2}(?:[.,]\d*)?)")


def read_seconds(text: str) -> float:
    """Return a time as it is typed, in seconds: ``83.5``, ``83,5 s``, ``1:23.5`` or ``1:02:03``.

    Raises
    ------
    ValueError
        If it is none of these. What `float` calls a number passes, NaN too.
    """
    typed = text.strip().removesuffix("s").rstrip()
    clock = _CLOCK.fullmatch(typed)
    if clock is None:
        return float(typed.replace(",", "."))
    hours, minutes, seconds = (float((part or "0").replace(",", ".")) for part in clock.groups())
    if seconds >= 60 or (clock["hours"] and minutes >= 60):
        raise ValueError(f"no minute has {seconds:g} seconds, and no hour {minutes:g} minutes")
    return 3600 * hours + 60 * minutes + seconds
