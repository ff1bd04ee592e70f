"""Held notes while they are sung: what finds the notes of a take, run on its last seconds again and again."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

import numpy as np

from swara.classifier.notes import HeldNote, held_notes
from swara.classifier.pitch import TRACK_RATE_HZ
from swara.data.arrays import BoolArray, FloatArray, quantile
from swara.data.audio.frames import level_db, spectral_flux_db
from swara.data.clip import Clip, Samples
from swara.data.pitch_track import HOP_S, PitchTrack
from swara.service.take.sound import OCTAVE_BELOW_HZ, within_range

__all__ = ["LiveNotes", "Loudness", "Sung"]

_HOP = round(HOP_S * TRACK_RATE_HZ)
_SEEN = 8  # frames to either side that the level and the rise of the spectrum look at, and some to spare

QUIETEST_DB, LOUD_QUANTILE = 22.0, 0.9
"""As in `classifier.notes.events.sung_frames`, of all that was sung so far instead of the whole take."""

SETTLED_FRAMES = 30
"""A note that the voice left without a pause is final when so much was sung since: two shortest notes."""

LONG_FRAMES, LONGEST_FRAMES = 400, 1000
"""A stretch without a pause is looked at from its last final note on when it is longer than the first; of a
note that is held for longer than the second, the last so many frames are judged."""

ROOM_FRAMES, LEAST_ROOM_FRAMES = 500, 100
"""What the room sounds like is told from up to 5 s without a voice, and from no less than 1 s."""

_APART_FRAMES = 3  # a note that begins so near to the end of a final one may overlap it


@dataclass(frozen=True, slots=True)
class Sung:
    """A held note as it is known now.

    Parameters
    ----------
    id : int
        Its number, the same as long as it is the same note.
    held : HeldNote or None
        Where it lies and what it is; None where it turned out to be no held note.
    final : bool
        Whether it has ended.
    """

    id: int
    held: HeldNote | None
    final: bool


class Loudness:
    """How loud the singing has been so far, in bounded memory: a histogram of half decibels."""

    _LOWEST_DB, _STEP_DB, _BINS = -110.0, 0.5, 400

    def __init__(self) -> None:
        self._counts = np.zeros(self._BINS, np.int64)

    def add(self, levels_db: FloatArray) -> None:
        """Take in the levels of frames that are sung, in dB of full scale."""
        bins = np.clip(((levels_db - self._LOWEST_DB) / self._STEP_DB).astype(np.intp), 0, self._BINS - 1)
        np.add.at(self._counts, bins, 1)

    @property
    def loud_db(self) -> float | None:
        """What a tenth of it exceeds; None where nothing was sung."""
        total = int(self._counts.sum())
        if total == 0:
            return None
        place = int(np.searchsorted(np.cumsum(self._counts), LOUD_QUANTILE * total))
        return self._LOWEST_DB + self._STEP_DB * (place + 0.5)


class LiveNotes:
    """Finds held notes as they are sung.

    Samples and frames are given when a multiple of 100 ms has come, however they came: what is found does not
    depend on that. The last stretch without a pause is looked at each time, so that a push costs what that
    stretch costs, and no more as the take grows.
    """

    def __init__(self) -> None:
        self.loudness = Loudness()
        self._room: deque[float] = deque(maxlen=ROOM_FRAMES)
        self._samples: Samples = np.zeros(0, np.float32)
        self._first_sample = 0
        self._track = _nothing()
        self._level = self._flux = np.zeros(0)
        self._first = 0  # number of the first frame that is kept
        self._settled = 0  # frames before this one are final
        self._kept_from = 0  # first frame of the last final note
        self._open: Sung | None = None
        self._next_id = 1
        self._waits = 0

    @property
    def room_db(self) -> float | None:
        """Level of what was last heard without a voice, in dB; None where that is too little."""
        if len(self._room) < LEAST_ROOM_FRAMES:
            return None
        return quantile(np.array(self._room), 0.2)

    def hear(self, samples: Samples) -> None:
        """Take samples in, float32 of shape [n], at 16 kHz."""
        self._samples = np.concatenate([self._samples, samples])

    def advance(self, track: PitchTrack, *, ended: bool = False) -> tuple[Sung, ...]:
        """Go on through frames whose sound was heard, and 50 ms after it.

        Parameters
        ----------
        track : PitchTrack
            The frames since the last call.
        ended : bool
            Whether nothing follows.

        Returns
        -------
        tuple of Sung
            The notes of which there is something new, in order: those that ended, then the one that sounds.
        """
        self._add(track)
        self._waits -= 1
        sung = self._sung()
        if ended or self._waits <= 0 or not sung[-1:].all():
            self._waits = self._level.size // LONG_FRAMES  # 10 times a second, less often in a long stretch
            return self._look(sung, ended=ended)
        return ()

    def _add(self, track: PitchTrack) -> None:
        if not len(track):
            return
        start = self._first + len(self._track)
        before = min(_SEEN, start)
        first = (start - before) * _HOP - self._first_sample
        clip = Clip(self._samples[first : first + (before + len(track) + _SEEN) * _HOP], TRACK_RATE_HZ)
        own = slice(before, before + len(track))
        level, flux = level_db(clip)[own], spectral_flux_db(clip)[own]
        self.loudness.add(level[track.voiced])
        self._room.extend(level[~track.voiced].tolist())
        self._level, self._flux = np.concatenate([self._level, level]), np.concatenate([self._flux, flux])
        self._track = PitchTrack.joined([self._track, track])

    def _sung(self) -> BoolArray:
        loud_db = self.loudness.loud_db
        if loud_db is None:
            return self._track.voiced
        return self._track.voiced & (self._level > loud_db - QUIETEST_DB)

    def _look(self, sung: BoolArray, *, ended: bool) -> tuple[Sung, ...]:
        """Find the notes of what is kept; hand out what is new of them, and keep what is needed."""
        news: list[Sung] = []
        count = len(self._track)
        sounding: Sung | None = None
        for held in self._found(sung) if sung.any() else ():
            start, stop = round(held.start_s / HOP_S), round(held.end_s / HOP_S)
            if self._first + stop <= self._settled + _APART_FRAMES:
                continue
            over = ended or not sung[stop:].all() or count - stop >= SETTLED_FRAMES
            known = self._known(held, self._first + start)
            if over:
                news.append(replace(known, final=True))
                self._settled = self._first + stop
                self._kept_from = self._first + start
            else:
                sounding = known
                break
        gone = self._open
        told = {each.id for each in (*news, sounding) if each is not None}
        if gone is not None and gone.id not in told:
            news.insert(0, Sung(gone.id, None, final=True))
        self._open = sounding
        self._forget(sung)
        return (*news, sounding) if sounding is not None else tuple(news)

    def _found(self, sung: BoolArray) -> tuple[HeldNote, ...]:
        track = self._track
        if (track.hz[track.voiced] < OCTAVE_BELOW_HZ).any():
            track, sung = self._in_range(track, sung)
        duration_s = HOP_S * len(track)
        return held_notes(track, sung, self._level, self._flux, duration_s).notes

    def _in_range(self, track: PitchTrack, sung: BoolArray) -> tuple[PitchTrack, BoolArray]:
        """Leave out what a low voice is heard an octave too high in, as a report does."""
        first = self._first * _HOP - self._first_sample
        samples = self._samples[first : first + (len(track) - 1) * _HOP + 1]
        track, _ = within_range(Clip(samples, TRACK_RATE_HZ), track)
        return track, sung & track.voiced

    def _known(self, held: HeldNote, start: int) -> Sung:
        """Return a note under its number, at its place in the take."""
        offset_s = HOP_S * self._first
        held = replace(held, start_s=held.start_s + offset_s, end_s=held.end_s + offset_s)
        same = self._open
        if same is not None and same.held is not None and held.start_s < same.held.end_s:
            if start <= self._first + 1:  # its beginning is no longer kept
                longer_s = held.start_s - same.held.start_s
                held = replace(held, start_s=same.held.start_s, steady_s=held.steady_s + longer_s)
            self._open = None
            return Sung(same.id, held, final=False)
        self._next_id += 1
        return Sung(self._next_id - 1, held, final=False)

    def _forget(self, sung: BoolArray) -> None:
        """Let go of what is not looked at again."""
        end = self._first + sung.size
        pauses = np.flatnonzero(~sung)
        keep = self._first
        if pauses.size:
            keep += int(pauses[-1])
            self._settled = max(self._settled, keep)
        if end - keep > LONG_FRAMES:
            keep = max(keep, self._kept_from)
        keep = max(keep, end - LONGEST_FRAMES)
        if keep > self._first:
            lost = keep - self._first
            self._track = self._track.since(lost)
            self._level, self._flux = self._level[lost:], self._flux[lost:]
            self._first = keep
        first_sample = max(0, self._first - _SEEN) * _HOP
        if first_sample > self._first_sample:
            self._samples = self._samples[first_sample - self._first_sample :].copy()
            self._first_sample = first_sample


def _nothing() -> PitchTrack:
    nothing = np.zeros(0)
    return PitchTrack(nothing, nothing, nothing, np.zeros(0, np.bool_))
