"""Damage recordings of every format, and see that each is read or refused: ``python -m benchmarks.fuzz``.

File number N is the same on every machine with the same encoders. Each is decoded in a child of this process,
which notes what must not happen: an error that is none of ours, the end of the child, more than `MOST_S` or
`MOST_BYTES`. Stopped, it goes on where it was; what it finds lies in the folder beside ``next``.
"""

from __future__ import annotations

import argparse
import json
import resource
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np

from swara.data.audio.decode import decode
from swara.raga.errors import SwaraError

MOST_S = 20.0
MOST_BYTES = 1_000_000_000
LONGEST_S = 60.0
"""What is accepted of a file that decodes to more sound than it was made of."""

RATE_HZ = 48_000
_PLAIN = (
    ("wav", "PCM_16", 1),
    ("wav", "FLOAT", 2),
    ("wav", "PCM_24", 2),
    ("flac", "PCM_16", 1),
    ("flac", "PCM_24", 2),
    ("ogg", "VORBIS", 1),
)
_CODED = (
    ("libmp3lame", "mp3", 1),
    ("aac", "ipod", 1),
    ("aac", "mp4", 2),
    ("alac", "ipod", 2),
    ("aac", "adts", 1),
    ("libopus", "ogg", 1),
    ("libopus", "webm", 2),
    ("flac", "ogg", 1),
    ("pcm_s16be", "aiff", 1),
    ("pcm_s24be", "au", 1),
    ("pcm_s16le", "w64", 1),
    ("pcm_s16le", "caf", 1),
    ("pcm_s32le", "matroska", 2),
    ("libmp3lame", "matroska", 1),
    ("ac3", "ac3", 1),
    ("pcm_s16le", "avi", 1),
    ("aac", "flv", 1),
    ("mp2", "mpegts", 1),
    ("wavpack", "wv", 1),
    ("tta", "tta", 1),
    ("adpcm_ima_wav", "wav", 1),
)


