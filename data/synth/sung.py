"""What a singer is told to sing, and what is known of it afterwards."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from swara.data.arrays import BoolArray, FloatArray

__all__ = ["ATTACK_S", "LEAST_S", "Contour", "NoteLabel", "SungNote"]

ATTACK_S = 0.04
"""How long a note after silence takes to reach its loudness."""

LEAST_S = 0.02
"""What a note must keep after its approach; also the coarsest grid that a contour may have."""


@dataclass(frozen=True, slots=True)
class SungNote:
    """One note as it is to be sung; cents are above Sa.

    Parameters
    ----------
    cents : float
        Where the swara lies.
    duration_s : float
        Length with its approach (kan and meend), in seconds.
    error_cents : float
        How far off it is sung.
    vibrato_cents, vibrato_hz : float
        Half-width and rate; vibrato sets in about 150 ms into the steady part.
    meend_s : float
        Length of the glide from the pitch before.
    rest_before_s : float
        Silence before the note; after a rest there is nothing to glide from.
    kan_cents : float or None
        Pitch of a grace note touched on the way.
    kan_s : float
        How long the kan takes.
    gamak_cents, gamak_hz : float
        Half-width and mean rate of a heavy shake over the whole note, from half that rate to one and a half.
    loudness : float
        Linear, 1 is ordinary.

    Raises
    ------
    ValueError
        If a length is negative, or the approach leaves less than 20 ms of the note.
    """

    cents: float
    duration_s: float
    error_cents: float = 0.0
    vibrato_cents: float = 0.0
    vibrato_hz: float = 6.0
    meend_s: float = 0.06
    rest_before_s: float = 0.0
    kan_cents: float | None = None
    kan_s: float = 0.07
    gamak_cents: float = 0.0
    gamak_hz: float = 4.0
    loudness: float = 1.0

    def __post_init__(self) -> None:
        if min(self.meend_s, self.rest_before_s, self.kan_s) < 0:
            raise ValueError("a note's glide, rest and kan cannot be shorter than nothing")
        approach_s = self.meend_s + (0.0 if self.kan_cents is None else self.kan_s)
        if self.duration_s < max(approach_s, ATTACK_S) + LEAST_S:
            raise ValueError(f"a note of {self.duration_s} s leaves nothing after {approach_s} s of approach")

    @property
    def sung_cents(self) -> float:
        """Mean pitch of the steady part."""
        return self.cents + self.error_cents


@dataclass(frozen=True, slots=True)
class NoteLabel:
    """The truth about one sung note.

    Parameters
    ----------
    start_s, end_s : float
        The steady part: after kan and meend, up to the next note or rest.
    cents_true : float
        Mean pitch above Sa of the frames in it, as rendered.
    target_cents : float
        What was aimed at.
    steady : bool
        Long enough to be judged (150 ms) and not a gamak.
    onset_s : float
        Where the note begins, approach included.
    """

    start_s: float
    end_s: float
    cents_true: float
    target_cents: float
    steady: bool
    onset_s: float

    @property
    def error_cents(self) -> float:
        """How far off the note was sung."""
        return self.cents_true - self.target_cents


@dataclass(frozen=True, slots=True, eq=False)
class Contour:
    """A pitch line on a regular grid.

    Parameters
    ----------
    times_s : float64 array, shape [frames]
        From 0, evenly spaced.
    f0_hz : float64 array, shape [frames]
        Fundamental frequency; 0 where nothing is voiced.
    loudness : float64 array, shape [frames]
        Linear, about 1 in mid-note; 0 where nothing is voiced.
    labels : tuple of NoteLabel
        One for each note, in order.

    Raises
    ------
    ValueError
        If the arrays differ in shape or hold fewer than two frames.
    """

    times_s: FloatArray
    f0_hz: FloatArray
    loudness: FloatArray
    labels: tuple[NoteLabel, ...] = ()

    def __post_init__(self) -> None:
        shapes = {a.shape for a in (self.times_s, self.f0_hz, self.loudness)}
        if len(shapes) != 1 or self.times_s.ndim != 1 or self.times_s.size < 2:
            raise ValueError(f"a contour needs three arrays of one length, at least 2, got {sorted(shapes)}")

    @property
    def voiced(self) -> BoolArray:
        """Whether each frame is sung, shape [frames]."""
        return self.f0_hz > 0

    @property
    def hop_s(self) -> float:
        """Time from frame to frame."""
        return float(self.times_s[1] - self.times_s[0])

    @property
    def duration_s(self) -> float:
        """Length in seconds: every frame stands for one hop."""
        return float(self.times_s[-1]) + self.hop_s

    def voiced_at(self, times_s: FloatArray) -> BoolArray:
        """Tell whether the nearest frame is sung, shape of `times_s`; after the end, as the last frame."""
        frames = np.round(times_s / self.hop_s).astype(np.intp)
        return self.voiced[np.clip(frames, 0, self.times_s.size - 1)]

    def cents(self, sa_hz: float) -> FloatArray:
        """Pitch above Sa, shape [frames]; NaN where unvoiced."""
        sung_hz = np.where(self.voiced, self.f0_hz, np.nan)
        return 1200.0 * np.log2(sung_hz / sa_hz)
