"""Recordings become part of the corpus, all that can be added of a folder or table in one go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from swara.classifier.pitch import PitchTracker, Progress
from swara.classifier.pitch.head import pitch_tracker
from swara.data.audio.decode import MAX_DURATION_S
from swara.data.layouts import Given, RecordingSpec, read_layout
from swara.data.recording import Recording
from swara.data.sample_corpus.corpus import Moved, append_recordings, is_bundled, pack_recordings, read_corpus
from swara.data.storage.disk import check_writable, os_reason, sha256_of, writing
from swara.data.storage.json_lines import ANOTHER_STORE
from swara.service.stages import part_of

from .batch import SampleBatch
from .findings import check_file
from .results import AddResult, Duplicate, Failure

__all__ = ["add_samples"]


def add_samples(
    source: Path,
    given: Given,
    corpus: Path,
    *,
    max_duration_s: float | None = MAX_DURATION_S,
    tracker: PitchTracker | None = None,
    progress: Progress | None = None,
) -> AddResult:
    """Add the recordings of a folder, of a table, or one recording, to a corpus.

    Parameters
    ----------
    source : Path
        A folder, a CSV file or a recording.
    given : Given
        What holds for every recording that does not say otherwise.
    corpus : Path
        The log of the corpus, ``corpus.jsonl``; made if it is not there.
    max_duration_s : float or None
        Longest recording accepted.
    tracker : PitchTracker, optional
        The pitch head if not given.
    progress : callable, optional
        Called with the share of the work that is done.

    Returns
    -------
    AddResult
        What became of every file. All that could be added is in the log, written in one go.

    Raises
    ------
    CorpusError
        If there is nothing to add, or the corpus cannot be read.
    OutputError
        If the corpus cannot be written; it is then as it was.
    """
    layout = read_layout(source, given)
    known = {recording.sha256: recording for recording in (*pack_recordings(), *read_corpus(corpus))}
    # What cannot be kept is found out before the work.
    with writing(corpus.parent, "the folder of the store cannot be made", elsewhere=ANOTHER_STORE):
        corpus.parent.mkdir(parents=True, exist_ok=True)
    check_writable(corpus)
    fresh, moved, duplicates, unreadable = _sorted_out(layout.described, known)
    batch = SampleBatch(tracker or pitch_tracker("head"), max_duration_s)
    for number, (sha256, described) in enumerate(fresh.items()):
        batch.hear(described, sha256, part_of(progress, number, len(fresh)))
    batch.verify()
    added = batch.recordings(fresh)
    append_recordings(corpus, (*moved, *added))
    refused = (Failure(refusal.path, str(refusal.error)) for refusal in layout.refused)
    return AddResult(
        added=added,
        moved=tuple(Moved(Path(known[each.sha256].path), Path(each.path)) for each in moved),
        duplicates=duplicates,
        conflicts=tuple(batch.conflicts),
        failures=(*refused, *unreadable, *batch.failures),
        unlabelled=tuple(batch.unlabelled),
        remarks=tuple(batch.remarks),
        warnings=tuple(batch.warnings),
        passed_over=layout.passed_over,
    )


def _sorted_out(
    described: Iterable[RecordingSpec], known: Mapping[str, Recording]
) -> tuple[dict[str, RecordingSpec], tuple[Recording, ...], tuple[Duplicate, ...], tuple[Failure, ...]]:
    """Return the recordings by their digests, and apart those that are known, there twice or unreadable.

    Of the known ones, those that are not any more where they were added from have moved.
    """
    fresh: dict[str, RecordingSpec] = {}
    moved: dict[str, Recording] = {}
    duplicates: list[Duplicate] = []
    unreadable: list[Failure] = []
    for one in described:
        try:
            sha256 = sha256_of(one.path)
        except OSError as error:
            unreadable.append(Failure(one.path, f"{one.path}: the file cannot be read: {os_reason(error)}."))
            continue
        if sha256 in moved:
            duplicates.append(Duplicate(one.path, moved[sha256].path, known=False))
        elif sha256 in known and _is_lost(known[sha256]):
            moved[sha256] = replace(known[sha256], path=str(one.path.resolve()))
        elif sha256 in known:
            duplicates.append(Duplicate(one.path, known[sha256].path, known=True))
        elif sha256 in fresh:
            duplicates.append(Duplicate(one.path, str(fresh[sha256].path), known=False))
        else:
            fresh[sha256] = one
    return fresh, tuple(moved.values()), tuple(duplicates), tuple(unreadable)


def _is_lost(recording: Recording) -> bool:
    return not is_bundled(recording) and check_file(recording) is not None
