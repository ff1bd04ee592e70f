"""What the sound in a file is, in words, as JSON and as a picture."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from swara.classifier.exercises import head as exercises
from swara.classifier.instruments import network
from swara.classifier.instruments.sounds import Heard, hear_sounds
from swara.classifier.pitch import TRACK_RATE_HZ
from swara.classifier.sample_pitch import note
from swara.data.audio.decode import decode, take_name
from swara.data.audio.mel import MelBands
from swara.data.storage.disk import write_bytes
from swara.service.report.exercise_report import exercise_lines, exercise_text
from swara.service.report.sound_report import sound_lines, sound_text, what_it_is
from swara.service.stages import StageProgress, Stages
from swara.service.store import Layout
from swara.service.store.heads import live_head

from .score_files import NO_SCORES, ScoreFiles, check_scores, save_sheet
from .take_files import check_outputs, check_suffix

__all__ = ["SoundTold", "exercise_file", "identify_file"]


@dataclass(frozen=True, slots=True)
class SoundTold:
    """What was found in a recording: lines for a terminal, a text of JSON, and what is wrong with it.

    Parameters
    ----------
    lines : tuple of str
        For a terminal.
    json : str
        For programs.
    warnings : tuple of str
        Sentences without full stop.
    """

    lines: tuple[str, ...]
    json: str
    warnings: tuple[str, ...]


def identify_file(
    recording: Path,
    plot: Path | None = None,
    json: Path | None = None,
    *,
    scores: ScoreFiles = NO_SCORES,
    max_duration_s: float | None,
    name: str | None = None,
    track: int | None = None,
    store: Layout | None = None,
    progress: StageProgress | None = None,
) -> SoundTold:
    """Say which instrument plays which note when; draw it where `plot` names a file.

    Parameters
    ----------
    recording : Path
        The sound.
    plot, json : Path, optional
        Files that are written; the picture's name ends in ``.png``, or in nothing.
    scores : ScoreFiles
        Where its notes are written as sheet music.
    max_duration_s : float or None
        Longest recording accepted; None lifts the limit.
    name : str, optional
        What the recording is called; by its file, if left out.
    track : int, optional
        Which sound of a file with several, from 1 on.
    store : Layout, optional
        Its live heads for instruments and notes answer, where it has them; else those that ship.
    progress : callable, optional
        Called with the name of a stage and the share of it that is done.

    Raises
    ------
    SwaraError
        If the recording cannot be used, or a file cannot be written: found out before the work where
        that is possible.
    """
    check_suffix(plot, ".png", "the picture")
    check_scores(scores)
    check_outputs([plot, json, *scores.paths()], source=recording)
    decoded = decode(recording, rate_hz=TRACK_RATE_HZ, max_duration_s=max_duration_s, track=track)
    tell = None if progress is None else lambda share: progress("naming the sounds", share)
    names, notes = network.FOLDER, note.FOLDER
    if store is not None:
        names, notes = live_head(store, "instrument", names), live_head(store, "pitch", notes)
    clip, called = decoded.clip, name or take_name(recording)
    # What is raised from silence is noise, and no sound.
    heard = (
        Heard(clip.duration_s, network.Named(None, {}), {}, ())
        if decoded.level.is_silent
        else hear_sounds(clip, network.InstrumentHead(names), tell, pitch=note.PitchHead(notes))
    )
    if plot is not None:
        from swara.service.report.picture.sound_plot import save_sound

        from .spectrogram_file import mel_columns

        bands = MelBands()
        power = mel_columns(clip, bands, Stages(progress))
        save_sound(power, bands, heard, plot, title=f"{called}: {what_it_is(heard)}")
    save_sheet(heard, called, scores)
    text = sound_text(heard, called, decoded.warnings)
    return _written(SoundTold(tuple(sound_lines(heard)), text, decoded.warnings), json)


def exercise_file(
    recording: Path,
    json: Path | None = None,
    *,
    max_duration_s: float | None,
    track: int | None = None,
    store: Layout | None = None,
    progress: StageProgress | None = None,
) -> SoundTold:
    """Say where in a recording a scale or an arpeggio is sung.

    Parameters
    ----------
    recording : Path
        The singing.
    json : Path, optional
        A file that is written.
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
        If the recording cannot be used, the head is damaged, or the file cannot be written: found out
        before the work where that is possible.
    """
    check_outputs([json], source=recording)
    folder = exercises.SHIPPED if store is None else live_head(store, "exercise", exercises.SHIPPED)
    head = exercises.ExerciseHead.read(folder)
    decoded = decode(recording, rate_hz=TRACK_RATE_HZ, max_duration_s=max_duration_s, track=track)
    tell = None if progress is None else lambda share: progress("finding the pitch", share)
    found = head.exercise(decoded.clip, progress=tell)
    text = exercise_text(found, take_name(recording), decoded.warnings)
    return _written(SoundTold(tuple(exercise_lines(found)), text, decoded.warnings), json)


def _written(told: SoundTold, json: Path | None) -> SoundTold:
    if json is not None:
        write_bytes(json, told.json.encode())
    return told
