"""The live version as an adviser: embedder, head and samples of one make, and the recordings behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from classifier.note_head import NoteHead
from classifier.pitch import pitch_tracker
from data.clip import Clip
from data.corpus import audio_path
from data.decode import load_clip
from data.pitch_track import PitchTrack
from data.recording import Recording
from data.take import Note
from embedder import Embedder
from embedder.registry import embedder_named
from index import Item
from index.samples import SampleIndex

from .errors import StoreError
from .rebuild import ensure_live
from .samples import known_samples
from .second_opinion import NEIGHBOURS, second_opinions
from .stages import StageProgress
from .store import Layout
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
    own: frozenset[str] = field(default_factory=frozenset)
    neighbours: int = NEIGHBOURS

    def apart_from(self, recording: str) -> Model:
        """Return the same model, never answering with this recording."""
        return replace(self, own=self.own | {recording})

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
    """Open the live version of a store; where there is none yet, make it from the samples known.

    Raises
    ------
    StoreError
        If it is damaged, from a newer swara, made with another embedder, or cannot be made.
    """
    embedder = embedder_named("builtin")
    live = ensure_live(store, embedder=embedder, tracker=pitch_tracker("head"), progress=progress)
    recordings = {r.id: r for r in known_samples(Layout(store).corpus)}
    return Model(live.id, embedder, live.head, live.index, recordings)
