"""A recording in any usual format becomes a `Clip`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeAlias, TypeVar

import numpy as np

from swara.data.arrays import FloatArray
from swara.data.clip import Clip, Samples
from swara.data.errors import AudioError, MissingPackage

from .containers import first_byte, is_plain
from .frames import level_db
from .level import LOUDEST, Level, LevelMeter, StraySamples
from .piped import STDIN, digest_of, is_pipe, opened, readable, received, take_name
from .reader import Collector, Mono, Reader, Refused, Resampler, check_rate, not_finite, too_long
from .soundfile_reader import SoundfileReader

if TYPE_CHECKING:
    from .array_reader import SampleArray

__all__ = [
    "MAX_DURATION_S",
    "MIN_DURATION_S",
    "RATE_HZ",
    "STDIN",
    "Decoded",
    "Flow",
    "Open",
    "Pour",
    "Poured",
    "damage",
    "decode",
    "decode_samples",
    "first_that_reads",
    "is_pipe",
    "load_clip",
    "received",
    "spoken_name",
    "take_name",
    "understood",
]

RATE_HZ = 16_000
"""Rate that the analysis works at: holds every partial of a voice that a pitch tracker uses."""

MAX_DURATION_S = 1200.0
"""Longest recording accepted unless told otherwise."""

MIN_DURATION_S = 0.2
"""Shortest recording accepted: one steady note of 150 ms and its edges."""

_TOLERANCE_S = 0.1
_FORMATS = "Use a recording in WAV, FLAC, OGG, MP3, M4A, AAC, WebM or Opus"

_Found = TypeVar("_Found")
Open: TypeAlias = Callable[[int | None], Reader]
"""Opens a recording from its beginning, given the number of a track or None."""


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """A recording and what its reader must know about it.

    Parameters
    ----------
    clip : Clip
        All that could be decoded; of a very quiet recording, raised.
    warnings : tuple of str
        Sentences without full stop: damage, an end that comes before the header says, a choice of track or
        channel. Empty when whole and plain.
    level : Level
        How loud it is, as recorded.
    track : int
        Which sound of the file it is, from 1 on.
    sha256 : str or None
        Digest of the bytes, 64 hex digits, where they came through a pipe and cannot be had again.
    """

    clip: Clip
    warnings: tuple[str, ...]
    level: Level
    track: int = 1
    sha256: str | None = None


def load_clip(path: Path, *, rate_hz: int = RATE_HZ, max_duration_s: float | None = MAX_DURATION_S) -> Clip:
    """Return the recording at `path` as mono at `rate_hz`: `decode` without its warnings."""
    return decode(path, rate_hz=rate_hz, max_duration_s=max_duration_s).clip


def decode(
    path: Path,
    *,
    rate_hz: int = RATE_HZ,
    max_duration_s: float | None = MAX_DURATION_S,
    track: int | None = None,
    file: BinaryIO | None = None,
) -> Decoded:
    """Decode the recording at `path` to one channel at `rate_hz`.

    Time runs from the first sample of the sound, or from the start of the video that it belongs to: the delay
    that MP3, M4A and Opus encoders put before it is removed. The channel is the mean of all, or the loudest
    where they cancel. Only the result is held in memory, 4 bytes a sample, never the source.

    Parameters
    ----------
    path : Path
        Any sample rate, up to `MOST_CHANNELS` channels; a pipe, or `STDIN`, is read to its end first.
    rate_hz : int
        Sample rate of the result.
    max_duration_s : float or None
        Longest recording accepted, in seconds; None lifts the limit.
    track : int, optional
        Which sound of a file with several, from 1 on; the default one, or one that sounds, if not given.
    file : file, optional
        What was `received` through the pipe at `path`.

    Raises
    ------
    AudioError
        If there is no such file, or it is a folder or a device; if it may not be read, or no decoder
        understands it; if it holds no sound, or less than `MIN_DURATION_S`, or what is no finite number.
    AudioTooLong
        If it lasts longer than `max_duration_s`.
    MissingPackage
        If the format needs PyAV and it is not installed.
    """
    where = spoken_name(path)
    with readable(where), opened(path, where) if file is None else nullcontext(file) as source:
        decoded, refusals = first_that_reads(
            source, where, lambda reader: _listen(reader, where, rate_hz, max_duration_s, track)
        )
        digest = digest_of(source) if is_pipe(path) else None
        return replace(decoded, warnings=decoded.warnings + damage(refusals), sha256=digest)


def spoken_name(path: Path) -> str:
    """Return what errors call a recording."""
    return "stdin" if path == STDIN else str(path)


def first_that_reads(
    source: BinaryIO, where: str, listen: Callable[[Open], _Found]
) -> tuple[_Found, list[Exception]]:
    """Return what the first decoder makes of a recording that can read it, and why those before could not."""
    refusals: list[Exception] = []
    for open_reader in _readers(source):
        try:
            return listen(open_reader), refusals
        except (Refused, OSError) as refusal:  # OSError: the disk fails half-way
            refusals.append(refusal)
        except MissingPackage as missing:
            raise MissingPackage(missing.what, where=where, fix=missing.fix) from None
    reasons = "; ".join(str(refusal) for refusal in refusals)
    raise AudioError(f"this is not a recording that can be read ({reasons})", where=where, fix=_FORMATS)


def decode_samples(
    samples: SampleArray,
    source_hz: float,
    *,
    rate_hz: int = RATE_HZ,
    max_duration_s: float | None = MAX_DURATION_S,
    where: str = "samples",
) -> Decoded:
    """Make of samples in memory what `decode` makes of a file that holds them.

    Parameters
    ----------
    samples : array, shape [n] or [n, channels]
        See `ArrayReader`; it stays as it is, and the clip is a copy.
    source_hz : float
        Their sample rate, a whole number.
    rate_hz, max_duration_s
        As for `decode`.
    where : str
        What the errors call the array.

    Raises
    ------
    TypeError, ValueError
        If it is no array of samples, or the rate is none.
    AudioError, AudioTooLong
        As `decode`.
    """
    from .array_reader import ArrayReader  # who reads files has no use for it

    reader = ArrayReader(samples, source_hz, where)
    return _listen(lambda _: reader, where, rate_hz, max_duration_s, None)


def _readers(file: BinaryIO) -> Iterator[Open]:
    """Yield the decoders to try, in order: what is not plain goes to another process, which may break."""
    if is_plain(file, first_byte(file)):
        yield lambda track: SoundfileReader(file, track)
    from .av_reader import AvReader

    yield lambda track: AvReader(file, track)


@dataclass(frozen=True, slots=True, eq=False)
class Poured:
    """A recording read once to its end; of one in passing no samples are kept."""

    samples: Samples
    sample_count: int
    level: Level
    faults: tuple[str, ...]
    track: int
    tracks: int
    channels: int
    better_channel: int | None


Pour: TypeAlias = Callable[[int | None, int | None], Poured]
"""Reads a recording: a track of it, and one channel alone, if given."""


def _listen(
    open_reader: Open, where: str, rate_hz: int, max_duration_s: float | None, track: int | None
) -> Decoded:
    """Read a recording, again where what was read first is not what was sung."""

    def pour(number: int | None, channel: int | None) -> Poured:
        with closing(open_reader(number)) as reader:
            flow, kept = Flow(reader, where, rate_hz, max_duration_s, channel), Collector()
            for block in flow.blocks():
                kept.add(block)
            samples = kept.finish()
            return flow.poured(samples, samples.size, level_db(Clip(samples, rate_hz)))

    found, remarks, _ = understood(pour, track)
    samples = found.samples
    if lift_db := found.level.lift_db:
        samples *= np.float32(10.0 ** (lift_db / 20.0))
    return Decoded(Clip(samples, rate_hz), (*found.faults, *remarks), found.level, found.track)


def understood(pour: Pour, track: int | None) -> tuple[Poured, list[str], int | None]:
    """Read a recording, again where what was read first is not what was sung; tell of it, and the channel."""
    found, remarks = pour(track, None), []
    if found.tracks > 1 and track is None:
        found = _that_sounds(found, pour)
        remarks.append(
            f"the file holds {found.tracks} tracks of sound; number {found.track} was read, and --track takes"
            " another"
        )
    channel = found.better_channel
    if channel is not None:
        found = pour(found.track, channel)
        remarks.append(
            f"its {found.channels} channels cancel each other, so channel {channel + 1} alone was read"
        )
    return found, remarks, channel


def _that_sounds(found: Poured, pour: Pour) -> Poured:
    """Return the track that was read if it sounds, else the loudest of all."""
    for number in range(1, found.tracks + 1):
        if not found.level.is_silent:
            break
        if number == found.track:
            continue
        try:
            other = pour(number, None)
        except (Refused, AudioError):  # this one is no way out
            continue
        found = max(found, other, key=lambda each: each.level.loud_db)
    return found


class Flow:
    """A recording on its way from a reader: one channel, at one rate, without what can be no sound."""

    def __init__(
        self, reader: Reader, where: str, rate_hz: int, max_duration_s: float | None, channel: int | None
    ) -> None:
        _check_header(reader, where, max_duration_s)
        self._reader, self._where = reader, where
        self._faults: tuple[str, ...] = ()
        self._mono, self._strays, self._meter = Mono(channel), StraySamples(), LevelMeter()
        self._resampler = Resampler(rate_hz, max_duration_s=max_duration_s, where=where)

    def blocks(self) -> Iterator[Samples]:
        """Yield it block by block, to the end; refuse it there if there was nothing, or too little."""
        reader, resampler, meter = self._reader, self._resampler, self._meter
        for frames in reader.blocks():
            if not (np.isfinite(frames.min(initial=0.0)) and np.isfinite(frames.max(initial=0.0))):
                at_s = resampler.duration_s + int(np.argmin(np.isfinite(frames).all(axis=1))) / reader.rate_hz
                raise not_finite(at_s, self._where)
            block = self._mono.mix(self._strays.without(frames, resampler.duration_s, reader.rate_hz))
            meter.add(block, reader.rate_hz)
            if meter.loudest > LOUDEST:
                raise Refused(f"its samples are no sound: they reach {meter.loudest:.0e} times full scale")
            yield from resampler.resampled(block, reader.rate_hz)
        yield from resampler.rest()
        self._faults = reader.faults()
        _check_length(resampler.duration_s, self._faults, self._where)

    def poured(self, samples: Samples, count: int, levels_db: FloatArray) -> Poured:
        """Say what came of it, after the last block; `levels_db` are those of the frames that came out."""
        reader, duration_s, mono = self._reader, self._resampler.duration_s, self._mono
        faults = self._faults
        if self._strays.count:
            stray = "1 sample" if self._strays.count == 1 else f"{self._strays.count} samples"
            where = f"at {self._strays.first_s:.3f} s, left out"
            faults = (f"{stray} that no sound can have, {where}", *faults)
        if reader.promised_s is not None and reader.promised_s - duration_s > _TOLERANCE_S:
            promise = f"the {reader.promised_s:.2f} s that the file promises"
            faults = (f"only {duration_s:.2f} s of {promise} could be decoded", *faults)
        level = self._meter.level(levels_db)
        return Poured(
            samples, count, level, faults, reader.track, reader.tracks, mono.channels, mono.better_channel
        )


def _check_length(duration_s: float, faults: tuple[str, ...], where: str) -> None:
    if duration_s == 0 and faults:
        raise Refused(f"nothing could be decoded: {faults[0]}")
    if duration_s == 0:
        raise AudioError("the recording holds no samples", where=where, fix="Record or export it again")
    if duration_s < MIN_DURATION_S:
        raise AudioError(
            f"the recording lasts {duration_s:.3g} s; at least {MIN_DURATION_S:g} s are needed",
            where=where,
            fix="Record a longer take",
        )


def _check_header(reader: Reader, where: str, max_duration_s: float | None) -> None:
    check_rate(reader.rate_hz)
    promised_s = reader.promised_s if reader.bounded else None
    if max_duration_s is not None and promised_s is not None and promised_s > max_duration_s:
        raise too_long(promised_s, max_duration_s, where)


def damage(refusals: list[Exception]) -> tuple[str, ...]:
    """Say why the first decoder broke off in a file that the second one read."""
    return tuple(
        f"the file is damaged ({refusal}); FFmpeg read it, but part of it may sound wrong"
        for refusal in refusals
        if isinstance(refusal, OSError) or (isinstance(refusal, Refused) and refusal.midway)
    )
