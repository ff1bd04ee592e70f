"""The live version as an adviser: embedder, head and samples of one make, and the recordings behind them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from swara.classifier.note_head.evidence import Evidence, evidence_of_notes
from swara.classifier.note_head.head import NoteHead, agreement
from swara.classifier.notes import HeldNote
from swara.classifier.pitch.head import pitch_tracker
from swara.data.clip import Clip
from swara.data.errors import OutputError
from swara.data.pitch_track import PitchTrack
from swara.data.recording import Recording, recording_id
from swara.data.storage.disk import sha256_of
from swara.data.take import Note
from swara.embedder import Embedder, EmbedderSpec, Embeddings, Vectors
from swara.embedder.spec import EmbeddingCache, pool
from swara.index import Item
from swara.index.samples import SampleIndex
from swara.raga.errors import SwaraError
from swara.raga.notation import swara_letter
from swara.raga.swaras import parse_swara
from swara.service.embedders.choose import live_embedder
from swara.service.errors import EmbedderChanged, StoreError
from swara.service.store import Layout, current_version, open_live
from swara.service.take.heard import NoteVectors
from swara.service.take.report import NoteOpinion

if TYPE_CHECKING:
    from swara.data.audio.decode import Decoded
    from swara.index.phrases import Phrase
    from swara.service.stages import StageProgress

__all__ = ["NEIGHBOURS", "CachedEmbedder", "LiveModel", "load_model", "try_model"]

NEIGHBOURS = 3
SAME_VOICE_CENTS = 500.0
"""Who sings on a Sa this near has the same register: those of men and women lie 5 to 9 semitones apart."""


@dataclass(frozen=True, slots=True, eq=False)
class CachedEmbedder:
    """An `Embedder` of the one recording with this digest.

    Parameters
    ----------
    embedder : Embedder
        Asked where the cache has no answer.
    cache : EmbeddingCache
        Where the answer is then kept; one that may not be written is only read. It counts what is damaged.
    sha256 : str
        Digest of the recording's file.
    """

    embedder: Embedder
    cache: EmbeddingCache
    sha256: str

    @property
    def spec(self) -> EmbedderSpec:
        """What the embedder is."""
        return self.embedder.spec

    def embed(self, clip: Clip) -> Embeddings:
        """Return the embeddings of the whole recording, which `clip` must be."""
        if (known := self.cache.get(self.spec, self.sha256)) is not None:
            return known
        embeddings = self.embedder.embed(clip)
        # Who asks about a take wants an answer, whatever becomes of the cache.
        with suppress(OutputError):
            self.cache.put(self.sha256, embeddings)
        return embeddings


MARGIN_S = 0.05
"""What is played around a sample's steady part, so that it does not start in mid-air."""


