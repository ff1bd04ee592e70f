"""Pitch while somebody sings: samples go in as they come, frames come out as soon as they are final."""

from __future__ import annotations

import numpy as np

from swara.data.arrays import FloatArray
from swara.data.clip import Clip, Samples
from swara.data.pitch_track import HOP_S, PitchTrack

from . import TRACK_RATE_HZ
from .decode import Path, Salience, Voicing, local_hz
from .features import Background, audible, network_input
from .network import PitchNetwork, coarse_pass, shipped_network
from .spectrum import HOP, MARGIN, spectra

__all__ = ["LOOKAHEAD_S", "PitchStream", "track_causal"]

_STEP = 2 * HOP  # the network takes two frames at a time
_SEEN = 2 * MARGIN + HOP  # what two frames see

LOOKAHEAD_S = (MARGIN + HOP) / TRACK_RATE_HZ
"""Sound that must have come after a frame's centre before the frame is final, in seconds: 74 ms."""

_PUSHED = 10 * TRACK_RATE_HZ  # of a whole clip at once, so that it is not held twice


class PitchStream:
    """The pitch head on a stream: what `HeadTracker` does, with the past alone to go by.

    A drone is told by the means of the past, the path goes where it is best so far, and the fine estimate is
    the first look alone. Two frames are always worked out together, so that what comes out does not depend on
    how the samples were cut into blocks: to the last bit.

    Parameters
    ----------
    network : PitchNetwork, optional
        The shipped one by default, which streams share.
    """

    rate_hz = TRACK_RATE_HZ
    """Sample rate that it takes."""
    lookahead_s = LOOKAHEAD_S
    """How far behind the sound its frames come, in seconds."""

    def __init__(self, network: PitchNetwork | None = None) -> None:
        self._network = network or shipped_network()
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

    def _refuse_after_the_end(self) -> None:
        if self._finished:
            raise ValueError("the stream is finished: start another one")

    def _advance(self, samples: Samples, most: int | None = None) -> PitchTrack:
        """Go on through every pair of frames that is ready; hand out `most` frames, or all."""
        waiting = np.concatenate([self._waiting, samples])
        starts = range(0, waiting.size - _SEEN + 1, _STEP)
        hz = np.empty((len(starts), 2))
        voicing = np.empty((len(starts), 2), np.float32)
        for pair, start in enumerate(starts):
            hz[pair], voicing[pair] = self._pair(waiting[start : start + _SEEN])
        self._waiting = waiting[len(starts) * _STEP :].copy()
        return self._handed_out(hz.reshape(-1)[:most], voicing.reshape(-1)[:most])

    def _pair(self, samples: Samples) -> tuple[FloatArray, Salience]:
        """Hz and probability of a voice in the next two frames."""
        seen = spectra(samples)
        means = self._background.push(seen.levels)
        salience, voicing = self._memory.run(network_input(seen.levels, means))
        best, _ = self._path.advance(salience, voicing)
        hz, _ = coarse_pass(self._network, seen, means, local_hz(salience, best))
        return hz, voicing * audible(seen.levels)

    def _handed_out(self, hz: FloatArray, voicing: Salience) -> PitchTrack:
        times_s = HOP_S * np.arange(self._frames, self._frames + hz.size, dtype=np.float64)
        self._frames += hz.size
        return PitchTrack(times_s, hz, voicing.astype(np.float64), self._voicing.push(voicing, hz))


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
    columns = zip(*((t.times_s, t.hz, t.confidence, t.voiced) for t in tracks), strict=True)
    return PitchTrack(*(np.concatenate(column) for column in columns))
