"""From labelled notes to the files of a version."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np

from swara.classifier.note_head.augment import augmented
from swara.classifier.note_head.examples import NoteExample, examples_of
from swara.classifier.note_head.fit import fit_note_head, refit_without
from swara.classifier.note_head.head import NoteHead, save_note_head
from swara.data.recording import Recording
from swara.data.sample_corpus.recording_json import recording_to_json
from swara.data.storage.json_lines import json_line
from swara.index.files import save_sample_index
from swara.index.phrase_files import save_phrase_index
from swara.index.phrases import PhraseIndex
from swara.index.samples import SampleIndex, build_sample_index
from swara.service.store import Manifest, VersionLayout
from swara.service.store.manifest import code_version

from .gate import GateDecision
from .labelled_notes import LabelledNote
from .plan import Plan
from .targets import LearnedTarget, learn_targets, moved_cents, targets_json

__all__ = ["Learned", "balance_by_swara", "draft_manifest", "learn", "write_files"]


def balance_by_swara(notes: Sequence[LabelledNote], most: int) -> list[LabelledNote]:
    """Return at most `most` notes of each swara, in the order in which they stand.

    Each singer gives one note after another, by a hash that neither time nor order of adding changes; so a
    singer who sings much does not crowd others out, and one recording more changes little.
    """
    places: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for place, note in enumerate(notes):
        places[note.item.swara][note.item.singer].append(place)
    kept: set[int] = set()
    for by_singer in places.values():
        turns = []
        for singer, own in by_singer.items():
            ranked = sorted(own, key=lambda place: _hash(notes[place]))
            turns += [(turn, singer, place) for turn, place in enumerate(ranked)]
        kept.update(place for _, _, place in sorted(turns)[:most])
    return [notes[place] for place in sorted(kept)]


def _hash(note: LabelledNote) -> bytes:
    return hashlib.sha256(f"{note.item.recording} {note.item.start_s:.4f}".encode()).digest()


MOST_TRIED, MOST_TAUGHT = 450, 1200
"""Notes that the head is tried out on, and trained on, shared out among the swaras."""

_LEAST_SHARE = 30
"""Of each swara, however many there are."""


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """What was learned from the labelled notes.

    Parameters
    ----------
    head : NoteHead
        The note head that was fitted.
    holdout_head : NoteHead or None
        The same without the singers held out; None where the others sing too little.
    index : SampleIndex
        The samples by swara.
    targets : mapping of str to LearnedTarget
        Where the professionals sing each svarasthana, by its letter.
    metrics : mapping
        How well the head does on recordings held out in turn, and how much it was learned from; JSON values.
    warnings : tuple of str
        What to know before trusting it, as sentences without full stop.
    moved_cents : mapping of str to float
        How far corrected verdicts moved targets, by letter.
    phrases : PhraseIndex or None
        The phrases of the samples; None where nobody cut any.
    """

    head: NoteHead
    holdout_head: NoteHead | None
    index: SampleIndex
    targets: Mapping[str, LearnedTarget]
    metrics: Mapping[str, Any]
    warnings: tuple[str, ...]
    moved_cents: Mapping[str, float] = field(default_factory=dict)
    phrases: PhraseIndex | None = None


def learn(
    notes: Sequence[LabelledNote],
    *,
    seed: int,
    held_out: Collection[str] = (),
    corrections: Sequence[LabelledNote] = (),
    in_tune: Sequence[LabelledNote] = (),
    phrases: PhraseIndex | None = None,
) -> Learned:
    """Fit the head, to a bounded number of notes of each swara, and build the index of all.

    What more notes would add to the head is little, and a rebuild must not cost more with each recording.

    Parameters
    ----------
    notes : sequence of LabelledNote
        Of the samples.
    seed : int
        Of everything random.
    held_out : collection of str
        Singers whom the exam head must not know.
    corrections, in_tune : sequences of LabelledNote
        From users' takes, no samples to compare with: what the head, and what the targets, learn from too.
    phrases : PhraseIndex, optional
        Of the samples, for the index.

    Raises
    ------
    SwaraError
        If there is too little to learn from.
    """
    swaras = len({note.item.swara for note in notes}) or 1
    tried, taught = (
        _examples([*balance_by_swara(notes, max(_LEAST_SHARE, most // swaras)), *corrections], seed)
        for most in (MOST_TRIED, MOST_TAUGHT)
    )
    fitted = fit_note_head(tried, seed=seed)
    head = fitted.head if len(taught) == len(tried) else refit_without(fitted, taught, ())
    vectors = np.stack([note.source.embedding for note in notes])
    targets = learn_targets([*notes, *in_tune])
    return Learned(
        head=head or fitted.head,
        holdout_head=refit_without(fitted, taught, held_out) if held_out else None,
        index=build_sample_index([note.item for note in notes], vectors),
        targets=targets,
        metrics={"note_head": fitted.metrics.to_json(), "learned_from": _counts(notes, phrases)},
        warnings=fitted.metrics.warnings,
        moved_cents=moved_cents(learn_targets(notes), targets) if in_tune else {},
        phrases=phrases,
    )


def _counts(notes: Sequence[LabelledNote], phrases: PhraseIndex | None) -> dict[str, Any]:
    items = [note.item for note in notes]
    return {
        "recordings": len({item.recording for item in items}),
        "notes": len(items),
        "phrases": 0 if phrases is None else len(phrases),
        "synthesized": sum(item.synthesized for item in items),
        "by_swara": dict(Counter(item.swara for item in items)),
        "by_singer": dict(Counter(item.singer for item in items)),
    }


def _examples(notes: Sequence[LabelledNote], seed: int) -> list[NoteExample]:
    sources = [note.source for note in notes]
    return [*examples_of(sources), *augmented(sources, np.random.default_rng(seed))]


def draft_manifest(plan: Plan, learned: Learned, decision: GateDecision) -> Manifest:
    """Return the manifest of a version that is made now, without its files."""
    return Manifest(
        made_at=datetime.now(UTC).isoformat(),
        parent=plan.parent,
        code_version=code_version(),
        embedder=plan.embedder,
        made_with=dict.fromkeys(("note_head", "index"), plan.embedder.fingerprint),
        parameters=plan.parameters,
        corpus_digest=plan.corpus_digest,
        metrics=learned.metrics,
        files={},
        gate=decision.to_json(),
    )


def write_files(plan: Plan, learned: Learned, version: VersionLayout) -> None:
    """Write the files of a version, manifest aside, into its empty folder."""
    save_note_head(learned.head, version.note_head)
    if learned.holdout_head is not None:
        save_note_head(learned.holdout_head, version.holdout_head)
    version.index.mkdir(exist_ok=True)
    save_sample_index(learned.index, version.index)
    if learned.phrases is not None:
        save_phrase_index(learned.phrases, version.index)
    version.targets.write_text(targets_json(learned.targets), encoding="utf-8", newline="\n")
    version.recordings.write_bytes(b"".join(map(_line, plan.recordings)))
    report = json.dumps(learned.metrics, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    version.report.write_text(f"{report}\n", encoding="utf-8", newline="\n")


def _line(recording: Recording) -> bytes:
    """Say what a recording was, without where it lay: a store that moved makes the same bytes."""
    fields = {**recording_to_json(recording), "id": recording.id}
    return json_line({name: fields[name] for name in ("id", "singer", "tonic_hz", "labels")})
