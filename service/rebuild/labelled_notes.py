"""The labelled notes of recordings, as the head and the index take them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import groupby

import numpy as np

from swara.classifier.contours.distance import POINTS, STRING
from swara.classifier.contours.phrases import phrase_lines
from swara.classifier.pitch import TRACK_RATE_HZ, PitchTracker
from swara.classifier.pitch.head import PitchCache, tracker_fingerprint
from swara.data.audio.decode import load_clip
from swara.data.errors import OutputError
from swara.data.pitch_track import PitchTrack
from swara.data.recording import Recording
from swara.data.sample_corpus.corpus import audio_path
from swara.data.storage.array_cache import SealedCache, stamp_of
from swara.data.storage.disk import NOT_PERMITTED, errno_of
from swara.embedder import Embedder, Embeddings
from swara.embedder.spec import EmbeddingCache, pool
from swara.index.phrases import PhraseIndex, build_phrase_index
from swara.service.errors import writing
from swara.service.samples.bundled_tracks import bundled_file, bundled_tracks
from swara.service.store import Layout

from .packed_notes import Cut, LabelledNote, PackedNotes, labelled_note, sample_phrase

__all__ = ["LabelledNote", "NoteExtractor", "PrefetchStats"]

_AT_ONCE = 16
"""Requests to an object store, each of which waits for the network."""


@dataclass(frozen=True, slots=True)
class PrefetchStats:
    """What other processes put into the cache.

    Parameters
    ----------
    embedded : int
        Recordings that they embedded, and that the cache kept.
    damaged : int
        Entries that they found damaged.
    whole : bool
        Whether the cache holds all of it now.
    """

    embedded: int = 0
    damaged: int = 0
    whole: bool = True


class NoteExtractor:
    """Embeds and tracks recordings, each only once.

    Parameters
    ----------
    store : Layout
        Keeps what was heard before.
    embedder : Embedder
        Turns sound into vectors where the cache has none.
    tracker : PitchTracker
        Its tracks of the bundled samples, if there are any, are taken from the package.

    Attributes
    ----------
    embedded, from_cache : int
        Recordings that were embedded, and that were found in the cache.
    unpitched : int
        Labelled notes in which no pitch was found; they are left out.
    uncached : int
        Results that the cache, which may not be written, could not keep.
    kept : int
        Of the recordings that were embedded, those that the cache could keep.
    """

    def __init__(self, store: Layout, embedder: Embedder, tracker: PitchTracker) -> None:
        self._embedder = embedder
        self._beyond = store.beyond("embeddings")
        self._embeddings = EmbeddingCache(store.embeddings, self._beyond)
        self._tracker, self._pitch = tracker, PitchCache(store.pitch, store.beyond("pitch"))
        self._fingerprint = tracker_fingerprint(tracker)
        self._tracked = bundled_tracks(self._fingerprint)
        self._folder, self._notes = store.folder, store.notes
        self.embedded = self.from_cache = self.unpitched = self.uncached = self.kept = 0
        self._damaged_ahead = 0
        self._last: tuple[str, Embeddings, PitchTrack] | None = None
        self._unkept = dict[str, PitchTrack]()

    @property
    def damaged(self) -> int:
        """How many cache entries were found damaged; what they held was computed again."""
        return self._embeddings.damaged + self._pitch.damaged + self._damaged_ahead

    def lacking(self, recordings: Sequence[Recording]) -> list[Recording]:
        """Return those of which the cache has no embedding, or no track."""
        digests = {recording.sha256 for recording in recordings}
        lacking = self._embeddings.lacking(self._embedder.spec.fingerprint, digests)
        lacking |= self._pitch.lacking(self._fingerprint, digests - self._tracked.keys())
        return [recording for recording in recordings if recording.sha256 in lacking]

    def listen(self, recording: Recording) -> PrefetchStats:
        """Put into the cache what it lacks of a recording; return what that took, `whole` if all is kept now.

        Errors as of `notes_of`.
        """
        kept, damaged, uncached = self.kept, self.damaged, self.uncached
        self._embed(recording)
        self._track(recording)
        return PrefetchStats(self.kept - kept, self.damaged - damaged, self.uncached == uncached)

    def bring(self, recordings: Sequence[Recording], besides: Collection[Recording] = ()) -> None:
        """Copy into the cache of the store what machines share of recordings, several at a time.

        Those `besides`, which are known to be lacking there, are not asked for.
        """
        lacking = {each.sha256 for each in besides}
        caches = (
            (self._embeddings, self._embedder.spec.fingerprint, frozenset[str]()),
            (self._pitch, self._fingerprint, self._tracked.keys()),
        )
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for cache, fingerprint, known in caches:
                digests = {each.sha256 for each in recordings} - known - lacking
                wanted = [each for each in digests if not cache.path(fingerprint, each).exists()]
                for _ in pool.map(partial(cache.load, fingerprint), wanted):
                    pass

    def others(self, recordings: Sequence[Recording]) -> frozenset[str]:
        """Return the fingerprints of other embedders by which machines heard any of these recordings."""
        if self._beyond is None:
            return frozenset()
        return self._beyond.others(self._embedder.spec.fingerprint, {each.sha256 for each in recordings})

    def add_stats(self, ahead: PrefetchStats) -> None:
        """Count what other processes did before; what they embedded will be found in the cache."""
        self.embedded += ahead.embedded
        self.from_cache -= ahead.embedded
        self._damaged_ahead += ahead.damaged

    def cut_all(self, recordings: Iterable[Recording]) -> Iterator[tuple[Recording, Cut]]:
        """Yield recordings with their notes and phrases, as the last rebuild cut them where nothing changed.

        Errors as of `notes_of`.

        Parameters
        ----------
        recordings : iterable of Recording
            In the order of their digests.
        """
        hearers = (self._embeddings, self._embedder.spec.fingerprint), (self._pitch, self._fingerprint)
        heard, tracked = (cache.stamps(fingerprint) for cache, fingerprint in hearers)
        bundle, cache = stamp_of(bundled_file()), SealedCache(self._notes)
        for digit, some in groupby(recordings, key=lambda each: each.sha256[0]):
            packed = PackedNotes(cache, self._embedder.spec.fingerprint, self._fingerprint, digit)
            for each in some:
                bundled = bundle if each.sha256 in self._tracked else None
                cut = packed.get(each, (heard.get(each.sha256), bundled or tracked.get(each.sha256)))
                if cut is None:
                    cut = Cut(self.notes_of(each), self.phrases_of(each))
                    one, other = (stamp_of(cache.path(by, each.sha256)) for cache, by in hearers)
                    packed.put(each, (one, bundled or other), cut)
                else:
                    self.from_cache += 1
                    self.unpitched += len(each.labels) - len(cut.notes)
                yield each, cut
            self._keep(packed.save)

    def notes_of(self, recording: Recording) -> list[LabelledNote]:
        """Return the labelled notes of a recording.

        Raises
        ------
        AudioError
            If it cannot be decoded.
        StoreError
            If the disk is full.
        """
        embeddings, track = self._heard(recording)
        cents = track.cents(recording.tonic_hz)
        notes = []
        for label in recording.labels:
            inside = (track.times_s >= label.start_s) & (track.times_s < label.end_s)
            if np.isfinite(cents[inside]).any():
                vector = pool(embeddings, label.start_s, label.end_s)
                notes.append(labelled_note(recording, label, cents[inside], vector))
        self.unpitched += len(recording.labels) - len(notes)
        return notes

    def track_of(self, recording: Recording) -> PitchTrack:
        """Return what was heard of a recording; errors as of `notes_of`."""
        return self._track(recording)

    def phrases_of(self, recording: Recording) -> PhraseIndex:
        """Return the phrases of a recording, cut from its cached track; errors as of `notes_of`."""
        embeddings, track = self._heard(recording)
        found = phrase_lines(track, recording.tonic_hz)
        voices = [pool(embeddings, each.start_s, each.end_s) for each in found]
        return build_phrase_index(
            [
                sample_phrase(recording, round(each.start_s, 2), round(each.end_s, 2), " ".join(each.swaras))
                for each in found
            ],
            np.array([each.line.cents for each in found]).reshape(-1, POINTS),
            np.array([each.line.times_s for each in found]).reshape(-1, POINTS),
            np.array([each.string for each in found], dtype=np.int8).reshape(-1, STRING),
            np.stack(voices) if voices else np.zeros((0, self._embedder.spec.dim), np.float32),
        )

    def _heard(self, recording: Recording) -> tuple[Embeddings, PitchTrack]:
        """Return what was heard of a recording; asked twice in a row, it is read once."""
        if self._last is None or self._last[0] != recording.sha256:
            self._last = (recording.sha256, self._embed(recording), self._track(recording))
        return self._last[1:]

    def _embed(self, recording: Recording) -> Embeddings:
        spec = self._embedder.spec
        if (known := self._embeddings.get(spec, recording.sha256)) is not None:
            self.from_cache += 1
            return known
        clip = load_clip(audio_path(recording), rate_hz=spec.rate_hz, max_duration_s=None)
        embeddings = self._embedder.embed(clip)
        self.kept += self._keep(lambda: self._embeddings.put(recording.sha256, embeddings))
        self.embedded += 1
        return embeddings

    def _track(self, recording: Recording) -> PitchTrack:
        for tracks in (self._tracked, self._unkept):
            if recording.sha256 in tracks:
                return tracks[recording.sha256]
        if (known := self._pitch.load(self._fingerprint, recording.sha256)) is not None:
            return known
        clip = load_clip(audio_path(recording), rate_hz=TRACK_RATE_HZ, max_duration_s=None)
        track = self._tracker.track(clip)
        if not self._keep(lambda: self._pitch.put(self._fingerprint, recording.sha256, track)):
            self._unkept[recording.sha256] = track  # phrases are asked about at the end
        return track

    def _keep(self, put: Callable[[], None]) -> bool:
        """Put something into the cache, or count that it cannot be; a full disk stops the rebuild."""
        with writing(self._folder):
            try:
                put()
            except OutputError as error:
                if errno_of(error) not in NOT_PERMITTED:
                    raise
                self.uncached += 1
                return False
        return True
