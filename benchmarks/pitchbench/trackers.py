"""Every tracker behind one seam: ours, and those that install from a package index.

A tracker keeps its own settings where it has any, its range set to swara's (65 to 1100 Hz) where that can
be chosen, and its own threshold of voicing. Libraries are loaded when a tracker is made.
"""

from __future__ import annotations

import hashlib
import io
import sys
import types
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol, get_args

import numpy as np

from swara.classifier import pitch
from swara.data.arrays import FloatArray
from swara.data.clip import Clip, Samples
from swara.data.pitch_track import HOP_S, MAX_HZ, MIN_HZ

from .material import RATE_HZ, Track

__all__ = ["ONE_THREAD", "TRACKERS", "Entry", "Tracker", "present"]

_HOP = round(HOP_S * RATE_HZ)
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
"""Variables that hold numerical libraries to one thread, if set before they load."""
_CREPE_BINS = 4
_LIVE = "head-live"
_PYIN_IS = ("pyin.py", "refine.py")
_APART = frozenset({"__pycache__", "training"})
"""What lies with swara's trackers and is no part of them."""


class Tracker(Protocol):
    """Turns a sound into pitch frames."""

    @property
    def name(self) -> str:
        """Key in `TRACKERS`."""
        ...

    def track(self, samples: Samples) -> Track:
        """Track float32 samples at `RATE_HZ`, shape [n]."""
        ...


@dataclass(frozen=True, slots=True)
class _Function:
    """A tracker made of a function."""

    name: str
    function: Callable[[Samples], Track]

    def track(self, samples: Samples) -> Track:
        """Call the function."""
        return self.function(samples)


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
        Loads it and returns its function.
    every : int
        It is measured on every so-many-th clip; 1 for all.
    settings : str
        Changed when the settings that it is used with are, so that no older track is taken for a new one.
    """

    name: str
    title: str
    packages: tuple[str, ...]
    make: Callable[[], Callable[[Samples], Track]]
    every: int = 1
    settings: str = ""

    @property
    def ours(self) -> bool:
        """Whether it is part of swara."""
        return not self.packages

    @property
    def missing(self) -> tuple[str, ...]:
        """Packages that it needs and that are not installed; for ours, its own name where it is not there."""
        if self.ours:
            return () if self.name in (_LIVE, *get_args(pitch.TrackerName)) else (self.name,)
        return tuple(package for package in self.packages if not _version(package))

    @property
    def release(self) -> str:
        """Version of its package, and its settings; for ours, a digest of the code and of the model."""
        return f"{_version(self.packages[0])}{self.settings}" if self.packages else _digest_of_ours(self.name)

    def load(self) -> Tracker:
        """Load the tracker."""
        return _Function(self.name, self.make())


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


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _digest_of_ours(name: str) -> str:
    """Digest the files that a tracker of swara's consists of, its model included."""
    root = Path(pitch.__file__).parent
    there = sorted(path for path in root.rglob("*") if path.is_file() and _APART.isdisjoint(path.parts))
    digest = hashlib.sha256()
    for path in there:
        if path.name in _PYIN_IS or name != "pyin":
            digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def _ours(name: Any) -> Callable[[], Callable[[Samples], Track]]:
    def make() -> Callable[[Samples], Track]:
        tracker = pitch.pitch_tracker(name)

        def track(samples: Samples) -> Track:
            heard = tracker.track(Clip(samples, RATE_HZ))
            return Track(heard.times_s, heard.hz, heard.voiced)

        return track

    return make


def _live() -> Callable[[Samples], Track]:
    from swara.classifier.pitch.stream import track_causal

    def track(samples: Samples) -> Track:
        heard = track_causal(Clip(samples, RATE_HZ))
        return Track(heard.times_s, heard.hz, heard.voiced)

    return track


def _swift_f0() -> Callable[[Samples], Track]:
    from swift_f0 import SwiftF0

    detector = SwiftF0(threads=1)

    def track(samples: Samples) -> Track:
        heard = detector.detect(samples, RATE_HZ)
        return Track(heard.timestamps, heard.pitch_hz, heard.confidence >= 0.5)

    return track


