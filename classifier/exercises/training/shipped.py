"""Train the head that ships: ``python -m swara.classifier.exercises.training.shipped [RECORDINGS]``.

RECORDINGS is a folder with ``instrument_notes`` (docs/evaluation.md); without it, the head learns from
synthesis alone. About an hour on two cores; with ``--keep-network``, where only notes or features have
changed, minutes.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from swara.classifier.exercises.head import KIND, SHIPPED
from swara.classifier.head_files import FitOptions, head_network, print_epoch, read_head
from swara.data.audio.decode import load_clip
from swara.data.clip import Samples
from swara.data.corpora.free_notes import SINGERS, free_notes
from swara.data.storage.json_lines import Json

from .contours import contour_examples, fit_contours, line_features
from .examples import RATE_HZ, TRAINED_ON, WATCHED, RecordedSinger, kinds_in_turn, put_together, sung_exercise
from .fit import Heard, hear, teach_network, write_weighed

__all__ = ["main", "recorded_singers", "singers_exercises", "sung_exercises"]

SUNG, PUT_TOGETHER, CONTOURS, WATCHED_SUNG = 1800, 60, 9000, 90
"""Exercises sung by synthesis, for the network; put together of each recorded singer's notes, and contours
without a sound, for the contour; and exercises of the voice that is watched."""


def recorded_singers(root: Path) -> dict[str, RecordedSinger]:
    """Read the single notes of the singers of ``instrument_notes`` that are CC0.

    Parameters
    ----------
    root : Path
        Folder with ``instrument_notes``.
    """
    notes: dict[str, dict[int, list[Samples]]] = {}
    for row in free_notes(root):
        if row.source == SINGERS and row.midi is not None:
            samples = load_clip(row.path, rate_hz=RATE_HZ).samples
            notes.setdefault(row.player, {}).setdefault(row.midi, []).append(samples)
    return {name: RecordedSinger(own) for name, own in sorted(notes.items())}


def sung_exercises(count: int, among: Sequence[str], seed: int) -> list[Heard]:
    """Sing exercises by synthesis, and hear them."""
    rng = np.random.default_rng(seed)
    return [hear(sung_exercise(kind, among, rng), kind) for kind in kinds_in_turn(count)]


def singers_exercises(singer: RecordedSinger, count: int, seed: int) -> list[Heard]:
    """Put exercises together of a singer's notes, and hear them."""
    rng = np.random.default_rng(seed)
    return [hear(put_together(kind, singer, rng), kind) for kind in kinds_in_turn(count)]


def main() -> None:
    """Parse the command line, train, and write the head beside the package."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recordings", type=Path, nargs="?", help="folder with instrument_notes")
    parser.add_argument("--out", type=Path, default=SHIPPED)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep-network", action="store_true", help="train the contour alone")
    options = parser.parse_args()
    singers = {} if options.recordings is None else recorded_singers(options.recordings)
    recorded: list[Heard] = []
    for place, singer in enumerate(singers.values()):
        recorded += singers_exercises(singer, PUT_TOGETHER, options.seed + 10 + place)
    drawn = contour_examples(CONTOURS, TRAINED_ON, np.random.default_rng(options.seed + 2))
    told = line_features([(each.line, each.kind) for each in recorded])
    contour = fit_contours(np.concatenate([drawn[0], told[0]]), np.concatenate([drawn[1], told[1]]))
    watched = sung_exercises(WATCHED_SUNG, WATCHED, options.seed + 1)
    content, network = _kept(SHIPPED) if options.keep_network else _taught(watched, options.seed)
    trained_on: dict[str, Json] = {
        "contours": CONTOURS,
        "voices": list(TRAINED_ON),
        "recorded singers": sorted(singers),
        "exercises of each recorded singer": PUT_TOGETHER,
        "seed": options.seed,
        "network": network,
    }
    fitted = write_weighed(contour, content, watched, options.out, trained_on)
    sys.stdout.write(f"{fitted.metrics}\n{fitted.notes[0]}\n")


def _kept(folder: Path) -> tuple[bytes, Json]:
    """Return the network of a head that is there, and what its manifest says of how it was trained."""
    return head_network(folder), read_head(folder, KIND).trained_on["network"]


def _taught(watched: list[Heard], seed: int) -> tuple[bytes, Json]:
    """Sing what the network learns from, and train it."""
    course = FitOptions(seed, epochs=40, patience=8, learning_rate=2e-3)
    content, epochs = teach_network(sung_exercises(SUNG, TRAINED_ON, seed), watched, course, print_epoch)
    return content, {"synthesized": SUNG, "voices": list(TRAINED_ON), "seed": seed, "epochs": epochs}


if __name__ == "__main__":
    main()
