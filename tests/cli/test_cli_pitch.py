"""The pitch alone on the command line: rows, a picture, and one line about whatever is wrong."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from swara.classifier.pitch.head import HeadTracker
from swara.classifier.pitch.network import PitchNetwork, shipped_network
from swara.data.audio.decode import load_clip
from swara.data.installation import repair_advice

ROOT = Path(__file__).parents[2]
TAKE = ROOT / "data" / "demo" / "take.flac"
SAMPLES = 77_600
RATE_HZ = 16_000

# In a process of its own: a head that needs no time, so that a recording may be long.
WITH_STUB = """
import sys
sys.path.insert(0, sys.argv[1])
import numpy as np
import swara.service.export.pitch_file
from swara import cli
from swara.classifier.pitch.decode import PITCH_BINS
from swara.classifier.pitch.head import HeadTracker, PitchFrames
salience = np.random.default_rng(0).dirichlet(np.ones(PITCH_BINS), 1000).astype(np.float32)
class Stub(HeadTracker):
    def hear(self, sound):
        frames = 1 + sound.sample_count // 160
        assert sum(block.size for block in sound.blocks()) == sound.sample_count
        for at in range(0, frames, 1000):
            n = min(1000, frames - at)
            yield PitchFrames(salience[:n], np.full(n, 200.0), *np.full((2, n), 0.9, np.float32))
swara.service.export.pitch_file.HeadTracker = Stub
sys.argv = ["swara", *sys.argv[2:]]
try:
    cli.main()
finally:
    print("peak", *[line for line in open("/proc/self/status") if line.startswith("VmHWM:")])