def _fcpe() -> Callable[[Samples], Track]:
    torch = _torch()
    import torchfcpe

    with redirect_stdout(io.StringIO()):  # it has things to say about its own settings
        fcpe = torchfcpe.spawn_bundled_infer_model(device="cpu")

    def track(samples: Samples) -> Track:
        # What `fcpe.infer` does, but keeping the estimate of frames below its threshold of voicing.
        with torch.no_grad():
            mel = fcpe.wav2mel(torch.from_numpy(samples)[None, :, None], RATE_HZ)
            latent = fcpe.model(mel)
            cents = fcpe.model.latent2cents_local_decoder(latent, mask=False)
            hz = fcpe.model.cent_to_f0(cents)[0, :, 0].double().numpy()
            voiced = (latent.max(dim=-1).values > 0.006)[0].numpy()
        return Track(_times(hz.size), hz, voiced)

    return track


def _pesto() -> Callable[[Samples], Track]:
    torch = _torch()
    from pesto import load_model

    model = load_model("mir-1k_g7", step_size=1000 * HOP_S, sampling_rate=RATE_HZ)

    def track(samples: Samples) -> Track:
        with torch.inference_mode():
            hz, confidence, *_ = model(torch.from_numpy(samples), sr=RATE_HZ, convert_to_freq=True)
        return Track(_times(hz.numel()), hz.double().numpy(), (confidence >= 0.5).numpy())

    return track


def _crepe_tiny() -> Callable[[Samples], Track]:
    torch = _torch()
    import torchcrepe

    def decoded(logits: Any) -> tuple[Any, Any]:
        """Find the path by Viterbi, as torchcrepe does unless told otherwise, and average around it.

        Its own Viterbi leaves the pitch on a grid of 20 cents, blurred; its weighted mean follows no path.
        """
        bins, _ = torchcrepe.decode.viterbi(logits)
        near = (torch.arange(logits.shape[1])[None, :, None] - bins[:, None, :]).abs() <= _CREPE_BINS
        return bins, torchcrepe.decode.weighted_argmax(logits.masked_fill(~near, -torch.inf))[1]

    def track(samples: Samples) -> Track:
        hz, periodicity = torchcrepe.predict(
            torch.from_numpy(samples)[None],
            RATE_HZ,
            _HOP,
            fmin=MIN_HZ,
            fmax=MAX_HZ,
            model="tiny",
            decoder=decoded,
            return_periodicity=True,
            batch_size=2048,
        )
        voiced = periodicity[0].numpy() >= 0.5
        return Track(_times(voiced.size), hz[0].double().numpy(), voiced)

    return track


def _praat() -> Callable[[Samples], Track]:
    import parselmouth

    def track(samples: Samples) -> Track:
        sound = parselmouth.Sound(samples.astype(np.float64), RATE_HZ)
        heard = sound.to_pitch_ac(time_step=HOP_S, pitch_floor=MIN_HZ, pitch_ceiling=MAX_HZ)
        hz: FloatArray = heard.selected_array["frequency"]
        return Track(heard.xs(), np.where(hz > 0, hz, np.nan), hz > 0)

    return track


def _harvest() -> Callable[[Samples], Track]:
    import pyworld

    def track(samples: Samples) -> Track:
        hz, times_s = pyworld.harvest(
            samples.astype(np.float64), RATE_HZ, f0_floor=MIN_HZ, f0_ceil=MAX_HZ, frame_period=1000 * HOP_S
        )
        return Track(times_s, np.where(hz > 0, hz, np.nan), hz > 0)

    return track


def _librosa_pyin() -> Callable[[Samples], Track]:
    from benchmarks.tracks import plain_pyin

    def track(samples: Samples) -> Track:
        heard = plain_pyin(Clip(samples, RATE_HZ))
        return Track(heard.times_s, heard.hz, heard.voiced)

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


TRACKERS: Mapping[str, Entry] = MappingProxyType(
    {
        entry.name: entry
        for entry in (
            Entry("head", "**swara**", (), _ours("head")),
            Entry(_LIVE, "swara, live", (), _live),
            Entry("pyin", "swara's pYIN, refined", (), _ours("pyin"), every=3),
            Entry("fcpe", "FCPE", ("torchfcpe", "torch"), _fcpe),
            Entry("swiftf0", "SwiftF0", ("swift-f0",), _swift_f0),
            Entry("pesto", "PESTO", ("pesto-pitch", "torch", "omegaconf"), _pesto),
            Entry(
                "crepe-tiny", "CREPE tiny", ("torchcrepe", "torch"), _crepe_tiny, every=3, settings="-viterbi"
            ),
            Entry("praat", "Praat (autocorrelation)", ("praat-parselmouth",), _praat),
            Entry("librosa-pyin", "pYIN (librosa)", ("librosa",), _librosa_pyin, every=3),
            Entry("harvest", "WORLD harvest", ("pyworld",), _harvest, every=3),
        )
    }
)
