"""Vowels and consonants: where their resonances lie and how their noises sound.

Vowel formants are the means for men of Hillenbrand, Getty, Clark & Wheeler, "Acoustic characteristics of
American English vowels", JASA 97 (1995), table V; a voice scales them to its own tract. Consonant loci and
noise bands are round figures of the kind found in Stevens, "Acoustic Phonetics" (1998).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

__all__ = ["CONSONANTS", "VOWELS", "Consonant", "Formants", "Syllable", "parse_syllable"]

Formants: TypeAlias = tuple[float, float, float]
"""F1, F2 and F3 of a man's tract, in Hz."""

VOWELS: Mapping[str, Formants] = MappingProxyType(
    {
        "a": (768.0, 1333.0, 2522.0),
        "e": (476.0, 2089.0, 2691.0),
        "i": (342.0, 2322.0, 3000.0),
        "o": (497.0, 910.0, 2459.0),
        "u": (378.0, 997.0, 2343.0),
    }
)


@dataclass(frozen=True, slots=True)
class Consonant:
    """How a consonant differs from the vowel after it.

    Parameters
    ----------
    formants_hz : (float, float, float)
        Where the tract stands at its release.
    hold_s : float
        How long voicing goes on through the narrowed tract; 0 for a voiceless consonant, whose sound lies
        in the silence before the note.
    gain_db : float
        Level of the voice meanwhile, relative to the vowel.
    noise_hz, noise_width_hz : float
        Centre and half-width of its hiss or burst.
    noise_s : float
        Length of that noise, up to the release; 0 for none.
    noise_db : float
        Its level relative to the voice.
    gap_s : float
        Silence that it needs before the note.
    """

    formants_hz: Formants
    hold_s: float = 0.0
    gain_db: float = 0.0
    noise_hz: float = 1000.0
    noise_width_hz: float = 500.0
    noise_s: float = 0.0
    noise_db: float = 0.0
    gap_s: float = 0.0


CONSONANTS: Mapping[str, Consonant] = MappingProxyType(
    {
        "s": Consonant((320.0, 1600.0, 2550.0), 0, 0, 5600.0, 1600.0, 0.1, -9.0, gap_s=0.11),
        "p": Consonant((350.0, 900.0, 2200.0), 0, 0, 900.0, 800.0, 0.016, -4.0, gap_s=0.07),
        "r": Consonant((430.0, 1300.0, 1700.0), 0.03, -10.0),
        "g": Consonant((230.0, 1900.0, 2300.0), 0.05, -20.0, 2000.0, 600.0, 0.02, -10.0),
        "d": Consonant((230.0, 1700.0, 2650.0), 0.045, -20.0, 3600.0, 1200.0, 0.016, -10.0),
        "m": Consonant((250.0, 1050.0, 2200.0), 0.07, -7.0),
        "n": Consonant((250.0, 1500.0, 2400.0), 0.06, -7.0),
    }
)
"""The onsets of ``sa re ga ma pa dha ni``."""


@dataclass(frozen=True, slots=True)
class Syllable:
    """A vowel, and the consonant before it if there is one."""

    vowel: Formants
    consonant: Consonant | None = None

    @property
    def gap_s(self) -> float:
        """Silence that the syllable needs before its note."""
        return 0.0 if self.consonant is None else self.consonant.gap_s


def parse_syllable(text: str) -> Syllable:
    """Read a syllable such as ``sa``, ``dha``, ``aa`` or ``o``.

    The consonant is the first letter, the vowel the first vowel letter; an ``h`` between them is not sung.

    Raises
    ------
    ValueError
        If it is not an optional consonant of `CONSONANTS`, an optional ``h`` and a vowel of `VOWELS`.
    """
    spoken = text.strip().lower()
    onset = spoken[:1] if spoken[:1] in CONSONANTS else ""
    rest = spoken[len(onset) :].removeprefix("h") if onset else spoken
    if not rest or rest[0] not in VOWELS or rest.strip(rest[0]):
        raise ValueError(f"cannot sing the syllable {text!r}")
    return Syllable(VOWELS[rest[0]], CONSONANTS.get(onset))
