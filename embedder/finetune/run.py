"""Fine-tune the built-in embedder; the one module that the rest of the program asks for it."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout

from data.corpus import corpus_digest
from data.disk import sha256_of
from data.recording import Recording
from embedder.builtin import BuiltinEmbedder
from embedder.finetuned import FinetunedEmbedder, finetuned_name
from embedder.network import MODEL_FILE, EmbedderNetwork
from embedder.spec import Embedder

from .course import Course
from .draws import Draws
from .errors import FinetuneBusy, FinetuneNoBetter, FinetuneStopped
from .heard import hear
from .keep import exported, keep, writing
from .likeness import Found, found_singers, pooled_notes
from .plan import Plan
from .split import Split, split
from .synthesized import synthesized_voices
from .trainee import Trainee
from .watch import watched_notes, watched_voices

__all__ = ["Finetuned", "finetune"]

_CONTROL_VOICES = 16
_CONTROL_SEED = 900_000_001

Tell = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Finetuned:
    """What came of a fine-tuning.

    Parameters
    ----------
    name : str
        Of the new embedder.
    folder : Path
        Where it is kept.
    before, after : Found
        The built-in and the new embedder, on recordings that only judged.
    synthesized_before, synthesized_after : Found
        On synthesized singers that neither learned from.
    by : str
        ``singer`` if whole singers were held out, else ``recording``.
    stages : int
        How many there were until nothing was gained any more.
    looks : tuple of dict
        What was seen on the way.
    resumed : bool
        Whether it went on from a checkpoint.
    """

    name: str
    folder: Path
    before: Found
    after: Found
    synthesized_before: Found
    synthesized_after: Found
    by: str
    stages: int
    looks: tuple[dict[str, Any], ...]
    resumed: bool

    @property
    def better(self) -> bool:
        """Whether singers are found better than before."""
        return self.after.reciprocal_rank > self.before.reciprocal_rank


def finetune(
    recordings: Sequence[Recording],
    models: Path,
    *,
    plan: Plan,
    keep_anyway: bool = False,
    base: Path = MODEL_FILE,
    tell: Tell | None = None,
) -> Finetuned:
    """Fine-tune, or go on with it where it was stopped, and keep what came out if it is better.

    Parameters
    ----------
    recordings : sequence of Recording
        The user's, with labels.
    models : Path
        The new embedder gets a folder in it; what is under way lies there too.
    plan : Plan
    keep_anyway : bool
        Keep what is not better too.
    base : Path
        The network to begin from.
    tell : callable, optional
        Called with the name of what is at work and the share of it that is done.

    Raises
    ------
    TooFewSingers
        If there is too little to learn from.
    FinetuneNoBetter
        If what came out is not better, and is not to be kept.
    FinetuneStopped
        If the user stops it.
    FinetuneBusy, FinetuneFailed, AudioError, OutputError
        If it cannot be done.
    """
    parts = split(recordings, plan.seed)
    with writing(models), _folder(models, _key(recordings, plan, base)) as folder:
        try:
            made = _Making(parts, plan, base, folder, tell or _silent).make(models, recordings, keep_anyway)
        except KeyboardInterrupt as stopped:
            fix = "Run the same again to go on"
            raise FinetuneStopped("the fine-tuning was stopped", where=str(folder), fix=fix) from stopped
        shutil.rmtree(folder, ignore_errors=True)
    return made


class _Making:
    """One fine-tuning, from the audio to the file."""

    def __init__(self, parts: Split, plan: Plan, base: Path, folder: Path, tell: Tell) -> None:
        self._parts, self._plan, self._base, self._folder, self._tell = parts, plan, base, folder, tell

    def make(self, models: Path, recordings: Sequence[Recording], keep_anyway: bool) -> Finetuned:
        parts, plan, tell = self._parts, self._plan, self._tell
        learned = hear(parts.learned, partial(tell, "listening"))
        watched = hear(parts.watched)
        voices = synthesized_voices(
            self._folder / "voices.npz", plan.voices, plan.seed, partial(tell, "synthesizing")
        )
        control = watched_voices(
            synthesized_voices(self._folder / "control.npz", _CONTROL_VOICES, _CONTROL_SEED)
        )
        draws = Draws(learned, voices, plan.timbres, plan.users_share, plan.seed)
        trainee = Trainee(self._base, draws.classes, plan.seed)
        synthesized_before = control.found(trainee)
        watch = watched_notes(watched, learned, plan.seed)
        course = Course(
            trainee, draws, watch, plan, self._folder / "checkpoint.npz", partial(tell, "learning")
        )
        course.run()
        file = self._folder / "model.tflite"
        tell("exporting", 0.0)
        difference = exported(trainee.model, file)
        after = FinetunedEmbedder(finetuned_name(sha256_of(file)), EmbedderNetwork(file))
        before = BuiltinEmbedder(EmbedderNetwork(self._base))
        made = Finetuned(
            name=after.spec.name,
            folder=models / after.spec.name,
            before=self._judged(before, "judging the built-in one"),
            after=self._judged(after, "judging the new one"),
            synthesized_before=synthesized_before,
            synthesized_after=control.found(trainee),
            by=parts.by,
            stages=course.position.stage,
            looks=tuple(course.position.looks),
            resumed=course.resumed,
        )
        if not (made.better or keep_anyway):
            raise _no_better(made)
        keep(file, models, self._manifest(made, recordings, before, difference))
        return made

    def _judged(self, embedder: Embedder, what: str) -> Found:
        """Look up the notes that judge among all others, as they are embedded in use."""
        parts = self._parts
        others = (*parts.learned, *parts.watched)
        notes = pooled_notes(embedder, (*parts.judged, *others), partial(self._tell, what))
        return found_singers(notes, np.asarray(notes.recordings < len(parts.judged)))

    def _manifest(
        self, made: Finetuned, recordings: Sequence[Recording], base: Embedder, difference: float
    ) -> dict[str, Any]:
        parts = self._parts
        sides = {"learned": parts.learned, "watched": parts.watched, "judged": parts.judged}
        return {
            "base": {"name": base.spec.name, "fingerprint": base.spec.fingerprint},
            "corpus_digest": corpus_digest(recordings),
            "plan": asdict(self._plan),
            "held_out_by": parts.by,
            "recordings": {side: sorted(r.id for r in theirs) for side, theirs in sides.items()},
            "singers": {side: sorted({r.singer for r in theirs}) for side, theirs in sides.items()},
            "judged": {"before": made.before.to_json(), "after": made.after.to_json()},
            "synthesized": {
                "before": made.synthesized_before.to_json(),
                "after": made.synthesized_after.to_json(),
            },
            "better": made.better,
            "parity": float(f"{difference:.2g}"),
            "looks": made.looks,
        }


def _no_better(made: Finetuned) -> FinetuneNoBetter:
    after, before = made.after.reciprocal_rank, made.before.reciprocal_rank
    more = (
        "Add more recordings" if before < 1.0 else "There was nothing to gain: add recordings of more singers"
    )
    return FinetuneNoBetter(
        f"no better than the built-in embedder, and not kept: of {made.after.notes} held-out notes, the mean "
        f"reciprocal rank of the first by the same singer is {after:.3f}, and was {before:.3f} before",
        fix=f"{more}; or keep it all the same by running this again with --keep-anyway",
    )


@contextmanager
def _folder(models: Path, key: str) -> Iterator[Path]:
    """Make the folder of what is under way, and be the only one in it."""
    folder = models / f".finetuning-{key}"
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(models / ".finetuning.lock")
    try:
        lock.acquire(timeout=0.0)
    except Timeout as error:
        raise FinetuneBusy(
            "another process is fine-tuning",
            where=str(models),
            fix="Wait until it is done, or end it, and try again",
        ) from error
    try:
        yield folder
    finally:
        lock.release()


def _key(recordings: Sequence[Recording], plan: Plan, base: Path) -> str:
    """8 hex digits of everything that decides what comes out."""
    decides = [corpus_digest(recordings), asdict(plan), sha256_of(base)]
    return hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()[:8]


def _silent(what: str, share: float) -> None:
    pass
