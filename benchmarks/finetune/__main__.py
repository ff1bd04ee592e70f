"""Measure what fine-tuning is worth on singers that it never heard.

Singers are synthesized, from seeds that nothing was trained on; each recording goes into a room and through
an equaliser and noise of its own. ``swara finetune`` learns from some singers, and the built-in and the new
embedder are judged by others. With ``SWARA_EVAL_DATA`` set (``docs/evaluation.md``) both are judged by real
takes too, and ``swara finetune`` runs once more, on the first half of those takes, judged by the second.
"""

from __future__ import annotations

import argparse
import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.meter import run_python
from benchmarks.recordings import SightSinging, absent_folders, evaluation_folder, sight_singing
from benchmarks.retrieval import Ranked, ranked
from swara.data.recording import Recording
from swara.data.sample_corpus.corpus import append_recordings
from swara.embedder import Embedder
from swara.embedder.builtin.embedder import BuiltinEmbedder
from swara.embedder.finetune.retrieval import pooled_notes
from swara.embedder.registry import embedder_named
from swara.service.store import Layout

from .corpora import alone, sight_singers, synthesized_singers, through_phones, written

SINGERS, RECORDINGS = 24, 8
UNSEEN, UNSEEN_RECORDINGS = 24, 4
PIECES = 5
"""That each real take is cut into; it counts as a singer."""


def main(words: Sequence[str] | None = None) -> None:
    """Make the corpora, fine-tune, and print a line for each figure."""
    options, more = _options(words)
    with tempfile.TemporaryDirectory(prefix="swara-finetune-") as scratch:
        folder = Path(scratch)
        learned = synthesized_singers(0, options.singers, options.recordings)
        others = synthesized_singers(options.singers, options.unseen, UNSEEN_RECORDINGS)
        corpus = written(learned, folder / "learned", through_phones)
        tests = {"other synthesized singers": written(others, folder / "others", through_phones)}
        takes = _real_takes()
        half = len(takes) // 2
        for title, change in (("through phones", through_phones), ("as recorded", alone)) if takes else ():
            others = sight_singers(takes[half:], PIECES)
            tests[f"other real takes, {title}"] = written(others, folder / title, change)
        _compare(_finetuned("synthesized singers", corpus, folder / "on synthesized", more), tests)
        if takes:
            corpus = written(sight_singers(takes[:half], PIECES), folder / "takes", through_phones)
            _compare(_finetuned("real takes", corpus, folder / "on real", more), tests)


def _real_takes() -> tuple[SightSinging, ...]:
    root = evaluation_folder()
    if root is None or absent_folders(root, ("ssvd",)):
        print("real takes: left out, as SWARA_EVAL_DATA names no folder with ssvd")
        return ()
    return sight_singing(root)


def _finetuned(what: str, recordings: Sequence[Recording], folder: Path, more: Sequence[str]) -> Embedder:
    singers = len({each.singer for each in recordings})
    minutes = sum(each.labels[-1].end_s for each in recordings) / 60.0
    print(
        f"learned from {what}: {len(recordings)} recordings of {singers}, {minutes:.0f} minutes", flush=True
    )
    return run_finetune(recordings, folder, more)


def run_finetune(recordings: Sequence[Recording], folder: Path, words: Sequence[str]) -> Embedder:
    """Run ``swara finetune --keep-anyway`` on recordings as a user does, with more options.

    It has a store and models of its own in `folder`, which does not exist yet. What it says is printed.

    Raises
    ------
    SystemExit
        If it fails, with the last line of what it said.
    """
    environment = os.environ | {"SWARA_MODELS": str(folder / "models"), "COLUMNS": "100"}
    store = folder / "store"
    store.mkdir(parents=True)
    append_recordings(Layout(store).corpus, recordings)
    command = ("finetune", "--store", str(store), "--keep-anyway", *words)
    done = run_python("-m", "swara.cli", *command, environment=environment)
    print(f"swara finetune {' '.join(words)}: {done.wall_s:.0f} s, {done.cpu_s:.0f} s of the processors")
    for line in done.out.strip().splitlines():
        print(f"  | {line.strip()}")
    (name,) = set(re.findall(r"finetuned-[0-9a-f]{8}", done.out))
    return embedder_named(name, environment=environment)


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """Two embedders on the same notes; intervals are over singers, drawn again and again."""

    before: Ranked
    after: Ranked

    def line(self, title: str) -> str:
        """Return one line: nearest note and mean reciprocal rank before and after, and the gain."""
        both = (self.before, self.after)
        nearest = " -> ".join(f"{found.nearest.value:.3f}" for found in both)
        ranks = " -> ".join(f"{found.reciprocal.value:.3f}" for found in both)
        gain = self.after.reciprocal.ahead_of(self.before.reciprocal)
        return (
            f"{title}: {self.before.places.size} notes of {np.unique(self.before.units).size} singers:"
            f" nearest {nearest}, mean reciprocal rank {ranks},"
            f" {gain.value:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}]"
        )


def compare(before: Embedder, after: Embedder, recordings: Sequence[Recording]) -> Compared:
    """Look up every note among all notes of other recordings, with both."""
    return Compared(find_singers(before, recordings), find_singers(after, recordings))


def find_singers(embedder: Embedder, recordings: Sequence[Recording]) -> Ranked:
    """Look up every note whose singer has another recording among all notes of other recordings."""
    notes = pooled_notes(embedder, recordings)
    others = notes.recordings[:, None] != notes.recordings
    same = notes.singers[:, None] == notes.singers
    asked = (same & others).any(axis=1)
    similar = notes.vectors @ notes.vectors.T
    return ranked(similar[asked], same[asked], notes.singers[asked], others[asked])


def _compare(made: Embedder, tests: Mapping[str, list[Recording]]) -> None:
    for title, recordings in tests.items():
        print("  " + compare(BuiltinEmbedder(), made, recordings).line(title), flush=True)


def _options(words: Sequence[str] | None) -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.finetune",
        description=__doc__.splitlines()[0],
        epilog="Other options go to swara finetune.",
    )
    parser.add_argument("--singers", type=int, default=SINGERS, help="synthesized singers to learn from")
    parser.add_argument("--recordings", type=int, default=RECORDINGS, help="of each of them")
    parser.add_argument("--unseen", type=int, default=UNSEEN, help="synthesized singers that are tested on")
    return parser.parse_known_args(words)


if __name__ == "__main__":
    main()
