"""How a take is to be judged, from the words of a command line."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

import typer

from .options import layout_at

if TYPE_CHECKING:
    from swara.classifier.notes import Thresholds
    from swara.raga.tuning import Tuning
    from swara.service.take.analyze import Request

__all__ = ["Preset", "request_of", "thresholds_of"]

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

    return learned_tuning(layout_at(store))


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
