"""Pitch while somebody sings: samples go in as they come, frames come out as soon as they are final."""

from __future__ import annotations

import numpy as np

from swara.data.arrays import FloatArray
from swara.data.clip import Clip, Samples
from swara.data.pitch_track import HOP_S, PitchTrack

from . import TRACK_RATE_HZ
from .decode import Path, Salience, local_hz
from .features import AROUND, NEIGHBOUR_FEATURES, Background, Features, most_likely, network_input
from .network import PitchNetwork, coarse_pass, refine_pass, shipped_network
from .spectrum import HOP, MARGIN, Levels, periodicity, spectra
from .voicing import Voicing

__all__ = ["LOOKAHEAD_S", "SETTLED_S", "PitchStream", "track_causal"]

_STEP = 2 * HOP  # the network takes two frames at a time
_SEEN = 2 * MARGIN + HOP  # what two frames see

LOOKAHEAD_S = (MARGIN + HOP) / TRACK_RATE_HZ
"""Sound that must have come after a frame's centre before the frame is final, in seconds: 74 ms."""

_AROUND = max(AROUND)  # frames to either side that a second look takes in
SETTLED_S = _AROUND * HOP_S
"""How much later than by the first look a frame is told by the second, in seconds."""

_ENTER, _LEAVE = 0.75, 0.65
"""Probability of a voice by the second look at which one starts, and below which it ends. On 24 melodies sung
at sight 1.6 % of as many frames as are sung are told otherwise than in a report; with the limits of the first
look 2.2 %, by that alone 2.5 %."""

_PUSHED = 10 * TRACK_RATE_HZ  # of a whole clip at once, so that it is not held twice
_TOGETHER = 10  # pairs of frames that are looked at in one go where so many have come: what fits a cache


