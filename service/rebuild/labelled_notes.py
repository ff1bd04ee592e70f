"""The labelled notes of recordings, as the head and the index take them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np

from swara.classifier.contours.phrases import POINTS, STRING, PhraseLine, phrase_lines
from swara.classifier.note_head.examples import NoteSource
from swara.classifier.pitch import TRACK_RATE_HZ, PitchTracker
from swara.classifier.pitch.head import PitchCache, tracker_fingerprint
from swara.data.arrays import FloatArray
from swara.data.audio.decode import load_clip
from swara.data.errors import OutputError
from swara.data.pitch_track import PitchTrack
from swara.data.recording import Recording, SwaraLabel
from swara.data.sample_corpus.corpus import audio_path
from swara.data.storage.disk import NOT_PERMITTED, errno_of
from swara.embedder import Embedder, Embeddings
from swara.embedder.spec import EmbeddingCache, pool
from swara.index import Item
from swara.index.phrases import Phrase, PhraseIndex, build_phrase_index
from swara.service.errors import writing
from swara.service.samples.bundled_tracks import bundled_tracks
from swara.service.store import Layout

__all__ = ["LabelledNote", "NoteExtractor", "PrefetchStats"]

_AT_ONCE = 16
"""Requests to an object store, each of which waits for the network."""


@dataclass(frozen=True, slots=True, eq=False)
class LabelledNote:
    """A note whose swara is known: what the head learns from, and an item of the index."""

    source: NoteSource
    item: Item


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
        self._folder = store.folder
        self.embedded = self.from_cache = self.unpitched = self.uncached = self.kept = 0
        self._damaged_ahead = 0
        self._last: tuple[str, Embeddings, PitchTrack] | None = None

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

    def bring(self, recordings: Sequence[Recording]) -> None:
        """Copy into the cache of the store what machines share of recordings, several at a time."""
        caches = (
            (self._embeddings, self._embedder.spec.fingerprint, frozenset[str]()),
            (self._pitch, self._fingerprint, self._tracked.keys()),
        )
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for cache, fingerprint, known in caches:
                digests = {each.sha256 for each in recordings} - known
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
                notes.append(_note(recording, label, embeddings, cents[inside]))
        self.unpitched += len(recording.labels) - len(notes)
        return notes

    def phrases_of(self, recording: Recording) -> PhraseIndex:
        """Return the phrases of a recording, cut from its cached track; errors as of `notes_of`."""
        embeddings, track = self._heard(recording)
        found = phrase_lines(track, recording.tonic_hz)
        voices = [pool(embeddings, each.start_s, each.end_s) for each in found]
        return build_phrase_index(
            [_phrase(recording, each) for each in found],
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
        known = self._tracked.get(recording.sha256)
        known = known if known is not None else self._pitch.load(self._fingerprint, recording.sha256)
        if known is not None:
            return known
        clip = load_clip(audio_path(recording), rate_hz=TRACK_RATE_HZ, max_duration_s=None)
        track = self._tracker.track(clip)
        self._keep(lambda: self._pitch.put(self._fingerprint, recording.sha256, track))
        return track

    def _keep(self, put: Callable[[], None]) -> bool:
        """Put something into the cache, or do without: only a full disk would stop the rebuild later too."""
        with writing(self._folder):
            try:
                put()
            except OutputError as error:
                if errno_of(error) not in NOT_PERMITTED:
                    raise
                self.uncached += 1
                return False
        return True


def _note(recording: Recording, label: SwaraLabel, embeddings: Embeddings, cents: FloatArray) -> LabelledNote:
    vector = pool(embeddings, label.start_s, label.end_s)
    source = NoteSource(cents, vector, label.swara, recording.singer, recording.id)
    item = Item(
        recording=recording.id,
        singer=recording.singer,
        swara=label.swara,
        start_s=label.start_s,
        end_s=label.end_s,
        synthesized=recording.synthesized,
        tonic_hz=recording.tonic_hz,
    )
    return LabelledNote(source, item)


def _phrase(recording: Recording, line: PhraseLine) -> Phrase:
    return Phrase(
        recording=recording.id,
        singer=recording.singer,
        raga=recording.raga,
        licence=recording.licence,
        start_s=round(line.start_s, 2),
        end_s=round(line.end_s, 2),
        tonic_hz=recording.tonic_hz,
        swaras=" ".join(line.swaras),
        synthesized=recording.synthesized,
    )
