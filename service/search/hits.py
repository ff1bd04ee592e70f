"""Which phrases of an index are like one: filtered, nearest first, and why."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from swara.classifier.contours import Alignment, alignments
from swara.classifier.contours.distance import BAND, COST
from swara.classifier.contours.phrases import PhraseLine
from swara.data.arrays import BoolArray, FloatArray
from swara.embedder import Vectors
from swara.index.faiss_index import Ids
from swara.index.phrases import Phrase, PhraseIndex
from swara.raga.errors import fold_name
from swara.raga.ragas import raga_named
from swara.service.phrases import counted

__all__ = ["FAR_CENTS", "PhraseFilter", "PhraseHit", "nearest_phrases", "same_swaras"]

FAR_CENTS = 60.0
"""What is farther away does not go like it.

Of 228 phrases of synthesized pairs (``benchmarks.search.pairs`` of seeds 2000 to 2139, which are not
measured, half of them with the tanpura 10 dB below the voice), sung again by another voice with errors, one
was farther, and the others were up to 56 cents away. What it says of concerts is in
``docs/benchmarks/search.md``.
"""

_SAME_SHARE = 0.5
"""Of two phrases of a recording that share more of their time than this, the further one is left out."""

_OCTAVE_CENTS = 1200.0
_EVEN_TEMPO = 0.1


@dataclass(frozen=True, slots=True)
class PhraseFilter:
    """Which phrases may be answered with.

    Parameters
    ----------
    singer, raga, licence : str or None
        As the recording has them, case and accents aside; all where None.
    exclude : collection of str
        Ids of recordings never to answer with, such as the take's own.
    """

    singer: str | None = None
    raga: str | None = None
    licence: str | None = None
    exclude: Collection[str] = ()

    def allowed(self, index: PhraseIndex) -> BoolArray:
        """Return which phrases of an index pass, bool of shape [phrases].

        Raises
        ------
        UnknownRaga
            If there is no raga of that name.
        """
        passing = index.passing("recording", lambda recording: recording not in self.exclude)
        if self.raga is not None:
            raga = raga_named(self.raga).name
            passing &= index.passing("raga", lambda value: value == raga)
        if self.singer is not None:
            singer = fold_name(self.singer)
            passing &= index.passing("singer", lambda value: fold_name(value) == singer)
        if self.licence is not None:
            licence = fold_name(self.licence)
            passing &= index.passing("licence", lambda value: fold_name(value) == licence)
        return passing


@dataclass(frozen=True, slots=True, eq=False)
class PhraseHit:
    """A professional phrase that is like the one asked about.

    Parameters
    ----------
    phrase : Phrase
        Which one.
    distance_cents : float
        Of the two lines, laid over each other; what is far apart counts no more than what is far enough.
    voice_similarity : float or None
        Cosine of the angle between the embeddings, -1 to 1; None where nobody asked.
    octaves : int
        How much higher it is sung.
    tempo : float or None
        How many times as fast; None for notation.
    same_swaras : bool
        Whether both dwell on the same swaras, one after another, octaves aside.
    path_s : float64 array, shape [steps, 2]
        Which moment of the query lies over which of the recording, in seconds.
    why : str
        In which sense it is near, and how.
    """

    phrase: Phrase
    distance_cents: float
    voice_similarity: float | None
    octaves: int
    tempo: float | None
    same_swaras: bool
    path_s: FloatArray
    why: str


def nearest_phrases(
    index: PhraseIndex, query: PhraseLine, voice: Vectors | None, allowed: BoolArray, count: int
) -> tuple[PhraseHit, ...]:
    """Return the phrases that are most like one, nearest first, none over another of its recording.

    Parameters
    ----------
    index : PhraseIndex
        Where they stand.
    query : PhraseLine
        The one sought.
    voice : float32 array, shape [dim], or None
        How it sounds, where that is what counts; else its line does.
    allowed : bool array, shape [phrases]
        Which may be answered with.
    count : int
        How many are wanted.
    """
    if not allowed.any():
        return ()
    if voice is None:
        places, away = index.ranked(query.distance, allowed)
        alike = None
    else:
        alike = index.voices.astype(np.float64) @ voice.astype(np.float64)
        places = np.flatnonzero(allowed)
        places, away = places[np.argsort(-alike[places], kind="stable")], None
    chosen = _apart(index, places, count)
    found, cents = places[chosen], index.cents[places[chosen]]
    laid = alignments(query.line.cents, cents.astype(np.float64), band=BAND, cost=COST)
    away = query.distance(cents, index.strings[found]) if away is None else away[chosen]
    return tuple(
        _hit(index, place, query, each, far, None if alike is None else float(alike[place]))
        for place, each, far in zip(found.tolist(), laid, away.tolist(), strict=True)
    )


def _apart(index: PhraseIndex, places: Ids, count: int) -> list[int]:
    """Return the numbers of the first of some phrases none of which lies over one before it."""
    chosen = list[int]()
    for number, phrase in enumerate(index.phrases[place] for place in places.tolist()):
        if not any(_overlaps(phrase, index.phrases[places[other]]) for other in chosen):
            chosen.append(number)
        if len(chosen) == count:
            break
    return chosen


def same_swaras(index: PhraseIndex, query: PhraseLine) -> BoolArray:
    """Return which phrases dwell on the same swaras in the same order, octaves aside: bool [phrases]."""
    return np.asarray((index.strings == query.string).all(axis=1))


def _overlaps(one: Phrase, other: Phrase) -> bool:
    if one.recording != other.recording:
        return False
    shared_s = min(one.end_s, other.end_s) - max(one.start_s, other.start_s)
    return shared_s > _SAME_SHARE * min(one.duration_s, other.duration_s)


def _hit(
    index: PhraseIndex,
    place: int,
    query: PhraseLine,
    laid: Alignment,
    distance_cents: float,
    alike: float | None,
) -> PhraseHit:
    phrase, (mine, theirs) = index.phrases[place], laid.path.T
    apart = index.cents[place][theirs] - query.line.cents[mine]
    octaves = int(np.rint(np.median(apart) / _OCTAVE_CENTS))
    tempo = query.duration_s / phrase.duration_s if query.timed else None
    off_cents = float(np.median(np.abs(apart - _OCTAVE_CENTS * np.rint(apart / _OCTAVE_CENTS))))
    path_s = np.stack((query.line.times_s[mine], index.times_s(place)[theirs]), axis=1)
    if alike is None:
        within = counted(round(off_cents), "cent")
        why = f"sings this phrase like: half of the line within {within}{_in_other(octaves, tempo)}"
    else:
        why = "sounds like: nearest voice, whatever is sung"
    same = bool((index.strings[place] == query.string).all())
    return PhraseHit(phrase, distance_cents, alike, octaves, tempo, same, path_s, why)


def _in_other(octaves: int, tempo: float | None) -> str:
    words = ""
    if octaves:
        words = f", {counted(abs(octaves), 'octave')} {'higher' if octaves > 0 else 'lower'}"
    if tempo is not None and abs(tempo - 1.0) > _EVEN_TEMPO:
        words += f", {max(tempo, 1 / tempo):.1f} times as {'fast' if tempo > 1 else 'slow'}"
    return words