@dataclass(frozen=True, slots=True, eq=False)
class LiveModel:
    """Everything that speaks of notes beside their pitch.

    Parameters
    ----------
    version : str
        Id of the version.
    embedder, head, samples
        Of one fingerprint.
    recordings : callable
        Reads the corpus: the recordings by id. Called once a sample is to be heard.
    cache : EmbeddingCache
        What the embedder made before.
    own : frozenset of str
        Recordings never to answer with.
    neighbours : int
        Samples for each note.
    made_before : str or None
        As of its manifest.
    """

    version: str
    embedder: Embedder
    head: NoteHead
    samples: SampleIndex
    recordings: Callable[[], Mapping[str, Recording]]
    cache: EmbeddingCache
    own: frozenset[str] = field(default_factory=frozenset)
    neighbours: int = NEIGHBOURS
    made_before: str | None = None

    def about(self, take: Path, decoded: Decoded | None = None) -> LiveModel:
        """Return the same model, to be asked about the whole of this take; it never answers with it.

        Parameters
        ----------
        take : Path
            The file.
        decoded : Decoded, optional
            What was heard of it, where that is not the first track of a file.
        """
        sha256 = sha256_of(take) if decoded is None or decoded.sha256 is None else decoded.sha256
        cache = EmbeddingCache(self.cache.folder)  # one of its own: the damage in it is this take's
        track = 1 if decoded is None else decoded.track
        key = sha256 if track == 1 else hashlib.sha256(f"{sha256} track {track}".encode()).hexdigest()
        embedder = CachedEmbedder(self.embedder, cache, key)
        return replace(self, embedder=embedder, cache=cache, own=self.own | {recording_id(sha256)})

    def about_recording(self, sha256: str) -> LiveModel:
        """Return the same model, which never answers with the recording of that digest."""
        return replace(self, own=self.own | {recording_id(sha256)})

    @property
    def warnings(self) -> tuple[str, ...]:
        """What to know of the opinions given so far; see ``swara.service.take.analyze.Adviser``."""
        if not self.cache.damaged:
            return ()
        return ("What the cache held of this recording was damaged, and was computed again",)

    @property
    def fingerprint(self) -> str:
        """Of the embedder, head and samples."""
        return self.embedder.spec.fingerprint

    def hear(self, clip: Clip, notes: Sequence[HeldNote]) -> NoteVectors:
        """Return how each note sounds, pooled; `clip` is the take at the embedder's sample rate."""
        spec = self.embedder.spec
        vectors = np.zeros((len(notes), spec.dim), np.float32)
        if notes:
            embeddings = self.embedder.embed(clip)
            for place, note in enumerate(notes):
                vectors[place] = pool(embeddings, note.start_s, note.end_s)
        return NoteVectors(vectors, spec.fingerprint)

    def opinions(
        self, heard: NoteVectors, track: PitchTrack, notes: Sequence[Note], sa_hz: float
    ) -> tuple[NoteOpinion, ...]:
        """Return what the head and the samples say of each note; samples of a like voice come first.

        Parameters
        ----------
        heard : NoteVectors
            Of `hear`, for the same notes.
        track : PitchTrack
            The pitch of the take.
        notes : sequence of Note
            As judged by their pitch.
        sa_hz : float
            Sa of the singer.
        """
        cents, alike = track.cents(sa_hz), self.samples.on_sa_near(sa_hz, SAME_VOICE_CENTS)
        spans_s = [(note.start_s, note.end_s) for note in notes]
        evidence = evidence_of_notes(
            [cents[slice(*np.searchsorted(track.times_s, each))] for each in spans_s]
        )
        return tuple(
            self._opinion(vector, pitch, note, alike)
            for vector, pitch, note in zip(heard.vectors, evidence, notes, strict=True)
        )

    def _opinion(self, vector: Vectors, evidence: Evidence, note: Note, alike: SampleIndex) -> NoteOpinion:
        prediction = self.head.predict(vector, evidence)
        # A komal Ga in Bhupali is no Ga, though Ga is what the singer may have meant and wants to hear.
        sung, meant = (
            swara_letter(*parse_swara(f"{saptak} {swara}"))
            for saptak, swara in ((note.saptak, note.swara), (note.raga_saptak, note.raga_swara))
        )
        verdict = agreement(sung, prediction)
        near = alike.nearest(vector, meant, count=self.neighbours, exclude=self.own)
        if len(near) < self.neighbours:
            known = self.own.union(each.item.recording for each in near)
            missing = self.neighbours - len(near)
            near += self.samples.nearest(vector, meant, count=missing, exclude=known)
        return NoteOpinion(prediction.swara, prediction.probability, verdict.agrees, verdict.reason, near)

    def sound_of(self, item: Item | Phrase) -> Clip:
        """Return the sound of a sample, note or phrase, with a little around it.

        Raises
        ------
        SwaraError
            If its recording is gone or unreadable.
        """
        recording = self.recordings().get(item.recording)
        if recording is None:
            raise StoreError(
                f"the sample {item.recording} is no longer in the corpus", fix="Run swara rebuild"
            )
        from swara.data.audio.decode import load_clip
        from swara.data.sample_corpus.corpus import audio_path

        clip = load_clip(audio_path(recording), max_duration_s=None)
        return clip.between(item.start_s - MARGIN_S, item.end_s + MARGIN_S)


def load_model(store: Path, progress: StageProgress | None = None) -> LiveModel:
    """Open the live version of a store, with the embedder that it was made with.

    Where there is no version yet, the first is made from the samples known.

    Raises
    ------
    EmbedderChanged
        If its embedder is another one now than it was then.
    StoreError
        If that cannot be had on this machine; or if the store is damaged, from a newer swara, or cannot be
        made.
    """
    layout = Layout(store)
    while True:
        version = current_version(layout)
        embedder = live_embedder(layout)
        try:
            live = open_live(layout, embedder.spec)
            if live is None:  # what it takes to make one is imported only where there is none
                from swara.service.rebuild.rebuild import ensure_live

                tracker = pitch_tracker("head")
                live = ensure_live(store, embedder=embedder, tracker=tracker, progress=progress)
        except EmbedderChanged:
            # Another process may have made a version with another embedder live in the meantime.
            if current_version(layout) == version:
                raise
            continue
        recordings = lru_cache(partial(_recordings, layout.corpus))
        cache = EmbeddingCache(layout.embeddings)
        gone = _removed(layout.corpus)
        return LiveModel(
            live.id,
            embedder,
            live.head,
            live.index,
            recordings,
            cache,
            own=gone,
            made_before=live.manifest.made_before,
        )


def try_model(load: Callable[[], LiveModel]) -> tuple[LiveModel | None, tuple[str, ...]]:
    """Return the model that `load` returns, or what is wrong with the store: a take can do without one."""
    try:
        return load(), ()
    except SwaraError as error:
        return None, (f"Not compared with professional samples: {error}",)


def _removed(corpus: Path) -> frozenset[str]:
    """Return the ids of samples that were removed, which the index holds until the next rebuild."""
    with suppress(OSError):
        if b'{"remove"' in corpus.read_bytes():
            from swara.data.sample_corpus.corpus import removed_now

            return removed_now(corpus)
    return frozenset()


def _recordings(corpus: Path) -> Mapping[str, Recording]:
    from swara.service.samples.known import known_samples

    return {recording.id: recording for recording in known_samples(corpus)}
