"""The files of one batch: each is heard, then the single notes are checked against their names, together."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeAlias

from swara.classifier.pitch import TRACK_RATE_HZ, PitchTracker, Progress
from swara.data.audio.decode import decode
from swara.data.clip import Clip
from swara.data.errors import CorpusError
from swara.data.layouts import RecordingSpec
from swara.data.recording import Recording, SwaraLabel
from swara.data.sample_corpus.corpus import corpus_digest
from swara.raga.errors import BadNotation, SwaraError
from swara.raga.notation import swara_letter
from swara.raga.swaras import parse_swara
from swara.raga.tonic_names import ParsedTonic

from .hearing import SteadyNote, steady_notes
from .raga_notes import label_raga
from .results import Conflict, Failure, LeftOut
from .single_notes import Claim, claims_of, label_of, verify_group

__all__ = ["SampleBatch"]

LEAST_RAGA_S = 5.0
"""A recording shorter than this is a single note, and its name must say which."""

_SYNTHESIZED = "synthesized"
_TIME_SLACK_S = 0.05

_Group: TypeAlias = tuple[Path, str, ParsedTonic]


class SampleBatch:
    """What has come of the files so far.

    Parameters
    ----------
    tracker : PitchTracker
        Finds the pitch of what is not in the cache.
    max_duration_s : float or None
        Longest recording accepted.

    Attributes
    ----------
    conflicts, failures, unlabelled, remarks, warnings : list
        As in `AddResult`.
    """

    def __init__(self, tracker: PitchTracker, max_duration_s: float | None) -> None:
        self.conflicts: list[Conflict] = []
        self.failures: list[Failure] = []
        self.unlabelled: list[LeftOut] = []
        self.remarks: list[str] = []
        self.warnings: list[Failure] = []
        self._tracker = tracker
        self._max_duration_s = max_duration_s
        self._recordings: dict[str, Recording] = {}
        self._groups: dict[_Group, dict[str, list[Claim]]] = {}

    def hear(self, described: RecordingSpec, sha256: str, progress: Progress | None = None) -> None:
        """Listen to one file; a raga is labelled at once, single notes wait for the rest of their group.

        What swara exported, and nobody touched since, need not be heard again.
        """
        if (exported := _as_exported(described, sha256)) is not None:
            self._recordings[sha256] = exported
            return
        try:
            decoded = decode(described.path, rate_hz=TRACK_RATE_HZ, max_duration_s=self._max_duration_s)
            _check_spans(described, decoded.clip.duration_s)
            notes = steady_notes(decoded.clip, self._tracker.track(decoded.clip, progress))
            if described.notes:
                group = (described.group, described.singer, described.tonic)
                claims = claims_of(described, notes)
                self._groups.setdefault(group, {})[sha256] = claims
            else:
                self._label(described, sha256, decoded.clip, notes)
        except SwaraError as error:
            self.failures.append(Failure(described.path, str(error)))
        except Exception as error:  # one file must not stop the others
            fault = " ".join(f"{type(error).__name__}: {error}".split())
            self.failures.append(
                Failure(described.path, f"{described.path}: it cannot be examined ({fault}).")
            )
        else:
            self.warnings += [Failure(described.path, warning) for warning in decoded.warnings]

    def verify(self) -> None:
        """Check the single notes, all that share a Sa together."""
        for files in self._groups.values():
            verified = verify_group([claim for claims in files.values() for claim in claims])
            self.conflicts += verified.conflicts
            if verified.remark is not None:
                self.remarks.append(verified.remark)
                continue
            at_odds = {conflict.path for conflict in verified.conflicts}
            for sha256, claims in files.items():
                if claims[0].described.path not in at_odds:
                    labels = tuple(label_of(claim, verified.tonic_hz) for claim in claims)
                    described = claims[0].described
                    self._recordings[sha256] = _recording(described, sha256, verified.tonic_hz, labels)

    def recordings(self, order: Iterable[str]) -> tuple[Recording, ...]:
        """Return what can be added, in the order of the digests of all files."""
        return tuple(self._recordings[sha256] for sha256 in order if sha256 in self._recordings)

    def _label(self, described: RecordingSpec, sha256: str, clip: Clip, notes: Sequence[SteadyNote]) -> None:
        if clip.duration_s < LEAST_RAGA_S:
            raise _unknown_name(described)
        tonic_hz, labels, left_out = label_raga(described, clip, notes)
        self._recordings[sha256] = _recording(described, sha256, tonic_hz, labels)
        self.unlabelled.append(left_out)


def _as_exported(described: RecordingSpec, sha256: str) -> Recording | None:
    """Return the recording if the file and all that is said of it are what swara exported; else None."""
    spans_s = [named.span_s for named in described.notes]
    if not described.digest or not described.tonic.has_octave or None in spans_s:
        return None
    labels = tuple(
        SwaraLabel(*named.span_s, swara_letter(*named.pitch)) for named in described.notes if named.span_s
    )
    recording = _recording(described, sha256, described.tonic.candidates_hz()[0], labels)
    return recording if corpus_digest([recording]) == described.digest else None


def _check_spans(described: RecordingSpec, duration_s: float) -> None:
    end_s = max((named.span_s[1] for named in described.notes if named.span_s), default=-math.inf)
    if end_s > duration_s + _TIME_SLACK_S:
        raise CorpusError(
            f"a note is said to end at {end_s:g} s, the recording at {duration_s:.2f} s",
            where=str(described.path),
        )


def _unknown_name(described: RecordingSpec) -> CorpusError:
    """Return the error about a short recording whose name tells no swara, with the names nearest to it."""
    fix = None
    try:
        parse_swara(described.unrecognised)
    except BadNotation as error:
        fix = error.fix
    return CorpusError(
        f'"{described.unrecognised}" names no swara, and less than {LEAST_RAGA_S:g} s is no raga',
        where=str(described.path),
        fix=fix,
    )


def _recording(
    described: RecordingSpec, sha256: str, tonic_hz: float, labels: tuple[SwaraLabel, ...]
) -> Recording:
    return Recording(
        path=str(described.path.resolve()),
        sha256=sha256,
        singer=described.singer,
        tonic_hz=tonic_hz,
        raga=described.raga,
        labels=labels,
        licence=described.licence,
        synthesized=described.singer.casefold().startswith(_SYNTHESIZED),
    )
