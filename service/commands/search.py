"""``search``: the professional samples nearest to a note or a phrase of a take, or to notation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from swara.service.report.terminal.progress_bar import finding_pitch, progress_bar
from swara.service.request import parse_request, preset_thresholds

from .options import (
    STDOUT,
    MaxMinutes,
    RagaText,
    StoreFolder,
    SwarasText,
    TonicText,
    TrackNumber,
    complete_raga,
    console,
    limit_s,
    raga_text,
    reading_notation,
    say_written,
    seconds,
    store_at,
    write_text,
)

if TYPE_CHECKING:
    from swara.service.search.hits import PhraseFilter
    from swara.service.search.notes import SearchResult
    from swara.service.search.phrases import PhraseSearch

__all__ = ["search"]


def _span(text: str) -> tuple[float, float]:
    """Return a stretch as it was typed, such as 3.2-7.5 or 1:02-1:07, in seconds."""
    start, dash, end = str(text).partition("-")
    if not dash:
        raise typer.BadParameter(f'"{text}" is no stretch: give where it begins and ends, such as 3.2-7.5')
    span_s = seconds(start.strip()), seconds(end.strip())
    if not span_s[0] < span_s[1]:
        raise typer.BadParameter(f'"{text}" does not end after it begins')
    return span_s


def search(
    recording: Annotated[
        Path | None,
        typer.Argument(
            help="The take: wav, flac, ogg, mp3, m4a, aac, webm or opus; - for stdin. None with --sing."
        ),
    ] = None,
    at: Annotated[
        float | None,
        typer.Option(
            parser=seconds, metavar="TIME", help="Where the note is: in seconds (83.5) or minutes (1:23.5)."
        ),
    ] = None,
    phrase: Annotated[
        str | None, typer.Option(metavar="FROM-TO", help="Where the phrase is: 3.2-7.5, or 1:02-1:07.")
    ] = None,
    sing: Annotated[
        str | None, typer.Option(metavar="NOTATION", help='A phrase in notation: "S R G P D S\'".')
    ] = None,
    by: Annotated[
        Literal["melody", "voice"],
        typer.Option(help="Phrases that go the same way over Sa, or that sound alike whatever they sing."),
    ] = "melody",
    only_singer: Annotated[str | None, typer.Option(help="Phrases of this singer alone.")] = None,
    only_raga: Annotated[
        str | None, typer.Option(help="Phrases of this raga alone.", autocompletion=complete_raga)
    ] = None,
    only_licence: Annotated[str | None, typer.Option(help="Phrases of this licence alone.")] = None,
    tonic: TonicText = None,
    raga: RagaText = None,
    swaras: SwarasText = None,
    count: Annotated[int, typer.Option(min=1, help="How many samples to show.")] = 5,
    clips: Annotated[Path | None, typer.Option(help="Write the sound of each into this folder.")] = None,
    json: Annotated[Path | None, typer.Option(help="Write what was found as JSON; - for stdout.")] = None,
    store: StoreFolder = None,
    track: TrackNumber = None,
    max_minutes: MaxMinutes = 20.0,
) -> None:
    """Find samples like a note or a phrase.

    A phrase is found whoever sings it, on whatever Sa and in whatever octave and tempo. The take itself is
    never among what is found.
    """
    from swara.classifier.pitch import TRACK_RATE_HZ
    from swara.data.audio.decode import decode
    from swara.service.adviser.adviser import load_model
    from swara.service.search.hits import PhraseFilter
    from swara.service.search.notes import save_clips, search
    from swara.service.search.phrases import live_phrases, search_notation, search_phrase

    _check_form(recording, at, phrase, sing, by)
    among = PhraseFilter(only_singer, only_raga, only_licence)
    _check_filters(at, among)
    _check_json(json, recording)
    take, span_s = recording or STDOUT, None if phrase is None else _span(phrase)
    folder, longest_s = store_at(store), limit_s(max_minutes)
    request = parse_request(tonic, raga_text(raga, swaras), "just", preset_thresholds("student"), folder)
    with progress_bar(shown=json != STDOUT) as progress:
        model = load_model(folder, progress)
        found: SearchResult | PhraseSearch
        how: dict[str, Any] = {"count": count, "progress": finding_pitch(progress)}
        if at is not None:
            found = search(take, at, request, model, max_duration_s=longest_s, track=track, **how)
        elif span_s is not None:
            index = live_phrases(folder, model)
            decoded = decode(take, rate_hz=TRACK_RATE_HZ, max_duration_s=longest_s, track=track)
            own = model.about(take, decoded)
            found = search_phrase(
                decoded.clip, span_s, request, own, index, by=by, among=among, where=take, **how
            )
        else:
            assert sing is not None
            with reading_notation("--sing"):
                found = search_notation(sing, model, live_phrases(folder, model), among=among, count=count)
    _show(found, json)
    if clips is not None:
        for path in save_clips(found.items, model, clips):
            typer.echo(f"  {path}", err=json == STDOUT)


def _show(found: SearchResult | PhraseSearch, json: Path | None) -> None:
    """Write what was found as JSON, print it, or both."""
    from swara.service.report.json_report import search_json
    from swara.service.report.terminal.samples_table import render_found, render_phrases
    from swara.service.search.phrases import PhraseSearch

    if json is not None:
        write_text(json, search_json(found))
    if json == STDOUT:
        return
    if isinstance(found, PhraseSearch):
        render_phrases(found, console())
    else:
        render_found(found, console())
    say_written(json, margin="  ")


def _check_form(
    recording: Path | None, at: float | None, phrase: str | None, sing: str | None, by: str
) -> None:
    """See that just one thing is sought; a command that says too little or too much is wrong usage."""
    sought = sum(each is not None for each in (at, phrase, sing))
    if sought != 1 or (recording is None) != (sing is not None):
        raise typer.BadParameter(
            'say what is sought: TAKE --at 2.4, TAKE --phrase 3.2-7.5, or --sing "G R S" without a take'
        )
    if by == "voice" and phrase is None:
        raise typer.BadParameter("--by voice goes with --phrase; a note is always sought by its voice")


def _check_filters(at: float | None, among: PhraseFilter) -> None:
    """See that no filter is given where none counts."""
    if at is not None and any((among.singer, among.raga, among.licence)):
        raise typer.BadParameter("--only-singer, --only-raga and --only-licence go with --phrase or --sing")


def _check_json(json: Path | None, recording: Path | None) -> None:
    """See that the file can be written, and is not the take itself."""
    if json is not None and json != STDOUT:
        from swara.service.export.take_files import check_outputs

        check_outputs([json], source=recording or STDOUT, called="the take that is searched with")
