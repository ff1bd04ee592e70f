"""Whole takes with their truth: a phrase, sung with known errors over a tanpura."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from swara.data.clip import Clip
from swara.raga.swaras import SwaraPitch, parse_swara, saptak_name
from swara.raga.tuning import JUST, Placed

from .contour import render_contour
from .noise import mix_at_db
from .phones import parse_syllable
from .sung import Contour, NoteLabel, SungNote
from .tanpura import tanpura
from .voice import VOICES, Voice, sing

__all__ = [
    "BHUPALI_PHRASES",
    "NoteTruth",
    "SynthTake",
    "aim",
    "bhupali_take",
    "draw_errors",
    "sargam",
    "sing_take",
    "swara_sequence",
]

BHUPALI_PHRASES = (
    "S R G P D S'",
    "S' D P G R S",
    "G R S .D S R G",
    "P G D P G R S",
    "S .D R S G R G",
    "P G D P D S'",
    "D R' S' D P G",
    "S R P G R S",
    "G P R G R .D S",
)
"""Aroha, avaroha, and phrases built from both forms of the pakad and from what performers sing most."""

_SURE_CENTS = 10.0
_FAR_CENTS = (30.0, 60.0)
_NOTE_S = (0.45, 0.85)
_VIBRATO_FROM_S = 0.65
_MEEND_S = (0.14, 0.22)
_SA_ABOVE_LOWEST = (1.25, 1.55)  # leaves mandra Dha below and taar Re above within every voice's range


@dataclass(frozen=True, slots=True)
class NoteTruth:
    """What is true of one note of a take.

    Parameters
    ----------
    label : NoteLabel
        Where it lies and what was sung; its target is the edge of a band on the side of the error.
    swara, saptak : str
        What was meant: ``Ga``, ``madhya``.
    nearest : Placed
        Which of all 12 svarasthanas the sung pitch is nearest to in just intonation, and how far from it;
        an error near 60 cents can bring a note closer to its neighbour.
    """

    label: NoteLabel
    swara: str
    saptak: str
    nearest: Placed

    @property
    def error_cents(self) -> float:
        """How far from what was meant, in cents; outside its band, where there is one."""
        return self.label.error_cents


@dataclass(frozen=True, slots=True, eq=False)
class SynthTake:
    """A take, and everything about it.

    Parameters
    ----------
    clip : Clip
        The sound.
    contour : Contour
        The voice's f0, exactly.
    sa_hz : float
        Frequency of Sa.
    labels : tuple of NoteTruth
        In order.
    """

    clip: Clip
    contour: Contour
    sa_hz: float
    labels: tuple[NoteTruth, ...]


def swara_sequence(text: str | Iterable[str]) -> tuple[SwaraPitch, ...]:
    """Read swaras: tokens, or text with spaces between and commas where a phrase ends, ``G R S .D, S R G``.

    Raises
    ------
    BadNotation
        If one of them names no swara.
    """
    tokens = [word.rstrip(",") for word in text.split()] if isinstance(text, str) else text
    return tuple(parse_swara(token) for token in tokens if token)


def aim(pitch: SwaraPitch, error_cents: float) -> float:
    """Return the target of a swara in just intonation that an error counts from, in cents above madhya Sa.

    For Dha, which is a band, that is the edge on the error's side, and the middle for no error.
    """
    svarasthana, octave = pitch
    target = JUST.targets[svarasthana.index]
    edges_cents = {-1.0: target.low_cents, 0.0: target.middle_cents, 1.0: target.high_cents}
    return edges_cents[float(np.sign(error_cents))] + 1200.0 * octave


def sargam(pitch: SwaraPitch) -> str:
    """Return the syllable that a swara is sung on: ``sa``, ``re`` ..., komal and tivra like shuddha."""
    return pitch[0].name.split()[-1].lower()


def sing_take(
    pitches: Sequence[SwaraPitch],
    notes: Sequence[SungNote],
    sa_hz: float,
    voice: Voice,
    *,
    rng: np.random.Generator,
    syllables: Sequence[str] | None = None,
    tanpura_db: float | None = 20.0,
    rate_hz: int = 16000,
) -> SynthTake:
    """Sing notes over a tanpura and label them.

    Parameters
    ----------
    pitches : sequence of (Svarasthana, int)
        What each note means.
    notes : sequence of SungNote
        How it is sung.
    sa_hz : float
        Frequency of Sa.
    voice : Voice
        Who sings: range, formants, vibrato.
    rng : numpy.random.Generator
        Everything random is drawn from it.
    syllables : sequence of str, optional
        Aakar if not given.
    tanpura_db : float or None
        How far the tanpura's RMS lies below the voice's; None for no tanpura.
    rate_hz : int
        Sample rate of the sound that is returned.

    Raises
    ------
    ValueError
        If the sequences differ in length.
    """
    if len(pitches) != len(notes):
        raise ValueError(f"{len(pitches)} swaras for {len(notes)} notes")
    contour = render_contour(notes, sa_hz, rng=rng)
    samples = sing(contour, voice, rate_hz=rate_hz, rng=rng, syllables=syllables)
    if tanpura_db is not None:
        drone = tanpura(samples.size / rate_hz, sa_hz, rate_hz=rate_hz, rng=rng)
        voiced = contour.voiced_at(np.arange(samples.size) / rate_hz)
        samples = mix_at_db(samples, drone, tanpura_db, voiced)
    truths = (_truth(pitch, label) for pitch, label in zip(pitches, contour.labels, strict=True))
    return SynthTake(Clip(samples, rate_hz), contour, sa_hz, tuple(truths))


def bhupali_take(
    seed: int,
    *,
    sa_hz: float | None = None,
    voice: Voice | None = None,
    phrase: str | None = None,
    errors_cents: Sequence[float] | None = None,
    sung_on_sargam: bool | None = None,
    tanpura_db: float | None = 20.0,
    rate_hz: int = 16000,
) -> SynthTake:
    """Sing a phrase of Bhupali with known errors; what is not given is drawn from the seed.

    Parameters
    ----------
    seed : int
        What all that is random is drawn from: the same seed, the same result.
    sa_hz : float, optional
        Else one that suits the voice.
    voice : Voice, optional
        Else one of `VOICES`.
    phrase : str, optional
        Swaras as for `swara_sequence`; else one of `BHUPALI_PHRASES`.
    errors_cents : sequence of float, optional
        One for each note; else as `draw_errors` has it.
    sung_on_sargam : bool, optional
        On the swaras' names, or on aakar.
    tanpura_db : float or None
        How far the tanpura lies below the voice; None for no tanpura.
    rate_hz : int
        Sample rate of the sound that is returned.

    Raises
    ------
    ValueError
        If errors and notes differ in number.
    """
    rng = np.random.default_rng(seed)
    chosen_voice = voice or list(VOICES.values())[rng.integers(len(VOICES))]
    lowest_hz = chosen_voice.range_hz[0]
    chosen_sa_hz = sa_hz or lowest_hz * float(rng.uniform(*_SA_ABOVE_LOWEST))
    pitches = swara_sequence(phrase or BHUPALI_PHRASES[rng.integers(len(BHUPALI_PHRASES))])
    errors = draw_errors(len(pitches), rng) if errors_cents is None else list(errors_cents)
    if len(errors) != len(pitches):
        raise ValueError(f"{len(errors)} errors for {len(pitches)} notes")
    on_sargam = bool(rng.random() < 0.5) if sung_on_sargam is None else sung_on_sargam
    syllables = [sargam(pitch) if on_sargam else "a" for pitch in pitches]
    notes = _notes(pitches, errors, syllables, chosen_voice, rng)
    return sing_take(
        pitches,
        notes,
        chosen_sa_hz,
        chosen_voice,
        rng=rng,
        syllables=syllables,
        tanpura_db=tanpura_db,
        rate_hz=rate_hz,
    )


def draw_errors(count: int, rng: np.random.Generator) -> list[float]:
    """Draw errors in cents, each at least 5 from either default threshold of a verdict (15 and 25).

    Half are within 10 cents of the target, half between 30 and 60 off, low and high alike.
    """
    sizes = np.where(
        rng.random(count) < 0.5, rng.uniform(0, _SURE_CENTS, count), rng.uniform(*_FAR_CENTS, count)
    )
    return [float(error) for error in sizes * rng.choice([-1.0, 1.0], count)]


def _notes(
    pitches: Sequence[SwaraPitch],
    errors_cents: Sequence[float],
    syllables: Sequence[str],
    voice: Voice,
    rng: np.random.Generator,
) -> list[SungNote]:
    """Give the phrase its rhythm: some notes glided to, long ones with vibrato, the last held longest."""
    notes = []
    for i, (pitch, error_cents, syllable) in enumerate(zip(pitches, errors_cents, syllables, strict=True)):
        length_s = float(rng.uniform(*_NOTE_S)) * (1.4 if i + 1 == len(pitches) else 1.0)
        glided = rng.random() < 0.35
        rest_s = max(parse_syllable(syllable).gap_s, 0.15 if i == 0 else 0.0)
        note = SungNote(
            cents=aim(pitch, error_cents),
            duration_s=length_s,
            error_cents=error_cents,
            vibrato_cents=voice.vibrato_cents if length_s >= _VIBRATO_FROM_S else 0.0,
            vibrato_hz=voice.vibrato_hz * float(rng.uniform(0.9, 1.1)),
            meend_s=float(rng.uniform(*_MEEND_S)) if glided else 0.06,
            rest_before_s=rest_s,
            loudness=float(rng.uniform(0.7, 1.0)),
        )
        notes.append(note)
    return notes


def _truth(pitch: SwaraPitch, label: NoteLabel) -> NoteTruth:
    svarasthana, octave = pitch
    return NoteTruth(label, svarasthana.name, saptak_name(octave), JUST.nearest(label.cents_true))
