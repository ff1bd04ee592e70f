"""Everything that is said about one take."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np

from swara.classifier.notes import Thresholds
from swara.data.arrays import FloatArray, data_frame, field_columns
from swara.data.audio.level import Level
from swara.data.pitch_track import PitchTrack
from swara.data.take import Drift, Note, Segment, Tonic, Verdict
from swara.index import Item, Neighbour

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["Drift", "NoteOpinion", "RagaRemark", "SwaraStats", "TakeOutcome", "TakeReport", "Thresholds"]


@dataclass(frozen=True, slots=True)
class SwaraStats:
    """How one swara was sung, over all its judged notes.

    Parameters
    ----------
    swara, saptak : str
        As in `Note`.
    notes : int
        Number of notes judged (verdict other than ``unsure``).
    duration_s : float
        Their steady time in total, which weighs everything below.
    bias_cents : float
        Mean of `raga_cents_off`: how far off.
    steadiness_cents : float
        Mean of `steadiness_cents`: how much it wavers.
    in_tune_share : float
        Share that is perfect or in tune, 0 to 1.
    """

    swara: str
    saptak: str
    notes: int
    duration_s: float
    bias_cents: float
    steadiness_cents: float
    in_tune_share: float


@dataclass(frozen=True, slots=True)
class NoteOpinion:
    """What the trained head and the professional samples say of one note.

    Parameters
    ----------
    swara : str
        What the head hears, in roman notation such as ``S'``.
    probability : float
        How sure it is, 0 to 1.
    agrees : bool or None
        Whether that is the swara that the pitch shows, in the raga or not; None where the head abstains or
        does not know that swara.
    reason : str or None
        Why it disagrees or is silent.
    neighbours : tuple of Neighbour
        The nearest professional samples of the raga's swara nearest to it, nearest first, one for each
        recording.
    """

    swara: str
    probability: float
    agrees: bool | None
    reason: str | None
    neighbours: tuple[Neighbour, ...]


@dataclass(frozen=True, slots=True)
class RagaRemark:
    """Something that a take says of its raga; no verdict.

    Parameters
    ----------
    kind : str
        ``aroha``, ``avaroha``, ``weight``, ``nyas`` or ``pakad``.
    text : str
        A sentence without full stop.
    at_s : tuple of float
        Where it was sung, in seconds; empty where that is nowhere in particular.
    """

    kind: str
    text: str
    at_s: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class TakeReport:
    """The analysis of one take.

    Parameters
    ----------
    source : str
        Name of the recording.
    duration_s : float
        Its length.
    tonic : Tonic
        The Sa that it was judged against.
    raga, raga_source : str
        The raga's display name; ``given`` or ``default``.
    tuning : str
        ``just``, ``equal`` or ``learned``.
    thresholds : Thresholds
        The limits in force.
    segments : tuple of Segment
        Tiling of the take: no gap, no overlap.
    per_swara : tuple of SwaraStats
        In order of pitch; empty when nothing was judged.
    worst : tuple of Note
        Up to three notes to work on first, each the clearest case of a swara that was off in one way.
    drift : Drift or None
        None where no drift is certain.
    verdict_shares : dict
        Share of the steady time for each verdict, summing to 1; empty when no note was found.
    foreign_share : float
        Share of the steady time outside the raga.
    warnings : tuple of str
        What the reader must know before believing the rest.
    verdict : str
        One sentence.
    track : PitchTrack
        The pitch that all of it stands on.
    opinions : tuple of NoteOpinion
        One for each of `notes`; empty where no model is live.
    model : str or None
        Id of the version that gave the opinions.
    level : Level or None
        How loud the recording is; None where nobody measured it.
    grammar : tuple of RagaRemark
        What it says of its raga; empty where Sa or the raga is in doubt, or there is too little.
    raga_doubt : str or None
        The first of `warnings` where it says that the raga, which was assumed, seems wrong; else None.
    """

    source: str
    duration_s: float
    tonic: Tonic
    raga: str
    raga_source: str
    tuning: str
    thresholds: Thresholds
    segments: tuple[Segment, ...]
    per_swara: tuple[SwaraStats, ...]
    worst: tuple[Note, ...]
    drift: Drift | None
    verdict_shares: dict[Verdict, float]
    foreign_share: float
    warnings: tuple[str, ...]
    verdict: str
    track: PitchTrack
    opinions: tuple[NoteOpinion, ...] = ()
    model: str | None = None
    level: Level | None = None
    raga_doubt: str | None = None
    grammar: tuple[RagaRemark, ...] = ()

    @property
    def notes(self) -> tuple[Note, ...]:
        """The steady notes among the segments."""
        return tuple(s for s in self.segments if isinstance(s, Note))

    def notes_frame(self) -> DataFrame:
        """Return the notes as a pandas DataFrame, a row for each in order of time.

        Returns
        -------
        DataFrame
            The fields of `Note`, in seconds and cents, then ``hz`` (median pitch in Hz), ``head_swara``,
            ``head_probability`` and ``head_agrees`` of `NoteOpinion`, which are missing without a model.

        Raises
        ------
        MissingPackage
            If pandas is not installed.
        """
        columns, dtypes = field_columns(Note, self.notes)
        opinions = self.opinions or (None,) * len(self.notes)
        columns["hz"] = list(self.mir_eval_notes()[1])
        for name in ("swara", "probability", "agrees"):
            columns[f"head_{name}"] = [getattr(opinion, name, None) for opinion in opinions]
        head = {"head_swara": "string", "head_probability": "float64", "head_agrees": "boolean"}
        return data_frame(columns, dtypes | {"hz": "float64"} | head)

    def segments_frame(self) -> DataFrame:
        """Return the tiling of the take as a pandas DataFrame, a row for each segment in order of time.

        Returns
        -------
        DataFrame
            ``kind`` (note, touch, glide or silence), ``start_s`` and ``end_s`` (seconds), ``note`` (which
            row of `notes_frame` it is; missing for the others).

        Raises
        ------
        MissingPackage
            If pandas is not installed.
        """
        numbers = count()
        columns: dict[str, list[Any]] = {
            "kind": [type(segment).__name__.lower() for segment in self.segments],
            "start_s": [segment.start_s for segment in self.segments],
            "end_s": [segment.end_s for segment in self.segments],
            "note": [next(numbers) if isinstance(segment, Note) else None for segment in self.segments],
        }
        return data_frame(columns, {"note": "Int64"})

    def swaras_frame(self) -> DataFrame:
        """Return how each swara was sung as a pandas DataFrame, in order of pitch.

        Returns
        -------
        DataFrame
            The fields of `SwaraStats`, in seconds, cents and shares from 0 to 1.

        Raises
        ------
        MissingPackage
            If pandas is not installed.
        """
        return data_frame(*field_columns(SwaraStats, self.per_swara))

    def neighbours_frame(self) -> DataFrame:
        """Return the nearest professional samples of each note as a pandas DataFrame, nearest first.

        Returns
        -------
        DataFrame
            ``note`` (which row of `notes_frame` it is near to), ``similarity`` (cosine, -1 to 1), then the
            fields of `Item`. Without rows where no model was asked.

        Raises
        ------
        MissingPackage
            If pandas is not installed.
        """
        near = [(note, each) for note, opinion in enumerate(self.opinions) for each in opinion.neighbours]
        columns, dtypes = field_columns(Item, [each.item for _, each in near])
        first = {"note": [note for note, _ in near], "similarity": [each.similarity for _, each in near]}
        return data_frame(first | columns, {"note": "int64", "similarity": "float64"} | dtypes)

    def mir_eval_notes(self) -> tuple[FloatArray, FloatArray]:
        """Return the notes as ``mir_eval.transcription.evaluate`` takes an estimate.

        Returns
        -------
        intervals_s : float64 array, shape [notes, 2]
            Start and end of each note, in seconds.
        hz : float64 array, shape [notes]
            Its median pitch.
        """
        spans_s = [(note.start_s, note.end_s) for note in self.notes]
        cents = np.array([note.cents for note in self.notes], dtype=np.float64)
        hz: FloatArray = self.tonic.hz * 2.0 ** (cents / 1200.0)
        return np.array(spans_s, dtype=np.float64).reshape(-1, 2), hz


@dataclass(frozen=True, slots=True, eq=False)
class TakeOutcome:
    """What became of one take among several.

    Parameters
    ----------
    name : str
        The take as it was found: its path below the folder that was given, else the path given.
    report : TakeReport or None
        None where it could not be analyzed.
    error : str or None
        Why it could not be; else None.
    """

    name: str
    report: TakeReport | None = None
    error: str | None = None
