"""From a recording on disk to its notation, and to every file that was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from swara.classifier.pitch import Progress
from swara.classifier.transcription import Transcription, in_tala, rendered, sung_track, transcribe
from swara.data.audio.piped import take_name
from swara.data.storage.array_cache import RecentCache
from swara.raga.errors import SwaraError
from swara.raga.notation import parse_notation
from swara.raga.talas import Tala
from swara.raga.tonic_names import ParsedTonic, note_name, parse_tonic
from swara.service.report.wording import guessed_tonic
from swara.service.take.analyze import Request, judge_take
from swara.service.take.heard import HeardTake
from swara.service.take.raga import TakeRaga, guess_take
from swara.service.take.report import TakeReport

from .score_files import NO_SCORES, ScoreFiles, check_scores, save_transcription
from .take_files import check_outputs, check_suffix, hear_take, opened_take

__all__ = [
    "USUAL_TEMPO_BPM",
    "Beats",
    "guess_file",
    "notate_file",
    "sing_notation",
    "written_down",
]

USUAL_SA, USUAL_TEMPO_BPM = "C#3", 60.0
"""The Sa and the tempo that written notation is sung with where none is given."""

_LAST_S = 0.5
"""How long the tanpura sounds on after the last swara."""


class Beats(NamedTuple):
    """A tala, its matras in a minute, and when one of its sams falls, in seconds."""

    tala: Tala
    tempo_bpm: float
    sam_s: float


def notate_file(
    recording: Path,
    request: Request,
    files: ScoreFiles = NO_SCORES,
    *,
    max_duration_s: float | None,
    track: int | None = None,
    progress: Progress | None = None,
    cache: RecentCache | None = None,
    beats: Beats | None = None,
) -> Transcription:
    """Write down a recording.

    Parameters
    ----------
    recording : Path
        A file, or - for stdin.
    request : Request
        Sa, if given; the raga that swaras are named by; the tuning.
    files : ScoreFiles
        Where to write what.
    max_duration_s : float or None
        The longest take to accept, in seconds.
    track : int, optional
        Which sound of a file with several.
    progress : callable, optional
        Called with the share of the pitch tracking that is done.
    cache : RecentCache, optional
        Keeps what was heard of it.
    beats : Beats, optional
        The tala it is in; written in free rhythm if not given.

    Raises
    ------
    SwaraError
        If the recording cannot be used, or a file cannot be written.
    """
    check_scores(files)
    check_outputs(files.paths(), source=recording, called="the recording that is written down")
    with opened_take(recording, max_duration_s, track) as take:
        heard = hear_take(take, cache, progress)
        report = judge_take(heard, request, source=take_name(recording))
        found = written_down(heard, report, request, beats)
        save_transcription(found, heard.track, files)
    return found


def written_down(
    heard: HeardTake, report: TakeReport, request: Request, beats: Beats | None = None
) -> Transcription:
    """Return the transcription of a take that was heard and judged.

    Parameters
    ----------
    heard : HeardTake
        Its sound.
    report : TakeReport
        Its Sa, and what is to be known of the take.
    request : Request
        What it was judged against.
    beats : Beats, optional
        The tala it is in.
    """
    if not report.tonic.confidence:  # nobody knows Sa: no pitch has a name
        raga, warnings = request.judged_raga, (report.verdict.rstrip("."), *report.warnings)
        return Transcription(report.source, heard.duration_s, report.tonic.hz, raga, (), warnings=warnings)
    found = transcribe(
        heard.track,
        report.tonic.hz,
        request.judged_raga,
        tuning=request.tuning,
        held=heard.held,
        duration_s=heard.duration_s,
        source=report.source,
        warnings=(*_doubted_sa(report), *report.warnings),
    )
    found = replace(found, sa_guessed=report.tonic.needs_confirmation)
    if beats is not None:
        _check_sam(beats, heard.duration_s)
        found = in_tala(found, *beats)
    outside = [swara.duration_s for swara in found.held if swara.foreign]
    if sum(outside) > _FOREIGN_SHARE * sum(swara.duration_s for swara in found.held):
        words = (
            f"Most of what is held lies outside {found.raga.display} on Sa {note_name(found.sa_hz)} "
            "and is written as the swara it is nearest to; give the raga with --raga, and Sa with --tonic"
        )
        found = replace(found, warnings=(words, *found.warnings))
    return found


_FOREIGN_SHARE = 0.5


def _doubted_sa(report: TakeReport) -> Iterator[str]:
    """Say that Sa is a guess, where `swara analyze` asks for it first: every swara is named from it."""
    if report.tonic.needs_confirmation:
        guess, ways = guessed_tonic(report.tonic)
        told = (f"{words[0].lower()}{words[1:]} {flag}" for words, flag in ways)
        yield "; ".join((guess.rstrip("."), *told))


def _check_sam(beats: Beats, duration_s: float) -> None:
    cycle_s = 60.0 * beats.tala.matras / beats.tempo_bpm
    if not -cycle_s <= beats.sam_s <= duration_s + cycle_s:
        raise SwaraError(
            f"a sam at {beats.sam_s:g} s is more than a cycle away from the take, of {duration_s:.1f} s",
            where="--sam",
            fix="Say when one falls in it: 3.2, or 1:02.5",
        )


def sing_notation(
    text: str,
    request: Request,
    files: ScoreFiles = NO_SCORES,
    *,
    tempo_bpm: float = USUAL_TEMPO_BPM,
    target: Path | None = None,
) -> Transcription:
    """Put written notation on the clock, sing it in tune over a tanpura, and write it as a take's would be.

    Parameters
    ----------
    text : str
        As `swara.raga.notation.parse_notation` reads it.
    request : Request
        Sa, `USUAL_SA` if not given, of several octaves that of a voice; the raga, if any; the tuning.
    files : ScoreFiles
        Where to write what.
    tempo_bpm : float
        Beats in a minute.
    target : Path, optional
        The WAV file; it is not sung if not given.

    Raises
    ------
    BadNotation
        If it cannot be read, or no voice can sing it.
    OutputError
        If the file cannot be written.
    """
    check_suffix(target, ".wav", "the target")
    check_scores(files)
    check_outputs((*files.paths(), target), source=Path("-"))
    found = rendered(
        parse_notation(text),
        _sa_hz(request),
        raga=request.raga,
        tuning=request.tuning,
        beat_s=60.0 / tempo_bpm,
    )
    if target is not None:
        from swara.service.report.melody import written_melody

        from .target import save_melody

        save_melody(written_melody(found, request.tuning), found.sa_hz, found.duration_s + _LAST_S, target)
    save_transcription(found, sung_track(found), files)
    return found


def _sa_hz(request: Request) -> float:
    """Return the Sa that is meant; of several, the lowest from that of men's voices on."""
    usual_hz = parse_tonic(USUAL_SA).candidates_hz()[0]
    if request.tonic is None:
        return usual_hz
    meant_hz = request.tonic.candidates_hz()
    return next((hz for hz in meant_hz if hz > 0.98 * usual_hz), meant_hz[-1])


def guess_file(
    recording: Path,
    tonic: ParsedTonic | None,
    *,
    max_duration_s: float | None,
    track: int | None = None,
    progress: Progress | None = None,
    cache: RecentCache | None = None,
) -> TakeRaga:
    """Guess the raga of a recording; nothing is judged by it. Parameters as in `notate_file`.

    Raises
    ------
    SwaraError
        If the recording cannot be used.
    """
    with opened_take(recording, max_duration_s, track) as take:
        return guess_take(hear_take(take, cache, progress), tonic, take_name(recording))
