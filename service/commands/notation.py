"""Commands about notation and ragas: ``notate``, ``ragas``, ``raga-of``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from swara.service.phrases import printable
from swara.service.report.terminal.progress_bar import finding_pitch, progress_bar
from swara.service.request import parse_request, preset_thresholds

from .options import (
    STDOUT,
    AsJson,
    MaxMinutes,
    RagaText,
    Recording,
    StoreFolder,
    SwarasText,
    TonicText,
    TrackNumber,
    TuningName,
    complete_raga,
    console,
    finite,
    limit_s,
    print_json,
    print_outcome,
    raga_text,
    reading_notation,
    say_written,
    seconds,
    store_at,
)

if TYPE_CHECKING:
    from swara.service.export.notation_files import Beats
    from swara.service.export.score_files import ScoreFiles
    from swara.service.take.analyze import Request

__all__ = ["notate", "raga_of", "ragas"]


def notate(
    recording: Annotated[
        Path | None,
        typer.Argument(
            help="The take: wav, flac, ogg, mp3, m4a, aac, webm or opus; - for stdin. None with --sing."
        ),
    ] = None,
    sing: Annotated[
        str | None,
        typer.Option(metavar="NOTATION", help='Written notation in place of a take: "S R ^RG - P~D, S\'".'),
    ] = None,
    target: Annotated[Path | None, typer.Option(help="With --sing: sing it over a tanpura, as WAV.")] = None,
    tonic: TonicText = None,
    raga: RagaText = None,
    swaras: SwarasText = None,
    tuning: TuningName = "just",
    script: Annotated[Literal["roman", "devanagari"], typer.Option(help="Letters of the text.")] = "roman",
    tala: Annotated[
        str | None, typer.Option(help="Write it in this tala, such as teental; --tempo and --sam go with it.")
    ] = None,
    tempo: Annotated[
        float | None,
        typer.Option(min=4, max=800, callback=finite, help="Its matras in a minute; 60 for --sing."),
    ] = None,
    sam: Annotated[
        float | None, typer.Option(parser=seconds, metavar="TIME", help="When a sam falls: 3.2, or 1:02.5.")
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Write one HTML page.")] = None,
    csv: Annotated[Path | None, typer.Option(help="Write its swaras and glides as CSV.")] = None,
    midi: Annotated[Path | None, typer.Option(help="Write MIDI, its pitch bends what was sung.")] = None,
    musicxml: Annotated[Path | None, typer.Option(help="Write a score as MusicXML.")] = None,
    staff: Annotated[Path | None, typer.Option(help="Draw that score as SVG; needs verovio.")] = None,
    sa_as: Annotated[str, typer.Option(help="The note that Sa is written as there; or sung.")] = "C",
    textgrid: Annotated[Path | None, typer.Option(help="Write a TextGrid for Praat.")] = None,
    jams: Annotated[Path | None, typer.Option(help="Write JAMS.")] = None,
    store: StoreFolder = None,
    track: TrackNumber = None,
    max_minutes: MaxMinutes = 20.0,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print neither text nor progress.")] = False,
) -> None:
    """Write down what was sung.

    Held swaras, touched ones (kan) and glides (meend), as Bhatkhande wrote them. With --sing, notation in
    roman or Devanagari is read in place of a take, and sung with --target.
    """
    from swara.data.storage.array_cache import RecentCache
    from swara.service.export.notation_files import notate_file
    from swara.service.export.score_files import ScoreFiles, written_sa
    from swara.service.store import Layout

    files = ScoreFiles(midi, musicxml, textgrid, jams, staff, written_sa(sa_as), script, html, csv)
    if STDOUT in files.paths():
        raise typer.BadParameter("no file can go to stdout, where the text is")
    folder = store_at(store)
    request = parse_request(tonic, raga_text(raga, swaras), tuning, preset_thresholds("student"), folder)
    _check_form(recording, sing, target, tala, sam)
    if sing is not None:
        _sing(sing, request, files, tempo, target, quiet=quiet)
        return
    assert recording is not None
    beats = _beats(tala, tempo, sam)
    with progress_bar(shown=not quiet) as progress:
        found = notate_file(
            recording,
            request,
            files,
            max_duration_s=limit_s(max_minutes),
            track=track,
            progress=finding_pitch(progress),
            cache=RecentCache(Layout(folder).takes),
            beats=beats,
        )
    if not quiet:
        from swara.service.report.notation.text import render_notation

        render_notation(found, console(), devanagari=script == "devanagari")
        say_written(*files.paths(), margin="  ")


def _check_form(
    recording: Path | None, sing: str | None, target: Path | None, tala: str | None, sam: float | None
) -> None:
    """See that just one thing is written down, with the options that go with it."""
    if (recording is None) == (sing is None):
        raise typer.BadParameter('give a take, or notation: --sing "S R G P"')
    if sing is not None and (tala, sam) != (None, None):
        raise typer.BadParameter("--tala and --sam go with a take; with --sing a dash is a beat")
    if sing is None and target is not None:
        raise typer.BadParameter("--target goes with --sing; for a take: swara analyze TAKE --target")


def _beats(tala: str | None, tempo: float | None, sam: float | None) -> Beats | None:
    """Return the beats that were asked for; without all of them there are none."""
    if tala is None and tempo is None and sam is None:
        return None
    if tala is None or tempo is None or sam is None:
        raise typer.BadParameter("--tala, --tempo and --sam go together: without them it is written freely")
    from swara.raga.talas import tala_named
    from swara.service.export.notation_files import Beats

    return Beats(tala_named(tala), tempo, sam)


def _sing(
    text: str,
    request: Request,
    files: ScoreFiles,
    tempo: float | None,
    target: Path | None,
    *,
    quiet: bool,
) -> None:
    """Read notation, print it in the script of the scores, and sing it where that is asked for."""
    from swara.raga.notation import parse_notation, to_devanagari, to_roman
    from swara.raga.tonic_names import note_name
    from swara.service.export.notation_files import USUAL_TEMPO_BPM, sing_notation

    bpm = tempo or USUAL_TEMPO_BPM
    with reading_notation("--sing"):
        found = sing_notation(text, request, files, tempo_bpm=bpm, target=target)
    if quiet:
        return
    typer.echo((to_devanagari if files.script == "devanagari" else to_roman)(parse_notation(text)))
    if target is not None:
        sung = f"{found.duration_s:.1f} s on Sa {note_name(found.sa_hz)}, {bpm:g} beats a minute"
        typer.echo(printable(f"{target}: {sung}."))
    say_written(*files.paths())


def ragas(
    raga: Annotated[
        str | None,
        typer.Argument(
            metavar="[RAGA]",
            help="One of them, such as yaman, or a RagaJSON file. All of them if left out.",
            autocompletion=complete_raga,
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print it as RagaJSON, for programs.")] = False,
) -> None:
    """Show the ragas known by name.

    Of one, its notes, phrases, the ragas that it is taken for, and where all that was read.
    """
    import json as writer

    from swara.raga.ragajson import to_ragajson
    from swara.raga.ragas import RAGAS, raga_named
    from swara.service.report.terminal.raga_table import render_raga, render_ragas

    shown = list(RAGAS.values()) if raga is None else [raga_named(raga_text(raga, None) or raga)]
    if json:
        documents = [to_ragajson(each) for each in shown]
        written = documents if raga is None else documents[0]
        print_json(writer.dumps(written, ensure_ascii=False, indent=2) + "\n")
    elif raga is None:
        render_ragas(shown, console())
    else:
        render_raga(shown[0], console())


def raga_of(
    recording: Recording,
    tonic: TonicText = None,
    json: AsJson = False,
    store: StoreFolder = None,
    track: TrackNumber = None,
    max_minutes: MaxMinutes = 20.0,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print no progress.")] = False,
) -> None:
    """Guess the raga of a take.

    Three names and why, or that it cannot be told. Nothing is judged by it.
    """
    from swara.data.storage.array_cache import RecentCache
    from swara.raga.tonic_names import parse_tonic
    from swara.service.export.notation_files import guess_file
    from swara.service.report.raga_report import raga_json, raga_lines
    from swara.service.store import Layout

    with progress_bar(shown=not quiet) as progress:
        found = guess_file(
            recording,
            None if tonic is None else parse_tonic(tonic),
            max_duration_s=limit_s(max_minutes),
            track=track,
            progress=finding_pitch(progress),
            cache=RecentCache(Layout(store_at(store)).takes),
        )
    print_outcome(recording, found.warnings, None)
    if json:
        print_json(raga_json(found))
        return
    for line in raga_lines(found, str(recording)):
        typer.echo(printable(line))
