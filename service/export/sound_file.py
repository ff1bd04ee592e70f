"""What the sound in a file is, and the picture of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from swara.classifier.exercises import head as exercises
from swara.classifier.instruments import network
from swara.classifier.instruments.sounds import Heard, hear_sounds
from swara.classifier.pitch import TRACK_RATE_HZ
from swara.data.audio.decode import decode, take_name
from swara.data.audio.mel import MelBands
from swara.service.report.sound_report import what_it_is
from swara.service.stages import StageProgress, Stages
from swara.service.store import Layout
from swara.service.store.heads import live_head

from .take_files import check_outputs, check_suffix

__all__ = ["Exercises", "Identified", "exercise_file", "identify_file"]


@dataclass(frozen=True, slots=True)
class Identified:
    """What was heard, and what is wrong with the recording, as sentences without full stop."""

    heard: Heard
    warnings: tuple[str, ...]


def identify_file(
    recording: Path,
    plot: Path | None = None,
    *,
    max_duration_s: float | None,
    name: str | None = None,
    track: int | None = None,
    store: Layout | None = None,
    progress: StageProgress | None = None,
) -> Identified:
    """Say which instrument plays which note when; draw it where `plot` names a file.

    Parameters
    ----------
    recording : Path
        The sound.
    plot : Path, optional
        The picture's name ends in ``.png``, or in nothing.
    max_duration_s : float or None
        Longest recording accepted; None lifts the limit.
    name : str, optional
        What stands above the picture; the name of the file, if left out.
    track : int, optional
        Which sound of a file with several, from 1 on.
    store : Layout, optional
        Its live head for instruments answers, if it has one; else that which ships.
    progress : callable, optional
        Called with the name of a stage and the share of it that is done.

    Raises
    ------
    SwaraError
        If the recording cannot be used, or the file cannot be written: found out before the work where
        that is possible.
    """
    if plot is not None:
        check_suffix(plot, ".png", "the picture")
        check_outputs([plot], source=recording)
    decoded = decode(recording, rate_hz=TRACK_RATE_HZ, max_duration_s=max_duration_s, track=track)
    tell = None if progress is None else lambda share: progress("naming the sounds", share)
    folder = network.FOLDER if store is None else live_head(store, "instrument", network.FOLDER)
    clip = decoded.clip
    # What is raised from silence is noise, and no sound.
    heard = (
        Heard(clip.duration_s, network.Named(None, {}), {}, ())
        if decoded.level.is_silent
        else hear_sounds(clip, network.InstrumentHead(folder), tell)
    )
    if plot is not None:
        from swara.service.report.picture.sound_plot import save_sound

        from .spectrogram_file import mel_columns

        bands = MelBands()
        power = mel_columns(clip, bands, Stages(progress))
        title = f"{name or take_name(recording)}: {what_it_is(heard)}"
        save_sound(power, bands, heard, plot, title=title)
    return Identified(heard, decoded.warnings)


@dataclass(frozen=True, slots=True)
class Exercises:
    """Which exercises were found, and what is wrong with the recording, as sentences without full stop."""

    found: exercises.ExerciseReport
    warnings: tuple[str, ...]


def exercise_file(
    recording: Path,
    *,
    max_duration_s: float | None,
    track: int | None = None,
    store: Layout | None = None,
    progress: StageProgress | None = None,
) -> Exercises:
    """Say where in a recording a scale or an arpeggio is sung.

    Parameters
    ----------
    recording : Path
        The singing.
    max_duration_s : float or None
        Longest recording accepted; None lifts the limit.
    track : int, optional
        Which sound of a file with several, from 1 on.
    store : Layout, optional
        Its live head for exercises answers, if it has one; else that which ships.
    progress : callable, optional
        Called with the name of a stage and the share of it that is done.

    Raises
    ------
    SwaraError
        If the recording cannot be used, or the head is damaged.
    """
    folder = exercises.SHIPPED if store is None else live_head(store, "exercise", exercises.SHIPPED)
    head = exercises.ExerciseHead.read(folder)
    decoded = decode(recording, rate_hz=TRACK_RATE_HZ, max_duration_s=max_duration_s, track=track)
    tell = None if progress is None else lambda share: progress("finding the pitch", share)
    return Exercises(head.exercise(decoded.clip, progress=tell), decoded.warnings)
