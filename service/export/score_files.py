"""What was heard, as a page, a table, a staff, for a sequencer or Praat: each file that was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from swara.classifier.transcription import Transcription
from swara.data.installation import installed_version
from swara.data.pitch_track import PitchTrack
from swara.data.storage.disk import write_bytes
from swara.raga.errors import BadTonic
from swara.raga.tonic_names import parse_tonic

from .take_files import check_suffix

if TYPE_CHECKING:
    from swara.classifier.instruments.sounds import Heard
    from swara.service.report.notation.score import Score, Script

__all__ = ["NO_SCORES", "ScoreFiles", "check_scores", "save_sheet", "save_transcription", "written_sa"]

_MIDDLE_C, _AS_SUNG = 60, "sung"


@dataclass(frozen=True, slots=True)
class ScoreFiles:
    """Where to write what; None for what is not wanted.

    Parameters
    ----------
    midi, musicxml, textgrid, jams, staff : Path or None
        Notes with bends, a score, layers for Praat, layers for programs, the score as a picture.
    sa_as : int or None
        The MIDI note that Sa is written as in a score; None for the one it was sung on.
    script : {"roman", "devanagari"}
        Of the swaras on the staff and in the TextGrid.
    html, csv : Path or None
        The notation as a page, its swaras and glides as a table.
    """

    midi: Path | None = None
    musicxml: Path | None = None
    textgrid: Path | None = None
    jams: Path | None = None
    staff: Path | None = None
    sa_as: int | None = _MIDDLE_C
    script: Script = "roman"
    html: Path | None = None
    csv: Path | None = None

    def paths(self) -> Iterator[Path]:
        """Yield the paths that are set."""
        every = (self.html, self.csv, self.midi, self.musicxml, self.textgrid, self.jams, self.staff)
        return (path for path in every if path is not None)


NO_SCORES = ScoreFiles()
"""Where none is wanted."""


def check_scores(files: ScoreFiles) -> None:
    """Make sure, before long work, that names and formats agree and that a staff can be drawn.

    Raises
    ------
    OutputError
        If a name ends like that of another format.
    MissingPackage
        If verovio is needed and not installed.
    """
    named = (
        ("the MIDI file", files.midi, ".mid", ".midi"),
        ("the score", files.musicxml, ".musicxml", ".xml"),
        ("the TextGrid", files.textgrid, ".textgrid", ""),
        ("the JAMS file", files.jams, ".jams", ".json"),
        ("the staff", files.staff, ".svg", ""),
    )
    for what, path, suffix, other in named:
        if path is not None and path.suffix.lower() != other:
            check_suffix(path, suffix, what)
    if files.staff is not None:
        from swara.service.report.notation.staff import check_verovio

        check_verovio()


def written_sa(text: str) -> int | None:
    """Return the MIDI note that Sa is written as; None for the one it was sung on.

    Parameters
    ----------
    text : str
        A note, such as C or D4, or ``sung``. Without an octave it is the one nearest to middle C.

    Raises
    ------
    BadTonic
        If it is neither.
    """
    if text.strip().casefold() == _AS_SUNG:
        return None
    try:
        parsed = parse_tonic(text)
    except BadTonic:
        parsed = None
    if parsed is None or parsed.pitch_class is None:
        raise BadTonic(
            f'"{text}" is no note to write Sa as',
            where="--sa-as",
            fix=f"Give a note where voices are written, such as C or D3, or {_AS_SUNG}",
        )
    if parsed.octave is not None:
        return parsed.pitch_class + 12 * (parsed.octave + 1)
    return _MIDDLE_C + (parsed.pitch_class + 5) % 12 - 5


def save_transcription(found: Transcription, track: PitchTrack, files: ScoreFiles) -> None:
    """Write the files that were asked for of a transcription; `track` is its pitch.

    Raises
    ------
    OutputError
        If a file cannot be written; those written before stay.
    MissingPackage
        If verovio is needed and not installed.
    """
    if files.csv is not None:
        from swara.service.report.notation.text import layers_csv

        _write(files.csv, layers_csv(found))
    if files.html is not None:
        from swara.service.report.page.notation_page import notation_page

        _write(files.html, notation_page(found))
    if files.midi is not None:
        from swara.service.report.notation.midi import to_midi

        write_bytes(files.midi, to_midi(found, track))
    if files.textgrid is not None:
        from swara.service.report.notation.annotations import to_textgrid

        _write(files.textgrid, to_textgrid(found, script=files.script))
    if files.jams is not None:
        from swara.service.report.notation.annotations import to_jams

        _write(files.jams, to_jams(found, track, version=installed_version() or ""))
    if files.musicxml is not None or files.staff is not None:
        from swara.service.report.notation.score import score_of_take

        _save(score_of_take(found, sa_as=files.sa_as, script=files.script), files.musicxml, files.staff)


def save_sheet(heard: Heard, title: str, files: ScoreFiles) -> None:
    """Write the notes of any instrument as MusicXML and on a staff, where these were asked for.

    Raises
    ------
    OutputError
        If a file cannot be written; those written before stay.
    MissingPackage
        If verovio is needed and not installed.
    """
    if files.musicxml is not None or files.staff is not None:
        from swara.service.report.notation.score import score_of_sounds

        _save(score_of_sounds(heard, title), files.musicxml, files.staff)


def _save(score: Score, musicxml: Path | None, staff: Path | None) -> None:
    from swara.service.report.notation.musicxml import to_musicxml

    text = to_musicxml(score)
    if musicxml is not None:
        _write(musicxml, text)
    if staff is not None:
        from swara.service.report.notation.staff import to_svg

        _write(staff, to_svg(text))


def _write(path: Path, text: str) -> None:
    write_bytes(path, text.encode())
