"""What is measured on demand: where Sa is, whether Pa is a fifth above it, how much drone leaks in."""

from __future__ import annotations

import math

import numpy as np

from swara.classifier.notes import HeldNote, find_held_notes
from swara.classifier.pitch import TRACK_RATE_HZ
from swara.data.arrays import quantile
from swara.data.audio.frames import level_db
from swara.data.clip import Clip, Samples
from swara.data.pitch_track import HOP_S, PitchTrack
from swara.raga.tonic_names import MAX_SA_HZ, MIN_SA_HZ, note_name
from swara.service.phrases import how_off, note_words, percent

from .events import Fifth, Leak, SaFound

__all__ = ["LeakMeter", "SungPitch"]

SUNG_S, WAIT_S = 3.0, 8.0
"""How long is listened from the first sung frame on, and how long for that."""

LEAST_STEADY_S, LEAST_SHARE = 1.0, 0.6
"""So much of it must be steady, and so large a share of what is voiced lie on one pitch, to call it held."""

SAME_CENTS = 50.0
FIFTH_CENTS, FIFTH_WITHIN_CENTS = 1200.0 * math.log2(1.5), 40.0


class SungPitch:
    """Listens for one held note, in a few seconds from now.

    Parameters
    ----------
    start : int
        Number of the first sample that is given; the first frames lie before it, and are left out.
    """

    def __init__(self, start: int = 0) -> None:
        self._start = start
        self._samples: list[Samples] = []
        self._tracks: list[PitchTrack] = []
        self._frames = self._sung_from = 0

    def hear(self, samples: Samples, track: PitchTrack) -> bool:
        """Take in what came, samples at 16 kHz and frames; tell whether that is enough."""
        self._samples.append(samples)
        self._tracks.append(track)
        if not self._sung_from and track.voiced.any():
            self._sung_from = self._frames + int(np.argmax(track.voiced)) + 1
        self._frames += len(track)
        since = self._frames - self._sung_from if self._sung_from else -1
        return since >= round(SUNG_S / HOP_S) or (since < 0 and self._frames >= round(WAIT_S / HOP_S))

    def held(self) -> tuple[float | None, float, str]:
        """Return the pitch that was held in Hz, the share of the voice that lies on it, and why if none."""
        track, samples = self._side_by_side()
        if not track.voiced.any():
            return None, 0.0, "no voice was heard"
        clip = Clip(samples, TRACK_RATE_HZ)
        notes = find_held_notes(clip, track).notes
        if not notes:
            return None, 0.0, "nothing was held steadily"
        longest = max(notes, key=lambda note: note.steady_s)
        same = [note for note in notes if abs(_cents(note.hz, longest.hz)) <= SAME_CENTS]
        steady_s = sum(note.steady_s for note in same)
        share = min(1.0, steady_s / (HOP_S * int(np.count_nonzero(track.voiced))))
        if steady_s < LEAST_STEADY_S:
            return None, share, f"no pitch was held for {LEAST_STEADY_S:g} s"
        if share < LEAST_SHARE:
            return None, share, f"only {percent(share)} of it was steady on one pitch"
        return _mean_hz(same), share, ""

    def _side_by_side(self) -> tuple[PitchTrack, Samples]:
        """Return the frames whose centres were given, and the samples from the first centre to the last."""
        track, hop = PitchTrack.joined(self._tracks), round(HOP_S * TRACK_RATE_HZ)
        first = -(-self._start // hop)
        skipped = max(0, first - round(float(track.times_s[0]) / HOP_S)) if len(track) else 0
        track = track.since(skipped)
        begin = first * hop - self._start
        return track, np.concatenate(self._samples)[begin : begin + max(0, len(track) - 1) * hop + 1]

    def as_sa(self) -> SaFound:
        """Return what was held as Sa."""
        hz, share, why = self.held()
        if hz is None:
            return SaFound(
                None, None, share, f"Cannot tell Sa: {why}; sing one note, evenly, for {SUNG_S:g} s"
            )
        if not MIN_SA_HZ <= hz <= MAX_SA_HZ:
            way = "low" if hz < MIN_SA_HZ else "high"
            return SaFound(
                None, None, share, f"{hz:.0f} Hz is too {way} for a Sa: sing it in your middle octave"
            )
        return SaFound(hz, note_name(hz), share, f"Sa is {note_words(note_name(hz))}, {hz:.1f} Hz")

    def as_pa(self, sa_hz: float) -> Fifth:
        """Return whether what was held is Pa above, or below, a Sa in Hz."""
        hz, _, why = self.held()
        if hz is None:
            return Fifth(None, None, f"Cannot tell: {why}; sing Pa, evenly, for {SUNG_S:g} s")
        off = (_cents(hz, sa_hz) - FIFTH_CENTS + 600.0) % 1200.0 - 600.0
        if abs(off) <= FIFTH_WITHIN_CENTS:
            return Fifth(off, True, f"That is Pa of this Sa, {how_off(off)}")
        return Fifth(
            off, False, "That is not Pa of this Sa: either Sa lies elsewhere, or it was another swara"
        )


class LeakMeter:
    """Compares the sound while the tanpura plays with the sound before.

    Whoever sings meanwhile is counted as tanpura: a drone that sets in is itself taken for a voice at first,
    and the two cannot be told apart in two seconds.

    Parameters
    ----------
    room_db : float or None
        Level before, where enough of it was heard that was not sung.
    voice_db : float or None
        Level of the singer's loud singing, where there was any.
    """

    SKIPPED_S, MEASURED_S = 0.4, 2.0
    """What it takes until the tanpura sounds, and how long is listened then."""

    HEARD_DB = 3.0
    GOOD_DB, POOR_DB = 15.0, 5.0
    """How far below the voice: the head hears 99% of a voice 10 dB above a tanpura, 97% of one no
    louder (docs/benchmarks/pitch.md); what leaks in is also in the recording."""

    def __init__(self, room_db: float | None, voice_db: float | None) -> None:
        self._room_db, self._voice_db = room_db, voice_db
        self._samples: list[Samples] = []
        self._frames = 0

    def hear(self, samples: Samples, track: PitchTrack) -> bool:
        """Take in what came; tell whether that is enough."""
        self._samples.append(samples)
        self._frames += len(track)
        return HOP_S * self._frames >= self.SKIPPED_S + self.MEASURED_S

    def result(self) -> Leak:
        """Return what leaks in."""
        heard = np.concatenate(self._samples)[round(self.SKIPPED_S * TRACK_RATE_HZ) :]
        if self._room_db is None:
            return Leak(None, None, "Cannot tell what leaks in: be silent for 2 s before the tanpura plays")
        on_db = quantile(level_db(Clip(heard, TRACK_RATE_HZ)), 0.5)
        over_db = on_db - self._room_db
        if over_db < self.HEARD_DB:
            return Leak(max(0.0, over_db), None, "Nothing of the tanpura reaches the microphone")
        drone_db = 10.0 * math.log10(10.0 ** (on_db / 10.0) - 10.0 ** (self._room_db / 10.0))
        if self._voice_db is None:
            words = f"The tanpura reaches the microphone, {over_db:.0f} dB above the room; sing to compare"
            return Leak(over_db, None, words)
        below_db = self._voice_db - drone_db
        return Leak(over_db, below_db, self._compared(below_db))

    def _compared(self, below_db: float) -> str:
        where = f"{abs(below_db):.0f} dB {'below' if below_db >= 0 else 'above'} your voice"
        if below_db >= self.GOOD_DB:
            return f"The tanpura reaches the microphone {where}, which does no harm"
        if below_db >= self.POOR_DB:
            return f"The tanpura reaches the microphone {where}: play it softer or use headphones"
        return f"The tanpura reaches the microphone {where}, too loud: use headphones"


def _cents(hz: float, reference_hz: float) -> float:
    return 1200.0 * math.log2(hz / reference_hz)


def _mean_hz(notes: list[HeldNote]) -> float:
    """Return the mean pitch of notes close to each other, weighed by how long they are steady."""
    total_s = sum(note.steady_s for note in notes)
    mean = sum(note.steady_s * math.log2(note.hz) for note in notes) / total_s
    return float(2.0**mean)
