"""Any recording becomes a clip, or one error that says what is wrong, where, and how to mend it."""

from __future__ import annotations

import io
import os
import re
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
import soxr

from swara.data.audio.av_reader import without_padding
from swara.data.audio.containers import first_byte, missing_ratio, mp3_tells_length, ogg_links
from swara.data.audio.decode import decode, load_clip
from swara.data.audio.worker import Worker
from swara.data.errors import AudioError, AudioTooLong, MissingPackage

ROOT = Path(__file__).parents[3]
_ID3 = b"ID3\x04\0\0\0\0\x01\0" + bytes(128)


def _tone(duration_s: float, rate_hz: int = 16_000) -> np.ndarray:
    times_s = np.arange(round(duration_s * rate_hz)) / rate_hz
    return (0.5 * np.sin(2 * np.pi * 330 * times_s)).astype(np.float32)


def _noisy(duration_s: float, rate_hz: int = 48_000) -> np.ndarray:
    """Sound that no coder can shrink to nothing, so that bytes and seconds go together."""
    noise = np.random.default_rng(7).standard_normal(round(duration_s * rate_hz))
    return (0.5 * _tone(duration_s, rate_hz) + 0.1 * noise).astype(np.float32)


def _wav(path: Path, samples: np.ndarray, rate_hz: int = 16_000, **kwargs: str) -> Path:
    soundfile.write(path, samples, rate_hz, **kwargs)
    return path


def _flac_says(path: Path, samples: int) -> Path:
    """Write another length into the header of a FLAC: the last 36 bits of its STREAMINFO."""
    data = bytearray(path.read_bytes())
    fields = int.from_bytes(data[18:26], "big") >> 36 << 36 | samples
    data[18:26] = fields.to_bytes(8, "big")
    path.write_bytes(data)
    return path


def _wav_says(path: Path, size: int) -> int:
    """Write another size into the data chunk of a WAV, and return where its samples begin."""
    data = bytearray(path.read_bytes())
    at = data.find(b"data") + 4
    data[at : at + 4] = struct.pack("<I", size)
    path.write_bytes(data)
    return at + 4


def _cut(path: Path, share: float = 0.6) -> Path:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


def _spoil(path: Path, length: int = 600) -> Path:
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + length] = np.random.default_rng(1).bytes(length)
    path.write_bytes(data)
    return path


