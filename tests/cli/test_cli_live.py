"""``swara live`` through pipes, and with a microphone that is none."""

from __future__ import annotations

import os
import signal
import struct
import subprocess
import sys
import types
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from rich.console import Console

from benchmarks.live.agreement import DEMO
from swara.data.audio.microphone import Microphone, microphones
from swara.data.audio.pcm_stream import open_pcm
from swara.data.errors import AudioError
from swara.service.live import Event, InputLevel, LiveSession, parse_settings
from swara.service.report.terminal.live_lane import LiveLane


def _live(sound: bytes, *words: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "swara.cli", "live", *words]
    return subprocess.run(command, input=sound, capture_output=True, check=False, timeout=120)


@pytest.fixture(scope="module")
def pcm() -> bytes:
    samples, _ = soundfile.read(DEMO, dtype="int16")
    return samples.tobytes()


def _streamed_wav(pcm: bytes) -> bytes:
    """As arecord and ffmpeg write it into a pipe: nobody knows the length."""
    form = b"".join(
        n.to_bytes(w, "little") for n, w in ((1, 2), (1, 2), (16_000, 4), (32_000, 4), (2, 2), (16, 2))
    )
    return b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0" + form + b"LIST\4\0\0\0INFOdata\xff\xff\xff\xff" + pcm


def test_a_pipe_of_wav_is_judged_note_by_note_and_summed_up(pcm: bytes, tmp_path: Path) -> None:
    kept = tmp_path / "take.wav"
    done = _live(
        _streamed_wav(pcm),
        "-",
        "--tonic",
        "C#3",
        "--raga",
        "bhupali",
        "--wav",
        str(kept),
        "--sing",
        "सा R G P D P G",
    )
    assert done.returncode == 0, done.stderr
    printed = done.stdout.decode()
    lines = [line for line in printed.splitlines()[:7] if " s  " in line]
    assert [line.split()[2] for line in lines] == ["Sa", "Re", "Ga", "Pa", "Dha", "Pa", "Ga"]
    assert [line.split()[-1] for line in lines].count("perfect") == 5
    assert "5 of 7 in tune; Ga, 33 cents low; Pa, 30 cents high.\n" in printed
    assert done.stderr.decode().startswith("swara: sing S R G P D P G; it is judged each time")
    assert "work first on Pa" in printed.replace("\n", " ")
    samples, rate_hz = soundfile.read(kept, dtype="float32")
    np.testing.assert_array_equal(samples, np.frombuffer(pcm, np.int16).astype(np.float32) / 32768)
    assert rate_hz == 16_000


@pytest.mark.parametrize(
    ("sound", "words", "said"),
    [
        (b"", ("-",), "nothing came"),
        (b"abcdefgh", ("-",), "--rate"),
        (b"RIFF\0\0\0\0WAVEfmt ", ("-",), "ends before"),
        (b"", (), "microphone"),
        (b"", ("-", "--sing", "S g"), '--sing, column 3: "g" is not in Bhupali.'),
        (b"", ("take.wav",), "swara analyze"),
    ],
)
def test_what_cannot_be_heard_is_said_in_one_line(sound: bytes, words: tuple[str, ...], said: str) -> None:
    done = _live(sound, *words)
    assert done.returncode in (1, 2)
    assert said in " ".join(done.stderr.decode().split())
    assert "Traceback" not in done.stderr.decode()


def test_raw_pcm_with_sa_unknown_says_how_to_give_it(pcm: bytes) -> None:
    done = _live(pcm, "-", "--rate", "16000", "--seconds", "2")
    assert done.returncode == 0
    assert b"--tonic C#3" in done.stderr
    assert b"Take" in done.stdout


