"""The evaluation recordings and their labels, read from the folder that ``SWARA_EVAL_DATA`` names.

Which recordings these are, and where they come from, stands in ``docs/evaluation.md``.
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from swara.classifier.pitch import TRACK_RATE_HZ
from swara.data.arrays import BoolArray, FloatArray
from swara.data.audio.decode import load_clip
from swara.data.clip import Clip, Samples
from swara.data.pitch_track import HOP_S
from swara.raga.ragas import Raga, raga_named
from swara.raga.swaras import saptak_name, svarasthana_named

ENVIRONMENT = "SWARA_EVAL_DATA"
CONCERTS = "hindustani_phrases"
"""The folder of whole concerts as pitch tracks, with the phrases that an expert marked in them."""

CONCERT_EARLY_S, CALAN_LATE_S = 0.0275, 0.040
"""How much before, and after, the sound that they describe the labels of these recordings come."""

_PLAUSIBLE_HZ = (65.0, 1100.0)  # of the voices with vibrato
_DIRECT = 0.5
"""The direct sound is the first sample of a room's response that reaches this share of its peak."""


@dataclass(frozen=True, slots=True, eq=False)
class Performance:
    """A Hindustani recording with its Sa in Hz and its raga, as its publishers state them."""

    name: str
    clip: Clip
    sa_hz: float
    raga: Raga


@dataclass(frozen=True, slots=True)
class LabelledSwara:
    """A steady stretch of a performance, in seconds, and the swara and saptak that it holds."""

    start_s: float
    end_s: float
    swara: str
    saptak: str


@dataclass(frozen=True, slots=True, eq=False)
class SightSinging:
    """A sung melody with its notes by hand.

    Onset and offset in s, float64 of shape [notes, 2], and pitch in fractions of a semitone, 69 at 440 Hz,
    shape [notes].
    """

    name: str
    clip: Clip
    intervals_s: FloatArray
    midi: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Sung:
    """A sound, at the rate that trackers take, and its true f0.

    Times and Hz, float64 of shape [frames], 0 where nothing is voiced; Sa of the singer, 0 where there is
    none; and whether a frame of 0 Hz is known to hold no voice, so that voicing can be scored.
    """

    name: str
    clip: Clip
    times_s: FloatArray
    hz: FloatArray
    sa_hz: float = 0.0
    tells_voicing: bool = True

    @classmethod
    def unsung(cls, name: str, samples: Samples) -> Sung:
        """Return a sound in which nobody sings."""
        clip = Clip(samples, TRACK_RATE_HZ)
        times_s: FloatArray = np.arange(0.0, clip.duration_s, HOP_S)
        return cls(name, clip, times_s, np.zeros(times_s.size))

    @property
    def voiced_samples(self) -> BoolArray:
        """Whether each sample lies next to a voiced frame of the truth, shape [n]."""
        between_s = 0.5 * (self.times_s[1:] + self.times_s[:-1])
        frames = np.searchsorted(between_s, np.arange(self.clip.samples.size) / self.clip.rate_hz)
        return np.asarray(self.hz[frames] > 0)

    def sounding(self, samples: Samples) -> Sung:
        """Return the same truth with another sound."""
        return replace(self, clip=Clip(samples, self.clip.rate_hz))


@dataclass(frozen=True, slots=True, eq=False)
class Tanpura:
    """One recorded cycle of a tanpura, at the rate that trackers take, and its Sa in Hz."""

    name: str
    samples: Samples
    sa_hz: float

    def tuned(self, sa_hz: float) -> Samples:
        """Resample the cycle so that its Sa is a singer's."""
        import soxr

        rate_hz = TRACK_RATE_HZ * sa_hz / self.sa_hz
        return np.asarray(soxr.resample(self.samples, rate_hz, TRACK_RATE_HZ, quality="VHQ"), np.float32)

    def play(self, count: int, sa_hz: float, rng: np.random.Generator) -> Samples:
        """Return `count` samples of the cycle on `sa_hz`, over and over, from a random place in it."""
        cycle = self.tuned(sa_hz)
        looped: Samples = np.resize(np.roll(cycle, -int(rng.integers(cycle.size))), count)
        return looped


