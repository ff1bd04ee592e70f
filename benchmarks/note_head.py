"""What the note head is worth on real singing, with pitch and without, trained on synthesized voices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from swara.classifier.note_head.augment import augmented
from swara.classifier.note_head.examples import NoteSource
from swara.classifier.note_head.fit import FittedHead, fit_note_head
from swara.classifier.note_head.head import NoteHead
from swara.embedder.registry import embedder_named

from .named_notes import PackNote, calan_notes, pack_notes, solfege_notes
from .page import Check, Section, Table, percent
from .tracks import Tracks

__all__ = ["measure"]

RIGHT, REAL_RIGHT = 100.0, 95.0
SEED = 1
HELD_OUT_KEYS = ("A-sharp", "B", "C-sharp")
VARIANTS = {
    "pitch and embedding": (True, True),
    "pitch alone": (False, True),
    "embedding alone": (True, False),
}
_BOTH, _PITCH, _SOUND = VARIANTS
_METHOD = (
    "Trained on the bundled samples, which are synthesized, and on nothing else. Tested on one man's"
    " chromatic scale, read as Sa Re Ga Pa Dha and taar Sa in six keys (36 notes; evidently pitch-corrected),"
    " and on the confirmed segments of a professional's three calans, whose labels rest on pitch too. Right"
    " means answered with the right swara and saptak; no answer counts as wrong. `Likeliest` is what the head"
    " would have said had it not abstained. Pitch is what the tracker finds, the embedding is built in."
)


class Outcome(NamedTuple):
    """Notes answered rightly and wrongly, those not answered, and those whose likeliest swara is right."""

    right: int
    wrong: int
    silent: int
    likeliest: int

    @property
    def notes(self) -> int:
        """How many there were."""
        return self.right + self.wrong + self.silent

    @property
    def share(self) -> float:
        """Share of all notes that were answered rightly."""
        return self.right / self.notes if self.notes else float("nan")

    @property
    def silence(self) -> float:
        """Share of all notes without an answer."""
        return self.silent / self.notes if self.notes else float("nan")

    def cells(self) -> tuple[str, ...]:
        """Return the cells of a table."""
        likeliest = percent(self.likeliest / self.notes if self.notes else float("nan"))
        return str(self.right), str(self.wrong), str(self.silent), percent(self.share), likeliest


def measure(root: Path, tracks: Tracks) -> Section:
    """Train with pitch, with the embedding and with both; name notes of real singers and of other keys."""
    embedder = embedder_named("builtin")
    pack = pack_notes(tracks, embedder)
    scale = tuple(solfege_notes(root, tracks, embedder))
    calan = tuple(calan_notes(root, tracks, embedder))
    fitted = {name: _fitted([note.source for note in pack], name) for name in VARIANTS}
    heads = {name: fit.head for name, fit in fitted.items()}
    on_scale = {name: _outcome(head, scale) for name, head in heads.items()}
    known = [note for note in calan if note.swara in heads[_BOTH].classes]
    on_calan = {name: _outcome(head, known) for name, head in heads.items()}
    unknown = [note for note in calan if note.swara not in heads[_BOTH].classes]
    on_unknown = {name: _outcome(head, unknown) for name, head in heads.items()}
    on_keys = {name: _other_keys(pack, name) for name in VARIANTS}
    return Section(
        title="The note head",
        method=_METHOD,
        checks=(
            Check("chromatic scale, pitch and embedding: right", 100 * on_scale[_BOTH].share, RIGHT),
            Check("chromatic scale, pitch alone: right", 100 * on_scale[_PITCH].share, RIGHT),
            Check("calans, swaras learned: right", 100 * on_calan[_BOTH].share, REAL_RIGHT),
            Check("calans, swaras never learned: no answer", 100 * on_unknown[_BOTH].silence, REAL_RIGHT),
            Check("bundled samples in keys held out: right", 100 * on_keys[_BOTH].share, RIGHT),
        ),
        tables=(
            _outcomes("The chromatic scale, in six keys.", on_scale),
            _outcomes("The calans: swaras that the samples hold.", on_calan),
            _outcomes("The calans: other swaras, which it cannot name rightly.", on_unknown),
            _outcomes(_keys_caption(), on_keys),
            _held_out_table(fitted),
        ),
        reading=_reading(heads, on_scale, on_calan),
    )


def _fitted(sources: Sequence[NoteSource], variant: str) -> FittedHead:
    use_embedding, use_evidence = VARIANTS[variant]
    examples = [source.example() for source in sources]
    examples += augmented(sources, np.random.default_rng(SEED))
    return fit_note_head(examples, seed=SEED, use_embedding=use_embedding, use_evidence=use_evidence)


def _outcome(head: NoteHead, notes: Sequence[NoteSource]) -> Outcome:
    predictions = [head.predict(note.embedding, note.example().evidence) for note in notes]
    hits = [said.swara == note.swara for said, note in zip(predictions, notes, strict=True)]
    answered = [hit for hit, said in zip(hits, predictions, strict=True) if not said.abstained]
    right = sum(answered)
    return Outcome(right, len(answered) - right, len(hits) - len(answered), sum(hits))


def _other_keys(pack: Sequence[PackNote], variant: str) -> Outcome:
    """Train on half of the keys, and name the notes of the others."""
    held_out = [_is_held_out(note) for note in pack]
    taught = [note.source for note, out in zip(pack, held_out, strict=True) if not out]
    asked = [note.source for note, out in zip(pack, held_out, strict=True) if out]
    return _outcome(_fitted(taught, variant).head, asked)


def _is_held_out(note: PackNote) -> bool:
    return any(f"/{key}/" in note.recording.path for key in HELD_OUT_KEYS)


def _outcomes(caption: str, outcomes: Mapping[str, Outcome]) -> Table:
    rows = tuple((name, *outcome.cells()) for name, outcome in outcomes.items())
    return Table(caption, ("head", "right", "wrong", "no answer", "right of all", "likeliest"), rows)


def _keys_caption() -> str:
    keys = ", ".join(key.replace("-sharp", "#") for key in HELD_OUT_KEYS)
    return f"Bundled samples with Sa on {keys}, by heads trained on the other three keys; the same voices."


def _held_out_table(fitted: Mapping[str, FittedHead]) -> Table:
    rows = []
    for name, fit in fitted.items():
        scores = fit.metrics.scores
        shares = (scores.accuracy, scores.coverage, scores.precision, scores.calibration_error)
        rows.append(
            (
                name,
                *(percent(float("nan") if share is None else share) for share in shares),
                f"{fit.metrics.temperature:.2f}",
                f"{fit.metrics.threshold:.2f}",
            )
        )
    caption = (
        "Bundled samples, each voice by a head trained without it: the likeliest swara is right, answered,"
        " answers that are right, expected calibration error."
    )
    headings = ("head", "likeliest", "answered", "right answers", "ECE", "temperature", "threshold")
    return Table(caption, headings, tuple(rows))


def _reading(
    heads: Mapping[str, NoteHead], scale: Mapping[str, Outcome], calan: Mapping[str, Outcome]
) -> str:
    both, pitch, sound = (scale[name] for name in VARIANTS)
    classes = len(heads[_BOTH].classes)
    return (
        f"On the chromatic scale {both.right} of {both.notes} notes are named rightly with pitch and"
        f" embedding and {pitch.right} with pitch alone. With the embedding alone {sound.right} are; its"
        f" likeliest swara is right for {sound.likeliest}, where a guess among {classes} would be for"
        f" {sound.notes / classes:.0f}. Of {calan[_BOTH].notes} notes of the calans it is"
        f" {calan[_BOTH].right}, {calan[_PITCH].right} and {calan[_SOUND].right} (likeliest:"
        f" {calan[_SOUND].likeliest}). Adding the embedding to the pitch changes"
        f" {abs(both.right - pitch.right)} of the first and"
        f" {abs(calan[_BOTH].right - calan[_PITCH].right)} of the second."
    )
