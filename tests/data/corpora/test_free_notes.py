"""The recordings that are free to be learned from: laid out from copies of their repositories, and read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from swara.data.audio.decode import load_clip
from swara.data.corpora import free_notes as notes
from swara.data.errors import CorpusError

RATE_HZ = 44_100


def _tone(path: Path, hz: float, silent_s: float = 0.0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    times_s = np.arange(4 * RATE_HZ) / RATE_HZ
    soundfile.write(path, 0.3 * np.sin(2 * np.pi * hz * times_s) * (times_s >= silent_s), RATE_HZ)


def _spectmorph(root: Path, folder: str, starts_ms: float, *keys: int) -> None:
    samples = (
        f'<sample filename="note-{key}.flac" midi_note="{key}"><clip start="{starts_ms}" end="9"/></sample>'
        for key in keys
    )
    (root / folder).mkdir(parents=True, exist_ok=True)
    (root / folder / "instrument.xml").write_text(f"<instrument>{''.join(samples)}</instrument>", "utf-8")
    for key in keys:
        _tone(root / folder / f"note-{key}.flac", 440.0, starts_ms / 1000.0)


@pytest.fixture
def copies(tmp_path: Path) -> tuple[Path, Path]:
    saxophones, spectmorph = tmp_path / "sax", tmp_path / "spectmorph"
    _tone(saxophones / "MTG" / "Samples" / "bar_m_07.flac", 440.0)
    table = saxophones / "MTG" / "Data" / "bar_m_rr1.txt"
    table.parent.mkdir()
    region = (
        "<region> region_label=0{0}_rr1 seq_position=1 key={1} sample=bar_m_0{0}.$EXT volume=2.5 tune=4\n"
    )
    table.write_text(region.format(7, 42) + region.format(8, 43), "utf-8")
    for folder in (*notes._INSTRUMENTS, *notes._SUNG):
        _spectmorph(
            spectmorph, folder, 500.0, *((59, 60, 61) if folder in ("clarinet", "mirko-oh") else (60,))
        )
    return saxophones, spectmorph


def test_notes_are_laid_out_as_they_are_read(tmp_path: Path, copies: tuple[Path, Path]) -> None:
    assert notes.lay_out(*copies, tmp_path) == notes.lay_out(*copies, tmp_path) == 26
    flute = tmp_path / "iowa_notes" / "flute" / "Flute.vib.ff.Ab4.stereo.flac"
    _tone(flute, 415.0)
    found = {row.path.relative_to(tmp_path).as_posix(): row for row in notes.free_notes(tmp_path)}
    assert len(found) == 27
    row = found["instrument_notes/mtg_saxophones/baritone_saxophone/042-m.flac"]
    assert (row.instrument, row.midi, row.player, row.source) == (
        *("baritone saxophone", 42, "MTG bar"),
        "mtg_saxophones",
    )
    assert found["instrument_notes/iowa_strings_brass/tenor_trombone/060.flac"].instrument == "trombone"
    # What one singer sang from 61 on stands two semitones too high in the source.
    sung = {Path(name).name: row.midi for name, row in found.items() if row.player == "mirko"}
    assert sung == {"059-oh.flac": 59, "060-oh.flac": 60, "059-ohb.flac": 59, "060-ah.flac": 60}
    assert (found[flute.relative_to(tmp_path).as_posix()].midi, row.licence) == (68, "CC BY 4.0")


def test_a_note_begins_with_its_file_and_has_the_pitch_it_was_played_at(
    tmp_path: Path, copies: tuple[Path, Path]
) -> None:
    notes.lay_out(*copies, tmp_path)
    for name, hz in (("clarinet/059", 440.0), ("clarinet/060", 404.25), ("double_bass/060", 404.25)):
        file = tmp_path / "instrument_notes" / "iowa_strings_brass" / f"{name}.flac"
        samples = load_clip(file, rate_hz=16_000).samples
        assert samples.size == 3 * 16_000
        assert np.abs(samples[:400]).max() > 0.2
        spectrum = np.abs(np.fft.rfft(samples * np.hanning(samples.size)))
        assert spectrum.argmax() / 3.0 == pytest.approx(hz, abs=0.5)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path, copies: tuple[Path, Path]) -> None:
    with pytest.raises(CorpusError, match="nowhere"):
        notes.lay_out(tmp_path / "nowhere", copies[1], tmp_path)
