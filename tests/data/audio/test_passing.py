"""A recording that is gone through gives the samples, the words and the errors of one that is held."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

from swara.data.audio.decode import decode
from swara.data.audio.frames import SamplesAhead, between
from swara.data.audio.passing import decode_in_passing
from swara.data.errors import AudioError, AudioTooLong


def _noise(seconds: float, rate_hz: int, level: float = 0.1) -> np.ndarray:
    count = round(seconds * rate_hz)
    corners = np.arange(0, count + 9_000, 9_000)
    wandering = np.interp(np.arange(count), corners, _rng().uniform(0, 1, corners.size))
    return (level * wandering * _rng().standard_normal(wandering.size)).astype(np.float32)


def _rng() -> np.random.Generator:
    return np.random.default_rng(5)


def _stereo(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.stack([one, other], axis=1)


@pytest.mark.parametrize(
    ("name", "rate_hz", "level", "other"),
    [
        ("plain.wav", 16_000, 0.1, None),
        ("stereo.flac", 44_100, 0.1, 0.5),
        ("encoded.mp3", 44_100, 0.1, None),
        ("quiet.wav", 22_050, 1e-3, None),
        ("cancelling.wav", 44_100, 0.1, -0.9),
        ("another-scale.wav", 16_000, 300.0, None),
    ],
)
def test_samples_and_words_are_those_of_decode(tmp_path: Path, name, rate_hz, level, other) -> None:
    sound = _noise(12.3, rate_hz, level)
    path = tmp_path / name
    form = {"subtype": "FLOAT"} if path.suffix == ".wav" else {}
    soundfile.write(path, sound if other is None else _stereo(sound, other * sound), rate_hz, **form)
    held = decode(path)
    with decode_in_passing(path) as passing:
        for _ in range(2):
            np.testing.assert_array_equal(np.concatenate(list(passing.blocks())), held.clip.samples)
        assert (passing.sample_count, passing.rate_hz) == (held.clip.sample_count, held.clip.rate_hz)
        assert (passing.warnings, passing.track) == (held.warnings, held.track)
        assert passing.duration_s == held.clip.duration_s
        assert passing.level.loud_db == pytest.approx(held.level.loud_db, abs=1e-6)
        assert (passing.level.peak_db, passing.level.lift_db) == pytest.approx(
            (held.level.peak_db, held.level.lift_db), abs=1e-6
        )


def test_errors_are_those_of_decode(tmp_path: Path) -> None:
    path = tmp_path / "take.wav"
    for seconds, most_s in ((3.0, 2.0), (0.1, None), (0.0, None)):
        soundfile.write(path, _noise(seconds, 16_000), 16_000)
        with pytest.raises(AudioError) as held:
            decode(path, max_duration_s=most_s)
        with pytest.raises(AudioError) as passing, decode_in_passing(path, max_duration_s=most_s):
            pass
        assert str(passing.value) == str(held.value)
        assert isinstance(passing.value, AudioTooLong) == (most_s is not None)


def test_what_is_done_with_it_keeps_its_own_errors(tmp_path: Path) -> None:
    path = tmp_path / "take.wav"
    soundfile.write(path, _noise(1.0, 16_000), 16_000)
    with pytest.raises(PermissionError, match="elsewhere"), decode_in_passing(path):
        raise PermissionError("elsewhere")


def _overwrite(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(100_000)
        file.write(bytes(400_000))


def _cut(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(1_000_000)


def _lengthen(path: Path) -> None:
    soundfile.write(path, _noise(20.0, 44_100), 44_100)


@pytest.mark.parametrize(
    ("name", "change", "why"),
    [
        ("take.flac", _overwrite, "libsndfile"),
        ("take.wav", _cut, "shorter"),
        ("take.wav", _lengthen, "grown"),
    ],
    ids=["spoilt", "cut", "longer"],
)
def test_a_recording_that_changes_meanwhile_is_an_error(tmp_path: Path, name: str, change, why: str) -> None:
    path = tmp_path / name
    soundfile.write(path, _noise(15.0, 44_100), 44_100)
    with decode_in_passing(path) as passing:
        change(path)
        with pytest.raises(AudioError, match=f"a second time .*{why}") as told:
            list(passing.blocks())
    assert str(path) in str(told.value)


def test_it_is_heard_no_longer_than_its_file_is_open(tmp_path: Path) -> None:
    path = tmp_path / "take.wav"
    soundfile.write(path, _noise(15.0, 44_100), 44_100)
    with decode_in_passing(path) as passing:
        blocks = passing.blocks()
        assert next(blocks).size
    assert next(blocks, None) is None


@pytest.mark.skipif(os.name != "posix", reason="no pipes in the file system")
def test_a_pipe_is_gone_through_as_often(tmp_path: Path) -> None:
    path = tmp_path / "take.wav"
    soundfile.write(path, _noise(3.0, 16_000), 16_000)
    os.mkfifo(tmp_path / "pipe")
    with (
        subprocess.Popen(["sh", "-c", f"cat {path} > {tmp_path / 'pipe'}"]),
        decode_in_passing(tmp_path / "pipe") as passing,
    ):
        for _ in range(2):
            np.testing.assert_array_equal(np.concatenate(list(passing.blocks())), decode(path).clip.samples)


@pytest.mark.parametrize("sizes", [(50_000,), (1, 7, 20_000, 0, 29_992), (100,) * 500])
def test_samples_ahead_are_those_of_one_array(sizes: tuple[int, ...]) -> None:
    whole = _rng().standard_normal(sum(sizes)).astype(np.float32)
    ahead = SamplesAhead(iter(np.split(whole, np.cumsum(sizes)[:-1])))
    for start in range(-1_000, 52_000, 777):
        np.testing.assert_array_equal(
            ahead.between(start, start + 2_048), between(whole, start, start + 2_048)
        )
