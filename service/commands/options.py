"""What the commands share: options that mean the same everywhere, and what they stand for."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

import typer

if TYPE_CHECKING:
    from swara.classifier.notes import Thresholds
    from swara.raga.tuning import Tuning
    from swara.service.take.analyze import Request

if TYPE_CHECKING:
    from rich.console import Console

__all__ = [
    "STDOUT",
    "MaxMinutes",
    "Preset",
    "RagaText",
    "Recording",
    "StoreFolder",
    "TonicText",
    "console",
    "limit_s",
    "request_of",
    "store_at",
    "thresholds_of",
]

STDOUT = Path("-")
"""What stands for stdout where a file is asked for."""

Recording = Annotated[Path, typer.Argument(help="The take: wav, flac, ogg, mp3, m4a, aac, webm, opus.")]
TonicText = Annotated[
    str | None, typer.Option(help="Sa: C#3, C# (octave from the voice) or 207.65; estimated if left out.")
]
RagaText = Annotated[str | None, typer.Option(help="The raga; judged as Bhupali if left out.")]
StoreFolder = Annotated[Path | None, typer.Option(help="The store, if not the usual one (SWARA_STORE).")]
MaxMinutes = Annotated[float, typer.Option(help="Longest take to accept; 0 for no limit.")]


def limit_s(max_minutes: float) -> float | None:
    """Return the longest duration to accept in seconds; None for no limit."""
    if not max_minutes >= 0:  # NaN too
        raise typer.BadParameter(f"--max-minutes {max_minutes:g}: give a number from 0 up; 0 lifts the limit")
    return 60.0 * max_minutes or None


def store_at(folder: Path | None) -> Path:
    """Return the folder of the store: the one given, else the usual one."""
    from swara.service.store import store_folder

    return folder or store_folder(os.environ)


def console() -> Console:
    """Return where reports are printed."""
    from rich.console import Console

    return Console(highlight=False)


Preset: TypeAlias = Literal["learner", "student", "performer"]


def request_of(
    tonic: str | None, raga: str | None, tuning: str, thresholds: Thresholds, store: Path | None = None
) -> Request:
    """Return what was asked for; the tuning ``learned`` is that of the store's live version.

    Raises
    ------
    SwaraError
        If Sa, the raga or the tuning cannot be understood, or no tuning was learned yet.
    """
    from swara.raga.ragas import raga_named
    from swara.raga.tonic_names import parse_tonic
    from swara.service.take.analyze import Request

    return Request(
        tuning=_tuning(tuning, store),
        thresholds=thresholds,
        tonic=None if tonic is None else parse_tonic(tonic),
        raga=None if raga is None else raga_named(raga),
    )


def _tuning(name: str, store: Path | None) -> Tuning:
    from swara.raga.near_names import fold_name
    from swara.raga.tuning import tuning_named

    if fold_name(name) != "learned":
        return tuning_named(name)
    from swara.service.rebuild.targets import learned_tuning
    from swara.service.store import Layout

    return learned_tuning(Layout(store_at(store)))


def thresholds_of(preset: str, perfect: float | None = None, in_tune: float | None = None) -> Thresholds:
    """Return the limits of a preset, either of them replaced by one in cents."""
    from swara.classifier.notes import PRESETS, Thresholds

    base = PRESETS[preset]
    if perfect is None and in_tune is None:
        return base
    # One limit alone moves the other only as far as it must.
    if in_tune is None:
        in_tune = max(base.in_tune_cents, perfect or 0.0)
    if perfect is None:
        perfect = min(base.perfect_cents, in_tune)
    if not 0 < perfect <= in_tune < math.inf:
        raise typer.BadParameter(
            f"--perfect {perfect:g} and --in-tune {in_tune:g}: both must be above 0, --perfect the smaller"
        )
    return Thresholds(perfect, in_tune)
