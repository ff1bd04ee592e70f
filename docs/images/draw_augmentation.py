"""Draw augmentation.png: a sung note as it is, and after each effect at one strength.

Run it with ``make docs``, or with a folder to write into.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image

matplotlib.use("Agg")
from matplotlib import pyplot

from swara.data.audio.decode import load_clip
from swara.data.augment import channel, time_and_pitch
from swara.data.clip import Samples

HERE = Path(__file__).resolve().parent
DEMO = HERE.parents[1] / "data" / "demo" / "take.flac"
START_S, DURATION_S, SHOWN_HZ = 1.0, 1.5, 5000


def panels(samples: Samples, rate_hz: int) -> dict[str, Samples]:
    """Return each effect's name and strength, and what it makes of a sound."""
    rng = np.random.default_rng(0)
    return {
        "as it is": samples,
        "pitch, 400 cents up": time_and_pitch.shift_pitch(samples, rate_hz, 400.0),
        "tempo, 1.5 times as fast": time_and_pitch.stretch_time(samples, rate_hz, 1.5),
        "a slice of 0.7 s": time_and_pitch.slice_piece(samples, rate_hz, 0.7, rng),
        "pink noise, 10 dB below": channel.add_noise(samples, rate_hz, 10.0, -3.0, rng),
        "a room, 1 s, as loud as the voice": channel.place_in_room(samples, rate_hz, 1.0, 0.0, rng),
        "an equalizer, -12 to 12 dB": channel.equalize(samples, rate_hz, np.linspace(-12.0, 12.0, 8)),
        "MP3 at 16 kbit/s": channel.apply_codec(samples, rate_hz, "mp3", 16),
    }


def draw(file: Path) -> None:
    """Write the picture."""
    clip = load_clip(DEMO)
    start, length = (round(each * clip.rate_hz) for each in (START_S, DURATION_S))
    drawn = panels(clip.samples[start : start + length], clip.rate_hz)
    figure, places = pyplot.subplots(2, 4, figsize=(14, 6), sharex=True, sharey=True, layout="constrained")
    for place, (name, samples) in zip(places.flat, drawn.items(), strict=True):
        place.specgram(
            samples + 1e-9, NFFT=512, noverlap=384, Fs=clip.rate_hz, vmin=-110, vmax=-35, cmap="magma"
        )
        place.set(title=name, xlim=(0, DURATION_S), ylim=(0, SHOWN_HZ), facecolor="black")
    figure.supxlabel("time in s")
    figure.supylabel("frequency in Hz")
    drawing = io.BytesIO()
    figure.savefig(drawing, dpi=64)
    with Image.open(drawing) as image:
        image.convert("RGB").quantize(48).save(file, optimize=True)


if __name__ == "__main__":
    draw((Path(sys.argv[1]) if len(sys.argv) > 1 else HERE) / "augmentation.png")
