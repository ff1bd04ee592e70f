"""Every embedder behind the seam that swara's own have, and why one cannot run here."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

import numpy as np

from benchmarks.published import Architecture, saved
from swara.data.arrays import FloatArray
from swara.data.clip import Clip, Samples
from swara.embedder import Embedder, EmbedderSpec, Embeddings
from swara.embedder.registry import embedder_named
from swara.embedder.spec import frame_shares

CACHE, MODELS = "SWARA_BENCH_CACHE", "SWARA_EVAL_MODELS"
RATE_HZ = 16_000
POOLINGS = {"mean alone": 0.0, "mean and half the spread": 0.5, "mean and spread": 1.0}
"""Weight of the spread of frames beside their mean; the first is how swara pools."""

YAMNET_TFLITE = "yamnet_tflite/lite-model_yamnet_classification_tflite_1.tflite"


class MfccEmbedder:
    """What most would try first: 20 mel-frequency cepstral coefficients every 10 ms, none for loudness."""

    spec = EmbedderSpec(
        "mfcc", 20, RATE_HZ, window_s=512 / RATE_HZ, hop_s=160 / RATE_HZ, parameters={"bands": 40}
    )

    def embed(self, clip: Clip) -> Embeddings:
        """Embed the whole clip; frames are centred, as librosa has it."""
        from librosa.feature import mfcc

        vectors = mfcc(y=clip.samples, sr=clip.rate_hz, n_mfcc=21, n_fft=512, hop_length=160, n_mels=40)[1:].T
        times_s: FloatArray = self.spec.hop_s * np.arange(len(vectors), dtype=np.float64)
        return Embeddings(vectors.astype(np.float32), times_s, self.spec)


@dataclass(frozen=True, slots=True)
class Peer:
    """One embedder of the benchmark.

    Parameters
    ----------
    name, title : str
        On the command line, and on the page.
    make : callable
        Loads it.
    packages : tuple of str
        Modules that must be importable.
    file : str
        What it needs of the folder of models; empty if nothing.
    speed_only : bool
        Whether its weights are random, so that only its speed says anything.
    pooling : str
        How its frames are put together: a key of `POOLINGS`.
    """

    name: str
    title: str
    make: Callable[[], Embedder]
    packages: tuple[str, ...] = ()
    file: str = ""
    speed_only: bool = False
    pooling: str = "mean alone"

    @property
    def plain_title(self) -> str:
        """The title without its stars."""
        return self.title.replace("*", "")

    @property
    def missing(self) -> str:
        """What keeps it from running here; empty where nothing does."""
        absent = [package for package in self.packages if find_spec(package) is None]
        if absent:
            return f"not installed: {', '.join(absent)}"
        if self.file and not model_file(self.file).is_file():
            return f"there is no {model_file(self.file)}"
        return ""


def model_file(name: str) -> Path:
    """Return where a downloaded model lies, or would: in ``SWARA_EVAL_MODELS``, else by the recordings."""
    named, beside = os.environ.get(MODELS), os.environ.get("SWARA_EVAL_DATA")
    return (Path(named) if named else Path(beside or ".") / ".." / "models").resolve() / name


def cache_folder() -> Path:
    """Return the folder to keep things in: ``SWARA_BENCH_CACHE``, else in the user's cache folder."""
    if named := os.environ.get(CACHE):
        return Path(named)
    from platformdirs import user_cache_path

    return user_cache_path("swara") / "embedder-benchmark"


def present(names: tuple[str, ...] = ()) -> tuple[list[Peer], list[Peer]]:
    """Return the peers of those names (all by default) that can run here, and those that cannot.

    Raises
    ------
    SystemExit
        If there is no such name.
    """
    unknown = [name for name in names if name not in PEERS]
    if unknown:
        raise SystemExit(f"there is no embedder {', '.join(unknown)}; there are {', '.join(PEERS)}")
    wanted = [peer for peer in PEERS.values() if not names or peer.name in names]
    return [p for p in wanted if not p.missing], [p for p in wanted if p.missing]


def summaries(embedder: Embedder, sounds: Iterable[Samples]) -> FloatArray:
    """Return mean and standard deviation of the frames of each sound, float64 of shape [sounds, 2, dim]."""
    found = []
    for sound in sounds:
        clip = Clip(sound, embedder.spec.rate_hz)
        embeddings = embedder.embed(clip)
        shares = frame_shares(embeddings, 0.0, clip.duration_s)
        mean = shares @ embeddings.vectors
        found.append(np.stack([mean, np.sqrt(shares @ (embeddings.vectors - mean) ** 2)]))
    return np.stack(found).astype(np.float64)


def pooled(sounds: FloatArray, weight: float) -> FloatArray:
    """Return one vector for each of `summaries`, of length 1, or of zeros for silence: [sounds, dim].

    With a weight of the spread it stands beside the mean, [sounds, 2 * dim]; without, the vector is that of
    `swara.embedder.spec.pool`.
    """
    from sklearn.preprocessing import normalize

    parts = [sounds[:, 0], weight * sounds[:, 1]] if weight else [sounds[:, 0]]
    return np.asarray(normalize(np.concatenate(parts, axis=1)))


def embedding(name: str, path: str) -> Callable[[], None]:
    """Return what embeds the samples in a file with an embedder just loaded; a job for the meter."""
    embedder, clip = PEERS[name].make(), Clip(np.load(path), RATE_HZ)

    def run() -> None:
        embedder.embed(clip)

    return run


def _random(name: str, title: str, architecture: Architecture) -> Peer:
    def make() -> Embedder:
        return embedder_named(architecture, saved(architecture, cache_folder()))

    return Peer(name, title, make, ("tensorflow",), speed_only=True)


OURS, YAMNET, FLOOR = "builtin", "yamnet-tflite", "mfcc"

PEERS: Mapping[str, Peer] = MappingProxyType(
    {
        peer.name: peer
        for peer in (
            Peer(OURS, "**swara, built in**", lambda: embedder_named("builtin")),
            Peer(
                YAMNET,
                "YAMNet (TFLite, 8 bits)",
                lambda: embedder_named("yamnet", model_file(YAMNET_TFLITE)),
                file=YAMNET_TFLITE,
            ),
            Peer(FLOOR, "MFCC", MfccEmbedder, ("librosa",), pooling="mean and spread"),
            _random("yamnet-float", "YAMNet (float, random weights)", "yamnet"),
            _random("vggish", "VGGish (float, random weights)", "vggish"),
        )
    }
)
