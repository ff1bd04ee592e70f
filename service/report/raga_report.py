"""A guess at a raga as plain text and as JSON."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any, Final

from swara.classifier.ragas import Candidate
from swara.service.phrases import encodable, note_words, percent
from swara.service.take.raga import TakeRaga

from .json_report import json_text

__all__ = ["RAGA_SCHEMA", "raga_json", "raga_lines"]

RAGA_SCHEMA: Final = "swara.raga-guess/1"
"""Name and version; the number rises when a field changes its meaning or goes."""


def raga_lines(found: TakeRaga, take: str) -> Iterator[str]:
    """Yield a guess as lines of text: what it is, or that it cannot be told; then three names and why.

    Parameters
    ----------
    found : TakeRaga
        What was guessed.
    take : str
        What the take is called on the command line.
    """
    guess, tonic = found.guess, found.tonic
    first = guess.raga
    if not guess.candidates:
        yield f"Cannot tell. {guess.doubt}."
        return
    sa = f"Sa {note_words(tonic.name)}, {tonic.source}"
    if first is None:
        yield f"Cannot tell ({sa}). {guess.doubt}."
        yield "The nearest, the likeliest first:"
    else:
        yield f"Probably {guess.candidates[0].called} ({sa})."
    for place, candidate in enumerate(guess.candidates, 1):
        yield f"{place}. {candidate.called}: {'; '.join(_why(candidate))}."
    if first is not None:
        name = first.name.replace(" ", "-")
        yield f"Nothing was judged. To judge by it: swara analyze {shlex.quote(take)} --raga {name}"


def _why(candidate: Candidate) -> Iterator[str]:
    yield f"{percent(candidate.share)} of what is held is on its swaras"
    if candidate.missing:
        yield f"{' '.join(candidate.missing)} not held"
    if candidate.outside:
        yield f"{' '.join(candidate.outside)} held besides"
    if candidate.steps:
        yield f"often {', '.join(step.replace(' ', '-') for step in candidate.steps)}, as it goes"


def raga_json(found: TakeRaga) -> str:
    """Return one object as indented JSON text ending in a newline."""
    guess, tonic = found.guess, found.tonic
    fields = {
        "schema": RAGA_SCHEMA,
        "source": encodable(found.source),
        "tonic": {"hz": round(tonic.hz, 3), "name": tonic.name, "source": tonic.source},
        "raga": None if guess.raga is None else guess.raga.display,
        "doubt": guess.doubt,
        "candidates": [_candidate(each) for each in guess.candidates],
        "warnings": list(found.warnings),
    }
    return json_text(fields)


def _candidate(candidate: Candidate) -> dict[str, Any]:
    return {
        "raga": candidate.raga.display,
        "also": [raga.display for raga in candidate.also],
        "behind": round(candidate.behind, 2),
        "share": round(candidate.share, 4),
        "missing": list(candidate.missing),
        "outside": list(candidate.outside),
        "steps": list(candidate.steps),
    }
