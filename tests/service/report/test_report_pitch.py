"""The columns that a long pitch track is drawn in, against loops; and the picture they make."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from swara.classifier.pitch.decode import PITCH_BINS
from swara.data.errors import OutputError
from swara.data.pitch_track import PitchTrack
from swara.service.report.picture.pitch_columns import MOST_COLUMNS, SalienceColumns, track_columns
from swara.service.report.picture.pitch_plot import save_pitch_plot


def sung(frames: int, seed: int = 0) -> tuple[np.ndarray, PitchTrack]:
    rng = np.random.default_rng(seed)
    salience = rng.uniform(0, 1, (frames, PITCH_BINS)).astype(np.float32)
    voiced = np.repeat(rng.uniform(0, 1, frames // 20 + 1) < 0.6, 20)[:frames]
    hz = rng.uniform(100, 400, frames)
    return salience, PitchTrack(0.01 * np.arange(frames), hz, rng.uniform(0, 1, frames), voiced)


def columns_of(salience: np.ndarray, *edges: int) -> np.ndarray:
    """Gather salience, cut into blocks at `edges`."""
    found = SalienceColumns(salience.shape[0])
    for block in np.split(salience, edges):
        found.add(block)
    return found.salience


@pytest.mark.parametrize("frames", [1, 486, MOST_COLUMNS, MOST_COLUMNS + 1, 5_003, 7_999])
def test_columns_are_those_of_a_loop(frames: int) -> None:
    salience, track = sung(frames)
    edges = [edge for edge in (1, 37, 1000, 1001, 2000, 4444) if edge < frames]
    highest, found = columns_of(salience, *edges), track_columns(track)
    per = -(-frames // MOST_COLUMNS)
    columns = -(-frames // per)
    assert columns <= MOST_COLUMNS
    assert highest.shape == (columns, PITCH_BINS)
    for column in range(columns):
        part = slice(column * per, (column + 1) * per)
        np.testing.assert_array_equal(highest[column], salience[part].max(axis=0))
        assert found.confidence[column] == pytest.approx(track.confidence[part].mean())
        assert found.times_s[column] == pytest.approx(track.times_s[part].mean())
        hz = track.hz[part][track.voiced[part]]
        if hz.size:
            assert (found.lowest_hz[column], found.highest_hz[column]) == (hz.min(), hz.max())
        else:
            assert np.isnan(found.lowest_hz[column])
            assert np.isnan(found.highest_hz[column])


def draw(frames: int, path: Path) -> None:
    salience, track = sung(frames)
    save_pitch_plot(columns_of(salience), track, path, title="take.wav")


@pytest.mark.parametrize("frames", [1, 2, 30_000], ids=str)
def test_any_length_makes_a_picture_of_one_size(frames: int, tmp_path: Path) -> None:
    draw(frames, tmp_path / "a.picture")
    content = (tmp_path / "a.picture").read_bytes()
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    assert int.from_bytes(content[16:20], "big") == 2080


def test_nothing_voiced_makes_a_picture(tmp_path: Path) -> None:
    salience, track = sung(300)
    silent = PitchTrack(track.times_s, track.hz, 0 * track.confidence, np.zeros(300, bool))
    save_pitch_plot(columns_of(0 * salience), silent, tmp_path / "a.png", title="silence.wav")
    assert (tmp_path / "a.png").stat().st_size > 5_000


def test_the_same_track_makes_the_same_bytes(tmp_path: Path) -> None:
    for name in "ab":
        draw(700, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="nowhere"):
        draw(10, tmp_path / "nowhere" / "a.png")
