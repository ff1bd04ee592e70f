"""A recording as a picture of its mel spectrogram, in memory that does not grow with the picture."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from swara.classifier.pitch import TRACK_RATE_HZ
from swara.classifier.pitch.head import pitch_tracker
from swara.data.audio.decode import decode, take_name
from swara.data.audio.frames import frame_count
from swara.data.audio.mel import MelBands, MelPower, mel_power
from swara.data.clip import Clip
from swara.service.report.picture.columns import Columns
from swara.service.stages import StageProgress, Stages

from .take_files import check_outputs, check_suffix

__all__ = ["SpectrogramDrawn", "mel_columns", "spectrogram_file"]


@dataclass(frozen=True, slots=True)
class SpectrogramDrawn:
    """What was drawn, and what is wrong with the recording, as sentences without full stop."""

    duration_s: float
    bands: MelBands
    warnings: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """All of it but the warnings, for a terminal."""
        bands = self.bands
        return f"{self.duration_s:.2f} s, {bands.bands} mel bands, {bands.min_hz:g} to {bands.max_hz:g} Hz"


def spectrogram_file(
    recording: Path,
    output: Path,
    *,
    pitch: bool = False,
    max_duration_s: float | None,
    track: int | None = None,
    progress: StageProgress | None = None,
) -> SpectrogramDrawn:
    """Draw the mel spectrogram of a recording as PNG.

    Parameters
    ----------
    recording, output : Path
        The picture's name ends in ``.png``, or in nothing.
    pitch : bool
        Draw the pitch track over it.
    max_duration_s : float or None
        Longest recording accepted; None lifts the limit.
    track : int, optional
        Which sound of a file with several, from 1 on.
    progress : callable, optional
        Called with the name of a stage and the share of it that is done.

    Raises
    ------
    SwaraError
        If the recording cannot be used, or the file cannot be written: found out before the work where
        that is possible.
    """
    from swara.service.report.picture.spectrogram_plot import save_spectrogram

    check_suffix(output, ".png", "the picture")
    check_outputs([output], source=recording)
    decoded = decode(recording, rate_hz=TRACK_RATE_HZ, max_duration_s=max_duration_s, track=track)
    bands, stages = MelBands(), Stages(progress)
    power = mel_columns(decoded.clip, bands, stages)
    found = None
    if pitch:
        tell = None if progress is None else lambda share: progress("finding the pitch", share)
        found = pitch_tracker("head").track(decoded.clip, tell)
    save_spectrogram(power, bands, output, clip=decoded.clip, track=found, title=take_name(recording))
    return SpectrogramDrawn(decoded.clip.duration_s, bands, decoded.warnings)


def mel_columns(clip: Clip, bands: MelBands, stages: Stages) -> MelPower:
    """Return the mean power in each column of a picture, shape [columns, bands], of at most 2000 columns.

    A column is one frame of 10 ms, or in a long clip as many as are needed.
    """
    columns = Columns(frame_count(clip), bands.bands, np.add, np.float64)
    with stages.stage("listening"):
        for power in mel_power(clip, bands):
            columns.add(power)
            stages.tell(columns.done / frame_count(clip))
    return (columns.values / columns.counts[:, np.newaxis]).astype(np.float32)
