"""Recordings as people have them: channels that cancel, tracks, joined files, stray samples, pipes."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest
import soundfile

from swara.data.audio.containers import is_plain
from swara.data.audio.decode import STDIN, decode
from swara.data.audio.worker import Worker
from swara.data.errors import AudioError

RATE_HZ = 48_000
ROOT = Path(__file__).parents[3]


def _tone(duration_s: float = 1.0, hz: float = 220.0, rate_hz: int = RATE_HZ) -> np.ndarray:
    times_s = np.arange(round(duration_s * rate_hz)) / rate_hz
    return (0.4 * np.sin(2 * np.pi * hz * times_s)).astype(np.float32)


def _write(path: Path, sound: np.ndarray, rate_hz: int = RATE_HZ, subtype: str = "FLOAT") -> Path:
    soundfile.write(path, sound, rate_hz, subtype=subtype)
    return path


def _level(sound: np.ndarray) -> float:
    return float(np.std(sound[1_000:-1_000]))


class TestChannels:
    @pytest.mark.parametrize("right", [-1.0, -0.5])
    def test_of_channels_that_cancel_the_loudest_is_taken_and_said(
        self, tmp_path: Path, right: float
    ) -> None:
        frames = np.stack([_tone(), right * _tone()], axis=1)
        decoded = decode(_write(tmp_path / "take.wav", frames))
        assert _level(decoded.clip.samples) == pytest.approx(_level(_tone()), rel=0.01)
        assert decoded.warnings == ("its 2 channels cancel each other, so channel 1 alone was read",)

    def test_so_it_is_when_they_cancel_for_a_while_only(self, tmp_path: Path) -> None:
        right = _tone(4.0)
        right[: right.size // 2] *= -1
        assert "cancel" in decode(_write(tmp_path / "take.wav", np.stack([_tone(4.0), right], 1))).warnings[0]

    @pytest.mark.parametrize("right", [1.0, 0.0, -0.2])
    def test_others_are_averaged(self, tmp_path: Path, right: float) -> None:
        decoded = decode(_write(tmp_path / "take.wav", np.stack([_tone(), right * _tone()], axis=1)))
        assert _level(decoded.clip.samples) == pytest.approx(_level(_tone()) * (1 + right) / 2, rel=0.01)
        assert decoded.warnings == ()

    def test_strangers_do_not_cancel(self, tmp_path: Path) -> None:
        frames = 0.1 * np.random.default_rng(0).standard_normal((3 * RATE_HZ, 6))
        assert decode(_write(tmp_path / "take.wav", frames)).warnings == ()


def _tracks(path: Path, *sounds: np.ndarray, default: int | None = None) -> Path:
    with av.open(str(path), "w", format="matroska") as out:
        streams = [out.add_stream("pcm_s16le", rate=RATE_HZ) for _ in sounds]
        for number, stream in enumerate(streams, 1):
            stream.layout = "mono"
            stream.disposition = av.stream.Disposition(int(number == default))
        for stream, sound in zip(streams, sounds, strict=True):
            frame = av.AudioFrame.from_ndarray((32767 * sound[None]).astype(np.int16), "s16", "mono")
            frame.sample_rate = RATE_HZ
            out.mux(stream.encode(frame))
    return path


class TestTracks:
    @pytest.mark.parametrize(
        ("levels", "default", "wanted", "read"),
        [
            ((1.0, 0.5), None, None, 1),
            ((1.0, 0.5), 2, None, 2),
            ((0.0, 0.5), None, None, 2),
            ((0.5, 0.0, 0.2), 2, None, 1),
            ((1.0, 0.0), None, 2, 2),
            ((0.0, 0.0), None, None, 1),
        ],
    )
    def test_the_one_wanted_else_the_default_else_one_that_sounds(
        self, tmp_path: Path, levels: tuple[float, ...], default: int | None, wanted: int | None, read: int
    ) -> None:
        path = _tracks(tmp_path / "take.mka", *(each * _tone() for each in levels), default=default)
        decoded = decode(path, track=wanted)
        assert decoded.track == read
        assert _level(decoded.clip.samples) == pytest.approx(levels[read - 1] * _level(_tone()), abs=0.002)
        named = f"holds {len(levels)} tracks of sound; number {read} was read"
        assert bool(wanted) or any(named in each for each in decoded.warnings)

    @pytest.mark.parametrize("name", ["take.wav", "take.mka"])
    def test_a_track_that_is_not_there(self, tmp_path: Path, name: str) -> None:
        path = tmp_path / name
        _tracks(path, _tone()) if name.endswith("mka") else _write(path, _tone())
        with pytest.raises(AudioError, match="1 track of sound and no track 2"):
            decode(path, track=2)


class TestJoined:
    @pytest.mark.parametrize("codec", ["libopus", "VORBIS"])
    def test_every_link_of_an_ogg_is_read(self, tmp_path: Path, encode, codec: str) -> None:
        parts = []
        for number, hz in enumerate((220.0, 330.0, 440.0)):
            path = tmp_path / f"{number}.ogg"
            if codec == "VORBIS":
                _write(path, _tone(0.8, hz), subtype=codec)
            else:
                encode(path, _tone(0.8, hz), codec, "ogg")
            parts.append(path.read_bytes())
        (tmp_path / "joined.ogg").write_bytes(b"".join(parts))
        decoded = decode(tmp_path / "joined.ogg")
        assert decoded.warnings == ()
        assert decoded.clip.duration_s == pytest.approx(2.4, abs=0.01)
        last = decoded.clip.samples[-8_000:]
        assert np.abs(np.fft.rfft(last * np.hanning(8_000))).argmax() * 2 == 440

    def test_a_rate_that_changes(self, tmp_path: Path) -> None:
        parts = [
            _write(tmp_path / "part.mp3", _tone(1.0, 330.0, hz), hz, "MPEG_LAYER_III").read_bytes()
            for hz in (48_000, 24_000)
        ]
        (tmp_path / "take.mp3").write_bytes(b"".join(parts))
        clip = decode(tmp_path / "take.mp3").clip
        assert clip.duration_s == pytest.approx(2.0, abs=0.15)
        for half in (clip.samples[4_000:12_000], clip.samples[-12_000:-4_000]):
            assert np.abs(np.fft.rfft(half * np.hanning(8_000))).argmax() * 2 == 330

    @pytest.mark.parametrize("name", ["take.wav", "take.flac", "take.mp3"])
    def test_an_id3_tag_in_front(self, tmp_path: Path, name: str) -> None:
        path = tmp_path / name
        _write(path, _tone(), subtype="MPEG_LAYER_III" if name.endswith("mp3") else "PCM_16")
        path.write_bytes(b"ID3\x04\0\0\0\0\x02\0" + bytes(256) + path.read_bytes())
        decoded = decode(path)
        assert decoded.clip.duration_s == pytest.approx(1.0, abs=0.03)
        assert decoded.warnings == ()

    def test_a_sound_that_begins_late_in_its_video(self, tmp_path: Path) -> None:
        path = tmp_path / "take.mkv"
        with av.open(str(path), "w", format="matroska") as out:
            picture, sound = out.add_stream("mpeg4", rate=10), out.add_stream("pcm_s16le", rate=RATE_HZ)
            picture.width = picture.height = 32
            picture.pix_fmt = "yuv420p"
            sound.layout = "mono"
            for number in range(30):
                frame = av.VideoFrame(32, 32, "yuv420p")
                frame.pts = number
                out.mux(picture.encode(frame))
            heard = av.AudioFrame.from_ndarray((32767 * _tone(1.5)[None]).astype(np.int16), "s16", "mono")
            heard.sample_rate, heard.pts = RATE_HZ, 2 * RATE_HZ
            out.mux([*picture.encode(None), *sound.encode(heard)])
        decoded = decode(path)
        assert decoded.clip.duration_s == pytest.approx(3.5, abs=0.05)
        assert not decoded.clip.samples[:31_000].any()
        assert "begins 2.00 s into the video" in decoded.warnings[0]


class TestLevel:
    def test_a_very_quiet_take_is_raised_and_measured(self, tmp_path: Path) -> None:
        decoded = decode(_write(tmp_path / "take.flac", 0.00025 * _tone(), subtype="PCM_24"))
        assert decoded.level.is_quiet
        assert decoded.level.peak_db == pytest.approx(-80.0, abs=0.2)
        assert 20 * np.log10(_level(decoded.clip.samples)) == pytest.approx(-30.0, abs=0.5)

    def test_a_bump_does_not_hide_that_it_is_quiet(self, tmp_path: Path) -> None:
        sound = 0.001 * _tone(3.0)
        sound[1_000:1_400] = 0.5 * np.hanning(400) * np.sin(np.arange(400) / 5)
        decoded = decode(_write(tmp_path / "take.wav", sound))
        assert decoded.level.is_quiet
        assert np.abs(decoded.clip.samples).max() <= 1.05

    def test_a_float_file_on_another_scale_is_brought_down(self, tmp_path: Path) -> None:
        decoded = decode(_write(tmp_path / "take.wav", 32_768 * _tone()))
        assert np.abs(decoded.clip.samples).max() == pytest.approx(1.0, abs=0.05)
        assert decoded.level.peak_db == pytest.approx(82.3, abs=0.1)

    def test_samples_beyond_any_scale_are_refused(self, tmp_path: Path) -> None:
        with pytest.raises(AudioError, match="its samples are no sound"):
            decode(_write(tmp_path / "take.wav", 1e20 * _tone()))

    @pytest.mark.parametrize(
        ("value", "level"), [(3e38, 1.0), (-3e38, 0.25), (2.0, 0.25), (1e4, 1.0), (0.9, 0.1)]
    )
    def test_a_flipped_bit_moves_nothing(self, tmp_path: Path, value: float, level: float) -> None:
        sound = level * _tone(2.0)
        whole = decode(_write(tmp_path / "whole.wav", sound)).clip.samples
        sound[50_001] = value
        decoded = decode(_write(tmp_path / "take.wav", sound))
        assert np.abs(decoded.clip.samples - whole).max() < 0.002
        assert decoded.warnings == ("1 sample that no sound can have, at 1.042 s, left out",)

    def test_neither_a_click_of_a_consonant_nor_a_clipped_take_is_mended(self, tmp_path: Path) -> None:
        rng = np.random.default_rng(0)
        sound = 0.05 * _tone(2.0)
        sound[50_000:50_240] += 0.9 * np.exp(-np.arange(240) / 40) * rng.standard_normal(240)
        assert decode(_write(tmp_path / "click.wav", sound)).warnings == ()
        assert decode(_write(tmp_path / "hot.wav", np.clip(6 * _tone(), -1.2, 1.2))).warnings == ()


@pytest.mark.skipif(os.name != "posix", reason="no pipes in the file system")
class TestPipes:
    _CODE = (
        "import sys; from pathlib import Path; from swara.data.audio.decode import decode\n"
        "got = decode(Path(sys.argv[1])); print(got.clip.samples.size, got.sha256)\n"
    )

    @pytest.mark.parametrize("name", ["take.wav", "take.ogg", "take.flac"])
    @pytest.mark.parametrize("place", ["-", "/dev/stdin"])
    def test_stdin_is_read_like_a_file_and_leaves_nothing(
        self, tmp_path: Path, name: str, place: str
    ) -> None:
        from swara.data.storage.disk import sha256_of

        path = _write(tmp_path / name, _tone(), subtype="VORBIS" if name.endswith("ogg") else "PCM_16")
        (tmp_path / "tmp").mkdir()
        done = subprocess.run(
            f"cat {path} | {sys.executable} -c '{self._CODE}' {place}",
            shell=True, cwd=ROOT, capture_output=True, text=True, check=True,
            env={**os.environ, "TMPDIR": str(tmp_path / "tmp")},
        )  # fmt: skip
        samples, sha256 = done.stdout.split()
        assert int(samples) == pytest.approx(16_000, abs=50)
        assert sha256 == sha256_of(path)
        assert list((tmp_path / "tmp").iterdir()) == []

    def test_a_named_pipe_with_a_writer(self, tmp_path: Path) -> None:
        path = _write(tmp_path / "take.wav", _tone())
        os.mkfifo(tmp_path / "pipe")
        with subprocess.Popen(["sh", "-c", f"cat {path} > {tmp_path / 'pipe'}"]):
            assert decode(tmp_path / "pipe").clip.samples.size == 16_000

    def test_nothing_and_no_end(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("swara.data.audio.piped.MOST_BYTES", 1 << 20)
        for source, why in (("/dev/null", "is empty"), ("/dev/zero", "GiB came through")):
            with Path(source).open("rb") as pipe:
                monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=pipe, closed=False, isatty=bool))
                with pytest.raises(AudioError, match=why) as caught:
                    decode(STDIN)
            assert caught.value.where == "stdin"


class TestBounds:
    @pytest.mark.parametrize(
        ("at", "value", "plain"),
        [
            (20, struct.pack("<H", 1), True),
            (20, struct.pack("<H", 2), False),  # ADPCM
            (22, struct.pack("<H", 65_535), False),
            (22, struct.pack("<H", 0), False),
            (32, struct.pack("<H", 7), False),
            (34, struct.pack("<H", 12), False),
            (8, b"WAVX", False),
        ],
    )
    def test_only_a_plain_wav_is_decoded_here(
        self, tmp_path: Path, at: int, value: bytes, plain: bool
    ) -> None:
        path = _write(tmp_path / "take.wav", _tone(), subtype="PCM_16")
        data = bytearray(path.read_bytes())
        data[at : at + len(value)] = value
        path.write_bytes(data)
        with path.open("rb") as file:
            assert is_plain(file, 0) is plain

    def test_a_cover_is_never_decoded(self, tmp_path: Path, encode) -> None:
        """A picture of 97 kB that FFmpeg, left to itself, decodes into 100 MB when it opens the file."""
        png = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", struct.pack(">IIBBBBB", 5_000, 5_000, 8, 6, 0, 0, 0))
        png += _chunk(b"IDAT", zlib.compress(bytes(5_000 * 20_001))) + _chunk(b"IEND", b"")
        picture = b"\0image/png\0\x03\0" + png
        frame = b"APIC" + len(picture).to_bytes(4, "big") + b"\0\0" + picture
        size = bytes(len(frame) >> shift & 0x7F for shift in (21, 14, 7, 0))
        path = encode(tmp_path / "take.mp3", _tone(), "libmp3lame", "mp3")
        path.write_bytes(b"ID3\x03\0\0" + size + frame + path.read_bytes())
        Worker.stop_idle()
        decoded = decode(path)
        assert decoded.clip.duration_s == pytest.approx(1.0, abs=0.05)
        assert decoded.warnings == ()
        assert Worker._idle is not None
        status = Path(f"/proc/{Worker._idle._process.pid}/status")
        if status.exists():
            assert int(status.read_text("ascii").partition("VmHWM:")[2].split()[0]) < 100_000


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