def evaluation_folder() -> Path | None:
    """Return the folder of recordings; None where the variable is not set.

    Raises
    ------
    SystemExit
        If it is set and names no folder.
    """
    named = os.environ.get(ENVIRONMENT)
    if not named:
        return None
    folder = Path(named)
    if not folder.is_dir():
        raise SystemExit(
            f"{ENVIRONMENT} is {named}, which is no folder; docs/evaluation.md says how to lay one out"
        )
    return folder


def absent_folders(root: Path | None, folders: Sequence[str]) -> str:
    """Return which of those folders are not there, as words; empty where all are."""
    return ", ".join(name for name in folders if root is None or not (root / name).is_dir())


def calans(root: Path) -> tuple[Performance, ...]:
    """Load the unaccompanied calans of Bhupali, Deshkar and Yaman."""
    folder = root / "hindustani_calan"
    described = json.loads((folder / "recordingsInfo.json").read_text(encoding="utf-8"))
    return tuple(
        Performance(
            name, load_clip(folder / d["info"]["trackFile"]), d["rag"]["sa"], raga_named(d["rag"]["rag"])
        )
        for name, d in sorted(described.items())
    )


def concerts(root: Path) -> tuple[Performance, ...]:
    """Load the concert excerpts."""
    folder = root / "hindustani_concert"
    return tuple(
        Performance(f"concert {raga.display}", load_clip(folder / row["file"]), float(row["sa_hz"]), raga)
        for row in _rows(folder / "index.csv")
        for raga in (raga_named(row["raga"]),)
    )


def concert_phrases(root: Path) -> list[dict[str, str]]:
    """Return the rows of ``phrases.csv``: a phrase, and of its concert name, singer, raga and Sa in Hz."""
    return _rows(root / CONCERTS / "phrases.csv")


def concert_track(root: Path, concert: str) -> tuple[FloatArray, FloatArray]:
    """Return the times of a concert's frames, in s, and its pitch in cents above Sa, NaN where it rests."""
    with np.load(root / CONCERTS / f"{concert}.npz") as kept:
        return kept["times_s"].astype(np.float64), kept["cents"].astype(np.float64)


def labelled_swaras(root: Path, name: str) -> tuple[LabelledSwara, ...]:
    """Load the confirmed steady segments of one calan; the list's octave 1 is madhya."""
    return tuple(
        LabelledSwara(
            float(row["start_s"]),
            float(row["end_s"]),
            svarasthana_named(row["svara"][0]).name,
            saptak_name(int(row["svara"][1]) - 1),
        )
        for row in _rows(root / "hindustani_calan" / "svara_segments.csv")
        if row["track"] == name and row["confirmed"] == "1"
    )


def sight_singing(root: Path) -> tuple[SightSinging, ...]:
    """Load the sight-singing melodies in order of their names."""
    tables = {path: np.loadtxt(path, ndmin=2) for path in sorted((root / "ssvd").glob("*.txt"))}
    return tuple(
        SightSinging(path.stem, load_clip(path.with_suffix(".flac")), table[:, :2], table[:, 2])
        for path, table in tables.items()
    )


def solfege(root: Path) -> dict[int, Path]:
    """Return the notes of one man's chromatic scale by their MIDI number."""
    return {int(path.name[4:7]): path for path in (root / "sung_notes" / "chengu").rglob("note*.wav")}


def resynthesised(root: Path) -> list[Sung]:
    """Load the voices resynthesised by WORLD, whose f0 is exact by construction."""
    folder = root / "f0_truth" / "world_resynth"
    sung = []
    for row in _rows(folder / "index.csv"):
        times_s, hz = np.loadtxt(folder / f"{row['name']}.csv", delimiter=",", skiprows=1).T
        clip = load_clip(folder / f"{row['name']}.flac")
        sung.append(Sung(row["name"], clip, times_s, hz, float(row["sa_hz"])))
    return sung


