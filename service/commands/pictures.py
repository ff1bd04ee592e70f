"""Pictures of a recording as it is, without a judgement: ``spectrogram``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from service.report.progress_bar import progress_bar

from .options import STDOUT, MaxMinutes, Recording, limit_s

__all__ = ["spectrogram"]


def spectrogram(
    recording: Recording,
    output: Annotated[Path, typer.Option("--output", "-o", help="Write the PNG into this file.")],
    pitch: Annotated[bool, typer.Option("--pitch", help="Draw the pitch over it.")] = False,
    max_minutes: MaxMinutes = 20.0,
) -> None:
    """Draw the mel spectrogram as PNG: what sounds when, and how loud."""
    from service.report.plain_text import printable
    from service.spectrogram_file import spectrogram_file

    if output == STDOUT:
        raise typer.BadParameter("a picture cannot go to stdout; give --output a file")
    longest_s = limit_s(max_minutes)
    with progress_bar(shown=True) as progress:
        drawn = spectrogram_file(recording, output, pitch=pitch, max_duration_s=longest_s, progress=progress)
    for warning in drawn.warnings:
        typer.echo(printable(f"swara: {recording}: {warning}."), err=True)
    typer.echo(printable(f"{output}: {drawn.sentence}"))
