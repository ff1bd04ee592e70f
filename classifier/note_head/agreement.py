"""Whether the head hears the swara that the pitch shows."""

from __future__ import annotations

from dataclasses import dataclass

from .head import NotePrediction

__all__ = ["Agreement", "agreement"]


@dataclass(frozen=True, slots=True)
class Agreement:
    """Whether the head agrees, and if not, why, as a clause without full stop.

    Parameters
    ----------
    agrees : bool or None
        None where the head is silent: it abstains, or never learned the swara.
    reason : str or None
        None where it agrees.
    """

    agrees: bool | None
    reason: str | None


def agreement(note_letter: str, prediction: NotePrediction) -> Agreement:
    """Compare the swara that a note's pitch shows with what the head says of the note.

    Parameters
    ----------
    note_letter : str
        In roman notation with its octave, such as ``S'``.
    prediction : NotePrediction
    """
    if note_letter not in prediction.known:
        return Agreement(None, f"the note head has not learned {note_letter}")
    if prediction.unfamiliar:
        return Agreement(None, "the note head has heard no note at this pitch")
    if prediction.abstained:
        return Agreement(None, f"the note head is not sure: {_likeliest(prediction)}")
    if prediction.swara == note_letter:
        return Agreement(True, None)
    return Agreement(False, f"the note head hears {_first(prediction)} where the pitch shows {note_letter}")


def _first(prediction: NotePrediction) -> str:
    return f"{prediction.swara} ({prediction.probability:.0%})"


def _likeliest(prediction: NotePrediction) -> str:
    return f"{_first(prediction)} or {prediction.runner_up} ({prediction.runner_up_probability:.0%})"
