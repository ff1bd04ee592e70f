"""Frames counted, with mir_eval's own functions."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from mir_eval import melody

from benchmarks.recordings import Sung
from benchmarks.shares import Interval, Share
from swara.data.arrays import BoolArray, FloatArray, IntArray
from swara.data.pitch_track import PitchTrack

TOLERANCES_CENTS = (50.0, 25.0, 10.0)
STRETCH_S = 5.0
"""Longer recordings are cut into stretches of about this, each of which counts as a clip."""

BANDS_HZ = (50.0, 80.0, 110.0, 150.0, 210.0, 290.0, 400.0, 550.0, 700.0, 900.0, 1200.0, 1600.0)
"""Edges of the bands that voices from low to high are told apart by."""

EDGE_BANDS = {"50-80 Hz": slice(0, 1), "900-1600 Hz": slice(9, 11)}
MIDDLE_BANDS = slice(1, 9)
"""Which of the bands are the edges of what is sung, and which lie between."""

PITCHED, WITHIN, OCTAVE, VOICED, RECALLED, UNVOICED, FALSE, WRONG = 0, (1, 2, 3), 4, 5, 6, 7, 8, 9
"""Columns of counts, shape [clips, 10]: frames whose pitch counts, of these within each tolerance and off by
octaves; truly voiced frames and of these called so; truly unvoiced frames and of these called voiced; and of
the frames whose pitch counts those that are called voiced at one more than 50 cents off."""

COLUMNS = 10
RECALL = 0.98
"""What the threshold of voicing is set to for `Scores.swept`."""


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """What one tracker made of clips.

    Counts as `tallies` has them; the number of the clip or stretch that each row is about, and its name;
    counts by true f0 over all clips, as `band_tallies` has them; and the share of unvoiced frames called
    voiced, as `false_alarm_at_recall` has it.
    """

    counts: FloatArray
    clips: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    bands: FloatArray | None = None
    swept: float = np.nan

    @property
    def pitched(self) -> int:
        """How many frames count for pitch."""
        return int(self.counts[:, PITCHED].sum())

    @property
    def within(self) -> tuple[Share, ...]:
        """Raw pitch accuracy at each of `TOLERANCES_CENTS`."""
        return tuple(self._share(column, PITCHED) for column in WITHIN)

    @property
    def octaves_off(self) -> Share:
        """Raw chroma accuracy less raw pitch accuracy, both at 50 cents."""
        return self._share(OCTAVE, PITCHED)

    @property
    def recall(self) -> Share:
        """Voiced frames called voiced."""
        return self._share(RECALLED, VOICED)

    @property
    def false_alarm(self) -> Share:
        """Unvoiced frames called voiced."""
        return self._share(FALSE, UNVOICED)

    @property
    def wrong(self) -> Share:
        """Frames whose pitch counts called voiced at another."""
        return self._share(WRONG, PITCHED)

    def among(self, clips: Sequence[int]) -> Scores:
        """Return what was made of these clips, in their order."""
        return Scores(self.counts[[self.clips.index(clip) for clip in clips]])

    def ahead_of(self, other: Scores) -> Interval:
        """Return how far this lies ahead at 50 cents, over the clips that both heard."""
        shared = [clip for clip in self.clips if clip in set(other.clips)]
        return self.among(shared).within[0].ahead_of(other.among(shared).within[0])

    def by_name(self) -> dict[str, Scores]:
        """Return what was made of each clip, all stretches together, by its name."""
        rows = {name: [row for row, each in enumerate(self.names) if each == name] for name in self.names}
        return {name: Scores(self.counts[chosen]) for name, chosen in rows.items()}

    def banded(self, bands: slice) -> Scores:
        """Return what was made of the frames in these of `BANDS_HZ`, over all clips."""
        return Scores(np.zeros((0, COLUMNS)) if self.bands is None else self.bands[bands])

    def _share(self, part: int, whole: int) -> Share:
        return Share(self.counts[:, part], self.counts[:, whole])


@dataclass(frozen=True, slots=True, eq=False)
class Aligned:
    """Truth and estimate at the truth's times, shape [frames]; `counted` where the pitch counts."""

    true_hz: FloatArray
    estimated_hz: FloatArray
    called_voiced: BoolArray
    counted: BoolArray

    def at(self, chosen: BoolArray) -> Aligned:
        """Return the chosen frames."""
        return Aligned(*(getattr(self, field.name)[chosen] for field in fields(self)))