class TestFormats:
    @pytest.mark.parametrize("rate_hz", [8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 192_000])
    def test_any_rate_equals_the_one_shot_resampler(self, tmp_path: Path, rate_hz: int) -> None:
        samples = 0.1 * np.random.default_rng(0).standard_normal(rate_hz * 3 + 17).astype(np.float32)
        path = _wav(tmp_path / "take.wav", samples, rate_hz, subtype="FLOAT")

        clip = load_clip(path)

        expected = soxr.resample(samples, rate_hz, 16_000, quality="HQ")
        assert clip.samples.shape == expected.shape
        np.testing.assert_allclose(clip.samples, expected, atol=1e-6)

    def test_the_rate_can_be_chosen(self, tmp_path: Path) -> None:
        clip = load_clip(_wav(tmp_path / "take.wav", _tone(1.0)), rate_hz=22_050)
        assert (clip.rate_hz, clip.samples.size) == (22_050, 22_050)

    @pytest.mark.parametrize("channels", [1, 2, 6, 8])
    def test_channels_are_averaged(self, tmp_path: Path, channels: int) -> None:
        frames = np.random.default_rng(3).uniform(-1, 1, (8_000, channels)).astype(np.float32)
        clip = load_clip(_wav(tmp_path / "take.wav", frames, subtype="FLOAT"))
        np.testing.assert_allclose(clip.samples, frames.mean(axis=1), atol=1e-6)

    @pytest.mark.parametrize(
        ("subtype", "step"),
        [("PCM_U8", 1 / 128), ("PCM_16", 2**-15), ("PCM_24", 2**-23), ("PCM_32", 1e-7), ("DOUBLE", 1e-7)],
    )
    def test_any_sample_width_keeps_its_scale(self, tmp_path: Path, subtype: str, step: float) -> None:
        samples = _tone(1.0)
        clip = load_clip(_wav(tmp_path / "take.wav", samples, subtype=subtype))
        np.testing.assert_allclose(clip.samples, samples, atol=step)

    @pytest.mark.parametrize(
        ("codec", "container", "suffix"),
        [
            ("libmp3lame", "mp3", "mp3"),
            ("aac", "ipod", "m4a"),
            ("aac", "mp4", "mp4"),
            ("aac", "adts", "aac"),
            ("alac", "ipod", "m4a"),
            ("libopus", "webm", "webm"),
            ("libopus", "ogg", "opus"),
            ("pcm_s16be", "aiff", "aiff"),
            ("pcm_u8", "matroska", "mka"),
            ("pcm_s32le", "matroska", "mka"),
        ],
    )
    def test_every_format_keeps_length_and_level(
        self, tmp_path: Path, encode, codec: str, container: str, suffix: str
    ) -> None:
        path = encode(tmp_path / f"take.{suffix}", _tone(2.0, 48_000), codec, container)

        decoded = decode(path)

        assert decoded.warnings == ()
        assert decoded.clip.duration_s == pytest.approx(2.0, abs=0.05)
        level = np.std(decoded.clip.samples[4_000:28_000])
        assert level == pytest.approx(0.5 / np.sqrt(2), rel=0.06)  # LAME takes 5%

    def test_the_padding_of_m4a_is_dropped(self, tmp_path: Path, encode) -> None:
        path = encode(tmp_path / "take.m4a", _tone(2.0, 48_000), "aac", "ipod")
        assert load_clip(path).samples.size == 32_000

    @pytest.mark.parametrize(("source", "named"), [("wav", "m4a"), ("flac", "raw"), ("wav", "")])
    def test_the_content_counts_and_not_the_name(self, tmp_path: Path, source: str, named: str) -> None:
        _wav(tmp_path / f"take.{source}", _tone(1.0))
        path = (tmp_path / f"take.{source}").rename(tmp_path / f"other.{named}")
        assert load_clip(path).duration_s == pytest.approx(1.0)

    def test_a_name_like_an_address_is_a_file(
        self, tmp_path: Path, encode, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        path = encode(tmp_path / "plain.m4a", _tone(1.0, 48_000), "aac", "ipod").rename("http:take.m4a")
        assert load_clip(Path(path)).duration_s == pytest.approx(1.0)

    @pytest.mark.skipif(sys.platform != "linux", reason="names are bytes on Linux alone")
    @pytest.mark.parametrize("suffix", [".wav", ".flac", ".m4a"])
    def test_a_name_that_is_no_text_is_a_file(self, tmp_path: Path, encode, suffix: str) -> None:
        plain = tmp_path / f"take{suffix}"
        if suffix == ".m4a":
            encode(plain, _tone(1.0, 48_000), "aac", "ipod")
        else:
            _wav(plain, _tone(1.0))
        odd = plain.rename(tmp_path / f"t\udcff\udce9{suffix}")
        assert load_clip(odd).duration_s == pytest.approx(1.0, abs=0.03)

    def test_an_odd_chunk_after_the_sound_is_no_sound(self, tmp_path: Path) -> None:
        path = _wav(tmp_path / "take.wav", _tone(1.0))
        with path.open("ab") as file:
            file.write(b"LIST" + struct.pack("<I", 5) + b"hello\0")
        decoded = decode(path)
        assert decoded.clip.samples.size == 16_000
        assert decoded.warnings == ()

    @pytest.mark.parametrize("suffix", ["wav 0", "wav 4294967295", "flac 0"])
    def test_a_length_that_was_never_filled_in_is_read_whole(self, tmp_path: Path, suffix: str) -> None:
        name, size = suffix.split()
        path = _wav(tmp_path / f"take.{name}", _tone(2.0))
        (_wav_says if name == "wav" else _flac_says)(path, int(size))

        decoded = decode(path)

        assert decoded.clip.samples.size == 32_000
        assert decoded.warnings == ()


class TestDamage:
    @pytest.mark.parametrize(
        ("suffix", "coded"),
        [
            *((suffix, ()) for suffix in ("wav", "aiff", "flac", "ogg", "mp3")),
            *(("", coded) for coded in (("libopus", "webm"), ("libopus", "ogg"), ("aac", "ipod"))),
        ],
    )
    def test_a_file_that_breaks_off_gives_what_is_there_and_says_so(
        self, tmp_path: Path, encode, suffix: str, coded: tuple[str, ...]
    ) -> None:
        path, sound = tmp_path / f"take.{suffix}", _noisy(5.0)
        options = {"movflags": "faststart"} if "ipod" in coded else {}  # its index at its start
        decoded = decode(_cut(encode(path, sound, *coded, **options) if coded else _wav(path, sound, 48_000)))
        assert 1.5 < decoded.clip.duration_s < 4.5
        assert decoded.warnings
        assert coded or re.search("promises|breaks off", decoded.warnings[0])

    @pytest.mark.parametrize("suffix", ["flac", "mp3"])
    def test_a_spoilt_middle_is_reported(self, tmp_path: Path, suffix: str) -> None:
        decoded = decode(_spoil(_wav(tmp_path / f"take.{suffix}", _noisy(5.0), 48_000), 3_000))
        assert decoded.clip.duration_s == pytest.approx(5.0, abs=0.5)
        assert decoded.warnings

    def test_a_spoilt_packet_keeps_what_follows_in_its_place(self, tmp_path: Path, encode) -> None:
        times_s = np.arange(4 * 48_000) / 48_000
        sound = (0.5 * np.sin(2 * np.pi * (200 * times_s + 400 * times_s**2))).astype(np.float32)
        whole = load_clip(encode(tmp_path / "whole.m4a", sound, "aac", "ipod"))
        spoilt = decode(_spoil(encode(tmp_path / "spoilt.m4a", sound, "aac", "ipod")))

        assert any("damaged" in warning for warning in spoilt.warnings)
        assert spoilt.clip.samples.size == whole.samples.size
        # A rising tone agrees with itself at no other lag; a lost packet would move it by 341 samples.
        assert np.corrcoef(spoilt.clip.samples[44_000:], whole.samples[44_000:])[0, 1] > 0.99

    def test_nothing_decodable_is_refused(self, tmp_path: Path, encode) -> None:
        path = encode(tmp_path / "take.m4a", _tone(2.0, 48_000), "aac", "ipod")
        with pytest.raises(AudioError):
            decode(_cut(path))  # the index of an M4A stands at its end

    def test_a_second_stream_is_not_dropped_in_silence(self, tmp_path: Path) -> None:
        path = tmp_path / "take.mka"
        with av.open(str(path), "w", format="matroska") as out:
            streams = [out.add_stream("pcm_s16le", rate=16_000) for _ in range(2)]
            for stream in streams:
                stream.layout = "mono"
            for stream in streams:
                frame = av.AudioFrame.from_ndarray(np.ones((1, 16_000), np.int16), "s16", "mono")
                frame.sample_rate = 16_000
                out.mux(stream.encode(frame))
        assert "2 tracks of sound; number 1 was read" in decode(path).warnings[-1]


def _samples(count: int) -> Callable[[Path], object]:
    return lambda path: _wav(path.with_suffix(".wav"), _tone(count / 16_000)).rename(path)


REFUSED: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda path: None, "no such file"),
    "folder": (Path.mkdir, "folder"),
    "empty": (Path.touch, "0 bytes"),
    "header": (_samples(0), "no samples"),
    "short": (_samples(2_400), "lasts 0.15 s; at least 0.2 s"),
    "text": (lambda path: path.write_text("sa re ga pa dha\n" * 100, encoding="utf-8"), "not a recording"),
    "zeros": (lambda path: path.write_bytes(bytes(5_000)), "not a recording"),
    "riff": (lambda path: path.write_bytes(b"RIFF" + bytes(60)), "not a recording"),
    "png": (lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(999)), "recording"),
}