def test_ctrl_c_ends_it_with_the_report_and_leaves_the_terminal_as_it_was(pcm: bytes, tmp_path: Path) -> None:
    """Raw PCM at 48 kHz on two channels, on a terminal; the pipe is still open then."""
    fcntl, termios = pytest.importorskip("fcntl"), pytest.importorskip("termios")  # not on Windows
    sound = np.repeat(np.frombuffer(pcm, np.int16)[:40_000], 6).tobytes()
    kept, words = tmp_path / "take.wav", ("-", "--rate", "48000", "--channels", "2", "--tonic", "C#3")
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    shown = bytearray()

    def follow(until: bytes) -> None:
        with suppress(OSError):  # EIO: the last who wrote there has gone
            while until not in shown and (more := os.read(ours, 65536)):
                shown.extend(more)

    command = [sys.executable, "-m", "swara.cli", "live", *words, "--wav", str(kept)]
    around = os.environ | {"TERM": "xterm-256color"}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=theirs, stderr=theirs, env=around) as run:
        os.close(theirs)
        for at in range(0, len(sound), 7680):
            run.stdin.write(sound[at : at + 7680])
            run.stdin.flush()
        follow(b"Ga -3")
        run.send_signal(signal.SIGINT)
        follow(b"no such words")
    os.close(ours)
    text = shown.decode()
    moving, report = text.rsplit("\x1b[?25h", 1)  # the cursor was hidden, and is there again
    assert run.returncode == 0
    assert "\x1b[?25l" in moving
    assert "low" in moving
    assert "Traceback" not in text
    assert [name in report for name in ("Sa", "Re", "Ga", "Pa,")] == [True, True, True, False]
    assert soundfile.info(kept).samplerate == 16_000


@pytest.fixture(scope="module")
def events(pcm: bytes) -> list[Event]:
    session = LiveSession(parse_settings({"tonic": "C#3"}), 16_000)
    sung = session.push(np.frombuffer(pcm, np.int16)[:26_000].astype(np.float32) / 32768)
    return [session.ready(), *sung]


@pytest.mark.parametrize("width", [30, 40, 60, 66, 67, 200])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_the_line_fits_the_terminal_and_says_what_is_wrong_first(
    events: list[Event], width: int, encoding: str, tmp_path: Path
) -> None:
    with (tmp_path / "terminal").open("w", encoding=encoding) as file:
        lane = LiveLane(Console(file=file, width=width, force_terminal=True))
        lane.show(events)
        line = lane.line()
        lane.show([InputLevel(-0.1, -3.0, "clipping", 0)])
        wrong = lane.line()
        lane.close()
    assert max(line.cell_len, wrong.cell_len) <= width
    assert "Ga -3" in line.plain
    assert ("D" in line.plain[26:]) is (width >= 40)
    assert ("dB" in line.plain) is (width >= 67)
    assert "clip" in wrong.plain or width < 40


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
def test_every_kind_of_wav_is_read_as_it_comes(tmp_path: Path, subtype: str) -> None:
    path, truth = (
        tmp_path / "a.wav",
        np.random.default_rng(1).uniform(-0.9, 0.9, (1000, 3)).astype(np.float32),
    )
    soundfile.write(path, truth, 44_100, subtype=subtype)
    with path.open("rb") as file:
        stream = open_pcm(file, None)
        found = np.concatenate(list(stream.blocks()))
    assert (stream.rate_hz, stream.channels) == (44_100, 3)
    np.testing.assert_allclose(found, truth, atol=0.01 if subtype == "PCM_U8" else 1e-4)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def install(names: list[str], sound: list[bytes], refused: bool = False) -> None:
        class Refused(Exception):
            pass

        class Device:
            def __init__(self, **given: Any) -> None:
                if refused:
                    raise Refused

            def start(self, generator: Any) -> None:
                for piece in sound:
                    generator.send(piece)

            def close(self) -> None:
                pass

        devices = types.SimpleNamespace(get_captures=lambda: [{"name": n, "id": n} for n in names])
        module = types.SimpleNamespace(
            MiniaudioError=Refused,
            CaptureDevice=Device,
            Devices=lambda: devices,
            SampleFormat=types.SimpleNamespace(FLOAT32=5),
        )
        monkeypatch.setitem(sys.modules, "miniaudio", module)
        monkeypatch.setattr("swara.data.audio.microphone._SILENT_S", 0.05)

    return install


def test_the_microphone_gives_what_was_recorded_until_it_is_unplugged(fake: Callable[..., None]) -> None:
    fake(["Built-in", "USB Audio"], [np.full(480, 0.5, np.float32).tobytes()] * 3)
    microphone = Microphone("usb")
    assert microphone.name == "USB Audio"
    heard = []
    with pytest.raises(AudioError, match="sends nothing"):
        heard.extend(microphone.blocks())
    assert np.concatenate(heard).shape == (1440, 1)


def test_no_microphone_another_name_and_no_permission_are_told_apart(fake: Callable[..., None]) -> None:
    fake(["Discard all samples (playback)"], [])
    assert microphones() == ()
    with pytest.raises(AudioError, match="no microphone was found"):
        Microphone()
    fake(["Built-in"], [], refused=True)
    with pytest.raises(AudioError, match=r'called "usb".*Built-in'):
        Microphone("usb")
    with pytest.raises(AudioError, match="cannot be opened"):
        Microphone()
