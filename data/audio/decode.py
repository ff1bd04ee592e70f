"""A recording in any usual format becomes a `Clip`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeAlias

import numpy as np

from swara.data.clip import Clip, Samples
from swara.data.errors import AudioError, MissingPackage

from .containers import first_byte, is_plain
from .level import LOUDEST, Level, LevelMeter, StraySamples
from .piped import STDIN, digest_of, is_pipe, opened, readable, received, take_name
from .reader import Collector, Mono, Reader, Refused, check_rate, not_finite, too_long
from .soundfile_reader import SoundfileReader

if TYPE_CHECKING:
    from .array_reader import SampleArray

__all__ = [
    "MAX_DURATION_S",
    "MIN_DURATION_S",
    "RATE_HZ",
    "STDIN",
    "Decoded",
    "decode",
    "decode_samples",
    "is_pipe",
    "load_clip",
    "received",
    "take_name",
]

RATE_HZ = 16_000
"""Rate that the analysis works at: holds every partial of a voice that a pitch tracker uses."""

MAX_DURATION_S = 1200.0
"""Longest recording accepted unless told otherwise."""

MIN_DURATION_S = 0.2
"""Shortest recording accepted: one steady note of 150 ms and its edges."""

_TOLERANCE_S = 0.1
_FORMATS = "Use a recording in WAV, FLAC, OGG, MP3, M4A, AAC, WebM or Opus"

_Open: TypeAlias = Callable[[int | None], Reader]
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
    where = "stdin" if path == STDIN else str(path)
    refusals: list[Exception] = []
    with readable(where), opened(path, where) if file is None else nullcontext(file) as source:
        for open_reader in _readers(source):
            try:
                decoded = _listen(open_reader, where, rate_hz, max_duration_s, track)
            except (Refused, OSError) as refusal:  # OSError: the disk fails half-way
                refusals.append(refusal)
            except MissingPackage as missing:
                raise MissingPackage(missing.what, where=where, fix=missing.fix) from None
            else:
                digest = digest_of(source) if is_pipe(path) else None
                return replace(_with_warnings(decoded, refusals), sha256=digest)
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


def _readers(file: BinaryIO) -> Iterator[_Open]:
    """Yield the decoders to try, in order: what is not plain goes to another process, which may break."""
    if is_plain(file, first_byte(file)):
        yield lambda track: SoundfileReader(file, track)
    from .av_reader import AvReader

    yield lambda track: AvReader(file, track)


@dataclass(frozen=True, slots=True, eq=False)
class _Poured:
    """A recording read once to its end."""

    samples: Samples
    level: Level
    faults: tuple[str, ...]
    track: int
    tracks: int
    channels: int
    better_channel: int | None


def _listen(
    open_reader: _Open, where: str, rate_hz: int, max_duration_s: float | None, track: int | None
) -> Decoded:
    """Read a recording, again where what was read first is not what was sung."""

    def pour(number: int | None, channel: int | None = None) -> _Poured:
        with closing(open_reader(number)) as reader:
            return _pour(reader, where, rate_hz, max_duration_s, channel)

    found, remarks = pour(track), []
    if found.tracks > 1 and track is None:
        found = _that_sounds(found, pour)
        remarks.append(
            f"the file holds {found.tracks} tracks of sound; number {found.track} was read, and --track takes"
            " another"
        )
    if found.better_channel is not None:
        number = found.better_channel
        found = pour(found.track, number)
        remarks.append(
            f"its {found.channels} channels cancel each other, so channel {number + 1} alone was read"
        )
    samples = found.samples
    if lift_db := found.level.lift_db:
        samples *= np.float32(10.0 ** (lift_db / 20.0))
    return Decoded(Clip(samples, rate_hz), (*found.faults, *remarks), found.level, found.track)


def _that_sounds(found: _Poured, pour: Callable[[int], _Poured]) -> _Poured:
    """Return the track that was read if it sounds, else the loudest of all."""
    for number in range(1, found.tracks + 1):
        if not found.level.is_silent:
            break
        if number == found.track:
            continue
        try:
            other = pour(number)
        except (Refused, AudioError):  # this one is no way out
            continue
        found = max(found, other, key=lambda each: each.level.loud_db)
    return found


def _pour(
    reader: Reader, where: str, rate_hz: int, max_duration_s: float | None, channel: int | None
) -> _Poured:
    _check_header(reader, where, max_duration_s)
    collector = Collector(rate_hz, max_duration_s=max_duration_s, where=where)
    mono, strays, meter = Mono(channel), StraySamples(), LevelMeter()
    for frames in reader.blocks():
        if not (np.isfinite(frames.min(initial=0.0)) and np.isfinite(frames.max(initial=0.0))):
            at_s = collector.duration_s + int(np.argmin(np.isfinite(frames).all(axis=1))) / reader.rate_hz
            raise not_finite(at_s, where)
        block = mono.mix(strays.without(frames, collector.duration_s, reader.rate_hz))
        meter.add(block, reader.rate_hz)
        if meter.loudest > LOUDEST:
            raise Refused(f"its samples are no sound: they reach {meter.loudest:.0e} times full scale")
        collector.add(block, reader.rate_hz)
    duration_s = collector.duration_s
    faults = reader.faults()
    _check_length(duration_s, faults, where)
    if strays.count:
        stray = "1 sample" if strays.count == 1 else f"{strays.count} samples"
        faults = (f"{stray} that no sound can have, at {strays.first_s:.3f} s, left out", *faults)
    if reader.promised_s is not None and reader.promised_s - duration_s > _TOLERANCE_S:
        promise = f"the {reader.promised_s:.2f} s that the file promises"
        faults = (f"only {duration_s:.2f} s of {promise} could be decoded", *faults)
    samples = collector.finish()
    level = meter.level(Clip(samples, rate_hz))
    return _Poured(samples, level, faults, reader.track, reader.tracks, mono.channels, mono.better_channel)


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


def _with_warnings(decoded: Decoded, refusals: list[Exception]) -> Decoded:
    """Add why the first decoder broke off in a file that the second one read."""
    notes = tuple(
        f"the file is damaged ({refusal}); FFmpeg read it, but part of it may sound wrong"
        for refusal in refusals
        if isinstance(refusal, OSError) or (isinstance(refusal, Refused) and refusal.midway)
    )
    return replace(decoded, warnings=decoded.warnings + notes)
