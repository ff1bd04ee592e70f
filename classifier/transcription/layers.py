"""The three layers of a transcription: swaras that are held, swaras that are touched, glides between them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from swara.raga.ragas import Raga
from swara.raga.swaras import Svarasthana, SwaraPitch, saptak_name
from swara.raga.talas import Tala
from swara.raga.tuning import JUST, Tuning

__all__ = ["Metre", "SungGlide", "SungSwara", "Transcription"]


@dataclass(frozen=True, slots=True)
class SungSwara:
    """A swara that is held or touched.

    Parameters
    ----------
    start_s, end_s : float
        From its onset to its end, in seconds of the take; glides to and from it are left out.
    svarasthana : Svarasthana
        Which swara: the raga's own where the pitch is within reach of one, else the nearest of the 12.
    octave : int
        -1 mandra, 0 madhya, 1 taar.
    cents : float
        The pitch that was sung, above madhya Sa, in cents; not that of the swara.
    held : bool
        Whether it is held; else it is touched: a kan, a note of a run, the turning point of a glide.
    ends_phrase : bool
        Whether a silence of `swara.data.take.PHRASE_REST_S` or more follows before the next one; of the last,
        always.
    foreign : bool
        Whether it is outside the raga.
    """

    start_s: float
    end_s: float
    svarasthana: Svarasthana
    octave: int
    cents: float
    held: bool
    ends_phrase: bool = False
    foreign: bool = False

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.end_s - self.start_s

    @property
    def pitch(self) -> SwaraPitch:
        """Its svarasthana and octave."""
        return self.svarasthana, self.octave

    @property
    def saptak(self) -> str:
        """``mandra``, ``madhya`` or ``taar`` (``ati-`` before it further out)."""
        return saptak_name(self.octave)


@dataclass(frozen=True, slots=True)
class SungGlide:
    """A glide of the voice, drawn and never graded or named.

    Parameters
    ----------
    start_s, end_s : float
        Where it lies in the take, in seconds.
    from_cents, to_cents : float
        Where it begins and ends, above madhya Sa.
    before, after : int or None
        Number in `Transcription.swaras` of the swara that it leaves and of the one that it reaches, which
        follows it; None where it comes out of nothing or leads nowhere.
    """

    start_s: float
    end_s: float
    from_cents: float
    to_cents: float
    before: int | None = None
    after: int | None = None


@dataclass(frozen=True, slots=True)
class Metre:
    """The beats of a take, where tala, tempo and sam are given.

    Parameters
    ----------
    tala : Tala
        The cycle.
    tempo_bpm : float
        Matras in a minute.
    sam_s : float
        When a sam falls, in seconds of the take; any one of them.
    onsets : tuple of Fraction
        Of each swara of the transcription: when it begins on the grid, in matras after that sam (before it
        below 0).
    residual_s : float
        How far the held swaras' onsets are from that grid, the median, in seconds.
    even_s : float
        What that would be of onsets that have nothing to do with the grid: a quarter of its step. A residual
        near it says that the tala does not fit.
    """

    tala: Tala
    tempo_bpm: float
    sam_s: float
    onsets: tuple[Fraction, ...]
    residual_s: float
    even_s: float

    @property
    def matra_s(self) -> float:
        """How long a matra is, in seconds."""
        return 60.0 / self.tempo_bpm


@dataclass(frozen=True, slots=True)
class Transcription:
    """A take written down.

    Parameters
    ----------
    source : str
        Name of the recording.
    duration_s : float
        Its length in seconds.
    sa_hz : float
        Frequency of madhya Sa.
    raga : Raga
        What the swaras were named by.
    swaras : tuple of SungSwara
        Held and touched, in order, none over another.
    glides : tuple of SungGlide
        In order.
    least_held_s : float
        What is shorter than this is a touch, however steady.
    metre : Metre or None
        The beats; None in free rhythm.
    warnings : tuple of str
        What to know of it, as sentences without full stop.
    sa_guessed : bool
        Whether Sa was estimated and is in doubt.
    tuning : Tuning
        What the swaras were named by.
    """

    source: str
    duration_s: float
    sa_hz: float
    raga: Raga
    swaras: tuple[SungSwara, ...]
    glides: tuple[SungGlide, ...] = ()
    least_held_s: float = 0.0
    metre: Metre | None = None
    warnings: tuple[str, ...] = ()
    sa_guessed: bool = False
    tuning: Tuning = JUST

    def cents_off(self, swara: SungSwara) -> float:
        """Return how far a swara is above its place in the tuning, in cents."""
        return swara.cents - self.tuning.cents_of(swara.svarasthana.index, swara.octave)

    @property
    def held(self) -> tuple[SungSwara, ...]:
        """The layer of the held swaras."""
        return tuple(swara for swara in self.swaras if swara.held)

    @property
    def touched(self) -> tuple[SungSwara, ...]:
        """The layer of the touched ones."""
        return tuple(swara for swara in self.swaras if not swara.held)

    def phrases(self) -> Iterator[range]:
        """Yield the numbers of the swaras of each phrase."""
        start = 0
        for number, swara in enumerate(self.swaras, 1):
            if swara.ends_phrase or number == len(self.swaras):
                yield range(start, number)
                start = number
