"""Recorded single notes that are free to be learned from, and how they are laid out from public repositories.

``python -m swara.data.corpora.free_notes SAXOPHONES SPECTMORPH OUT`` makes ``OUT/instrument_notes`` of local
copies of sfzinstruments/MTG.SoloSax and swesterfeld/spectmorph-instruments (docs/evaluation.md): every note
at 16 kHz, one channel, cut where it begins and after 3 s, and what is known of each in ``notes.csv``.
"""

from __future__ import annotations

import argparse
import csv
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from swara.data.audio.decode import load_clip
from swara.data.clip import Samples
from swara.raga.errors import SwaraError

from .entry import Entry, existing_folder
from .labels import instrument_named, midi_of

__all__ = ["SINGERS", "free_notes", "lay_out", "main"]

SINGERS = "sung_cc0"
_PLAYED, _SAXOPHONES = "iowa_strings_brass", "mtg_saxophones"
_SAXOPHONES_FROM, _SPECTMORPH = "sfzinstruments/MTG.SoloSax", "swesterfeld/spectmorph-instruments"
_RATE_HZ, _KEPT_S = 16_000, 3.0
_IOWA = "public domain (University of Iowa MIS)"
_WRONG_RATE = 44.1 / 48.0
"""The double bass, and the clarinet from its second recording on, run too fast in the source."""

_COLUMNS = ("file", "instrument", "midi", "player", "source", "licence")
_INSTRUMENTS = (
    *("alto-flute", "alto-saxophone", "bassoon", "cello", "clarinet", "double-bass", "french-horn", "oboe"),
    *("soprano-saxophone", "tenor-trombone", "trumpet", "viola", "violin"),
)
_SUNG = ("claudia-ah", "claudia-ih", "claudia-oh", "mirko-ah", "mirko-oh", "sven-ah", "sven-ih", "sven-oh")
_SIZES = {"sop": "soprano", "alt": "alto", "ten": "tenor", "bar": "baritone"}
_REGION = re.compile(r"key=(\d+) sample=(((?:sop|alt|ten|bar))_([fmp])_\d+)\.")
_SAMPLE = re.compile(r'<sample filename="([^"]+)" midi_note="(\d+)"[^>]*>\s*<clip start="([\d.]+)"')


@dataclass(frozen=True, slots=True, order=True)
class _Source:
    """A note of a repository: its file, from when on it sounds, and how much slower it was played."""

    file: Path
    starts_s: float = 0.0
    slowed: float = 1.0


def free_notes(root: Path) -> Iterator[Entry]:
    """Yield the notes of ``instrument_notes``, and the flute of ``iowa_notes``.

    Parameters
    ----------
    root : Path
        The folder that holds both.
    """
    folder = root / "instrument_notes"
    with (folder / "notes.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            name = "trombone" if row["instrument"] == "tenor_trombone" else row["instrument"]
            yield Entry(
                folder / row["file"],
                source=row["file"].split("/")[0],
                player=row["player"],
                licence=row["licence"],
                instrument=instrument_named(name),
                midi=int(row["midi"]),
            )
    for path in sorted((root / "iowa_notes" / "flute").glob("*.flac")):
        midi = midi_of(path.name.split(".")[-3])
        yield Entry(path, "iowa_notes", "Iowa", _IOWA, instrument="flute", midi=midi)


def lay_out(saxophones: Path, spectmorph: Path, out: Path) -> int:
    """Make ``instrument_notes`` below `out` of local copies of two repositories, and return how many notes.

    Parameters
    ----------
    saxophones, spectmorph : Path
        Of sfzinstruments/MTG.SoloSax and swesterfeld/spectmorph-instruments.
    out : Path
        Where the folder is made; what is there already stays.

    Raises
    ------
    CorpusError
        If one of the folders is not there.
    AudioError
        If a note cannot be read.
    """
    import soundfile

    folder, rows = out / "instrument_notes", list[tuple[str, ...]]()
    fix = "Name a local copy of the repository {} (docs/evaluation.md)"
    found = [
        *_saxophone_notes(existing_folder(saxophones, fix.format(_SAXOPHONES_FROM))),
        *_spectmorph_notes(existing_folder(spectmorph, fix.format(_SPECTMORPH))),
    ]
    for (name, *known), source in sorted(found):
        file = folder / name
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(file, _note(source), _RATE_HZ)
        rows.append((name, *known))
    with (folder / "notes.csv").open("w", encoding="utf-8", newline="") as table:
        csv.writer(table, lineterminator="\n").writerows([_COLUMNS, *rows])
    return len(rows)


def _saxophone_notes(root: Path) -> Iterator[tuple[tuple[str, ...], _Source]]:
    """Yield the first take of every key and loudness, as the program of each saxophone lists them."""
    (samples,) = root.glob("*/Samples")
    for table in sorted(root.glob("*/Data/???_[fmp]_rr1.txt")):
        for key, stem, size, loudness in _REGION.findall(table.read_text("utf-8")):
            if (file := samples / f"{stem}.flac").is_file():
                name = f"{_SIZES[size]}_saxophone"
                place = f"{_SAXOPHONES}/{name}/{int(key):03d}-{loudness}.flac"
                yield (place, name, key, f"MTG {size}", _SAXOPHONES_FROM, "CC BY 4.0"), _Source(file)


def _spectmorph_notes(root: Path) -> Iterator[tuple[tuple[str, ...], _Source]]:
    for folder in (*_INSTRUMENTS, *_SUNG):
        taken = set[str]()
        listed = (root / folder / "instrument.xml").read_text("utf-8")
        for filename, key, starts_ms in _SAMPLE.findall(listed):
            file, midi, starts_s = root / folder / filename, int(key), float(starts_ms) / 1000.0
            if folder in _INSTRUMENTS:
                name = folder.replace("-", "_")
                place = f"{_PLAYED}/{name}/{midi:03d}.flac"
                slowed = (
                    _WRONG_RATE if folder == "double-bass" or (folder == "clarinet" and midi >= 60) else 1.0
                )
                yield (place, name, str(midi), "Iowa", _SPECTMORPH, _IOWA), _Source(file, starts_s, slowed)
                continue
            singer, vowel = folder.split("-")
            midi -= 2 if singer == "mirko" and midi > 60 else 0
            place = f"{SINGERS}/{singer}/{midi:03d}-{vowel}"
            place += "b.flac" if place in taken else ".flac"
            taken.add(place.removesuffix(".flac"))
            yield (place, "voice", str(midi), singer, _SPECTMORPH, "CC0"), _Source(file, starts_s)


def _note(source: _Source) -> Samples:
    import soxr

    samples = load_clip(source.file, rate_hz=_RATE_HZ, max_duration_s=None).samples
    samples = samples[round(source.starts_s * _RATE_HZ) :]
    if source.slowed != 1.0:
        samples = soxr.resample(samples, _RATE_HZ * source.slowed, _RATE_HZ)
    return np.asarray(samples[: round(_KEPT_S * _RATE_HZ)])


def main() -> None:
    """Parse the command line, and lay the notes out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("saxophones", type=Path, help="local copy of sfzinstruments/MTG.SoloSax")
    parser.add_argument("spectmorph", type=Path, help="local copy of swesterfeld/spectmorph-instruments")
    parser.add_argument("out", type=Path, help="where instrument_notes is made")
    options = parser.parse_args()
    try:
        count = lay_out(options.saxophones, options.spectmorph, options.out)
    except (SwaraError, OSError) as error:
        sys.exit(str(error))
    sys.stdout.write(f"{count} notes in {options.out / 'instrument_notes'}\n")


if __name__ == "__main__":
    main()