@pytest.mark.parametrize(("make", "match"), REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("suffix", ["wav", "mp3"])
def test_refusals_name_the_file_and_the_remedy(
    tmp_path: Path, make: Callable[[Path], object], match: str, suffix: str
) -> None:
    path = tmp_path / f"take.{suffix}"
    make(path)
    with pytest.raises(AudioError, match=match) as caught:
        decode(path)
    assert caught.value.where == str(path)
    assert caught.value.fix
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "script"),
    [
        ("take.mp3", "ffconcat version 1.0\nfile other.aac\n"),
        ("take.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\nother.aac\n#EXT-X-ENDLIST\n"),
    ],
    ids=["concat", "hls"],
)
def test_a_script_cannot_make_ffmpeg_open_another_file(
    tmp_path: Path, encode, name: str, script: str
) -> None:
    encode(tmp_path / "other.aac", _tone(2.0, 48_000), "aac", "adts")
    path = tmp_path / name
    path.write_text(script, encoding="utf-8")
    with path.open("rb") as file, av.open(file) as container:
        assert container.streams.audio  # FFmpeg left to itself does open it
    with pytest.raises(AudioError):
        decode(path)


@pytest.mark.skipif(os.name != "posix", reason="no pipes and devices in the file system")
def test_a_device_and_a_pipe_without_a_writer_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("swara.data.audio.piped.WRITER_S", 0.1)
    os.mkfifo(tmp_path / "take.wav")
    for path, why in ((tmp_path / "take.wav", "nobody writes into"), (Path("/dev/zero"), "a device")):
        with pytest.raises(AudioError, match=why):
            decode(path)