"""


@pytest.fixture
def pitch(swara) -> Callable[..., Any]:
    """Run ``swara pitch`` in this process."""
    return lambda *words: swara("pitch", *words)


class TestRows:
    def test_a_row_every_10_ms_as_crepe_writes_them(self, pitch, tmp_path: Path) -> None:
        file = tmp_path / "track.csv"
        file.write_text("old " * 10_000, "utf-8")
        code, out, err = pitch(TAKE, "-o", file)
        assert (code, err, list(tmp_path.iterdir())) == (0, "", [file])
        assert re.fullmatch(rf"{re.escape(str(file))}: 486 frames, 4\.85 s, sung \d+% of the time\n", out)
        header, first, *_ = file.read_text("utf-8").splitlines()
        assert header == "time,frequency,confidence,voiced"
        assert re.fullmatch(r"0\.000,\d+\.\d{3},0\.\d{6},0", first)
        times_s, hz, confidence, voiced = np.loadtxt(file, delimiter=",", skiprows=1).T
        np.testing.assert_allclose(times_s, 0.01 * np.arange(1 + SAMPLES // 160), atol=1e-6)
        assert np.all((hz >= 65) & (hz <= 1100))
        assert np.all((confidence >= 0) & (confidence <= 1))
        assert np.median(hz[30:60]) == pytest.approx(138.59, rel=0.005)  # its first note is Sa
        track = HeadTracker().track(load_clip(TAKE))
        np.testing.assert_array_equal(voiced, track.voiced)
        assert 0 < voiced.sum() < voiced.size

    @pytest.mark.parametrize("words", [(), ("-o", "-"), ("--output", "-")], ids=" ".join)
    def test_to_stdout_go_the_rows_and_nothing_else(self, pitch, tmp_path: Path, words) -> None:
        file = tmp_path / "track.csv"
        pitch(TAKE, "-o", file)
        assert tuple(pitch(TAKE, *words)) == (0, file.read_text("utf-8"), "")

    def test_rows_do_not_change_at_a_border_of_blocks(self, pitch, tmp_path: Path) -> None:
        samples, rate_hz = soundfile.read(TAKE, dtype="float32")
        long = tmp_path / "long.flac"
        soundfile.write(long, np.tile(samples, 3), rate_hz)
        rows = pitch(long).out.splitlines()[1:]
        assert len(rows) == 1 + 3 * samples.size // (rate_hz // 100)
        assert [row.partition(",")[0] for row in rows] == [f"{0.01 * k:.3f}" for k in range(len(rows))]

    def test_silence_is_said(self, pitch, tmp_path: Path) -> None:
        take = tmp_path / "take.wav"
        soundfile.write(take, np.zeros(2 * RATE_HZ, np.float32), RATE_HZ)
        done = pitch(take, "-o", tmp_path / "t.csv", "--plot", tmp_path / "t.png")
        said = f"{tmp_path / 't.csv'}: 201 frames, 2.00 s, no singing was found\n"
        assert tuple(done) == (0, f"{said}Written: {tmp_path / 't.png'}\n", "")

    def test_a_damaged_recording_is_tracked_and_the_reader_is_told(self, pitch, half_an_mp3: Path) -> None:
        code, out, err = pitch(half_an_mp3)
        assert code == 0
        assert out.startswith("time,frequency,confidence,voiced\n0.000,")
        assert re.fullmatch(rf"(swara: {re.escape(str(half_an_mp3))}: [^\n]+\.\n)+", err)
        assert "could be decoded" in err


class TestPicture:
    def test_it_opens_and_is_not_blank(self, pitch, tmp_path: Path) -> None:
        from matplotlib.image import imread

        picture = tmp_path / "picture"  # PNG whatever the name
        code, out, err = pitch(TAKE, "--plot", picture)
        assert (code, err) == (0, "")
        assert out.count("\n") == 487
        pixels = imread(picture, format="png")
        assert min(pixels.shape[:2]) >= 400
        assert len(np.unique(pixels[..., :3].reshape(-1, 3), axis=0)) > 50

    def test_a_hostile_name_is_drawn_as_it_stands(self, pitch, tmp_path: Path) -> None:
        take = tmp_path / "$\\frac{1}$ रियाज़.flac"
        take.write_bytes(TAKE.read_bytes())
        assert pitch(take, "-o", tmp_path / "t.csv", "--plot", tmp_path / "t.png").err == ""


def test_a_damaged_head_is_one_line(pitch, assert_one_line, tmp_path: Path, monkeypatch) -> None:
    bad = tmp_path / "pitch.tflite"
    bad.write_bytes(b"TFL3" * 1000)
    monkeypatch.setattr(PitchNetwork.__init__, "__defaults__", (bad,))
    shipped_network.cache_clear()
    try:
        wanted = (re.escape(str(bad)), "the pitch head cannot be read", re.escape(repair_advice()))
        assert_one_line(pitch(TAKE), *wanted)
    finally:
        shipped_network.cache_clear()


@pytest.mark.parametrize(
    ("fault", "code", "said"),
    [
        (RuntimeError("burst"), 1, "swara: a fault in swara itself: RuntimeError: burst. Set SWARA_DEBUG=1"),
        (KeyboardInterrupt(), 130, ""),
    ],
    ids=["fault", "interrupt"],
)
def test_half_a_track_is_no_file(pitch, tmp_path: Path, monkeypatch, fault, code: int, said: str) -> None:
    class Breaks(HeadTracker):
        def hear(self, sound):
            yield next(HeadTracker().hear(sound))
            raise fault

    monkeypatch.setattr("swara.service.export.pitch_file.HeadTracker", Breaks)
    old = tmp_path / "track.csv"
    old.write_text("old", "utf-8")
    done = pitch(TAKE, "-o", old, "--plot", tmp_path / "plot.png")
    assert (done.code, done.out) == (code, "")
    assert done.err.strip().startswith(said)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"track.csv": b"old"}


def test_a_reader_who_leaves_early_is_no_fault() -> None:
    command, pipe = [sys.executable, str(ROOT / "cli.py"), "pitch", str(TAKE)], subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe) as process:
        assert process.stdout.readline().strip() == b"time,frequency,confidence,voiced"
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode in (0, 1)


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak memory from /proc")
def test_three_hours_take_little_memory(sparse_wav, tmp_path: Path) -> None:
    rows, picture = tmp_path / "track.csv", tmp_path / "plot.png"
    take = sparse_wav(tmp_path / "take.wav", 3 * 3600, RATE_HZ)
    words = map(str, ("pitch", take, "--max-minutes", 0, "-o", rows, "--plot", picture))
    command = [sys.executable, "-c", WITH_STUB, str(ROOT), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    with rows.open(encoding="utf-8") as file:
        assert sum(1 for _ in file) == 1 + 1 + 3 * 3600 * 100
    assert picture.stat().st_size > 10_000
    *_, peak_kib, unit = done.stdout.split()
    assert unit == "kB"
    assert int(peak_kib) * 1024 < 300e6
