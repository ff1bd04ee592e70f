"""What a singer chose last: Sa, raga, strictness, tanpura; remembered in the history's file."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from swara.classifier.notes import PRESETS
from swara.raga.errors import SwaraError
from swara.raga.ragas import raga_named
from swara.raga.tonic_names import parse_tonic
from swara.service.store.layout import Layout

from .keeping import is_switched_off, reading_history, wanted, writing_history

__all__ = ["Choices", "load_choices", "save_choices", "why_not_kept"]

_TUNINGS = ("just", "equal", "learned")
_TANPURAS = ("PSSS", "MSSS", "NSSS")
_LONGEST_TEXT = 200


@dataclass(frozen=True, slots=True)
class Choices:
    """What a singer chose.

    Parameters
    ----------
    tonic : str or None
        Sa, as `parse_tonic` reads it; None where it is estimated.
    raga : str or None
        As `raga_named` reads it; None where none was chosen.
    tuning : {"just", "equal", "learned"}
        Where the swaras lie.
    preset : {"learner", "student", "performer"}
        How strict.
    tanpura : {"PSSS", "MSSS", "NSSS"}
        How the tanpura is tuned.
    volume : float
        How loud it plays, 0 to 1.
    devanagari : bool
        Whether swaras are written in Devanagari.
    keep_sound : bool
        Whether the history keeps the sound of what is sung.
    history : bool
        Whether it keeps anything.

    Raises
    ------
    SwaraError
        If one of them means nothing.
    """

    tonic: str | None = None
    raga: str | None = None
    tuning: str = "just"
    preset: str = "student"
    tanpura: str = "PSSS"
    volume: float = 0.5
    devanagari: bool = False
    keep_sound: bool = False
    history: bool = True

    def __post_init__(self) -> None:
        for name in ("raga", "tonic", "tuning", "preset", "tanpura"):
            _check_text(name, getattr(self, name), optional=name in ("tonic", "raga"))
        for name in ("devanagari", "keep_sound", "history"):
            if not isinstance(getattr(self, name), bool):
                raise SwaraError("this is neither true nor false", where=name)
        volume = self.volume
        number = isinstance(volume, (int, float)) and not isinstance(volume, bool)
        if not (number and math.isfinite(volume) and 0 <= volume <= 1):
            raise SwaraError("this is no loudness", where="volume", fix="It goes from 0 to 1")
        for name, known in (("tuning", _TUNINGS), ("preset", tuple(PRESETS)), ("tanpura", _TANPURAS)):
            if getattr(self, name) not in known:
                raise SwaraError(
                    f'there is no "{getattr(self, name)}"', where=name, fix=f"Choose {', '.join(known)}"
                )
        _check_names(self.raga, self.tonic)


def _check_names(raga: str | None, tonic: str | None) -> None:
    if raga is not None:
        raga_named(raga)
    if tonic is not None:
        parse_tonic(tonic)


def _check_text(name: str, value: object, *, optional: bool) -> None:
    if (value is None and optional) or (isinstance(value, str) and len(value) <= _LONGEST_TEXT):
        return
    raise SwaraError(f"this is no text of up to {_LONGEST_TEXT} characters", where=name)


_NAMES = tuple(field.name for field in fields(Choices))


def load_choices(store: Layout) -> Choices:
    """Return what was chosen last; the usual for what never was, or what this swara cannot use.

    Raises
    ------
    StoreError
        If the history cannot be read.
    """
    chosen = Choices()
    with reading_history(store) as database:
        rows = database.execute("SELECT name, value FROM remembered").fetchall()
    for name, value in rows:
        if name in _NAMES:
            try:
                chosen = _changed(chosen, {name: json.loads(value)})
            except (SwaraError, ValueError):
                continue  # one choice lost is made again; the others hold
    return chosen


def save_choices(store: Layout, changes: Mapping[str, Any]) -> Choices:
    """Remember what is chosen now beside what was; names that are no choices are passed over.

    Parameters
    ----------
    store : Layout
        Where it is remembered.
    changes : mapping of str to object
        By the names of `Choices`; others, of a newer page, are left out.

    Returns
    -------
    Choices
        All of them, as they are now.

    Raises
    ------
    SwaraError
        If one means nothing: then none is remembered.
    StoreError
        If the history cannot be written.
    """
    known = {name: changes[name] for name in _NAMES if name in changes}
    chosen = _changed(load_choices(store), known)
    with writing_history(store) as database:
        database.executemany(
            "INSERT INTO remembered VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
            [(name, json.dumps(getattr(chosen, name))) for name in known],
        )
    return chosen


def _changed(chosen: Choices, changes: Mapping[str, Any]) -> Choices:
    return Choices(**(asdict(chosen) | dict(changes)))


def why_not_kept(store: Layout, environment: Mapping[str, str]) -> str | None:
    """Say why no takes are kept, in a sentence without full stop; None where they are wanted.

    Raises
    ------
    StoreError
        If the history cannot be read.
    """
    if is_switched_off(environment):
        return "Nothing is kept: SWARA_HISTORY says so"
    return None if wanted(store)[0] else "Nothing is kept: the history was switched off"