def test_no_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _wav(tmp_path / "take.wav", _tone(1.0))

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(AudioError, match="not permitted") as caught:
        decode(path)
    assert caught.value.where == str(path)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("rate_hz", [16_000, 48_000])
def test_samples_that_are_no_numbers_are_refused(tmp_path: Path, bad: float, rate_hz: int) -> None:
    samples = _tone(3.0, rate_hz)
    samples[2 * rate_hz] = bad
    path = _wav(tmp_path / "take.wav", samples, rate_hz, subtype="FLOAT")
    with pytest.raises(AudioError, match=r"2\.000 s") as caught:
        decode(path)
    assert caught.value.where == str(path)
    assert caught.value.fix


class TestLimit:
    def test_too_long_by_the_header(self, tmp_path: Path) -> None:
        path = _wav(tmp_path / "take.wav", _tone(90.0))
        with pytest.raises(AudioTooLong, match=r"1\.5 minutes, the limit is 1.*--max-minutes 2,"):
            decode(path, max_duration_s=60.0)

    def test_too_long_where_the_header_is_silent(self, tmp_path: Path, encode) -> None:
        path = encode(tmp_path / "take.aac", _tone(8.0, 48_000), "aac", "adts")
        with pytest.raises(AudioTooLong, match="--max-minutes"):
            decode(path, max_duration_s=6.0)

    def test_none_lifts_it(self, tmp_path: Path) -> None:
        path = _wav(tmp_path / "take.wav", np.zeros(8_000 * 1_201, dtype=np.int16), 8_000)
        with pytest.raises(AudioTooLong):
            decode(path)
        assert decode(path, max_duration_s=None).clip.duration_s == pytest.approx(1_201)

    def test_a_lying_flac_header_neither_refuses_nor_allocates(self, tmp_path: Path) -> None:
        decoded = decode(_flac_says(_wav(tmp_path / "take.flac", _tone(2.0)), 10**10))
        assert decoded.clip.duration_s == pytest.approx(2.0)
        assert "promises" in decoded.warnings[0]


