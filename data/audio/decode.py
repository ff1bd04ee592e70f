"""A recording in any usual format becomes a `Clip`."""

from __future__ import annotations

import importlib.util
import stat
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from swara.data.clip import Clip, Samples
from swara.data.errors import AudioError
from swara.data.storage.disk import os_reason

from .av_reader import HEAD_BYTES, AvReader, is_mp3, is_sndfile
from .reader import SOURCE_RATES_HZ, Collector, Reader, Refused, too_long
from .soundfile_reader import SoundfileReader

if TYPE_CHECKING:
    from .array_reader import SampleArray

__all__ = [
    "MAX_DURATION_S",
    "MIN_DURATION_S",
    "RATE_HZ",
    "Decoded",
    "decode",
    "decode_samples",
    "load_clip",
    "source_blocks",
]

RATE_HZ = 16_000
"""Rate that the analysis works at: holds every partial of a voice that a pitch tracker uses."""

MAX_DURATION_S = 1200.0
"""Longest recording accepted unless told otherwise."""

MIN_DURATION_S = 0.2
"""Shortest recording accepted: one steady note of 150 ms and its edges."""

_TOLERANCE_S = 0.1
_FORMATS = "Use a recording in WAV, FLAC, OGG, MP3, M4A, AAC, WebM or Opus"


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """A recording and what its reader must know about it.

    Parameters
    ----------
    clip : Clip
        All that could be decoded.
    warnings : tuple of str
        Sentences without full stop: damage, or an end that comes before the header says. Empty when whole.
    """

    clip: Clip
    warnings: tuple[str, ...] = ()


def load_clip(path: Path, *, rate_hz: int = RATE_HZ, max_duration_s: float | None = MAX_DURATION_S) -> Clip:
    """Return the recording at `path` as mono at `rate_hz`: `decode` without its warnings."""
    return decode(path, rate_hz=rate_hz, max_duration_s=max_duration_s).clip


def decode(path: Path, *, rate_hz: int = RATE_HZ, max_duration_s: float | None = MAX_DURATION_S) -> Decoded:
    """Decode the recording at `path` to the mean of its channels at `rate_hz`.

    Time runs from the first sample of the sound: the delay that MP3, M4A and Opus encoders put before it is
    removed. Only the result is held in memory, 4 bytes a sample, never the source.

    Parameters
    ----------
    path : Path
        Any sample rate, any number of channels.
    rate_hz : int
        Sample rate of the result.
    max_duration_s : float or None
        Longest recording accepted, in seconds; None lifts the limit.

    Raises
    ------
    AudioError
        If there is no such file, or it is a folder, pipe or device; if it may not be read, or no decoder
        understands it; if it holds no sound, or less than `MIN_DURATION_S`, or what is no finite number.
    AudioTooLong
        If it lasts longer than `max_duration_s`.
    MissingPackage
        If the format needs PyAV and it is not installed.
    """
    head = _head(path)
    refusals: list[Exception] = []
    for open_reader in _readers(head):
        try:
            with closing(open_reader(path)) as reader:
                decoded = _pour(reader, str(path), rate_hz, max_duration_s)
        except (Refused, OSError) as refusal:  # OSError: the disk fails half-way
            refusals.append(refusal)
        else:
            return _with_warnings(decoded, refusals)
    reasons = "; ".join(str(refusal) for refusal in refusals)
    raise AudioError(f"this is not a recording that can be read ({reasons})", where=str(path), fix=_FORMATS)


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

    return _pour(ArrayReader(samples, source_hz, where), where, rate_hz, max_duration_s)


def source_blocks(path: Path) -> tuple[int, Iterator[Samples]]:
    """Return the sample rate of a recording in Hz, and its samples as they are, in blocks.

    For what resampling would hide, such as clipping. Where decoding breaks off, so do the blocks: `decode`
    tells why.

    Returns
    -------
    int, iterator of float32 arrays of shape [frames]
        The mean over the channels.

    Raises
    ------
    AudioError
        As `decode` does where a recording cannot be opened at all.
    """
    for open_reader in _readers(_head(path)):
        try:
            reader = open_reader(path)
        except (Refused, OSError):
            continue
        return reader.rate_hz, _until_refused(reader)
    raise AudioError("this is not a recording that can be read", where=str(path), fix=_FORMATS)


def _until_refused(reader: Reader) -> Iterator[Samples]:
    with closing(reader), suppress(Refused, OSError):
        yield from reader.blocks()


def _head(path: Path) -> bytes:
    """Return the first bytes of a plain file that can be read; never opens a pipe, which might not answer."""
    where = str(path)
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise AudioError("this is a folder", where=where, fix="Name one recording in it")
        if not stat.S_ISREG(mode):
            raise AudioError(
                "this is a pipe or a device, not a file",
                where=where,
                fix="Save the recording as a file first",
            )
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except PermissionError as error:
        raise AudioError(
            "reading it is not permitted", where=where, fix="Give yourself permission to read the file"
        ) from error
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:  # ValueError: a NUL in the name
        raise AudioError("no such file", where=where, fix="Check the spelling of the path") from error
    except OSError as error:
        raise AudioError(
            f"the file cannot be read: {os_reason(error)}",
            where=where,
            fix="Check the disk, or copy the file",
        ) from error
    if not head:
        raise AudioError("the file is empty (0 bytes)", where=where, fix="Record or export it again")
    return head


def _readers(head: bytes) -> tuple[Callable[[Path], Reader], ...]:
    """Return the decoders to try, in order.

    FFmpeg comes first for MP3 although libsndfile reads it too: damage makes libsndfile's MP3 library write
    to stderr and give up, where FFmpeg stays silent and goes on.
    """
    if is_sndfile(head):
        return (SoundfileReader, AvReader)
    if is_mp3(head) and importlib.util.find_spec("av") is None:
        return (SoundfileReader,)
    return (AvReader,)


def _pour(reader: Reader, where: str, rate_hz: int, max_duration_s: float | None) -> Decoded:
    _check_header(reader, where, max_duration_s)
    collector = Collector(reader.rate_hz, rate_hz, max_duration_s=max_duration_s, where=where)
    for block in reader.blocks():
        collector.add(block)
    duration_s = collector.duration_s
    faults = reader.faults()
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
    if reader.promised_s is not None and reader.promised_s - duration_s > _TOLERANCE_S:
        promise = f"the {reader.promised_s:.2f} s that the file promises"
        faults = (f"only {duration_s:.2f} s of {promise} could be decoded", *faults)
    return Decoded(Clip(collector.finish(), rate_hz), faults)


def _check_header(reader: Reader, where: str, max_duration_s: float | None) -> None:
    lowest, highest = SOURCE_RATES_HZ
    if not lowest <= reader.rate_hz <= highest:
        raise Refused(f"its header gives a sample rate of {reader.rate_hz} Hz")
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
    return Decoded(decoded.clip, decoded.warnings + notes)
