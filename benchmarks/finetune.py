"""What fine-tuning is worth on singers that it never heard: ``python -m benchmarks.finetune``.

Singers are synthesized, from seeds that nothing was trained on; each recording goes into a room and through
an equaliser and noise of its own. ``swara finetune`` learns from some singers, and the built-in and the new
embedder are judged by others. With ``SWARA_EVAL_DATA`` set (``docs/evaluation.md``) both are judged by real
takes too, and ``swara finetune`` runs once more, on the first half of those takes, judged by the second.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

from swara.data.recording import Recording
from swara.embedder.builtin.embedder import BuiltinEmbedder

from .finetunes.command import Made, run_finetune
from .finetunes.corpora import alone, sight_singers, synthesized_singers, through_phones, written
from .finetunes.judged import compare
from .recordings import SightSinging, evaluation_folder, sight_singing

SINGERS, RECORDINGS = 24, 8
UNSEEN, UNSEEN_RECORDINGS = 24, 4
PIECES = 5
"""That each real take is cut into; it counts as a singer."""

_Judges: TypeAlias = dict[str, list[Recording]]


def main(words: Sequence[str] | None = None) -> None:
    """Make the corpora, fine-tune, and print a line for each figure."""
    options, more = _options(words)
    with tempfile.TemporaryDirectory(prefix="swara-finetune-") as scratch:
        folder = Path(scratch)
        learned, judges = _synthesized(folder, options)
        takes = _real_takes()
        if takes:
            judges |= _other_takes(folder, takes[len(takes) // 2 :])
        _judge(_made("synthesized singers", learned, folder / "on synthesized", more), judges)
        if takes:
            learned = written(
                sight_singers(takes[: len(takes) // 2], PIECES), folder / "takes", through_phones
            )
            _judge(_made("real takes", learned, folder / "on real", more), judges)


def _synthesized(folder: Path, options: argparse.Namespace) -> tuple[list[Recording], _Judges]:
    """Return what is learned from, and what judges."""
    learned = synthesized_singers(0, options.singers, options.recordings)
    others = synthesized_singers(options.singers, options.unseen, UNSEEN_RECORDINGS)
    return (
        written(learned, folder / "learned", through_phones),
        {"other synthesized singers": written(others, folder / "others", through_phones)},
    )


def _real_takes() -> tuple[SightSinging, ...]:
    root = evaluation_folder()
    if root is None or not (root / "ssvd").is_dir():
        print("real takes: left out, as SWARA_EVAL_DATA names no folder with ssvd")
        return ()
    return sight_singing(root)


def _other_takes(folder: Path, takes: Sequence[SightSinging]) -> _Judges:
    return {
        "other real takes, through phones": written(
            sight_singers(takes, PIECES), folder / "through phones", through_phones
        ),
        "other real takes, as recorded": written(sight_singers(takes, PIECES), folder / "as recorded", alone),
    }


def _made(what: str, recordings: Sequence[Recording], folder: Path, more: Sequence[str]) -> Made:
    singers, minutes = len({each.singer for each in recordings}), _minutes(recordings)
    print(
        f"learned from {what}: {len(recordings)} recordings of {singers}, {minutes:.0f} minutes", flush=True
    )
    made = run_finetune(recordings, folder, more)
    print(f"swara finetune {' '.join(more)}: {made.wall_s:.0f} s, {made.cpu_s:.0f} s of the processors")
    for line in made.said.splitlines():
        print(f"  | {line.strip()}")
    return made


def _minutes(recordings: Sequence[Recording]) -> float:
    return sum(each.labels[-1].end_s for each in recordings) / 60.0


def _judge(made: Made, judges: _Judges) -> None:
    for title, recordings in judges.items():
        print("  " + compare(BuiltinEmbedder(), made.embedder, recordings).line(title), flush=True)


def _options(words: Sequence[str] | None) -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.finetune",
        description=__doc__.splitlines()[0],
        epilog="Other options go to swara finetune.",
    )
    parser.add_argument("--singers", type=int, default=SINGERS, help="synthesized singers to learn from")
    parser.add_argument("--recordings", type=int, default=RECORDINGS, help="of each of them")
    parser.add_argument("--unseen", type=int, default=UNSEEN, help="synthesized singers that judge")
    return parser.parse_known_args(words)


if __name__ == "__main__":
    main()
