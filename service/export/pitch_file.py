"""The pitch alone: from a recording on disk to rows of CSV and a picture, in memory that does not grow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np

from swara.classifier.pitch import TRACK_RATE_HZ, Progress
from swara.classifier.pitch.decode import PITCH_BINS
from swara.classifier.pitch.head import HeadTracker
from swara.classifier.pitch.spectrum import HOP
from swara.data.audio.decode import take_name
from swara.data.audio.passing import decode_in_passing
from swara.data.pitch_track import PitchTrack
from swara.data.storage.disk import write_atomically
from swara.service.report.csv_report import TRACK_HEADER, track_rows
from swara.service.report.picture.columns import Columns

from .take_files import check_outputs, check_suffix

__all__ = ["PitchFound", "Write", "pitch_file"]

Write: TypeAlias = Callable[[str], object]
"""Takes the next piece of text."""


@dataclass(frozen=True, slots=True)
class PitchFound:
    """What came of it.

    Parameters
    ----------
    duration_s : float
        Length of the recording.
    frames, voiced_frames : int
        How many there are, and how many of them are sung.
    warnings : tuple of str
        What is wrong with the recording, as sentences without full stop.
    """

    duration_s: float
    frames: int
    voiced_frames: int
    warnings: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """All of it but the warnings, for a terminal."""
        share = 100.0 * self.voiced_frames / self.frames
        sung = f"sung {share:.0f}% of the time" if self.voiced_frames else "no singing was found"
        return f"{self.frames} frames, {self.duration_s:.2f} s, {sung}"


def pitch_file(
    recording: Path,
    csv: Path | Write,
    plot: Path | None = None,
    *,
    max_duration_s: float | None,
    track: int | None = None,
    progress: Progress | None = None,
) -> PitchFound:
    """Track the pitch of a recording; write it as CSV, and draw it.

    Parameters
    ----------
    recording : Path
        A file in any usual format.
    csv : Path or callable
        Where the rows go: a file, which is made whole or not at all, or what takes them block by block.
    plot : Path, optional
        Where the picture goes.
    max_duration_s : float or None
        Longest recording accepted; None lifts the limit.
    track : int, optional
        Which sound of a file with several, from 1 on.
    progress : callable, optional
        Called with the share done after each block of 4 s.

    Raises
    ------
    SwaraError
        If the recording cannot be used, or a file cannot be written: found out before the work where that is
        possible.
    """
    files = (path for path in (csv, plot) if isinstance(path, Path))
    check_outputs(files, source=recording)
    check_suffix(plot, ".png", "the picture")
    tracker = HeadTracker()
    with decode_in_passing(
        recording, rate_hz=TRACK_RATE_HZ, max_duration_s=max_duration_s, track=track
    ) as sound:
        columns = Columns(1 + sound.sample_count // HOP, PITCH_BINS, np.maximum, np.float32)
        found = tracker.track(sound, progress, None if plot is None else columns.add)
    if isinstance(csv, Path):
        write_atomically(csv, lambda part: _fill(part, found))
    else:
        _write_rows(csv, found)
    if plot is not None:
        from swara.service.report.picture.pitch_plot import save_pitch_plot

        save_pitch_plot(columns.values, found, plot, title=take_name(recording))
    return PitchFound(sound.duration_s, len(found), int(np.count_nonzero(found.voiced)), sound.warnings)


def _fill(part: Path, track: PitchTrack) -> None:
    with part.open("w", encoding="utf-8", newline="") as file:
        _write_rows(file.write, track)


def _write_rows(write: Write, track: PitchTrack) -> None:
    write(TRACK_HEADER)
    for rows in track_rows(track):
        write(rows)
