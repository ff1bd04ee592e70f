"""A `Recording` as a JSON object, and back; nothing half-right gets in."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TypeAlias

from swara.data.recording import Recording, SwaraLabel
from swara.raga.errors import BadNotation
from swara.raga.notation import swara_letter
from swara.raga.ragas import RAGAS
from swara.raga.swaras import parse_swara
from swara.raga.tonic_names import MAX_SA_HZ, MIN_SA_HZ

__all__ = ["Json", "recording_from_json", "recording_to_json"]

Json: TypeAlias = "Mapping[str, Json] | Sequence[Json] | str | float | bool | None"
"""What the ``json`` module reads and writes."""

_FIELDS = ("path", "sha256", "singer", "tonic_hz", "raga", "labels", "licence", "synthesized")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_TIME_DIGITS = 4  # a tenth of a millisecond


def recording_to_json(recording: Recording) -> dict[str, Json]:
    """Return a recording as an object; each label is ``[start_s, end_s, swara]``."""
    labels: list[Json] = [
        [round(label.start_s, _TIME_DIGITS), round(label.end_s, _TIME_DIGITS), label.swara]
        for label in recording.labels
    ]
    return {
        "path": recording.path,
        "sha256": recording.sha256,
        "singer": recording.singer,
        "tonic_hz": round(recording.tonic_hz, _TIME_DIGITS),
        "raga": recording.raga,
        "labels": labels,
        "licence": recording.licence,
        "synthesized": recording.synthesized,
    }


def recording_from_json(value: Json) -> Recording:
    """Return the recording that `recording_to_json` wrote.

    Raises
    ------
    ValueError
        Saying which field is missing, unknown or wrong.
    """
    if not isinstance(value, Mapping):
        raise ValueError("a recording must be an object")
    strangers = sorted(set(value) ^ set(_FIELDS))
    if strangers:
        raise ValueError(f"a recording has the fields {', '.join(_FIELDS)}; check {', '.join(strangers)}")
    return Recording(
        path=_text(value, "path"),
        sha256=_sha256(_text(value, "sha256")),
        singer=_text(value, "singer"),
        tonic_hz=_tonic_hz(value["tonic_hz"]),
        raga=None if value["raga"] is None else _raga(_text(value, "raga")),
        labels=_labels(value["labels"]),
        licence=_text(value, "licence"),
        synthesized=_truth(value["synthesized"]),
    )


def _text(value: Mapping[str, Json], field: str) -> str:
    text = value[field]
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"{field} must be a text that is not empty")
    return text


def _sha256(text: str) -> str:
    if not _SHA256.fullmatch(text):
        raise ValueError("sha256 must be 64 hex digits in lower case")
    return text


def _tonic_hz(value: Json) -> float:
    hz = _number(value, "tonic_hz")
    if not MIN_SA_HZ <= hz <= MAX_SA_HZ:
        raise ValueError(f"tonic_hz must lie from {MIN_SA_HZ:g} to {MAX_SA_HZ:g}")
    return hz


def _raga(key: str) -> str:
    if key not in RAGAS:
        raise ValueError(f'no raga has the key "{key}"')
    return key


def _truth(value: Json) -> bool:
    if not isinstance(value, bool):
        raise ValueError("synthesized must be true or false")
    return value


def _number(value: Json, field: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{field} must be a number")
    return float(value)


def _labels(value: Json) -> tuple[SwaraLabel, ...]:
    if not isinstance(value, list):
        raise ValueError("labels must be a list")
    labels = tuple(_label(row) for row in value)
    if any(before.end_s > after.start_s for before, after in pairwise(labels)):
        raise ValueError("labels must be in order of time, without overlap")
    return labels


def _label(row: Json) -> SwaraLabel:
    if not isinstance(row, list) or len(row) != 3:
        raise ValueError("a label must be [start_s, end_s, swara]")
    start_s, end_s = _number(row[0], "start_s"), _number(row[1], "end_s")
    if not 0 <= start_s < end_s:
        raise ValueError(f"a label cannot go from {start_s} to {end_s} s")
    return SwaraLabel(start_s, end_s, _swara(row[2]))


def _swara(value: Json) -> str:
    try:
        known = isinstance(value, str) and swara_letter(*parse_swara(value)) == value
    except BadNotation:
        known = False
    if not isinstance(value, str) or not known:
        raise ValueError(f"{value!r} is no swara in roman notation")
    return value
