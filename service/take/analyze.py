"""The main job: a take goes in, a report comes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from swara.classifier.notes import (
    HeldNote,
    Standard,
    Thresholds,
    judge,
    moving_notes,
    tile,
    touch,
)
from swara.classifier.pitch import PitchTracker, Progress
from swara.classifier.tonic import drift_of_sa, given_tonic, no_tonic
from swara.data.audio.level import Level
from swara.data.clip import Clip
from swara.data.pitch_track import HOP_S, PitchTrack
from swara.data.take import Note, Segment, Tonic, Touch
from swara.raga.ragas import BASIC_RAGAS, Raga, raga_named
from swara.raga.tonic_names import ParsedTonic
from swara.raga.tuning import Tuning

from .grammar import leaning, raga_remarks
from .heard import HeardTake, Listener, NoteVectors, hear
from .report import NoteOpinion, TakeReport
from .sound import remarks_about_level
from .summary import (
    fits_another,
    foreign_share,
    swara_stats,
    too_little_sung,
    verdict_sentence,
    verdict_shares,
    warnings_about,
    worst_spots,
)

__all__ = [
    "DEFAULT_RAGA",
    "Adviser",
    "HeardTake",
    "Request",
    "analyze",
    "hear",
    "judge_take",
    "with_doubts",
]

DEFAULT_RAGA = "bhupali"


@dataclass(frozen=True, slots=True)
class Request:
    """What the user asked for.

    Parameters
    ----------
    tuning : Tuning
        Where the targets are.
    thresholds : Thresholds
        How strictly to judge.
    tonic : ParsedTonic, optional
        Sa, if the user gave it.
    raga : Raga, optional
        The raga, if the user gave it; Bhupali is judged against otherwise.
    """

    tuning: Tuning
    thresholds: Thresholds
    tonic: ParsedTonic | None = None
    raga: Raga | None = None

    @property
    def judged_raga(self) -> Raga:
        """The raga that is judged against."""
        return self.raga or raga_named(DEFAULT_RAGA)

    @property
    def raga_source(self) -> str:
        """Whether that was ``given`` by the user or is the ``default``."""
        return "default" if self.raga is None else "given"


class Adviser(Listener, Protocol):
    """Somebody to ask about the notes beside the pitch."""

    @property
    def version(self) -> str:
        """Which model speaks."""
        ...

    @property
    def fingerprint(self) -> str:
        """Of the embedder that it hears by."""
        ...

    def opinions(
        self, heard: NoteVectors, track: PitchTrack, notes: Sequence[Note], sa_hz: float
    ) -> tuple[NoteOpinion, ...]:
        """Return an opinion on each note, in the same order, by what was heard of all of them."""
        ...

    @property
    def warnings(self) -> tuple[str, ...]:
        """What to know of the opinions given so far, as sentences without full stop."""
        ...


def analyze(
    clip: Clip,
    request: Request,
    tracker: PitchTracker,
    *,
    source: str,
    warnings: Sequence[str] = (),
    level: Level | None = None,
    progress: Progress | None = None,
    adviser: Adviser | None = None,
) -> TakeReport:
    """Analyze a take: `hear` it, then judge it by `judge_take`.

    Parameters
    ----------
    clip : Clip
        At the tracker's sample rate.
    request : Request
        What to judge it against.
    tracker : PitchTracker
        Finds the pitch.
    source : str
        Name of the recording.
    warnings : sequence of str
        What is already known to be wrong with it; they head the report's own.
    level : Level, optional
        How loud the recording was before it was decoded.
    progress : callable, optional
        Called with the share of the pitch tracking that is done.
    adviser : Adviser, optional
        Gives a second opinion on each note; one that it disagrees with becomes unsure.
    """
    heard = hear(clip, tracker, level=level, warnings=warnings, progress=progress, listener=adviser)
    return judge_take(heard, request, source=source, adviser=adviser)


def judge_take(
    heard: HeardTake,
    request: Request,
    *,
    source: str,
    warnings: Sequence[str] = (),
    adviser: Adviser | None = None,
) -> TakeReport:
    """Judge a take that was heard, at once and as often as one likes: the report is that of `analyze`.

    Parameters
    ----------
    heard : HeardTake
        Of `hear`; several threads may judge the same.
    request : Request
        What to judge it against.
    source : str
        Name of the recording.
    warnings : sequence of str
        What is wrong now, such as with the store; they head those of the recording.
    adviser : Adviser, optional
        Gives a second opinion on each note; one that it disagrees with becomes unsure.

    Raises
    ------
    ValueError
        If the adviser has not heard the take, or by another embedder.
    """
    if adviser is not None and (heard.vectors is None or heard.vectors.fingerprint != adviser.fingerprint):
        raise ValueError("this adviser has not heard the take")
    sung = heard.held.sung
    little = too_little_sung(
        heard.held.notes, HOP_S * int(sung.sum()), heard.duration_s, tonic_given=request.tonic is not None
    )
    held = heard.held.notes if little is None or request.tonic is not None else ()
    tonic = _tonic(heard, held, request)
    raga = request.judged_raga
    standard = Standard(tonic.hz, raga, request.tuning, request.thresholds)
    notes, opinions = _judged(heard, held, standard, adviser)
    claimed = notes if little is None else ()
    segments = _segments(heard, notes, standard)
    shares, in_doubt = verdict_shares(claimed), request.raga is None and fits_another(claimed, tonic, raga)
    moving = moving_notes(claimed, heard.track, tonic.hz, request.thresholds.perfect_cents)
    excused = moving | {note for note in claimed if in_doubt and note.foreign}
    worst = worst_spots(segments, excused) if claimed else ()
    doubts = tuple(warnings_about(claimed, tonic, raga, request.raga_source))
    sure = bool(claimed) and not doubts and not tonic.needs_confirmation
    allied = leaning(segments, raga) if sure else None
    remarks = (*warnings, *_remarks(heard, adviser))
    return TakeReport(
        source=source,
        duration_s=heard.duration_s,
        tonic=tonic,
        raga=raga.display,
        raga_source=request.raga_source,
        tuning=request.tuning.name,
        thresholds=request.thresholds,
        segments=segments,
        per_swara=swara_stats(claimed),
        worst=worst,
        drift=drift_of_sa(claimed),
        verdict_shares=shares,
        foreign_share=foreign_share(claimed),
        warnings=(*doubts, *remarks) if in_doubt else (*remarks, *doubts, *filter(None, (allied,))),
        verdict=little
        or verdict_sentence(notes, shares, worst, voiced=bool(sung.any()), assumed=raga.display * in_doubt),
        track=heard.track,
        opinions=opinions,
        model=None if adviser is None else adviser.version,
        level=heard.level,
        raga_doubt=doubts[0] if in_doubt else None,
        grammar=raga_remarks(segments, raga) if sure else (),
    )


def _segments(heard: HeardTake, notes: Sequence[Note], standard: Standard) -> tuple[Segment, ...]:
    # Where Sa is not known, touches have no name either.
    touches = [touch(each, standard) for each in heard.held.touched] if notes else []
    parts: list[Note | Touch] = sorted([*notes, *touches], key=lambda part: part.start_s)
    return tile(parts, heard.held.sung, heard.duration_s)


def _remarks(heard: HeardTake, adviser: Adviser | None) -> tuple[str, ...]:
    """Return what is to be said of the recording and of who was asked, whatever it is judged against."""
    told = () if adviser is None else adviser.warnings
    return (*heard.warnings, *remarks_about_level(heard.level), *heard.beyond, *told)


def _judged(
    heard: HeardTake, held: Sequence[HeldNote], standard: Standard, adviser: Adviser | None
) -> tuple[tuple[Note, ...], tuple[NoteOpinion, ...]]:
    """Return the notes as they are judged, and what the adviser says of each, if anything."""
    notes = tuple(judge(note, standard) for note in held)
    if adviser is None or heard.vectors is None or not notes:
        return notes, ()
    opinions = adviser.opinions(heard.vectors, heard.track, notes, standard.sa_hz)
    return with_doubts(notes, opinions), opinions


def with_doubts(notes: Sequence[Note], opinions: Sequence[NoteOpinion]) -> tuple[Note, ...]:
    """Return the notes, those that the adviser disagrees with as ``unsure``."""
    return tuple(
        replace(note, verdict="unsure") if opinion.agrees is False else note
        for note, opinion in zip(notes, opinions, strict=True)
    )


def _tonic(heard: HeardTake, notes: Sequence[HeldNote], request: Request) -> Tonic:
    if request.tonic is not None:
        return given_tonic(request.tonic, notes)
    if not notes:
        return no_tonic()
    # The default raga is a guess: without one from the user, Sa is sought under all of them.
    return heard.evidence.tonic(list(BASIC_RAGAS.values()) if request.raga is None else [request.raga])