class PitchStream:
    """The pitch head on a stream: what `HeadTracker` does, with the past alone to go by.

    A drone is told by the means of the past, the path goes where it is best so far, and the fine estimate is
    the first look alone. Whatever adds up over a frame is worked out for two frames at a time, however many
    have come, so that what comes out does not depend on how the samples were cut: to the last bit.

    Parameters
    ----------
    network : PitchNetwork, optional
        The shipped one by default, which streams share.
    looks_again : bool
        Whether `settled` is asked for what a second look finds, which is kept until then.
    """

    rate_hz = TRACK_RATE_HZ
    """Sample rate that it takes."""
    lookahead_s = LOOKAHEAD_S
    """How far behind the sound its frames come, in seconds."""

    def __init__(self, network: PitchNetwork | None = None, *, looks_again: bool = False) -> None:
        self._network = network or shipped_network()
        self._second = _SecondLook(self._network) if looks_again else None
        self._memory = self._network.memory()
        self._background = Background()
        self._path = Path()
        self._voicing = Voicing()
        self._waiting = np.zeros(MARGIN, np.float32)  # nothing sounds before the first sample
        self._samples = 0
        self._frames = 0
        self._finished = False

    def push(self, samples: Samples) -> PitchTrack:
        """Take samples in.

        Parameters
        ----------
        samples : float32 array, shape [n]
            What came since the last push, at `TRACK_RATE_HZ`; may be empty.

        Returns
        -------
        PitchTrack
            The frames that have become final, if any; their times go on from the last push. A frame's
            confidence is the probability that a voice sounds.

        Raises
        ------
        ValueError
            If the samples are not one channel of finite float32, or the stream is finished. A push that is
            refused leaves the stream as it was.
        """
        self._refuse_after_the_end()
        if samples.ndim != 1 or samples.dtype != np.float32:
            raise ValueError(f"expected one channel of float32, got {samples.dtype} of shape {samples.shape}")
        if not np.isfinite(samples).all():
            raise ValueError("a sample is not a finite number")
        self._samples += samples.size
        return self._advance(samples)

    def finish(self) -> PitchTrack:
        """Return the frames that are left, as though silence followed.

        With them there are ``1 + n // 160`` frames of `n` samples in all, as many as `HeadTracker` gives.

        Raises
        ------
        ValueError
            If the stream is finished already.
        """
        self._refuse_after_the_end()
        self._finished = True
        left = 1 + self._samples // HOP - self._frames
        reach = _SEEN + (left - 1) // 2 * _STEP
        return self._advance(np.zeros(max(0, reach - self._waiting.size), np.float32), left)

    def settled(self) -> PitchTrack:
        """Return the frames that were looked at again since the last call, with those around them.

        They come `SETTLED_S` later than those of `push`, each once, and all that are left after `finish`.
        Pitch and probability are nearer to those of `HeadTracker`, which knows what comes later too.

        Raises
        ------
        ValueError
            If the stream does not look again.
        """
        if self._second is None:
            raise ValueError("this stream does not look again: make it with looks_again")
        return self._second.settled(self._frames if self._finished else None)

    def _refuse_after_the_end(self) -> None:
        if self._finished:
            raise ValueError("the stream is finished: start another one")

    def _advance(self, samples: Samples, most: int | None = None) -> PitchTrack:
        """Go on through every pair of frames that is ready; hand out `most` frames, or all."""
        waiting = np.concatenate([self._waiting, samples])
        pairs = max(0, (waiting.size - _SEEN) // _STEP + 1)
        hz = np.empty(2 * pairs)
        voicing, periodic = np.empty((2, 2 * pairs), np.float32)
        for pair in range(0, pairs, _TOGETHER):
            count = min(_TOGETHER, pairs - pair)
            seen = waiting[pair * _STEP : (pair + count - 1) * _STEP + _SEEN]
            frames = slice(2 * pair, 2 * (pair + count))
            hz[frames], voicing[frames], periodic[frames] = self._pairs(seen)
        self._waiting = waiting[pairs * _STEP :].copy()
        return self._handed_out(hz[:most], voicing[:most], periodic[:most])

    def _pairs(self, samples: Samples) -> tuple[FloatArray, Salience, Levels]:
        """Hz, probability of a voice, and periodicity in the next frames, two by two."""
        seen = spectra(samples, together=2)
        means = self._background.push(seen.levels)
        salience, voicing = self._memory.run(network_input(seen.levels, means))
        coarse_hz = local_hz(salience, self._path.advance(salience, voicing)[0])
        hz, partials = coarse_pass(self._network, seen, means, coarse_hz)
        most, periodic = most_likely(seen, hz), periodicity(seen, hz)
        if self._second is not None:
            self._second.add(hz, voicing, partials, most, periodic)
        return hz, np.minimum(voicing, most), periodic

    def _handed_out(self, hz: FloatArray, voicing: Salience, periodic: Levels) -> PitchTrack:
        times_s = HOP_S * np.arange(self._frames, self._frames + hz.size, dtype=np.float64)
        self._frames += hz.size
        return PitchTrack(times_s, hz, voicing.astype(np.float64), self._voicing.push(voicing, hz, periodic))


class _SecondLook:
    """Mends frames by those around them, once these are there."""

    def __init__(self, network: PitchNetwork) -> None:
        self._network = network
        self._voicing = Voicing(enter=_ENTER, leave=_LEAVE)
        self._hz, self._most = np.empty(0), np.empty(0, np.float32)
        self._first_voicing = np.empty(0, np.float32)
        self._partials = np.empty((0, NEIGHBOUR_FEATURES), np.float32)
        self._periodic = np.empty(0, np.float32)
        self._first = self._done = 0  # frames: the first that is kept, the first that was not handed out

    def add(
        self, hz: FloatArray, voicing: Salience, partials: Features, most: Salience, periodic: Levels
    ) -> None:
        """Take in what the first look found."""
        self._hz, self._most = np.concatenate([self._hz, hz]), np.concatenate([self._most, most])
        self._first_voicing = np.concatenate([self._first_voicing, voicing])
        self._partials = np.concatenate([self._partials, partials])
        self._periodic = np.concatenate([self._periodic, periodic])

    def settled(self, most: int | None) -> PitchTrack:
        """Return the frames whose neighbours are there; after the end, up to frame `most`, all."""
        stop = self._first + self._hz.size - _AROUND if most is None else most
        stop = max(stop, self._done)
        new = slice(self._done - self._first, stop - self._first)
        hz, voicing = np.empty(0), np.empty(0, np.float32)
        periodic = self._periodic[new]
        if stop > self._done:
            hz, voicing = refine_pass(self._network, self._hz, self._first_voicing, self._partials)
            hz, voicing = hz[new], np.minimum(voicing[new], self._most[new])
        times_s = HOP_S * np.arange(self._done, stop, dtype=np.float64)
        self._done = stop
        self._forget(max(0, stop - _AROUND - self._first))
        return PitchTrack(times_s, hz, voicing.astype(np.float64), self._voicing.push(voicing, hz, periodic))

    def _forget(self, count: int) -> None:
        self._first += count
        self._hz, self._most = self._hz[count:], self._most[count:]
        self._first_voicing, self._partials = self._first_voicing[count:], self._partials[count:]
        self._periodic = self._periodic[count:]


def track_causal(clip: Clip, network: PitchNetwork | None = None) -> PitchTrack:
    """Track a whole clip as a stream would: what a singer sees live, to measure or to compare.

    Parameters
    ----------
    clip : Clip
        At `TRACK_RATE_HZ`.
    network : PitchNetwork, optional
        The shipped one by default.

    Returns
    -------
    PitchTrack
        One frame per 10 ms, the first centred on the first sample.

    Raises
    ------
    ValueError
        If the clip has another sample rate.
    """
    if clip.rate_hz != TRACK_RATE_HZ:
        raise ValueError(f"expected {TRACK_RATE_HZ} Hz, got {clip.rate_hz} Hz")
    stream = PitchStream(network)
    tracks = [stream.push(clip.samples[at : at + _PUSHED]) for at in range(0, clip.samples.size, _PUSHED)]
    tracks.append(stream.finish())
    return PitchTrack.joined(tracks)