def vocadito(root: Path) -> list[Sung]:
    """Load vocadito_1."""
    folder = root / "f0_truth" / "vocadito"
    times_s, hz = np.loadtxt(folder / "Annotations" / "F0" / "vocadito_1_f0.csv", delimiter=",").T
    return [Sung("vocadito_1", load_clip(folder / "Audio" / "vocadito_1.wav"), times_s, hz)]


def calan_pitch(root: Path) -> list[Sung]:
    """Load the calans with their published pitch tracks, their times put right."""
    sung = []
    for performance in calans(root):
        path = root / "hindustani_calan" / f"{performance.name}_pitchTrack.json"
        track = json.loads(path.read_text(encoding="utf-8"))
        cents: FloatArray = np.array([np.nan if c == "s" else float(c) for c in track.values()])
        times_s: FloatArray = np.array([float(t) for t in track]) - CALAN_LATE_S
        sung.append(_from_cents(performance.name, performance.clip, times_s, cents, performance.sa_hz))
    return sung


def concert_pitch(root: Path) -> list[Sung]:
    """Load the concert excerpts that have pitch labels, their times put right."""
    folder = root / "hindustani_concert"
    sung = []
    for row in _rows(folder / "index.csv"):
        if row["has_pitch_csv"] == "True":
            audio = folder / row["file"]
            table = np.genfromtxt(audio.with_name(f"{audio.stem}_pitch.csv"), delimiter=",", skip_header=1)
            times_s, sa_hz = table[:, 0] + CONCERT_EARLY_S, float(row["sa_hz"])
            sung.append(_from_cents(f"concert {row['raga']}", load_clip(audio), times_s, table[:, 1], sa_hz))
    return sung


def vibrato(root: Path) -> list[Sung]:
    """Load the vibrato excerpts; their labels are a machine's and say nothing of what is not voiced."""
    sung = []
    for labels in sorted((root / "vibrato_voice").glob("*-Yin.csv")):
        name = labels.stem.removesuffix("-Yin")
        times_s, hz = np.loadtxt(labels, delimiter=",").T
        plausible = (hz >= _PLAUSIBLE_HZ[0]) & (hz <= _PLAUSIBLE_HZ[1])
        clip = load_clip(labels.with_name(f"{name}.wav"))
        sung.append(Sung(name, clip, times_s[plausible], hz[plausible], tells_voicing=False))
    return sung


def tanpuras(root: Path) -> list[Tanpura]:
    """Load every tanpura of the folder, in the order of their names."""
    folder = root / "tanpura"
    described = json.loads((folder / "tanpuraInfo.json").read_text(encoding="utf-8"))
    sa_hz = {sound["fileName"]: float(sound["sa"]) for sound in described["soundsLib"]}
    paths = sorted(folder.glob("*.mp3"))
    return [Tanpura(path.stem, load_clip(path).samples, sa_hz[path.name]) for path in paths]


def room_responses(root: Path) -> list[FloatArray]:
    """Load the room responses, each from its direct sound on, which keeps the truth's times true."""
    import soundfile
    import soxr

    responses = []
    for path in sorted((root / "noise_and_rooms" / "ir").glob("*.wav")):
        sound, rate_hz = soundfile.read(path, always_2d=True)
        response = soxr.resample(sound[:, 0], rate_hz, TRACK_RATE_HZ)
        loud = np.abs(response) >= _DIRECT * np.abs(response).max()
        responses.append(response[int(np.argmax(loud)) :])
    return responses


def _from_cents(name: str, clip: Clip, times_s: FloatArray, cents: FloatArray, sa_hz: float) -> Sung:
    """Take cents above Sa, NaN where silent, for truth; labels before the sound begins are left out."""
    hz = np.nan_to_num(sa_hz * 2.0 ** (cents / 1200.0))
    inside = (times_s >= 0) & (times_s <= clip.duration_s)
    return Sung(name, clip, times_s[inside], hz[inside], sa_hz)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