def aligned(sung: Sung, track: PitchTrack) -> Aligned:
    """Bring a track to the truth's times.

    Estimates are interpolated in log frequency between two frames that have one; elsewhere the nearest
    frame speaks, and a frame without an estimate leaves 0 Hz. Voicing is that of the nearest frame. Frames
    next to a change of voicing do not count for pitch.
    """
    nearest = _nearest(sung, track)
    with np.errstate(invalid="ignore", divide="ignore"):
        log_hz = np.log(track.hz)
    between = np.interp(sung.times_s, track.times_s, log_hz)  # NaN next to a frame without an estimate
    estimated_hz = np.nan_to_num(np.exp(np.where(np.isnan(between), log_hz[nearest], between)))
    return Aligned(sung.hz, estimated_hz, track.voiced[nearest], _away_from_changes(sung))


def tallies(sung: Sung, track: PitchTrack) -> FloatArray:
    """Count the frames of each stretch, shape [stretches, COLUMNS]."""
    both, duration_s = aligned(sung, track), sung.clip.duration_s
    stretches = max(1, round(duration_s / STRETCH_S))
    edges_s = np.linspace(0.0, duration_s, stretches + 1)[1:-1]
    stretch = np.searchsorted(edges_s, sung.times_s, side="right")
    return np.stack([_counts(both.at(stretch == k), sung.tells_voicing) for k in range(stretches)])


def band_tallies(sung: Sung, track: PitchTrack) -> FloatArray:
    """Count the frames of each band of true f0, shape [bands, COLUMNS]."""
    both = aligned(sung, track)
    band = np.searchsorted(np.array(BANDS_HZ), sung.hz, side="right") - 1
    return np.stack([_counts(both.at(band == k), tells_voicing=False) for k in range(len(BANDS_HZ) - 1)])


def false_alarm_at_recall(pairs: Sequence[tuple[Sung, PitchTrack]], recall: float = RECALL) -> float:
    """Return the share of unvoiced frames called voiced with the threshold that calls `recall` of the voiced.

    NaN where the voicing of the truth is not known, or a tracker's confidence is yes or no.
    """
    told = [(sung, track) for sung, track in pairs if sung.tells_voicing]
    confidences = [track.confidence[_nearest(sung, track)] for sung, track in told]
    confidence = np.concatenate(confidences) if told else np.zeros(0)
    voiced = np.concatenate([sung.hz > 0 for sung, _ in told]) if told else np.zeros(0, bool)
    if not voiced.any() or voiced.all() or np.unique(confidence).size < 3:
        return float("nan")
    threshold = np.quantile(confidence[voiced], 1.0 - recall, method="lower")
    return float(np.mean(confidence[~voiced] >= threshold))


def _nearest(sung: Sung, track: PitchTrack) -> IntArray:
    """Return the number of the frame nearest to each time of the truth."""
    between_s = 0.5 * (track.times_s[1:] + track.times_s[:-1])
    return np.asarray(np.searchsorted(between_s, sung.times_s))


def _counts(both: Aligned, tells_voicing: bool) -> FloatArray:
    counts = np.zeros(COLUMNS)
    with warnings.catch_warnings():  # that nothing is voiced is a result here, not an accident
        warnings.simplefilter("ignore", UserWarning)
        pitch = both.at(both.counted)
        if frames := pitch.true_hz.size:
            reference = (np.ones(frames), melody.hz2cents(pitch.true_hz))
            pair = (*reference, pitch.called_voiced.astype(np.float64), melody.hz2cents(pitch.estimated_hz))
            within = [melody.raw_pitch_accuracy(*pair, cent_tolerance=c) for c in TOLERANCES_CENTS]
            chroma = melody.raw_chroma_accuracy(*pair, cent_tolerance=TOLERANCES_CENTS[0])
            counts[:VOICED] = frames * np.array([1.0, *within, chroma - within[0]])
            off_cents = np.abs(melody.hz2cents(pitch.estimated_hz) - reference[1])
            counts[WRONG] = np.sum(pitch.called_voiced & (off_cents > TOLERANCES_CENTS[0]))
        if tells_voicing and both.true_hz.size:
            _, sung = melody.freq_to_voicing(both.true_hz)
            recall, false_alarm = melody.voicing_measures(sung, both.called_voiced.astype(np.float64))
            voiced, unvoiced = np.sum(sung > 0), np.sum(sung == 0)
            counts[VOICED:WRONG] = voiced, recall * voiced, unvoiced, false_alarm * unvoiced
    return counts


def _away_from_changes(sung: Sung) -> BoolArray:
    """Return the voiced frames whose neighbours are voiced too, and no gap in the truth between."""
    voiced, steps_s = sung.hz > 0, np.diff(sung.times_s)
    tied = voiced[1:] & voiced[:-1] & (steps_s < 1.5 * np.median(steps_s))
    inner = voiced.copy()
    inner[1:] &= tied
    inner[:-1] &= tied
    return inner
