"""The same sound twice: one file under two names, or encoded anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from swara.data.audio.decode import load_clip
from swara.data.clip import Clip, Samples
from swara.data.pitch_track import HOP_S, PitchTrack
from swara.data.recording import Recording
from swara.data.sample_corpus.corpus import audio_path
from swara.raga.errors import SwaraError

from .findings import Finding, finding, remove

__all__ = ["Fingerprint", "find_duplicates", "fingerprint", "similarity"]

ALIKE = 0.97
"""Correlation of two waveforms below 1 kHz from which they are one sound.

Takes of one note by one synthesized voice, aimed at the same pitch, come to 0.93 at most; an MP3, Vorbis or
Opus of a take to 0.997 and more.
"""

_LENGTH_S = 0.15
"""What an encoder may add or take."""

_PITCH_CENTS = 15.0
_VOICED_S, _VOICED_SHARE = 0.1, 0.05
"""How much more or less of it may seem voiced, and the same as a share of the duration."""

_RATE_HZ = 2_000
"""Codecs keep the waveform itself down here."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What is kept of a recording so that only few need be compared closely.

    Parameters
    ----------
    recording : Recording
        Whose sound it is of.
    duration_s, voiced_s : float
        Length of the recording, and of what is sung in it.
    pitch_cents : float
        Median of its pitch, above 1 Hz; 0 where nothing is voiced.
    """

    recording: Recording
    duration_s: float
    voiced_s: float
    pitch_cents: float

    def may_be(self, other: Fingerprint) -> bool:
        """Tell whether the two may be one sound."""
        return (
            abs(self.duration_s - other.duration_s) <= _LENGTH_S
            and abs(self.voiced_s - other.voiced_s) <= _VOICED_S + _VOICED_SHARE * self.duration_s
            and abs(self.pitch_cents - other.pitch_cents) <= _PITCH_CENTS
        )


def fingerprint(recording: Recording, clip: Clip, track: PitchTrack) -> Fingerprint:
    """Return the outline of a recording."""
    sung_hz = track.hz[track.voiced]
    cents = 1200.0 * float(np.log2(np.median(sung_hz))) if sung_hz.size else 0.0
    return Fingerprint(recording, clip.duration_s, HOP_S * sung_hz.size, cents)


def find_duplicates(
    outlines: Sequence[Fingerprint], progress: Callable[[float], None] | None = None
) -> Iterator[Finding]:
    """Yield every recording that is the sound of one before it, in the order of `outlines`."""
    by_length = sorted(enumerate(outlines), key=lambda one: one[1].duration_s)
    doubled: dict[int, Finding] = {}
    for place, (number, one) in enumerate(by_length, 1):
        for other_number, other in by_length[place:]:
            if other.duration_s - one.duration_s > _LENGTH_S:
                break
            first, second = sorted((number, other_number))
            if second in doubled or not one.may_be(other):
                continue
            if twin := _twin(outlines[first].recording, outlines[second].recording):
                doubled[second] = twin
        if progress is not None:
            progress(place / len(by_length))
    yield from (doubled[number] for number in sorted(doubled))


def similarity(one: Samples, other: Samples) -> float:
    """Return the highest correlation of two waveforms over all shifts, 0 to 1, whatever level and sign."""
    size = 1 << (one.size + other.size - 1).bit_length()
    product = np.fft.rfft(one, size) * np.conj(np.fft.rfft(other, size))
    energy = float(np.linalg.norm(one) * np.linalg.norm(other))
    return min(1.0, float(np.abs(np.fft.irfft(product, size)).max()) / energy) if energy else 0.0


def _twin(first: Recording, second: Recording) -> Finding | None:
    fix = f"Keep one; to forget this: {remove(second)}"
    if first.sha256 == second.sha256:
        return finding(second, "duplicate", f"the same file as {first.path}", fix, other=first.id)
    try:
        sounds = [
            load_clip(audio_path(each), rate_hz=_RATE_HZ, max_duration_s=None) for each in (first, second)
        ]
    except SwaraError:  # the check has told of it, or the file went in this moment
        return None
    alike = similarity(sounds[0].samples, sounds[1].samples)
    if alike < ALIKE:
        return None
    what = f"the same sound as {first.path} ({first.id}), encoded anew"
    return finding(second, "duplicate", what, fix, other=first.id)
