"""What is asked of an analysis, in the words of a command line or of a program."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from swara.classifier.notes import Thresholds
    from swara.raga.ragas import Raga
    from swara.raga.tuning import Tuning
    from swara.service.take.analyze import Request

__all__ = ["Preset", "own_raga", "parse_request", "preset_thresholds"]

Preset: TypeAlias = Literal["learner", "student", "performer"]
"""How strict: in tune within 35, 25 or 15 cents."""


def parse_request(
    tonic: str | float | None, raga: str | None, tuning: str, thresholds: Thresholds, store: Path
) -> Request:
    """Return what was asked for.

    Parameters
    ----------
    tonic : str, float or None
        Sa as `parse_tonic` reads it, or in Hz; estimated from the take if None.
    raga : str or None
        Name of the raga, in any usual spelling; `DEFAULT_RAGA` is judged against if None.
    tuning : str
        ``just``, ``equal``, or ``learned``: that of the live version of `store`.
    thresholds : Thresholds
        The limits to judge by.
    store : Path
        Folder of the store; only looked into for a learned tuning.

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
        tonic=None if tonic is None else parse_tonic(str(tonic)),
        raga=None if raga is None else raga_named(raga),
    )


_LONGEST_RAGA_BYTES = 1_000_000

OWN_RAGA_FILES: set[Path] = set()
"""The files that ragas were read from, for as long as the program runs: none is written over."""


def own_raga(path: Path) -> Raga:
    """Return the raga of a RagaJSON file; until the program ends, `raga_named` knows it by its `name`.

    Raises
    ------
    BadNotation
        If the file cannot be read, or is no RagaJSON 0.2.
    """
    from swara.data.storage.disk import reading
    from swara.raga.errors import BadNotation
    from swara.raga.ragajson import read_ragajson
    from swara.raga.ragas import OWN_RAGAS

    with reading(path, BadNotation), path.open("rb") as file:
        content = file.read(_LONGEST_RAGA_BYTES + 1)
    if len(content) > _LONGEST_RAGA_BYTES:
        raise BadNotation("a RagaJSON file has less than a megabyte", where=str(path))
    raga = read_ragajson(content.decode("utf-8-sig", errors="replace"), str(path))
    OWN_RAGAS[raga.name] = raga
    OWN_RAGA_FILES.add(path)
    return raga


def _tuning(name: str, store: Path) -> Tuning:
    from swara.raga.errors import fold_name
    from swara.raga.tuning import tuning_named

    if fold_name(name) != "learned":
        return tuning_named(name)
    from swara.service.rebuild.targets import learned_tuning
    from swara.service.store import Layout

    return learned_tuning(Layout(store))


def preset_thresholds(
    preset: str, perfect_cents: float | None = None, in_tune_cents: float | None = None
) -> Thresholds:
    """Return the limits of a preset, either of them replaced by another.

    Parameters
    ----------
    preset : str
        One of `Preset`.
    perfect_cents, in_tune_cents : float, optional
        Up to how far off a note is still perfect, or in tune, in cents. One given alone moves the other only
        as far as it must.

    Raises
    ------
    ValueError
        If no preset has that name, or the limits are no two positive numbers of which the first is no larger.
    """
    from swara.classifier.notes import PRESETS, Thresholds

    if preset not in PRESETS:
        raise ValueError(f"no preset is called {preset!r}: there is {', '.join(PRESETS)}")
    base, perfect, in_tune = PRESETS[preset], perfect_cents, in_tune_cents
    if perfect is None and in_tune is None:
        return base
    if in_tune is None:
        in_tune = max(base.in_tune_cents, perfect or 0.0)
    if perfect is None:
        perfect = min(base.perfect_cents, in_tune)
    if not 0 < perfect <= in_tune < math.inf:
        raise ValueError(
            f"perfect_cents {perfect:g} and in_tune_cents {in_tune:g}: both must be above 0, and the first no"
            " larger"
        )
    return Thresholds(perfect, in_tune)
