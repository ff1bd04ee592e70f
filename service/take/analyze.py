"""The main job: a take goes in, a report comes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from swara.classifier.notes import (
    HeldNote,
    Standard,
    Thresholds,
    find_held_notes,
    judge,
    tile,
    touch,
)
from swara.classifier.pitch import PitchTracker, Progress
from swara.classifier.tonic import estimate_tonic, given_tonic
from swara.data.audio.level import Level
from swara.data.clip import Clip
from swara.data.pitch_track import HOP_S, PitchTrack
from swara.data.take import Note, Tonic, Touch
from swara.raga.ragas import RAGAS, Raga, raga_named
from swara.raga.tonic_names import ParsedTonic
from swara.raga.tuning import Tuning

from .report import NoteOpinion, TakeReport
from .sound import remarks_about_level, within_range
from .summary import (
    drift_of_sa,
    foreign_share,
    swara_stats,
    too_little_sung,
    verdict_sentence,
    verdict_shares,
    warnings_about,
    worst_spots,
)

__all__ = ["DEFAULT_RAGA", "Adviser", "Request", "analyze", "with_doubts"]

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


class Adviser(Protocol):
    """Somebody to ask about the notes beside the pitch."""

    @property
    def version(self) -> str:
        """Which model speaks."""
        ...

    def opinions(
        self, clip: Clip, track: PitchTrack, notes: Sequence[Note], sa_hz: float
    ) -> tuple[NoteOpinion, ...]:
        """Return an opinion on each note, in the same order."""
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
    """Analyze a take.

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
    track, beyond = within_range(clip, tracker.track(clip, progress))
    held = find_held_notes(clip, track)
    little = too_little_sung(
        held.notes, HOP_S * int(held.sung.sum()), clip.duration_s, tonic_given=request.tonic is not None
    )
    heard = held.notes if little is None or request.tonic is not None else ()
    tonic = _tonic(clip, heard, request)
    raga = request.judged_raga
    standard = Standard(tonic.hz, raga, request.tuning, request.thresholds)
    notes = tuple(judge(note, standard) for note in heard)
    opinions = () if adviser is None else adviser.opinions(clip, track, notes, tonic.hz)
    if opinions:
        notes = with_doubts(notes, opinions)
    claimed = notes if little is None else ()
    # Where Sa is not known, touches have no name either.
    touches = [touch(each, standard) for each in held.touched] if heard else []
    parts: list[Note | Touch] = sorted([*notes, *touches], key=lambda part: part.start_s)
    segments = tile(parts, held.sung, clip.duration_s)
    shares, worst = verdict_shares(claimed), worst_spots(segments) if claimed else ()
    return TakeReport(
        source=source,
        duration_s=clip.duration_s,
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
        warnings=(
            *warnings,
            *remarks_about_level(level),
            *beyond,
            *(() if adviser is None else adviser.warnings),
            *warnings_about(claimed, tonic, raga, request.raga_source),
        ),
        verdict=little or verdict_sentence(notes, shares, worst, voiced=bool(held.sung.any())),
        track=track,
        opinions=opinions,
        model=None if adviser is None else adviser.version,
        level=level,
    )


def with_doubts(notes: Sequence[Note], opinions: Sequence[NoteOpinion]) -> tuple[Note, ...]:
    """Return the notes, those that the adviser disagrees with as ``unsure``."""
    return tuple(
        replace(note, verdict="unsure") if opinion.agrees is False else note
        for note, opinion in zip(notes, opinions, strict=True)
    )


def _tonic(clip: Clip, notes: Sequence[HeldNote], request: Request) -> Tonic:
    if request.tonic is not None:
        return given_tonic(request.tonic, notes)
    # The default raga is a guess: without one from the user, Sa is sought under all of them.
    ragas = RAGAS.values() if request.raga is None else [request.raga]
    return estimate_tonic(clip, notes, ragas)
