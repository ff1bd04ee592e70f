"""A `Recording` as a JSON object, and back; nothing half-right gets in."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import lru_cache
from itertools import pairwise
from typing import Any

from swara.data.recording import Recording, SwaraLabel
from swara.data.storage.json_lines import Json, converted
from swara.raga.errors import BadNotation, UnknownRaga
from swara.raga.notation import swara_letter
from swara.raga.ragas import raga_named
from swara.raga.swaras import parse_swara
from swara.raga.tonic_names import MAX_SA_HZ, MIN_SA_HZ

__all__ = ["recording_from_json", "recording_to_json"]

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


def recording_from_json(value: Any) -> Recording:
    """Return the recording that `recording_to_json` wrote.

    Raises
    ------
    ValueError
        Saying which field is missing, unknown or wrong.
    """
    import msgspec

    rows = value.get("labels") if isinstance(value, Mapping) else None
    labels = msgspec.convert(rows, list[tuple[float, float, str]])
    named = [{"start_s": start_s, "end_s": end_s, "swara": swara} for start_s, end_s, swara in labels]
    recording = converted({**value, "labels": named}, Recording)
    _check_fields(recording)
    for label in recording.labels:
        _check_label(label)
    if any(before.end_s > after.start_s for before, after in pairwise(recording.labels)):
        raise ValueError("labels must be in order of time, without overlap")
    return recording


def _check_fields(recording: Recording) -> None:
    for field in ("path", "singer", "licence"):
        if not getattr(recording, field).strip():
            raise ValueError(f"{field} must not be empty")
    if not _SHA256.fullmatch(recording.sha256):
        raise ValueError("sha256 must be 64 hex digits in lower case")
    if not MIN_SA_HZ <= recording.tonic_hz <= MAX_SA_HZ:  # NaN neither
        raise ValueError(f"tonic_hz must lie from {MIN_SA_HZ:g} to {MAX_SA_HZ:g}")
    if recording.raga is not None and not _is_raga(recording.raga):
        raise ValueError(f'no raga has the key "{recording.raga}"')


@lru_cache(maxsize=1024)
def _is_raga(key: str) -> bool:
    try:
        return raga_named(key).name == key
    except (UnknownRaga, BadNotation):
        return False


def _check_label(label: SwaraLabel) -> None:
    if not 0 <= label.start_s < label.end_s < math.inf:
        raise ValueError(f"a label cannot go from {label.start_s} to {label.end_s} s")
    if not _is_letter(label.swara):
        raise ValueError(f"{label.swara!r} is no swara in roman notation")


@lru_cache(maxsize=1024)
def _is_letter(swara: str) -> bool:
    try:
        return swara_letter(*parse_swara(swara)) == swara
    except BadNotation:
        return False
