"""The note head: which swara a held note is, from its embedding and its pitch relative to Sa."""

from __future__ import annotations

from .agreement import Agreement, agreement
from .augment import augmented
from .evidence import EVIDENCE_CENTS, EVIDENCE_DIM, Evidence, evidence_of_notes, pitch_evidence
from .examples import NoteExample, NoteSource, examples_of
from .files import load_note_head, save_note_head
from .fit import FittedHead, fit_note_head
from .head import NoteHead, NotePrediction
from .metrics import HeadMetrics
from .refit import refit_without

__all__ = [
    "EVIDENCE_CENTS",
    "EVIDENCE_DIM",
    "Agreement",
    "Evidence",
    "FittedHead",
    "HeadMetrics",
    "NoteExample",
    "NoteHead",
    "NotePrediction",
    "NoteSource",
    "agreement",
    "augmented",
    "evidence_of_notes",
    "examples_of",
    "fit_note_head",
    "load_note_head",
    "pitch_evidence",
    "refit_without",
    "save_note_head",
]
