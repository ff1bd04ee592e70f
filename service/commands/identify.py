"""Commands about any sound: ``exercise``, ``identify``, and ``compare-models``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from swara.service.phrases import printable
from swara.service.report.terminal.progress_bar import progress_bar

from .options import (
    STDOUT,
    MaxMinutes,
    Recording,
    StoreFolder,
    TrackNumber,
    layout_at,
    limit_s,
    print_outcome,
    say_written,
    write_text,
)

if TYPE_CHECKING:
    from swara.service.export.sound_file import SoundTold

__all__ = ["compare_models", "exercise", "identify"]


_Told = Literal["instrument", "family", "note"]


def exercise(
    recording: Recording,
    json: Annotated[Path | None, typer.Option(help="Write what was found as JSON; - for stdout.")] = None,
    store: StoreFolder = None,
    track: TrackNumber = None,
    max_minutes: MaxMinutes = 60.0,
) -> None:
    """Tell scales and arpeggios from other singing.

    Says how likely each is, and where each begins and ends.
    """
    from swara.service.export.sound_file import exercise_file

    longest_s, file = limit_s(max_minutes), None if json == STDOUT else json
    with progress_bar(shown=json != STDOUT) as progress:
        told = exercise_file(
            recording, file, max_duration_s=longest_s, track=track, store=layout_at(store), progress=progress
        )
    _say(recording, told, json)


def identify(
    recording: Recording,
    json: Annotated[Path | None, typer.Option(help="Write what was heard as JSON; - for stdout.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw the sound and its notes on a staff as PNG.")] = None,
    staff: Annotated[
        Path | None, typer.Option(help="Write its notes as sheet music, SVG; needs verovio.")
    ] = None,
    musicxml: Annotated[Path | None, typer.Option(help="Write that sheet music as MusicXML.")] = None,
    store: StoreFolder = None,
    track: TrackNumber = None,
    max_minutes: MaxMinutes = 20.0,
) -> None:
    """Name the instrument and the notes of a sound.

    One of twelve instruments, a voice, or none of these, sound by sound; where it cannot tell, it says so.
    """
    from swara.service.export.score_files import ScoreFiles
    from swara.service.export.sound_file import identify_file

    if STDOUT in (plot, staff, musicxml):
        raise typer.BadParameter("only the JSON can go to stdout; give the others a file")
    longest_s, file = limit_s(max_minutes), None if json == STDOUT else json
    with progress_bar(shown=json != STDOUT) as progress:
        told = identify_file(
            recording,
            plot,
            file,
            scores=ScoreFiles(musicxml=musicxml, staff=staff),
            max_duration_s=longest_s,
            track=track,
            store=layout_at(store),
            progress=progress,
        )
    _say(recording, told, json, plot, staff, musicxml)


def _say(recording: Path, told: SoundTold, json: Path | None, *others: Path | None) -> None:
    if json == STDOUT:
        write_text(STDOUT, told.json)
        return
    print_outcome(recording, told.warnings, None)
    for line in told.lines:
        typer.echo(printable(line))
    say_written(json, *others)


def compare_models(
    corpus: Annotated[Path, typer.Option(help="The index of a corpus, as swara corpus add writes it.")],
    label: Annotated[
        _Told | None,
        typer.Option(help="What is to be told. The instrument, or the family where that is all."),
    ] = None,
    network: Annotated[bool, typer.Option(help="Train the network too: minutes, and TensorFlow.")] = True,
    seed: Annotated[int, typer.Option(min=0, help="Of splits and models.")] = 0,
    json: Annotated[Path | None, typer.Option(help="Write the figures as JSON; - for stdout.")] = None,
) -> None:
    """Compare LR, k-NN, RF and a CNN on a corpus, in two splits.

    The random split beside one that holds out whole players: the first flatters whoever learned their like.
    """
    from swara.service.export.take_files import check_outputs
    from swara.service.training.compare import compare_on, compared_json, compared_lines

    if json not in (None, STDOUT):
        check_outputs([json], source=corpus, called="the index that is read")
    with progress_bar(shown=json != STDOUT) as progress:
        found = compare_on(corpus, label, network=network, seed=seed, progress=progress)
    if json is not None:
        write_text(json, compared_json(found))
    if json != STDOUT:
        for line in compared_lines(found):
            typer.echo(printable(line))
        say_written(json)
