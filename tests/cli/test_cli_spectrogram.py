"""The mel spectrogram on the command line: a picture, and one line about whatever is wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from swara.data.audio.mel import MelBands, mel_power
from swara.data.clip import Clip
from swara.data.pitch_track import HOP_S, PitchTrack
from swara.service.export import take_files
from swara.service.export.spectrogram_file import mel_columns
from swara.service.report.picture.columns import MOST_COLUMNS
from swara.service.report.picture.spectrogram_plot import levels_db, save_spectrogram
from swara.service.stages import Stages

RATE_HZ = 16_000
WIDTH, HEIGHT = 2080, 1024


def _pixels(path: Path) -> np.ndarray:
    from matplotlib.image import imread

    pixels = imread(path)
    assert pixels.shape[:2] == (HEIGHT, WIDTH)
    return pixels[:, :, :3]


def _tone(path: Path, hz: float, seconds: float = 2.0) -> Path:
    times_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    soundfile.write(path, 0.5 * np.sin(2 * np.pi * hz * times_s), RATE_HZ)
    return path


@pytest.fixture
def no_time(stub_tracker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the stub in the place of the pitch head here too."""
    monkeypatch.setattr("swara.service.export.spectrogram_file.pitch_tracker", take_files.pitch_tracker)


def test_a_picture_and_a_line(swara, demo: Path, tmp_path: Path) -> None:
    picture = tmp_path / "x.png"
    done = swara("spectrogram", demo, "-o", picture)
    assert (done.code, done.err) == (0, "")
    assert done.out == f"{picture}: 4.85 s, 192 mel bands, 40 to 8000 Hz\n"
    assert len(np.unique(_pixels(picture).reshape(-1, 3), axis=0)) > 100


def test_a_higher_tone_is_drawn_higher(swara, tmp_path: Path) -> None:
    rows = []
    for hz in (200, 800, 3000):
        picture = tmp_path / f"{hz}.png"
        assert swara("spectrogram", _tone(tmp_path / f"{hz}.wav", hz), "-o", picture).code == 0
        middle = _pixels(picture)[:, WIDTH // 3 : WIDTH // 2].mean(axis=(1, 2))
        inside = slice(60, HEIGHT - 60)  # the margins are white
        rows.append(60 + int(middle[inside].argmax()))
    assert rows[0] > rows[1] > rows[2]


def test_the_pitch_is_drawn_over_it_on_request(swara, no_time, demo: Path, tmp_path: Path) -> None:
    bare, with_pitch = tmp_path / "bare.png", tmp_path / "pitch.png"
    swara("spectrogram", demo, "-o", bare)
    assert swara("spectrogram", demo, "--pitch", "-o", with_pitch).code == 0
    changed = np.any(_pixels(bare) != _pixels(with_pitch), axis=2)
    columns = np.flatnonzero(changed[HEIGHT // 2 :].any(axis=0))
    assert columns.size > WIDTH // 3  # sung two thirds of the time
    rows = np.flatnonzero(changed[:, columns].any(axis=1) & (np.arange(HEIGHT) > HEIGHT // 2))
    assert np.ptp(rows) < 20  # one steady pitch


def test_the_same_recording_makes_the_same_picture(swara, demo: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        swara("spectrogram", demo, "-o", tmp_path / f"{name}.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


class TestColumns:
    def test_a_short_clip_has_a_column_for_each_frame(self) -> None:
        clip = Clip(np.random.default_rng(0).normal(size=RATE_HZ).astype(np.float32), RATE_HZ)
        columns = mel_columns(clip, MelBands(), Stages(None))
        np.testing.assert_allclose(columns, next(mel_power(clip, MelBands())), rtol=1e-6)

    def test_a_long_one_has_no_more_than_a_picture_can_show(self) -> None:
        bands = MelBands(bands=24, window=512)
        clip = Clip(np.random.default_rng(0).normal(size=47 * RATE_HZ).astype(np.float32), RATE_HZ)
        columns = mel_columns(clip, bands, Stages(None))
        whole = np.concatenate(list(mel_power(clip, bands)))
        assert columns.shape == (-(-len(whole) // 3), 24)
        assert len(columns) <= MOST_COLUMNS
        for column in (0, 333, 700, len(columns) - 1):  # 333 holds frames of two blocks
            expected = whole[3 * column : 3 * column + 3].mean(axis=0)
            np.testing.assert_allclose(columns[column], expected, rtol=1e-5)

    def test_progress_is_told(self) -> None:
        told: list[tuple[str, float]] = []
        clip = Clip(np.zeros(25 * RATE_HZ, np.float32), RATE_HZ)
        mel_columns(clip, MelBands(24, window=512), Stages(lambda *heard: told.append(heard)))
        shares = [share for _, share in told]
        assert {name for name, _ in told} == {"listening"}
        assert shares == sorted(shares)
        assert (shares[0], shares[-1]) == (0.0, 1.0)


def test_levels_are_relative_to_the_loudest() -> None:
    power = np.array([[1.0, 0.1], [1e-6, 0.0]], np.float32)
    np.testing.assert_allclose(levels_db(power), [[0, -10], [-60, -80]], atol=1e-4)
    np.testing.assert_array_equal(levels_db(np.zeros((2, 2), np.float32)), np.full((2, 2), -80.0))


def test_silence_and_no_singing_can_be_drawn(tmp_path: Path) -> None:
    clip = Clip(np.zeros(RATE_HZ, np.float32), RATE_HZ)
    frames = 101
    nowhere = np.full(frames, np.nan)
    track = PitchTrack(HOP_S * np.arange(frames), nowhere, np.zeros(frames), np.zeros(frames, np.bool_))
    power = np.zeros((frames, MelBands().bands), np.float32)
    for number, heard in enumerate((None, track)):
        picture = tmp_path / f"{number}.png"
        save_spectrogram(power, MelBands(), picture, clip=clip, track=heard, title="$x गाना.wav")
        _pixels(picture)


def test_a_recording_over_the_limit_is_one_line_and_no_file(swara, assert_one_line, demo, tmp_path) -> None:
    done = swara("spectrogram", demo, "-o", tmp_path / "x.png", "--max-minutes", 0.05)
    assert_one_line(done, "take.flac", "limit")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["x", "x.PNG"])
def test_a_name_that_promises_nothing_else(swara, tmp_path: Path, name: str) -> None:
    tone = _tone(tmp_path / "tone.wav", 300)
    assert swara("spectrogram", tone, "-o", tmp_path / name).code == 0
    assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")
