"""The professional phrases nearest to one of a take, or to a line of notation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias

from swara.classifier.contours.phrases import PhraseLine, notated_line, phrase_line, phrase_lines
from swara.classifier.pitch import Progress
from swara.classifier.pitch.head import pitch_tracker
from swara.data.arrays import BoolArray
from swara.data.clip import Clip
from swara.data.take import Tonic
from swara.embedder.spec import pool
from swara.index.phrase_files import load_phrase_index
from swara.index.phrases import Phrase, PhraseIndex
from swara.raga.errors import BadNotation
from swara.raga.notation import parse_notation
from swara.service.adviser.adviser import LiveModel
from swara.service.errors import NoNoteThere, StoreError
from swara.service.store import Layout
from swara.service.take.analyze import Request, analyze
from swara.service.take.report import TakeReport

from .hits import FAR_CENTS, PhraseFilter, PhraseHit, nearest_phrases, same_swaras

__all__ = [
    "Alike",
    "PhraseSearch",
    "live_phrases",
    "most_alike",
    "search_notation",
    "search_phrase",
]

Alike: TypeAlias = Literal["melody", "voice"]
"""Sings this phrase like, or sounds like: never the two together."""


@dataclass(frozen=True, slots=True, eq=False)
class PhraseSearch:
    """What was sought, and the phrases found.

    Parameters
    ----------
    source : str
        Name of the take, or the notation.
    query : PhraseLine
        What was sought.
    tonic : Tonic or None
        Sa of the take; None for notation.
    by : {"melody", "voice"}
        In which sense.
    hits : tuple of PhraseHit
        Nearest first, none over another of its recording.
    searched : int
        How many phrases could have been answered with.
    version : str
        Id of the version that answers.
    warnings : tuple of str
        What to know of that, as sentences without full stop.
    """

    source: str
    query: PhraseLine
    tonic: Tonic | None
    by: Alike
    hits: tuple[PhraseHit, ...]
    searched: int
    version: str
    warnings: tuple[str, ...] = ()

    @property
    def near(self) -> bool | None:
        """Whether anything found is near enough to go like it; None where voices were sought."""
        return None if self.by == "voice" else _is_near(self.hits)

    @property
    def items(self) -> tuple[Phrase, ...]:
        """The phrases found, nearest first."""
        return tuple(hit.phrase for hit in self.hits)


def search_phrase(
    clip: Clip,
    span_s: tuple[float, float],
    request: Request,
    model: LiveModel,
    index: PhraseIndex,
    *,
    by: Alike = "melody",
    among: PhraseFilter | None = None,
    count: int = 5,
    where: Path,
    progress: Progress | None = None,
) -> PhraseSearch:
    """Find the professional phrases that are most like a stretch of a take, which is never its own answer.

    Parameters
    ----------
    clip : Clip
        The take, at `TRACK_RATE_HZ`.
    span_s : (float, float)
        The stretch, in seconds.
    request : Request
        Sa, if it is given.
    model, index : LiveModel, PhraseIndex
        The live version, to be asked about that take, and its phrases.
    by : {"melody", "voice"}
        In which sense.
    among : PhraseFilter, optional
        Which may be answered with.
    count : int
        How many are wanted.
    where : Path
        What the take is from.
    progress : callable, optional
        Called with the share of the pitch tracking that is done.

    Raises
    ------
    NoNoteThere
        If that is no stretch of the take, nothing or a single note is sung there, it is longer than any
        phrase known, or Sa is not known.
    """
    _check_span(span_s, clip.duration_s, where)
    report = analyze(clip, request, pitch_tracker("head"), source=where.name, progress=progress)
    line = phrase_line(report.track, report.tonic.hz, *span_s)
    if line is not None and not report.tonic.confidence:
        raise NoNoteThere("Sa is not known", where=str(where), fix="Give it, such as: --tonic C#3")
    query = _checked(line, index, span_s, where)
    chosen = among or PhraseFilter()
    allowed = replace(chosen, exclude=model.own.union(chosen.exclude)).allowed(index)
    voice = pool(model.embedder.embed(clip), query.start_s, query.end_s) if by == "voice" else None
    hits = nearest_phrases(index, query, voice, allowed, count)
    doubts = (*_doubts(report.tonic, allowed, chosen), *_only_nearest(query, index, allowed, hits))
    searched = int(allowed.sum())
    return PhraseSearch(where.name, query, report.tonic, by, hits, searched, model.version, doubts)


def search_notation(
    text: str,
    model: LiveModel,
    index: PhraseIndex,
    *,
    among: PhraseFilter | None = None,
    count: int = 5,
) -> PhraseSearch:
    """Find the professional phrases that are most like a line of notation.

    Parameters
    ----------
    text : str
        In roman notation, such as ``S R G P D S'``.
    model, index, among, count
        As for `search_phrase`.

    Raises
    ------
    BadNotation
        If it cannot be read, or holds fewer than two swaras.
    """
    swaras = parse_notation(text)
    query = notated_line(swaras) if swaras else None
    if query is None or len(query.swaras) < 2:
        raise BadNotation("a phrase has two swaras at least", where="--sing", fix='Such as: --sing "G R S"')
    chosen = among or PhraseFilter()
    allowed = chosen.allowed(index)
    hits = nearest_phrases(index, query, None, allowed, count)
    doubts = (*_doubts(None, allowed, chosen), *_only_nearest(query, index, allowed, hits))
    return PhraseSearch(text, query, None, "melody", hits, int(allowed.sum()), model.version, doubts)


def most_alike(report: TakeReport, index: PhraseIndex, model: LiveModel) -> Phrase:
    """Return a phrase of the recording that is sung most like a whole take: nearest to most of its phrases.

    Parameters
    ----------
    report : TakeReport
        Of the take.
    index : PhraseIndex
        The professional phrases.
    model : LiveModel
        About that take, whose own recording is no answer.

    Raises
    ------
    NoNoteThere
        If the take holds no phrase, or none of another recording is known.
    """
    lines = phrase_lines(report.track, report.tonic.hz) if report.tonic.confidence else []
    allowed = PhraseFilter(exclude=model.own).allowed(index)
    nearest = [hit.phrase for line in lines for hit in nearest_phrases(index, line, None, allowed, 1)]
    if not nearest:
        what = "no phrase is sung" if not lines else "no phrase of another recording is known"
        raise NoNoteThere(what, where=report.source, fix="Sing two swaras or more, or give --tonic")
    votes = Counter(phrase.recording for phrase in nearest)
    return max(nearest, key=lambda phrase: votes[phrase.recording])


def live_phrases(store: Path, model: LiveModel) -> PhraseIndex:
    """Open the phrases of the live version of a store, which `model` is.

    Raises
    ------
    StoreError
        If it has none.
    IndexDamaged
        If they cannot be read.
    """
    index = load_phrase_index(Layout(store).version(model.version).index)
    if index is None or not len(index):
        lacks, fix = ("was made without phrases", "Run: swara rebuild")
        if index is not None:
            lacks = "holds no phrase: its samples are notes"
            fix = "Add recordings of phrases, and run: swara rebuild"
        raise StoreError(f"the live version {lacks}", where=str(store), fix=fix)
    return index


def _check_span(span_s: tuple[float, float], duration_s: float, recording: Path) -> None:
    start_s, end_s = span_s
    if start_s >= duration_s or end_s > duration_s + 0.01:
        raise NoNoteThere(
            f"the take ends at {duration_s:.2f} s, before {max(span_s):g} s", where=str(recording)
        )


def _checked(
    query: PhraseLine | None, index: PhraseIndex, span_s: tuple[float, float], recording: Path
) -> PhraseLine:
    """Return the query if it is a phrase that can be found."""
    where = f"from {span_s[0]:g} to {span_s[1]:g} s"
    if query is None:
        raise NoNoteThere(f"nothing is sung {where}", where=str(recording))
    if len(query.swaras) < 2:
        note = f"only {query.swaras[0]} is" if query.swaras else "no note is held"
        fix = f"For a note: swara search TAKE --at {(span_s[0] + span_s[1]) / 2:.2f}"
        raise NoNoteThere(f"{note} sung {where}, and a phrase has two swaras", where=str(recording), fix=fix)
    if query.duration_s > index.longest_s:
        longest = f"the longest phrase known lasts {index.longest_s:.1f} s"
        what = f"{query.duration_s:.1f} s are sung {where}, and {longest}"
        raise NoNoteThere(what, where=str(recording), fix="Ask about a shorter stretch")
    return query


def _doubts(tonic: Tonic | None, allowed: BoolArray, among: PhraseFilter) -> Iterator[str]:
    if tonic is not None and tonic.source == "estimated":
        sure = ", and not sure" if tonic.needs_confirmation else ""
        yield f"Sa is estimated as {tonic.name}{sure}; to give it: --tonic"
    if not allowed.any():
        asked = [each for each in (among.singer, among.raga, among.licence) if each]
        yield (
            f"No phrase known is of {', '.join(asked)}"
            if asked
            else "No phrase of another recording is known"
        )


def _only_nearest(
    query: PhraseLine, index: PhraseIndex, allowed: BoolArray, hits: Sequence[PhraseHit]
) -> Iterator[str]:
    """Yield what to know where the nearest by their lines may be no such phrase at all."""
    if not hits or hits[0].voice_similarity is not None:
        return
    if not _is_near(hits):
        yield f"Nothing known goes like it: even the nearest is {hits[0].distance_cents:.0f} cents away"
    elif not (same_swaras(index, query) & allowed).any():
        yield "None dwells on the same swaras: these are only the nearest"


def _is_near(hits: Sequence[PhraseHit]) -> bool:
    return any(hit.distance_cents <= FAR_CENTS for hit in hits)
