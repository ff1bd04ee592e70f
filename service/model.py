"""The live version as an adviser: embedder, head and samples of one make, and the recordings behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from classifier.note_head import NoteHead
from classifier.pitch import pitch_tracker
from data.clip import Clip
from data.corpus import audio_digest, audio_path
from data.decode import load_clip
from data.pitch_track import PitchTrack
from data.recording import Recording, recording_id
from data.take import Note
from embedder import Embedder
from embedder.cache import EmbeddingCache
from index import Item
from index.samples import SampleIndex

from .embedders import live_embedder
from .errors import EmbedderChanged, StoreError
from .rebuild import ensure_live
from .remembered import Remembered
from .samples import known_samples
from .second_opinion import NEIGHBOURS, second_opinions
from .stages import StageProgress
from .store import Layout, current_version
from .take_report import NoteOpinion

__all__ = ["Model", "load_model"]

MARGIN_S = 0.05
"""What is played around a sample's steady part, so that it does not start in mid-air."""


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """Everything that speaks of notes beside their pitch.

    Parameters
    ----------
    version : str
        Id of the version.
    embedder, head, samples
        Of one fingerprint.
    recordings : mapping of str to Recording
        The corpus by id.
    cache : EmbeddingCache
        What the embedder made before.
    own : frozenset of str
        Recordings never to answer with.
    neighbours : int
        Samples for each note.
    """

    version: str
    embedder: Embedder
    head: NoteHead
    samples: SampleIndex
    recordings: Mapping[str, Recording]
    cache: EmbeddingCache
    own: frozenset[str] = field(default_factory=frozenset)
    neighbours: int = NEIGHBOURS

    def about(self, take: Path) -> Model:
        """Return the same model, to be asked about the whole of this take; it never answers with it."""
        sha256 = audio_digest(take)
        cache = EmbeddingCache(self.cache.folder)  # one of its own: the damage in it is this take's
        embedder = Remembered(self.embedder, cache, sha256)
        return replace(self, embedder=embedder, cache=cache, own=self.own | {recording_id(sha256)})

    @property
    def remarks(self) -> tuple[str, ...]:
        """What to know of the opinions given so far; see ``service.analyze.Adviser``."""
        if not self.cache.damaged:
            return ()
        return ("What the cache held of this recording was damaged, and was computed again",)

    def opinions(
        self, clip: Clip, track: PitchTrack, notes: Sequence[Note], sa_hz: float
    ) -> tuple[NoteOpinion, ...]:
        """Return an opinion on each note; see ``service.analyze.Adviser``."""
        return second_opinions(
            clip,
            track,
            notes,
            sa_hz,
            embedder=self.embedder,
            head=self.head,
            samples=self.samples,
            exclude=self.own,
            neighbours=self.neighbours,
        )

    def sound_of(self, item: Item) -> Clip:
        """Return a sample's sound, with a little around it.

        Raises
        ------
        SwaraError
            If its recording is gone or unreadable.
        """
        recording = self.recordings.get(item.recording)
        if recording is None:
            raise StoreError(
                f"the sample {item.recording} is no longer in the corpus", fix="Run swara rebuild"
            )
        clip = load_clip(audio_path(recording), max_duration_s=None)
        return clip.between(item.start_s - MARGIN_S, item.end_s + MARGIN_S)


def load_model(store: Path, progress: StageProgress | None = None) -> Model:
    """Open the live version of a store, with the embedder that it was made with.

    Where there is no version yet, the first is made from the samples known.

    Raises
    ------
    EmbedderMissing
        If its embedder cannot be had on this machine.
    EmbedderChanged
        If that embedder is another one now than it was then.
    StoreError
        If the store is damaged, from a newer swara, or cannot be made.
    """
    layout = Layout(store)
    while True:
        version = current_version(layout)
        embedder = live_embedder(layout)
        try:
            live = ensure_live(store, embedder=embedder, tracker=pitch_tracker("head"), progress=progress)
        except EmbedderChanged:
            # Another process may have made a version with another embedder live in the meantime.
            if current_version(layout) == version:
                raise
            continue
        recordings = {r.id: r for r in known_samples(layout.corpus)}
        cache = EmbeddingCache(layout.embeddings)
        return Model(live.id, embedder, live.head, live.index, recordings, cache)
