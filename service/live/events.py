"""What a live session tells whoever listens to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from swara.data.arrays import BoolArray, FloatArray
from swara.data.take import Verdict

from .drill_task import DrillResult

__all__ = [
    "Event",
    "Fifth",
    "Frames",
    "InputLevel",
    "InputState",
    "Lane",
    "Leak",
    "LiveNote",
    "Measure",
    "Processing",
    "Ready",
    "SaFound",
    "TakeFull",
]

InputState: TypeAlias = Literal["fine", "nothing heard", "too quiet", "clipping"]
Measure: TypeAlias = Literal["sa", "pa", "drone", "nothing"]


@dataclass(frozen=True, slots=True)
class Lane:
    """A swara of the raga, where the line is to be sung.

    Parameters
    ----------
    swara, saptak : str
        As in `Note`.
    letter, devanagari : str
        In roman notation and in Devanagari, with the marks of its octave.
    cents : float
        Its target above madhya Sa; the middle of a band.
    """

    swara: str
    letter: str
    devanagari: str
    saptak: str
    cents: float


@dataclass(frozen=True, slots=True)
class Ready:
    """What the session judges against from now on.

    Parameters
    ----------
    lanes : tuple of Lane
        Lowest first.
    sa_hz, sa_name : float and str, or None
        Sa, where it is known.
    raga, tuning, preset : str
        As they are shown.
    lookahead_ms : float
        How far behind the sound the frames come, by the tracker itself.
    warnings : tuple of str
        Sentences without full stop.
    """

    lanes: tuple[Lane, ...]
    sa_hz: float | None
    sa_name: str | None
    raga: str
    tuning: str
    preset: str
    lookahead_ms: float
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """The pitch of a stretch of frames, 10 ms apart; each frame comes once.

    Parameters
    ----------
    start_s : float
        Centre of the first, in seconds from the first sample.
    hz, confidence : float64 arrays, shape [frames]
        The pitch, and the probability that a voice sounds.
    cents : float64 array, shape [frames]
        Above Sa, or above 55 Hz where Sa is not known; NaN where nothing is sung.
    voiced : bool array, shape [frames]
        Whether a frame is sung.
    reference : {"sa", "55hz"}
        What `cents` count from.
    """

    start_s: float
    hz: FloatArray
    confidence: FloatArray
    cents: FloatArray
    voiced: BoolArray
    reference: Literal["sa", "55hz"]


@dataclass(frozen=True, slots=True)
class LiveNote:
    """A held note, while it sounds and when it has ended.

    Parameters
    ----------
    id : int
        Tells it from the others; later news of the same note has the same.
    start_s, end_s : float
        Where it lies, in seconds; while it sounds the end is where it is now.
    steady_s : float
        How much of that is steady, in seconds.
    swara, saptak, letter : str
        What it was judged as; where the verdict is unsure, the nearest of the twelve.
    cents_off : float or None
        Signed distance from that target; None where the verdict is unsure.
    verdict : Verdict
        As `analyze` gives it.
    foreign : bool
        Whether it is nearer to a swara outside the raga.
    final : bool
        Whether it has ended. A note becomes final once; a change of settings names all of them anew.
    withdrawn : bool
        What seemed held turned out to be an ornament: there is no such note.
    """

    id: int
    start_s: float
    end_s: float
    steady_s: float
    swara: str
    saptak: str
    letter: str
    cents_off: float | None
    verdict: Verdict
    foreign: bool
    final: bool
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class InputLevel:
    """How loud it is at the microphone; ten times a second.

    Parameters
    ----------
    peak_db : float
        The loudest sample of the last 100 ms, in dB of full scale; -200 where there are zeros alone.
    loud_db : float
        The RMS over 30 ms that the loudest twentieth of them exceeds, in dB of full scale.
    state : InputState
        What to think of it: of the last second where samples are cut off, else of the last three.
    channel : int or None
        Which of several channels is listened to, from 1 on; None where there is one only.
    """

    peak_db: float
    loud_db: float
    state: InputState
    channel: int | None = None


@dataclass(frozen=True, slots=True)
class SaFound:
    """What was sung as Sa, or why that cannot be told.

    Parameters
    ----------
    hz, name : float and str, or None
        The pitch, and the nearest note; None where it cannot be told.
    confidence : float
        Share of what was sung that is steady on that pitch, 0 to 1.
    words : str
        The same as a sentence without full stop.
    """

    hz: float | None
    name: str | None
    confidence: float
    words: str


@dataclass(frozen=True, slots=True)
class Fifth:
    """What was sung when Pa was asked for: whether Sa is where it is thought to be.

    Parameters
    ----------
    cents : float or None
        How far it lies from Pa, by the nearest octave; None where it cannot be told.
    fits : bool or None
        Whether it is Pa of this Sa.
    words : str
        The same as a sentence without full stop.
    """

    cents: float | None
    fits: bool | None
    words: str


@dataclass(frozen=True, slots=True)
class Leak:
    """How much of the tanpura arrives at the microphone.

    Parameters
    ----------
    db : float or None
        How far the sound with the tanpura stands above the sound without; None where that cannot be told.
    below_voice_db : float or None
        How far it lies below the singer's loud singing; None where nothing was sung yet.
    words : str
        What to think of it, as a sentence without full stop.
    """

    db: float | None
    below_voice_db: float | None
    words: str


@dataclass(frozen=True, slots=True)
class Processing:
    """What browser or system does to the sound before it comes here.

    Parameters
    ----------
    known : bool
        Whether all of it is known to be off, or on. What is unknown is not off.
    active, unknown : tuple of str
        Which of the three is on, and of which nobody says.
    advice : str
        What to do, as sentences; empty where all of it is off.
    """

    known: bool
    active: tuple[str, ...]
    unknown: tuple[str, ...]
    advice: str


@dataclass(frozen=True, slots=True)
class TakeFull:
    """No more samples are kept for the report; said once, while the singing is heard as before.

    Parameters
    ----------
    kept_s : float
        How much is kept, in seconds.
    words : str
        The same as a sentence without full stop.
    """

    kept_s: float
    words: str


Event: TypeAlias = (
    Ready | Frames | LiveNote | InputLevel | SaFound | Fifth | Leak | Processing | TakeFull | DrillResult
)