def seeds(folder: Path) -> list[bytes]:
    """Return whole recordings of half a second, one for each format that can be written here."""
    import soundfile

    rng = np.random.default_rng(0)
    times_s = np.arange(RATE_HZ // 2) / RATE_HZ
    tone = 0.4 * np.sin(2 * np.pi * 220 * times_s) + 0.02 * rng.standard_normal(times_s.size)
    found = []
    for suffix, subtype, channels in _PLAIN:
        path = folder / f"seed.{suffix}"
        soundfile.write(path, np.stack([tone] * channels, axis=1), RATE_HZ, subtype=subtype)
        found.append(path.read_bytes())
    for codec, container, channels in _CODED:
        with suppress(Exception):  # a codec that this FFmpeg does not write
            found.append(_encoded(folder / "seed", tone, codec, container, channels))
    tag = b"ID3\x04\0\0" + bytes((0, 0, 1, 0)) + bytes(128)
    found.extend((tag + found[0], tag + found[3], found[11] + found[11]))  # WAV, FLAC, two links of Opus
    return found


def _encoded(path: Path, tone: np.ndarray, codec: str, container: str, channels: int) -> bytes:
    import av

    layout = "mono" if channels == 1 else "stereo"
    with av.open(str(path), "w", format=container) as out:
        stream = out.add_stream(codec, rate=RATE_HZ)
        stream.layout = layout
        frame = av.AudioFrame.from_ndarray(np.stack([tone] * channels).astype(np.float32), "fltp", layout)
        frame.sample_rate, frame.pts = RATE_HZ, 0
        convert = av.AudioResampler(
            stream.codec_context.format.name,
            layout,
            RATE_HZ,
            frame_size=stream.codec_context.frame_size or None,
        )
        for piece in (*convert.resample(frame), *convert.resample(None)):
            out.mux(stream.encode(piece))
        out.mux(stream.encode(None))
    return path.read_bytes()


_ODD = (
    0,
    1,
    2,
    7,
    8,
    16,
    32,
    0x7F,
    0x80,
    0xFF,
    0xFFFF,
    0x7FFF,
    0x8000,
    0x10000,
    0x7FFFFFFF,
    0x80000000,
    0xFFFFFFFF,
)


def damaged(seeds: list[bytes], number: int) -> bytes:
    """Return file `number`: a seed with one to six pieces of damage, near its start more often than not."""
    rng = np.random.default_rng(number)
    data = bytearray(seeds[int(rng.integers(len(seeds)))])
    ways: tuple[Callable[[], None], ...] = (
        lambda: _flip(data, rng),
        lambda: _overwrite(data, rng),
        lambda: _overwrite(data, rng),
        lambda: _noise(data, rng),
        lambda: _cut_out(data, rng),
        lambda: _repeat(data, rng),
        lambda: _splice(data, seeds[int(rng.integers(len(seeds)))], rng),
    )
    for _ in range(int(rng.integers(1, 7))):
        ways[int(rng.integers(len(ways)))]()
        if not data:
            break
    return bytes(data)


def _place(data: bytearray, rng: np.random.Generator) -> int:
    reach = len(data) if rng.random() < 0.3 else min(len(data), int(rng.choice([64, 256, 1024])))
    return int(rng.integers(max(1, reach)))


def _flip(data: bytearray, rng: np.random.Generator) -> None:
    data[_place(data, rng)] ^= 1 << int(rng.integers(8))


def _overwrite(data: bytearray, rng: np.random.Generator) -> None:
    at, size = _place(data, rng), int(rng.choice([1, 2, 4, 8]))
    value = int(rng.choice(_ODD)) % (1 << 8 * size)
    data[at : at + size] = value.to_bytes(size, "big" if rng.random() < 0.5 else "little")


def _noise(data: bytearray, rng: np.random.Generator) -> None:
    at, size = _place(data, rng), int(rng.integers(1, 200))
    data[at : at + size] = rng.bytes(size)


def _cut_out(data: bytearray, rng: np.random.Generator) -> None:
    at = _place(data, rng)
    del data[at : (len(data) if rng.random() < 0.3 else at + int(rng.integers(1, 500)))]


def _repeat(data: bytearray, rng: np.random.Generator) -> None:
    at, size = _place(data, rng), int(rng.integers(1, 2000))
    data[at:at] = data[at : at + size]


def _splice(data: bytearray, other: bytes, rng: np.random.Generator) -> None:
    at, begin = _place(data, rng), int(rng.integers(len(other)))
    data[at : at + 300] = other[begin : begin + 300]


def outcome(path: Path) -> str | None:
    """Decode a file; return what is wrong with that, None where it was read or refused."""
    began_s = time.monotonic()
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak begins anew
    try:
        decode(path, max_duration_s=LONGEST_S)
    except SwaraError:
        pass
    except Exception as error:
        return f"fault: {type(error).__name__}: {error}"
    took_s, peak = time.monotonic() - began_s, _peak_bytes()
    if took_s > MOST_S:
        return f"took {took_s:.1f} s"
    return f"took {peak / 1e6:.0f} MB" if peak > MOST_BYTES else None


def _peak_bytes() -> int:
    with suppress(OSError, StopIteration, ValueError):
        lines = Path("/proc/self/status").read_text("ascii").splitlines()
        return 1024 * int(next(line for line in lines if line.startswith("VmHWM")).split()[1])
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def examine(first: int, last: int) -> None:
    """Decode the files of these numbers, and print a line for each: what the child does."""
    with tempfile.TemporaryDirectory(prefix="swara-fuzz-") as place:
        originals = seeds(Path(place))
        path = Path(place, "take")
        for number in range(first, last):
            path.write_bytes(damaged(originals, number))
            print(json.dumps([number, outcome(path)]), flush=True)


_STRICT = ("-W", "error::RuntimeWarning")  # what numpy warns of is a fault too


def examined(first: int, last: int) -> Iterator[tuple[int, str | None]]:
    """Yield each number with what is wrong, if anything; another child follows one that ends or hangs."""
    while first < last:
        words = [sys.executable, *_STRICT, "-m", "benchmarks.fuzz", "--child", str(first), str(last)]
        with subprocess.Popen(words, stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            while first < last:
                # Its first answer waits for the seeds to be encoded.
                if not select.select([child.stdout], [], [], 3 * MOST_S)[0]:
                    child.kill()
                    yield first, f"no answer in {3 * MOST_S:g} s"
                    first += 1
                    break
                line = child.stdout.readline()
                if not line:
                    yield first, f"the process ended: exit {child.wait()}"
                    first += 1
                    break
                number, wrong = json.loads(line)
                yield number, wrong
                first = number + 1
            child.kill()


def _note(mark: Path, done: int) -> None:
    part = mark.with_suffix(".part")
    part.write_text(str(done), encoding="ascii")
    part.replace(mark)


def main() -> None:
    """Examine the files, and say what was wrong; exit 1 if anything was."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=100_000, help="how many; the numbers begin with 0")
    parser.add_argument("--first", type=int, default=0, help="number to begin with, if none was done")
    parser.add_argument("--seconds", type=float, default=None, help="stop after so long")
    parser.add_argument(
        "--folder", type=Path, default=Path("build/fuzz"), help="where it notes how far it is"
    )
    parser.add_argument("--child", type=int, nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        examine(*options.child)
        return
    options.folder.mkdir(parents=True, exist_ok=True)
    mark, log = options.folder / "next", options.folder / "found.jsonl"
    first = int(mark.read_text("ascii")) if mark.exists() else options.first
    began_s, last = time.monotonic(), options.first + options.files
    done = first
    for number, wrong in examined(first, last):
        done = number + 1
        _note(mark, done)
        if wrong is not None:
            print(f"{number}: {wrong}", flush=True)
            with log.open("a", encoding="utf-8") as file:
                file.write(json.dumps([number, wrong]) + "\n")
        if options.seconds is not None and time.monotonic() - began_s > options.seconds:
            break
    found = [json.loads(line) for line in log.read_text("utf-8").splitlines()] if log.exists() else []
    print(f"{done - options.first} files of {options.files}, {len(found)} wrong")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
