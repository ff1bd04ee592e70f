"""Which raga a take may be in, from its given or estimated Sa; nothing is judged by it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from swara.classifier.ragas import RagaGuess, guess_raga
from swara.classifier.tonic import given_tonic, no_tonic
from swara.data.take import Tonic
from swara.raga.ragas import BASIC_RAGAS
from swara.raga.tonic_names import ParsedTonic
from swara.service.phrases import note_words

from .heard import HeardTake

__all__ = ["TakeRaga", "guess_take"]


@dataclass(frozen=True, slots=True)
class TakeRaga:
    """What raga a take may be in.

    Parameters
    ----------
    source : str
        Name of the recording.
    tonic : Tonic
        The Sa that it was guessed from.
    guess : RagaGuess
        The guess; its doubt tells of Sa too.
    warnings : tuple of str
        What is wrong with the recording, as sentences without full stop.
    """

    source: str
    tonic: Tonic
    guess: RagaGuess
    warnings: tuple[str, ...] = ()


def guess_take(heard: HeardTake, tonic: ParsedTonic | None, source: str) -> TakeRaga:
    """Guess the raga of a take that was heard.

    Parameters
    ----------
    heard : HeardTake
        What was heard of it.
    tonic : ParsedTonic or None
        Its Sa; estimated if None, and where that is unsure no raga is named.
    source : str
        Name of the recording.
    """
    notes = heard.held.notes
    if not notes:
        return TakeRaga(source, no_tonic(), RagaGuess((), "Nothing is held"), heard.warnings)
    if tonic is not None:
        seat = given_tonic(tonic, notes)
    else:
        seat = heard.evidence.tonic(list(BASIC_RAGAS.values()))
    guess = guess_raga(heard.held, seat.hz)
    if seat.needs_confirmation:
        other = "" if seat.runner_up is None else f" or {note_words(seat.runner_up.name)}"
        doubt = f"Sa is unsure, {note_words(seat.name)}{other}: give it with --tonic"
        guess = replace(guess, doubt=doubt)
    return TakeRaga(source, seat, guess, heard.warnings)
