"""Train the head that ships: ``python -m swara.classifier.instruments.training.shipped FOLDER RECORDINGS``.

RECORDINGS is a folder with ``instrument_notes`` and ``iowa_notes`` (docs/evaluation.md), FOLDER is where
the soundfonts are played into and what was heard is kept, so that a second run goes on from there.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from swara.classifier.head_files import print_epoch
from swara.classifier.instruments.network import LABELS, NONE, label_of
from swara.data.corpora.entry import Entry
from swara.data.corpora.free_notes import free_notes
from swara.data.storage.disk import sha256_of
from swara.data.storage.npz import read_arrays, write_arrays

from . import fit
from .fonts import font_entries, play_font
from .pictures import (
    BandBatches,
    Batches,
    Hear,
    Pictures,
    UnmovedBatches,
    band_picture,
    joined,
    mel_picture,
    pictures_of,
)

if TYPE_CHECKING:
    from .layers import Build

__all__ = ["FONTS", "is_watched", "kept_pictures", "main", "taught_rows"]

FONTS = {"fluidr3": 128, "MuseScore_General_Lite.sf3": 26, "sonivox.sf2": 128}
"""MIT, MIT and Apache-2.0, unlike others; the second holds samples of the first and more. Below which program
each is played: loading the second takes longer than playing it."""

_NOT_OF_LEVELS = "sonivox.sf2"
"""Not heard by the network on levels: those that answer together learned from different sources."""

_SEED, _TRIED = 1, 8
"""Of how copies are changed; how many of one recording are made to see whether they are changed so still."""

SAMPLES = Path(__file__).parents[3] / "data" / "samples"


def _synthesized_voices() -> Iterator[Entry]:
    """Yield the single swaras of the voices that ship with the package."""
    for path in sorted(SAMPLES.glob("*/*/*.ogg")):
        if path.stem not in ("bhupali", "svarasthanas"):
            voice = path.parts[-3]
            yield Entry(path, "synthesized", voice, "Apache-2.0", instrument="voice")


def taught_rows(folder: Path, root: Path) -> list[Entry]:
    """Play the fonts where that was not done, and return everything that is learned from."""
    rows = [*free_notes(root), *_synthesized_voices()]
    for name, below in FONTS.items():
        play_font(name, folder / name, below=below)
        rows += font_entries(name, folder / name)
    return [replace(row, instrument=label_of(row.instrument)) for row in rows]


def is_watched(row: Entry) -> bool:
    """Tell whether a note is not learned from: every eleventh key, but of the few from ``iowa_notes``.

    It says nothing of other players.
    """
    return row.source != "iowa_notes" and (row.midi or 0) % 11 == 5


def kept_pictures(rows: Sequence[Entry], folder: Path, copied: bool, hear: Hear = mel_picture) -> Pictures:
    """Return `pictures_of` recordings, source by source, from `folder` where they were heard before.

    Parameters
    ----------
    rows : sequence of Entry
        What is heard.
    folder : Path
        Where it is kept.
    copied : bool
        Whether changed copies are heard too: three of a real recording, one of the twelve in a font.
    hear : callable
        Makes the picture of a sound.
    """
    parts = []
    for source in sorted({row.source for row in rows}):
        own = [row for row in rows if row.source == source]
        several = copied and hear is mel_picture  # bands are changed alone, anew each time
        copies = [several * (3 if source not in FONTS else row.instrument != NONE) for row in own]
        file = folder / f"{source}-{hear.__name__}-{_digest(own, copies, hear)}.npz"
        if not file.is_file():
            heard = pictures_of(own, LABELS, copies, _SEED, hear)
            write_arrays(file, {"frames": heard.frames, "starts": heard.starts, "labels": heard.labels})
        kept = read_arrays(file)
        groups = (source,) * len(kept["labels"])
        parts.append(Pictures(kept["frames"], kept["starts"], kept["labels"], groups))
    return joined(parts)


def _digest(rows: Sequence[Entry], copies: Sequence[int], hear: Hear) -> str:
    """Return a digest of what pictures hang on: files, labels, copies, how one sound is changed and heard."""
    longest = max(rows, key=lambda row: row.path.stat().st_size)
    tried = pictures_of([longest], LABELS, [_TRIED if any(copies) else 0], _SEED, hear)
    digest = hashlib.sha256(tried.frames.data)
    for row, several in zip(rows, copies, strict=True):
        digest.update(f"{sha256_of(row.path)} {LABELS.index(row.instrument)} {several}\n".encode())
    return digest.hexdigest()[:16]


def main() -> None:
    """Parse the command line, train, and write the head beside the package."""
    from .layers import instrument_model, levels_model, model_on_embedder, pair_model

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where soundfonts are played into")
    parser.add_argument("recordings", type=Path, help="folder of instrument_notes and iowa_notes")
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1])
    parser.add_argument("--epochs", type=int, default=70, help="passes of 6400 windows")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rows = taught_rows(options.folder, options.recordings)
    passes, known = options.epochs, [row for row in rows if row.source != _NOT_OF_LEVELS]
    levels = _trained("levels", known, options, passes, levels_model, UnmovedBatches)
    apart = _trained("apart", rows, options, passes * 5 // 7, instrument_model, Batches)
    on_embedder = _trained("on-embedder", rows, options, passes * 5 // 7, model_on_embedder, BandBatches)
    both = pair_model(len(LABELS))
    both.set_weights(levels.get_weights() + apart.get_weights())
    kept = [row for row in rows if is_watched(row)]
    epochs = passes + 2 * (passes * 5 // 7)
    trained_on = fit.description([row for row in rows if not is_watched(row)], options.seed, epochs)
    fitted = fit.written(
        both, LABELS, kept, options.out, trained_on, epochs, build=pair_model, on_embedder=on_embedder
    )
    sys.stdout.write(f"{fitted.metrics} over {len(LABELS)} names\n")


def _trained(
    name: str,
    rows: Sequence[Entry],
    options: argparse.Namespace,
    passes: int,
    build: Build,
    batches: type[Batches],
) -> Any:
    """Return a network that was trained on what is not watched, going on from the file of that name."""
    hear = band_picture if batches is BandBatches else mel_picture
    heard, watched = (
        kept_pictures([row for row in rows if is_watched(row) != copied], options.folder, copied, hear)
        for copied in (True, False)
    )
    learned = hashlib.sha256(heard.frames.data)
    learned.update(heard.labels.data)
    kept = options.folder / f"{name}-{options.seed}-{learned.hexdigest()[:16]}.npz"
    course = fit.Course(options.seed, passes, passes, 2e-3, kept)
    return fit.train(heard, watched, LABELS, course, print_epoch, build=build, batches=batches)[0]


if __name__ == "__main__":
    main()
