"""What the trained head and the professional samples say of a take's notes, beside what the pitch says."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from swara.classifier.note_head.evidence import pitch_evidence
from swara.classifier.note_head.head import NoteHead, agreement
from swara.data.clip import Clip
from swara.data.pitch_track import PitchTrack
from swara.data.take import Note
from swara.embedder import Embedder
from swara.embedder.pooling import pool
from swara.index.samples import SampleIndex
from swara.raga.notation import swara_letter
from swara.raga.swaras import parse_swara
from swara.service.take.report import NoteOpinion

__all__ = ["NEIGHBOURS", "second_opinions"]

NEIGHBOURS = 3


def second_opinions(
    clip: Clip,
    track: PitchTrack,
    notes: Sequence[Note],
    sa_hz: float,
    *,
    embedder: Embedder,
    head: NoteHead,
    samples: SampleIndex,
    exclude: Collection[str] = (),
    neighbours: int = NEIGHBOURS,
) -> tuple[NoteOpinion, ...]:
    """Ask the head and the index about each note.

    Parameters
    ----------
    clip : Clip
        The take, at the embedder's sample rate.
    track : PitchTrack
        Its pitch.
    notes : sequence of Note
        As judged by their pitch.
    sa_hz : float
        Sa.
    embedder, head, samples
        Of one version.
    exclude : collection of str
        Recordings never to answer with: the take itself, where it is one of the samples.
    neighbours : int
        How many samples to give for each note.
    """
    if not notes:
        return ()
    embeddings = embedder.embed(clip)
    cents = track.cents(sa_hz)
    opinions = []
    for note in notes:
        vector = pool(embeddings, note.start_s, note.end_s)
        first, last = np.searchsorted(track.times_s, (note.start_s, note.end_s))
        prediction = head.predict(vector, pitch_evidence(cents[first:last]))
        letter = swara_letter(*parse_swara(f"{note.raga_saptak} {note.raga_swara}"))
        verdict = agreement(letter, prediction)
        near = samples.nearest(vector, letter, count=neighbours, exclude=exclude)
        opinions.append(
            NoteOpinion(prediction.swara, prediction.probability, verdict.agrees, verdict.reason, near)
        )
    return tuple(opinions)
