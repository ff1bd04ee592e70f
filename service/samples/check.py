"""The whole corpus gone through: every recording heard, and held against what is noted of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, groupby
from pathlib import PurePath

from swara.classifier.pitch import TRACK_RATE_HZ, PitchTracker, Progress
from swara.classifier.pitch.head import pitch_tracker
from swara.classifier.tonic import estimate_tonic
from swara.data.audio.decode import decode
from swara.data.audio.level import Level
from swara.data.clip import Clip
from swara.data.pitch_track import PitchTrack
from swara.data.recording import Recording
from swara.data.sample_corpus.corpus import audio_path, is_bundled
from swara.raga.errors import SwaraError
from swara.raga.ragas import raga_named
from swara.service.stages import StageProgress, part_of
from swara.service.store import Layout

from .duplicates import Fingerprint, find_duplicates, fingerprint
from .edit_check import BetterSa, LabelledPitch, better_sa, check_labels, labelled_pitches, sa_finding
from .findings import CheckResult, Finding, check_file, finding, remove
from .hearing import KnownTracks, steady_notes
from .known import known_samples
from .raga_notes import fitting_share, is_other_sa

__all__ = ["check_samples", "check_sound"]

_CLEARLY = 0.1
"""Share of a raga recording that must fit another Sa more."""


@dataclass(frozen=True, slots=True)
class _TrackedRecording:
    """What was heard in one recording; nothing but findings where it could not be."""

    findings: tuple[Finding, ...]
    notes: tuple[LabelledPitch, ...] = ()
    fingerprint: Fingerprint | None = None
    better: BetterSa | None = None


def check_samples(
    store: Layout, *, tracker: PitchTracker | None = None, progress: StageProgress | None = None
) -> CheckResult:
    """Go through every recording of a store, the bundled ones too; nothing but the pitch cache is written.

    Parameters
    ----------
    store : Layout
        Where the versions, the corpus and the caches lie.
    tracker : PitchTracker, optional
        The pitch head if not given.
    progress : callable, optional
        Called with the name of a stage and the share of it that is done.

    Raises
    ------
    CorpusError
        If a list of recordings is damaged. A recording that is only makes a finding.
    """
    recordings = known_samples(store.corpus)
    tracks = KnownTracks(store, tracker or pitch_tracker("head"))
    listening, comparing = (
        None if progress is None else partial(progress, stage) for stage in ("listening", "comparing")
    )
    heard = [
        _hear(recording, tracks, part_of(listening, number, len(recordings)))
        for number, recording in enumerate(recordings)
    ]
    outlines = [each.fingerprint for each in heard if each.fingerprint is not None]
    findings = chain(
        chain.from_iterable(each.findings for each in heard),
        _about_labels(heard),
        find_duplicates(outlines, comparing),
    )
    order = {recording.sha256: number for number, recording in enumerate(recordings)}
    return CheckResult(
        recordings=len(recordings),
        notes=sum(len(recording.labels) for recording in recordings),
        findings=tuple(sorted(findings, key=lambda each: order[each.recording.sha256])),
    )


def _hear(recording: Recording, tracks: KnownTracks, progress: Progress | None) -> _TrackedRecording:
    """Hear one recording; whatever goes wrong with it is found wrong with it alone."""
    try:
        return _heard(recording, tracks, progress)
    except Exception as error:  # one file must not hide what is wrong with the others
        fault = " ".join(f"{type(error).__name__}: {error}".split())
        fix = f"Export it again and add that, then run: {remove(recording)}"
        return _TrackedRecording((finding(recording, "unreadable", f"it cannot be examined ({fault})", fix),))
    finally:
        if progress is not None:
            progress(1.0)


def _heard(recording: Recording, tracks: KnownTracks, progress: Progress | None) -> _TrackedRecording:
    if (fault := check_file(recording)) is not None:
        return _TrackedRecording((fault,))
    clip, findings = check_sound(recording)
    if clip is None or any(each.kind == "silent" for each in findings):
        return _TrackedRecording(findings)
    track = tracks.of(recording.sha256, clip, progress)
    if is_bundled(recording):
        # Their notes stand where the synthesizer put them: no pitch tracker knows better.
        return _TrackedRecording(findings, fingerprint=fingerprint(recording, clip, track))
    notes = labelled_pitches(recording, track)
    better = _better_for_raga(recording, clip, track)
    return _TrackedRecording(findings, notes, fingerprint(recording, clip, track), better)


def _better_for_raga(recording: Recording, clip: Clip, track: PitchTrack) -> BetterSa | None:
    """Return a Sa, if one is sure, on which more of a recording lies on the swaras of its raga."""
    if recording.raga is None or len(recording.labels) < 2:
        return None
    raga = raga_named(recording.raga)
    sung = [note for note in steady_notes(clip, track) if not note.faint]
    if not sung:
        return None
    estimate = estimate_tonic(clip, [note.held for note in sung], [raga])
    if estimate.needs_confirmation or not is_other_sa(estimate.hz, recording.tonic_hz):
        return None
    given, share = (fitting_share(sung, raga, hz) for hz in (recording.tonic_hz, estimate.hz))
    return BetterSa(estimate.hz, share, given) if share >= given + _CLEARLY else None


def _about_labels(heard: Sequence[_TrackedRecording]) -> Iterator[Finding]:
    """Yield what is wrong with the Sa of recordings that share one, and with labels."""
    named = sorted((each for each in heard if each.notes), key=_group)
    for _, group in groupby(named, key=_group):
        together = list(group)
        better = better_sa([note for each in together for note in each.notes])
        for each in together:
            recording = each.notes[0].recording
            other = better or each.better
            if other is not None:
                yield sa_finding(recording, other)
            # On a wrong Sa only what fits neither is a wrong label.
            yield from check_labels(each.notes, recording.tonic_hz if better is None else better.hz)


def _group(heard: _TrackedRecording) -> tuple[str, str, float]:
    """Return what recordings of single notes with one Sa share; a recording of several notes stands alone."""
    recording = heard.notes[0].recording
    alone = len(recording.labels) > 1
    place = recording.id if alone else str(PurePath(recording.path).parent)
    return place, recording.singer, recording.tonic_hz


def check_sound(recording: Recording) -> tuple[Clip | None, tuple[Finding, ...]]:
    """Return the sound of a recording at 16 kHz, None if it cannot be decoded, and what is wrong with it."""
    path = audio_path(recording)
    try:
        decoded = decode(path, rate_hz=TRACK_RATE_HZ, max_duration_s=None)
    except SwaraError as error:
        fix = f"{error.fix + ', or' if error.fix else 'Or'} run: {remove(recording)}"
        return None, (finding(recording, "unreadable", error.what, fix[0].upper() + fix[1:]),)
    again = f"Export it again and add that, then run: {remove(recording)}"
    damage = (finding(recording, "damaged", warning, again) for warning in decoded.warnings)
    return decoded.clip, (*damage, *_check_level(recording, decoded.level))


def _check_level(recording: Recording, level: Level) -> Iterator[Finding]:
    loud_db = level.loud_db
    again = f"Record it again, then run: {remove(recording)}"
    if level.is_silent:
        yield finding(recording, "silent", f"it is silent: {loud_db:.0f} dB at its loudest", again)
        return
    if level.is_quiet:
        yield finding(recording, "quiet", f"it is too quiet: {loud_db:.0f} dB at its loudest", again)
    if level.is_clipped:
        yield finding(
            recording, "clipped", f"it is clipped: {level.clipped_share:.2%} of it is cut off", again
        )
