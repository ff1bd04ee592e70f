"""One recording's description mended: who sings, where Sa is, what is sung."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from swara.classifier.pitch import PitchTracker, Progress
from swara.classifier.pitch.head import pitch_tracker
from swara.data.clip import Clip
from swara.data.errors import CorpusError
from swara.data.layouts import RecordingSpec
from swara.data.pitch_track import PitchTrack
from swara.data.recording import Recording, SwaraLabel
from swara.data.sample_corpus.corpus import append_recordings, audio_path, is_bundled
from swara.data.sample_corpus.recording_json import recording_from_json, recording_to_json
from swara.raga.notation import swara_letter
from swara.raga.ragas import raga_named
from swara.raga.swaras import SwaraPitch, parse_swara
from swara.raga.tonic_names import ParsedTonic
from swara.service.store import Layout

from .check import check_sound
from .edit_check import check_labels, labelled_pitches
from .findings import check_file
from .hearing import KnownTracks, steady_notes
from .known import find_sample, known_samples
from .raga_notes import label_raga

__all__ = ["NONE", "Edit", "EditResult", "label_sample", "mended"]

NONE = "none"
"""What stands for no raga, or for a note that is no note."""

_MOST_NAMED = 12


@dataclass(frozen=True, slots=True)
class Edit:
    """What is to be noted instead; None where it stays.

    Parameters
    ----------
    singer, licence : str or None
        The new ones; None leaves them as they are.
    tonic : ParsedTonic or None
        The new Sa; None leaves it as it is.
    raga : str or None
        Key of the raga, or ``none``.
    swara : SwaraPitch or "none" or None
        Of one note; ``none`` forgets the note.
    at_s : float or None
        A moment of that note in seconds; needed where the recording has several.
    """

    singer: str | None = None
    licence: str | None = None
    tonic: ParsedTonic | None = None
    raga: str | None = None
    swara: SwaraPitch | str | None = None
    at_s: float | None = None


@dataclass(frozen=True, slots=True)
class EditResult:
    """A recording as it was and as it is noted now, and what still is odd about it."""

    before: Recording
    after: Recording
    remarks: tuple[str, ...]


def label_sample(
    store: Layout,
    prefix: str,
    change: Edit,
    *,
    tracker: PitchTracker | None = None,
    progress: Progress | None = None,
) -> EditResult:
    """Note a change to one recording in the corpus; its file stays as it is.

    Where Sa moves, the labels stay if more than half of them fit it; those of a raga recording that do not
    are found anew by their pitch, as when it was added. Sa without octave goes where most labels fit.

    Parameters
    ----------
    store : Layout
        Where the versions, the corpus and the caches lie.
    prefix : str
        Id of the sample, or the start of it.
    change : Edit
        What to write instead of what is noted.
    tracker : PitchTracker, optional
        The pitch head if not given; asked only where Sa or a swara changes, and the pitch is not known.
    progress : callable, optional
        Called with the share of the pitch tracking that is done.

    Raises
    ------
    CorpusError
        If there is no such sample, it is a bundled one, or a value cannot be.
    OutputError
        If the corpus cannot be written; it is then as it was.
    """
    before = find_sample(known_samples(store.corpus), prefix)
    result = mended(before, change, KnownTracks(store, tracker or pitch_tracker("head")), progress)
    if result.after != before:
        append_recordings(store.corpus, [result.after])
    return result


def mended(
    before: Recording, change: Edit, tracks: KnownTracks, progress: Progress | None = None
) -> EditResult:
    """Return a recording with a change made to it; nothing is written.

    Parameters and errors are those of `label_sample`; `tracks` knows, or finds, the pitch.
    """
    if is_bundled(before):
        raise CorpusError(
            f"{before.id} is a bundled sample, which cannot be mended", fix="Mend only what was added"
        )
    after, remarks = _with_texts(before, change), []
    if change.swara is not None:
        after = replace(after, labels=_relabelled(before, change.swara, change.at_s))
    if change.tonic is not None or change.swara is not None:
        fault = check_file(before)
        clip, faults = (None, (fault,)) if fault is not None else check_sound(before)
        if clip is None:
            raise CorpusError(faults[0].what, where=before.path, fix=faults[0].fix)
        track = tracks.of(before.sha256, clip, progress)
        if change.tonic is not None:
            after = _on_tonic(after, change.tonic, clip, track)
        remarks = [each.what for each in check_labels(labelled_pitches(after, track), after.tonic_hz)]
    remarks += _foreign(after)
    try:
        after = recording_from_json(recording_to_json(after))  # as the log will hold it
    except ValueError as error:
        raise CorpusError(f"this cannot be noted: {error}", where=after.path) from error
    return EditResult(before, after, tuple(remarks))


def _with_texts(recording: Recording, change: Edit) -> Recording:
    texts = {"singer": change.singer, "licence": change.licence}
    for option, text in texts.items():
        if text is not None and not text.strip():
            raise CorpusError(f"the {option} must not be empty", where=f"--{option}")
    raga = recording.raga if change.raga is None else None if change.raga == NONE else change.raga
    singer, licence = (change.singer or recording.singer), (change.licence or recording.licence)
    person = singer.strip().casefold().startswith("synthesized")
    return replace(recording, singer=singer.strip(), licence=licence.strip(), raga=raga, synthesized=person)


def _relabelled(recording: Recording, swara: SwaraPitch | str, at_s: float | None) -> tuple[SwaraLabel, ...]:
    """Return the labels with one of them named anew, or left out."""
    chosen = _label_at(recording, at_s)
    others = [label for label in recording.labels if label is not chosen]
    if isinstance(swara, str):
        if not others:
            raise CorpusError(
                f"{recording.id} has no other note", fix=f"Run: swara samples remove {recording.id}"
            )
        return tuple(others)
    new = replace(chosen, swara=swara_letter(*swara))
    return tuple(sorted([*others, new], key=lambda label: label.start_s))


def _label_at(recording: Recording, at_s: float | None) -> SwaraLabel:
    if at_s is None and len(recording.labels) == 1:
        return recording.labels[0]
    here = [label for label in recording.labels if at_s is not None and label.start_s <= at_s < label.end_s]
    if here:
        return here[0]
    places = ", ".join(
        f"{label.swara} {label.start_s:.2f}-{label.end_s:.2f} s" for label in recording.labels[:_MOST_NAMED]
    )
    more = ", ..." if len(recording.labels) > _MOST_NAMED else ""
    what = f"it has {len(recording.labels)} notes" if at_s is None else f"no note of it lies at {at_s:g} s"
    raise CorpusError(what, where=recording.id, fix=f"Say which is meant with --at: {places}{more}")


def _on_tonic(recording: Recording, tonic: ParsedTonic, clip: Clip, track: PitchTrack) -> Recording:
    """Return a recording on another Sa."""
    notes = [note for note in labelled_pitches(recording, track) if math.isfinite(note.hz)]

    def fitting(hz: float) -> int:
        return sum(note.fits(hz) for note in notes)

    # Where as many labels fit in two octaves, or none does, the nearer one.
    hz = max(tonic.candidates_hz(), key=lambda hz: (fitting(hz), -abs(math.log2(hz / recording.tonic_hz))))
    if 2 * fitting(hz) > len(notes) or recording.raga is None or len(recording.labels) == 1:
        return replace(recording, tonic_hz=hz)
    path = audio_path(recording)
    spec = RecordingSpec(path, recording.singer, recording.licence, tonic, recording.raga, (), path.parent)
    found = label_raga(spec, clip, steady_notes(clip, track))
    return replace(recording, tonic_hz=found.tonic_hz, labels=found.labels)


def _foreign(recording: Recording) -> Sequence[str]:
    """Say how many notes are none of the raga."""
    if recording.raga is None:
        return ()
    raga = raga_named(recording.raga)
    count = sum(not raga.allows(parse_swara(label.swara)[0].index) for label in recording.labels)
    if not count:
        return ()
    many = f"{count} of its {len(recording.labels)} notes {'is' if count == 1 else 'are'}"
    return [f"{many if len(recording.labels) > 1 else 'its only note is'} not in {raga.display}"]
