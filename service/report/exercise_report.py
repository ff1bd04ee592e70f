"""Which exercises a recording holds, in words for a terminal and as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from swara.service.phrases import encodable, percent

if TYPE_CHECKING:
    from swara.classifier.exercises.head import ExerciseReport

__all__ = ["SCHEMA", "exercise_json", "exercise_lines", "exercise_text"]

SCHEMA: Final = "swara.exercise/1"
"""Name and version; the number rises when a field changes its meaning or goes."""

_MOST_LINES = 60


def exercise_lines(found: ExerciseReport) -> Iterator[str]:
    """Yield the lines of a terminal: what most of it is, then each part with its time."""
    if found.kind is None:
        yield "No singing was found"
        return
    yield f"{found.kind.capitalize()} ({_shares(found.probabilities)})"
    for number, part in enumerate(found.parts):
        if number == _MOST_LINES:
            yield f"  and {len(found.parts) - number} more: --json has them all"
            return
        yield f"  {part.start_s:7.2f} s to {part.end_s:.2f} s  {part.kind:8}  {_shares(part.probabilities)}"


def _shares(probabilities: Mapping[Any, float]) -> str:
    return ", ".join(f"{kind} {percent(share)}" for kind, share in probabilities.items())


def exercise_json(found: ExerciseReport, source: str, warnings: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return it as plain dicts, lists, strings, numbers and None.

    Parameters
    ----------
    found : ExerciseReport
        What a recording holds.
    source : str
        Its name.
    warnings : tuple of str
        What is wrong with it, as sentences without full stop.
    """
    return {
        "schema": SCHEMA,
        "source": encodable(source),
        "duration_s": round(found.duration_s, 4),
        "kind": found.kind,
        "probabilities": _rounded(found.probabilities),
        "parts": [
            {
                "kind": part.kind,
                "start_s": round(part.start_s, 3),
                "end_s": round(part.end_s, 3),
                "voiced_s": round(part.voiced_s, 3),
                "probabilities": _rounded(part.probabilities),
            }
            for part in found.parts
        ],
        "warnings": [encodable(line) for line in warnings],
    }


def _rounded(probabilities: Mapping[Any, float]) -> dict[str, float]:
    return {kind: round(share, 4) for kind, share in probabilities.items()}


def exercise_text(found: ExerciseReport, source: str, warnings: tuple[str, ...] = ()) -> str:
    """Return `exercise_json` as text that ends in a line break."""
    return json.dumps(exercise_json(found, source, warnings), indent=2, ensure_ascii=False) + "\n"
