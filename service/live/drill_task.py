"""A drill's task, what came of it, and both as messages of the protocol that docs/live.md describes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias

from swara.data.take import Verdict
from swara.raga.errors import SwaraError
from swara.raga.notation import swara_devanagari, swara_letter
from swara.raga.ragas import Raga
from swara.raga.swaras import SwaraPitch, parse_swara, saptak_name
from swara.raga.tuning import Tuning

__all__ = [
    "FURTHEST",
    "LONGEST_STEP_S",
    "MOST_STEPS",
    "DrillNote",
    "DrillResult",
    "DrillStep",
    "DrillTask",
    "DrillVerdict",
    "parse_task",
    "step_of",
    "task_message",
]

DrillVerdict: TypeAlias = Verdict | Literal["another swara", "missing"]

MOST_STEPS, LONGEST_STEP_S, FURTHEST = 32, 10.0, 2
"""Of a drill: its steps, the length of one in seconds, and how many octaves off one may lie."""

_LONGEST_TEXT = 200


@dataclass(frozen=True, slots=True)
class DrillStep:
    """A swara that is to be sung.

    Parameters
    ----------
    swara, letter, devanagari, saptak : str
        As in `Lane`.
    cents : float
        Its target above madhya Sa; the middle of a band.
    seconds : float
        How long it is played.
    """

    swara: str
    letter: str
    devanagari: str
    saptak: str
    cents: float
    seconds: float

    @property
    def pitch(self) -> SwaraPitch:
        """Its svarasthana and octave."""
        return parse_swara(self.letter)


@dataclass(frozen=True, slots=True)
class DrillTask:
    """What is to be heard and sung next.

    Parameters
    ----------
    kind : str
        The plan it belongs to, as in `DrillPlan`.
    name : str
        What is to be sung: the name of one swara, or several in roman notation.
    words : str
        The same and why it comes now, as a sentence without full stop.
    steps : tuple of DrillStep
        The swaras, in order.
    octave_free : bool
        Whether it may be sung in any octave, all of it in the same.
    """

    kind: str
    name: str
    words: str
    steps: tuple[DrillStep, ...]
    octave_free: bool = True


@dataclass(frozen=True, slots=True)
class DrillNote:
    """What came of one swara of a task.

    Parameters
    ----------
    swara, letter, saptak : str
        What was asked.
    verdict : DrillVerdict
        That of `analyze`; or ``another swara`` was held in its place; or it is ``missing``: no held note was
        heard there. ``unsure`` says that something was, and that it cannot be told what.
    cents_off : float or None
        How far off the swara that was asked; None unless it was that one and can be told.
    sung : str or None
        Letter of what was held, its octave moved as the whole attempt was; None where nothing was.
    note : int or None
        Number of the note it was judged on.
    words : str
        The same as a sentence without full stop.
    """

    swara: str
    letter: str
    saptak: str
    verdict: DrillVerdict
    cents_off: float | None
    sung: str | None
    note: int | None
    words: str


@dataclass(frozen=True, slots=True)
class DrillResult:
    """What came of an attempt at a task.

    Parameters
    ----------
    kind, name : str
        Those of the task.
    verdict : DrillVerdict
        Of the whole: the worst of its swaras.
    words : str
        The same as a sentence without full stop.
    start_s, end_s : float
        Where the attempt lies, in seconds from the first sample.
    octave : int
        How many octaves above the task it was sung.
    results : tuple of DrillNote
        One for each swara of the task.
    extra : tuple of str
        Letters of what was held beside it, in order.
    """

    kind: str
    name: str
    verdict: DrillVerdict
    words: str
    start_s: float
    end_s: float
    octave: int
    results: tuple[DrillNote, ...]
    extra: tuple[str, ...]


def step_of(pitch: SwaraPitch, tuning: Tuning, seconds: float) -> DrillStep:
    """Return a swara as a step.

    Parameters
    ----------
    pitch : SwaraPitch
        The svarasthana and its octave.
    tuning : Tuning
        Says where it lies.
    seconds : float
        How long it is played.
    """
    svarasthana, octave = pitch
    cents = round(tuning.cents_of(svarasthana.index, octave), 3)
    letter, devanagari = swara_letter(*pitch), swara_devanagari(*pitch)
    return DrillStep(svarasthana.name, letter, devanagari, saptak_name(octave), cents, seconds)


def task_message(task: DrillTask) -> dict[str, Any]:
    """Return a task as JSON: what a client is sent, and sends back as ``plan`` when it has played it."""
    return asdict(task)


def parse_task(values: Mapping[str, Any], raga: Raga, tuning: Tuning) -> DrillTask:
    """Read a task as a client sends it back.

    Parameters
    ----------
    values : mapping of str to object
        As `task_message` makes it. Of a step, ``letter`` and ``seconds`` are read, and where it lies is told
        by `tuning`; unknown keys are passed over.
    raga : Raga
        Whose swaras it may have.
    tuning : Tuning
        Says where they lie.

    Raises
    ------
    SwaraError
        If a value is of a wrong kind, there are no steps or too many, or a swara is not one of the raga.
    """
    steps = values.get("steps")
    if not isinstance(steps, list) or not 1 <= len(steps) <= MOST_STEPS:
        raise SwaraError(f"a drill has 1 to {MOST_STEPS} steps", where="steps")
    texts = {key: values.get(key, "") for key in ("kind", "name", "words")}
    for key, text in texts.items():
        if not isinstance(text, str) or len(text) > _LONGEST_TEXT:
            raise SwaraError(f"this is no text of up to {_LONGEST_TEXT} characters", where=key)
    octave_free = values.get("octave_free", True)
    if not isinstance(octave_free, bool):
        raise SwaraError("this is neither true nor false", where="octave_free")
    return DrillTask(
        **texts, steps=tuple(_step(each, raga, tuning) for each in steps), octave_free=octave_free
    )


def _step(values: object, raga: Raga, tuning: Tuning) -> DrillStep:
    letter = values.get("letter") if isinstance(values, Mapping) else None
    if not isinstance(values, Mapping) or not isinstance(letter, str) or len(letter) > _LONGEST_TEXT:
        raise SwaraError("a step of a drill has the letter of a swara", where="steps", fix="Such as .D")
    seconds = values.get("seconds", 1.0)
    number = isinstance(seconds, (int, float)) and not isinstance(seconds, bool)
    # Written so that NaN fails it.
    if not number or not 0.0 < seconds <= LONGEST_STEP_S:
        raise SwaraError(f"a step lasts up to {LONGEST_STEP_S:g} s", where="seconds")
    pitch = parse_swara(letter)
    if not raga.allows(pitch[0].index) or abs(pitch[1]) > FURTHEST:
        raise SwaraError(f"{letter} is no swara of {raga.display}", where="steps", fix="Ask for a new drill")
    return step_of(pitch, tuning, float(seconds))
