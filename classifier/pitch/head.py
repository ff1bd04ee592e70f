"""The pitch head: salience by a network, the best path through it, and a fine estimate along the path.

A recording goes through in blocks, each seen with what lies around it, so that memory stays bounded.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias, TypeVar, assert_never

import numpy as np

from swara.data.arrays import FloatArray, one_blas_thread, sealed, unsealed
from swara.data.audio.frames import SamplesAhead
from swara.data.clip import Sound
from swara.data.pitch_track import HOP_S, MAX_HZ, MIN_HZ, PitchTrack
from swara.data.storage.array_cache import ArrayCache
from swara.data.storage.npz import Arrays

from . import TRACK_RATE_HZ, PitchTracker, Progress
from .decode import Path, Salience, local_hz, trace
from .features import AROUND, WIDE_FRAMES, Features, Surroundings, most_likely, network_input
from .network import CHUNK, PitchNetwork, coarse_pass, refine_pass, shipped_digest, shipped_network
from .spectrum import HOP, MARGIN, Levels, Spectra, periodicity, spectra
from .voicing import sung_frames

__all__ = ["HeadTracker", "PitchCache", "PitchFrames", "TrackerName", "pitch_tracker", "tracker_fingerprint"]

_T = TypeVar("_T")

_REVISION = 6
"""To be raised when the same network answers differently: the tracks kept so far are then stale."""

_BLOCK = 400  # frames; an even number, more than WIDE_FRAMES
_AHEAD = 100  # frames after a block that its path is decided by
_NEAR = max(AROUND)  # frames to either side that the second look takes in


@dataclass(frozen=True, slots=True, eq=False)
class PitchFrames:
    """What the head makes of a stretch of frames.

    Parameters
    ----------
    salience : float32 array, shape [frames, PITCH_BINS]
        Belief in each pitch bin; adds up to 1.
    hz : float64 array, shape [frames]
        The pitch, voiced or not.
    voicing : float32 array, shape [frames]
        Probability that a voice sounds.
    periodicity : float32 array, shape [frames]
        Of `spectrum.periodicity`, at the pitch of the first look.
    """

    salience: Salience
    hz: FloatArray
    voicing: Salience
    periodicity: Levels


@dataclass(frozen=True, slots=True, eq=False)
class _Analyzed:
    """A block on its way: what it looks like, and what the network says of it."""

    spectra: Spectra
    backgrounds: Levels
    salience: Salience
    voicing: Salience


@dataclass(frozen=True, slots=True, eq=False)
class _Refined:
    """A block after its first look."""

    salience: Salience
    hz: FloatArray
    voicing: Salience
    partials: Features
    most: Salience
    periodicity: Levels


class HeadTracker:
    """The pitch head behind the `PitchTracker` seam.

    Parameters
    ----------
    network : PitchNetwork, optional
        The shipped one by default, which is loaded when it is first needed.
    """

    name = "head"

    def __init__(self, network: PitchNetwork | None = None) -> None:
        self._given = network

    @property
    def release(self) -> str:
        """Revision of the code, and digest of the network; the shipped one is not loaded for it."""
        digest = shipped_digest() if self._given is None else self._given.digest
        return f"{_REVISION} {digest}"

    @property
    def _network(self) -> PitchNetwork:
        return shipped_network() if self._given is None else self._given

    def track(
        self,
        clip: Sound,
        progress: Progress | None = None,
        salience: Callable[[Salience], object] | None = None,
    ) -> PitchTrack:
        """Track a whole recording.

        Parameters
        ----------
        clip : Sound
            At `TRACK_RATE_HZ`.
        progress : callable, optional
            Called with the share done after each block of 4 s.
        salience : callable, optional
            Given the salience of each block, in order: float32, shape [frames, PITCH_BINS].

        Returns
        -------
        PitchTrack
            One frame per 10 ms, the first centred on the first sample. Its confidence is the probability
            that a voice sounds.

        Raises
        ------
        ValueError
            If it has another sample rate.
        """
        frames = 1 + clip.sample_count // HOP
        hz, (voicing, periodic) = np.empty(frames), np.empty((2, frames), np.float32)
        done = 0
        for heard in self.hear(clip):
            stop = done + heard.hz.size
            hz[done:stop], voicing[done:stop], periodic[done:stop] = (
                heard.hz,
                heard.voicing,
                heard.periodicity,
            )
            done = stop
            if salience is not None:
                salience(heard.salience)
            if progress is not None:
                progress(done / frames)
        times_s = HOP_S * np.arange(frames, dtype=np.float64)
        return PitchTrack(times_s, hz, voicing.astype(np.float64), sung_frames(voicing, hz, periodic))

    def hear(self, sound: Sound) -> Iterator[PitchFrames]:
        """Go through a recording block by block, 4 s each; together they hold every frame once.

        Raises
        ------
        ValueError
            If it has another sample rate.
        """
        if sound.rate_hz != TRACK_RATE_HZ:
            raise ValueError(f"expected {TRACK_RATE_HZ} Hz, got {sound.rate_hz} Hz")
        frames = 1 + sound.sample_count // HOP
        before: _Refined | None = None
        seen = self._seen(SamplesAhead(sound.blocks()), frames + frames % 2)
        for block, after in _with_next(self._looked(seen)):
            heard = self._heard(before, block, after)
            yield PitchFrames(
                heard.salience[:frames], heard.hz[:frames], heard.voicing[:frames], heard.periodicity[:frames]
            )
            frames -= heard.hz.size
            before = block

    def _seen(self, samples: SamplesAhead, frames: int) -> Iterator[_Analyzed]:
        """Look at every block, knowing the blocks next to it."""
        memory, around = self._network.memory(), Surroundings()
        # A block is not needed any more when the third after it is looked at: its memory is used again.
        spectra_at: list[Spectra | None] = [None] * 3
        means_at: list[Levels | None] = [None] * 3
        block = spectra_at[0] = _block(samples, 0, frames)
        around.add(block.levels)
        for number, start in enumerate(range(0, frames, _BLOCK)):
            stop, now, then = start + block.levels.shape[0], number % 3, (number + 1) % 3
            after = None
            if stop < frames:
                after = spectra_at[then] = _block(samples, stop, frames, spectra_at[then])
                around.add(after.levels[:WIDE_FRAMES])
            means = means_at[now] = around.means(start, stop, means_at[now])
            pieces = (slice(at, at + 2 * CHUNK) for at in range(0, stop - start, 2 * CHUNK))
            found = [memory.run(network_input(block.levels[piece], means[piece])) for piece in pieces]
            salience, voicing = (np.concatenate(parts) for parts in zip(*found, strict=True))
            yield _Analyzed(block, means, salience, voicing)
            if after is not None:
                around.add(after.levels[WIDE_FRAMES:])
                block = after

    def _looked(self, blocks: Iterator[_Analyzed]) -> Iterator[_Refined]:
        """Find the path through each block, knowing how the next begins, and take the first look along it."""
        path = Path()
        for block, after in _with_next(blocks):
            best, before = path.advance(block.salience, block.voicing)
            end = int(best[-1])
            if after is not None:
                ahead = path.fork()
                later, came = ahead.advance(after.salience[:_AHEAD], after.voicing[:_AHEAD])
                end = came.came_from(0, int(trace(int(later[-1]), came)[0]))
            coarse_hz = local_hz(block.salience, trace(end, before))
            hz, partials = coarse_pass(self._network, block.spectra, block.backgrounds, coarse_hz)
            most, periodic = most_likely(block.spectra, hz), periodicity(block.spectra, hz)
            yield _Refined(block.salience, hz, block.voicing, partials, most, periodic)

    def _heard(self, before: _Refined | None, block: _Refined, after: _Refined | None) -> PitchFrames:
        """Take the second look at a block, knowing the frames next to it."""
        known = [(before, slice(-_NEAR, None)), (block, slice(None)), (after, slice(_NEAR))]
        parts = [(part.hz[at], part.voicing[at], part.partials[at]) for part, at in known if part is not None]
        first = 0 if before is None else min(_NEAR, before.hz.size)
        hz, voicing = refine_pass(
            self._network, *(np.concatenate(column) for column in zip(*parts, strict=True))
        )
        own = slice(first, first + block.hz.size)
        return PitchFrames(block.salience, hz[own], np.minimum(voicing[own], block.most), block.periodicity)


def _with_next(items: Iterator[_T]) -> Iterator[tuple[_T, _T | None]]:
    """Pair each item with the one after it, the last with None."""
    item: _T | None = next(items, None)
    while item is not None:
        after = next(items, None)
        yield item, after
        item = after


def _block(samples: SamplesAhead, start: int, frames: int, into: Spectra | None = None) -> Spectra:
    """Look at up to `_BLOCK` frames from `start` on; nothing sounds before and after the recording."""
    stop = min(start + _BLOCK, frames)
    with one_blas_thread():
        return spectra(samples.between(start * HOP - MARGIN, (stop - 1) * HOP + MARGIN), into=into)


TrackerName: TypeAlias = Literal["head"]


def pitch_tracker(name: TrackerName) -> PitchTracker:
    """Return the tracker of that name.

    Parameters
    ----------
    name : {"head"}
        The pitch head, the only one that ships. Its file is loaded when it first tracks: it raises
        `HeadError` then where the file is absent or damaged.
    """
    match name:
        case "head":
            return HeadTracker()
        case _:
            assert_never(name)


def tracker_fingerprint(tracker: PitchTracker) -> str:
    """Return 16 hex digits that differ between trackers whose answers do."""
    fields = [tracker.name, tracker.release, TRACK_RATE_HZ, HOP_S, MIN_HZ, MAX_HZ]
    return hashlib.sha256(json.dumps(fields).encode()).hexdigest()[:16]


class PitchCache(ArrayCache[PitchTrack]):
    """An `ArrayCache` of pitch tracks, by the fingerprint of the tracker; each with its own digest."""

    def put(self, fingerprint: str, sha256: str, track: PitchTrack) -> None:
        """Keep the track of the recording with this digest.

        Raises
        ------
        OutputError
            If it cannot be written.
        """
        names = ("times_s", "hz", "confidence", "voiced")
        arrays = {name: getattr(track, name) for name in names}
        self.save(fingerprint, sha256, sealed(fingerprint, sha256, arrays))

    def decode(self, arrays: Arrays, fingerprint: str, sha256: str) -> PitchTrack:
        """Return the track, its digest compared; one written before there were digests has none."""
        track = PitchTrack(**(unsealed(fingerprint, sha256, arrays) if "digest" in arrays else arrays))
        if track.hz.dtype != np.float64 or track.voiced.dtype != np.bool_:
            raise ValueError("not a pitch track")
        return track
