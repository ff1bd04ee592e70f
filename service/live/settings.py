"""What a live session judges against: Sa, the raga, its tuning, how strictly; and the lanes that follow."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from swara.classifier.notes import PRESETS, Standard, Thresholds
from swara.raga.errors import BadTonic, SwaraError, fold_name
from swara.raga.notation import swara_devanagari, swara_letter
from swara.raga.ragas import Raga, raga_named
from swara.raga.swaras import SVARASTHANAS, saptak_name
from swara.raga.tonic_names import MAX_SA_HZ, MIN_SA_HZ, ParsedTonic, parse_tonic
from swara.raga.tuning import JUST, Tuning, tuning_named
from swara.service.take.analyze import DEFAULT_RAGA, Request

from .events import Lane

__all__ = ["LiveSettings", "parse_settings"]

_KEYS = ("tonic", "raga", "swaras", "tuning", "preset")
_LONGEST_TEXT = 200


@dataclass(frozen=True, slots=True)
class LiveSettings:
    """What is sung against.

    Parameters
    ----------
    tonic : ParsedTonic, float or None
        Sa as it was given, or in Hz; None where it is not known yet: the line is shown then, no note named.
    raga : Raga
        Whose swaras make the lanes.
    tuning : Tuning
        Where they lie.
    thresholds : Thresholds
        How far off is still in tune.
    raga_given : bool
        Whether somebody chose the raga: an estimate of Sa looks under all of them otherwise.

    Raises
    ------
    BadTonic
        If a frequency lies outside 80 to 400 Hz.
    """

    tonic: ParsedTonic | float | None
    raga: Raga
    tuning: Tuning = JUST
    thresholds: Thresholds = PRESETS["student"]
    raga_given: bool = True

    def __post_init__(self) -> None:
        if isinstance(self.tonic, ParsedTonic) or self.tonic is None:
            return
        # Written so that NaN fails it.
        if not MIN_SA_HZ <= self.tonic <= MAX_SA_HZ:
            raise BadTonic(
                f"{self.tonic:g} Hz is no Sa", fix=f"It lies from {MIN_SA_HZ:g} to {MAX_SA_HZ:g} Hz"
            )

    @property
    def parsed_tonic(self) -> ParsedTonic | None:
        """Sa as a report takes it; None where it is not known."""
        if isinstance(self.tonic, ParsedTonic) or self.tonic is None:
            return self.tonic
        return ParsedTonic(None, None, float(self.tonic))

    @property
    def request(self) -> Request:
        """The same, as it is asked of `analyze`."""
        raga = self.raga if self.raga_given else None
        return Request(self.tuning, self.thresholds, self.parsed_tonic, raga)

    def standard(self, sa_hz: float) -> Standard:
        """Return what notes are judged against where Sa is `sa_hz`, in Hz."""
        return Standard(sa_hz, self.raga, self.tuning, self.thresholds)

    def lanes(self) -> tuple[Lane, ...]:
        """Return the raga's swaras in three octaves, lowest first."""
        return tuple(
            Lane(
                swara=SVARASTHANAS[index].name,
                letter=swara_letter(SVARASTHANAS[index], octave),
                devanagari=swara_devanagari(SVARASTHANAS[index], octave),
                saptak=saptak_name(octave),
                cents=self.tuning.cents_of(index, octave),
            )
            for octave in (-1, 0, 1)
            for index in sorted(self.raga.swaras)
        )


def parse_settings(values: Mapping[str, Any], *, learned: Tuning | None = None) -> LiveSettings:
    """Read settings as a client sends them.

    Parameters
    ----------
    values : mapping of str to object
        ``tonic`` (text such as ``C#3``, a number of Hz, or None), ``raga``, ``swaras``, ``tuning`` and
        ``preset``, as on the command line; what is absent or None has its default, and unknown keys are
        passed over, so that a newer client may send more.
    learned : Tuning, optional
        What ``learned`` stands for; nothing if it was not learned yet.

    Raises
    ------
    SwaraError
        If a value is of a wrong kind, or means nothing.
    """
    given = {key: values.get(key) for key in _KEYS}
    for key, value in given.items():
        _refuse_another_kind(key, value)
    raga, swaras = given["raga"], given["swaras"]
    named = raga if swaras is None else f"{raga or ''}: {swaras}"
    preset = given["preset"] or "student"
    if preset not in PRESETS:
        raise SwaraError(
            f'no preset is called "{preset}"', where="preset", fix=f"There is {', '.join(PRESETS)}"
        )
    return LiveSettings(
        tonic=_tonic(given["tonic"]),
        raga=raga_named(named or DEFAULT_RAGA),
        tuning=_tuning(given["tuning"] or "just", learned),
        thresholds=PRESETS[preset],
        raga_given=bool(named),
    )


def _refuse_another_kind(key: str, value: object) -> None:
    number = key == "tonic" and isinstance(value, (int, float)) and not isinstance(value, bool)
    if number and math.isfinite(value):  # type: ignore[arg-type]
        return
    if value is not None and not isinstance(value, str):
        raise SwaraError("this is no text", where=key, fix="Give what the command line takes")
    if isinstance(value, str) and len(value) > _LONGEST_TEXT:
        raise SwaraError(f"this is longer than {_LONGEST_TEXT} characters", where=key)


def _tonic(value: str | float | None) -> ParsedTonic | None:
    return None if value is None or value == "" else parse_tonic(str(value))


def _tuning(name: str, learned: Tuning | None) -> Tuning:
    if fold_name(name) != "learned":
        return tuning_named(name)
    if learned is None:
        raise SwaraError("no tuning was learned yet", where="tuning", fix="Run: swara rebuild, or take just")
    return learned