@pytest.mark.parametrize("name", ["take.m4a", "take.ogg"])
def test_without_pyav_the_error_names_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr("swara.data.audio.worker.importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr(Worker, "_idle", None)
    path = tmp_path / name
    path.write_bytes(b"\0\0\0\x1cftypM4A " + bytes(100))
    with pytest.raises(MissingPackage, match=r"pip install 'av>=\d+'") as caught:
        decode(path)
    assert caught.value.where == str(path)
    assert load_clip(_wav(tmp_path / "take.wav", _tone(2.0))).duration_s == 2.0


def test_decoders_write_nothing_to_stderr(tmp_path: Path, encode) -> None:
    for name in ("a.mp3", "b.flac", "c.ogg"):
        _spoil(_cut(_wav(tmp_path / name, _noisy(3.0), 48_000)), 3_000)
    _spoil(encode(tmp_path / "d.m4a", _noisy(3.0), "aac", "ipod"))
    (tmp_path / "e.mp3").write_bytes(np.random.default_rng(0).bytes(20_000))
    code = (
        "import sys; from pathlib import Path\n"
        "from swara.data.audio.decode import decode; from swara.raga.errors import SwaraError\n"
        "for p in sorted(Path(sys.argv[1]).iterdir()):\n"
        "    try: decode(p)\n"
        "    except SwaraError: pass\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    assert done.stdout == ""


def test_importing_the_entry_loads_no_decoder() -> None:
    heavy = "('soundfile', 'av', 'soxr', 'scipy')"
    code = f"import sys, swara.data.audio.decode; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak memory in Linux units")
def test_three_hours_stay_under_a_gigabyte(tmp_path: Path) -> None:
    """Three hours of 48 kHz stereo: 2.1 GB as a sparse file, 4.1 GB as float32, 0.69 GB as the result."""
    path = tmp_path / "long.wav"
    frames = 3 * 3_600 * 48_000
    _wav(path, np.zeros((1, 2), dtype=np.int16), 48_000, subtype="PCM_16")
    os.truncate(path, _wav_says(path, frames * 4) + frames * 4)
    code = (
        "import sys; from pathlib import Path; from swara.data.audio.decode import decode\n"
        "got = decode(Path(sys.argv[1]), max_duration_s=None)\n"
        # Not getrusage: a child inherits its parent's peak.
        "lines = Path('/proc/self/status').read_text().splitlines()\n"
        "peak_bytes = 1024 * int(next(line for line in lines if line.startswith('VmHWM')).split()[1])\n"
        "print(got.clip.samples.size, peak_bytes, got.warnings)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    samples, peak_bytes, warnings = done.stdout.split(maxsplit=2)
    assert int(samples) == 3 * 3_600 * 16_000
    assert int(peak_bytes) < 1e9
    assert warnings.strip() == "()"


class TestParts:
    @pytest.mark.parametrize(("extra", "kept"), [(0, 0), (100, 0), (4_096, 0), (20_000, 20_000)])
    def test_padding_is_dropped_and_sound_that_the_header_forgot_is_kept(self, extra: int, kept: int) -> None:
        sound = np.arange(10_000 + extra, dtype=np.float32)[:, None]
        got = np.concatenate(list(without_padding(iter(np.array_split(sound, 13)), 10_000)))
        np.testing.assert_array_equal(got, sound[: 10_000 + kept])

    def test_missing_bytes_of_a_wav(self, tmp_path: Path) -> None:
        data = _wav(tmp_path / "take.wav", _tone(1.0)).read_bytes()
        assert missing_ratio(io.BytesIO(data)) == 1.0
        assert missing_ratio(io.BytesIO(data[:-16_000])) == 2.0
        assert missing_ratio(io.BytesIO(_ID3 + data[:-16_000]), len(_ID3)) == 2.0

    def test_an_mp3_that_tells_its_length(self, tmp_path: Path) -> None:
        data = _wav(tmp_path / "take.mp3", _tone(1.0)).read_bytes()
        assert first_byte(io.BytesIO(_ID3 + _ID3 + data)) == 2 * len(_ID3)
        assert mp3_tells_length(io.BytesIO(_ID3 + data), len(_ID3))
        assert not mp3_tells_length(io.BytesIO(bytes(5_000)), 0)

    def test_the_links_of_ogg(self, tmp_path: Path) -> None:
        whole = _wav(tmp_path / "take.ogg", _noisy(3.0), 48_000).read_bytes()
        (link,) = ogg_links(io.BytesIO(whole))
        assert link == (0, len(whole), 3 * 48_000, True)
        for share in (0.5, 0.99):
            assert not ogg_links(io.BytesIO(whole[: int(len(whole) * share)]))[-1].whole
        torn = whole[:9_000] + b"OggSOgg" + whole[9_500:]
        links = ogg_links(io.BytesIO(torn + whole))
        assert [each.start for each in links] == [0, len(torn)]
        assert all(each.whole for each in links)
        assert ogg_links(io.BytesIO(b"RIFF" + whole)) == []


def test_a_hundred_random_files_give_only_our_errors(tmp_path: Path) -> None:
    rng = np.random.default_rng(42)
    starts = [b"", b"RIFF", b"ID3", b"\xff\xfb", b"OggS", b"fLaC", b"FORM", b"\x1aE\xdf\xa3"]
    starts.append(b"\0\0\0\x18ftypM4A ")
    for trial in range(100):
        path = tmp_path / f"{trial}.bin"
        path.write_bytes(starts[trial % len(starts)] + rng.bytes(int(rng.integers(1, 8_000))))
        with pytest.raises(AudioError):
            decode(path)


def test_a_real_recording(tmp_path: Path) -> None:
    folder = os.environ.get("SWARA_EVAL_DATA")
    if not folder:
        pytest.skip("SWARA_EVAL_DATA is not set")
    paths = [
        p for p in sorted(Path(folder).rglob("*")) if p.suffix in {".wav", ".flac", ".mp3", ".m4a", ".ogg"}
    ]
    for path in paths[:: max(1, len(paths) // 20)]:
        decoded = decode(path)
        assert decoded.warnings == (), path
        assert np.std(decoded.clip.samples) > 1e-4, path
