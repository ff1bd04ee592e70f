"""Every embedder behind the seam that swara's own have, and why one cannot run here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

from swara.embedder import Embedder
from swara.embedder.registry import embedder_named

from .mfcc import MfccEmbedder
from .places import cache_folder, model_file
from .published import Architecture, saved

__all__ = ["FLOOR", "OURS", "PEERS", "YAMNET", "Peer", "present"]

_TFLITE = "yamnet_tflite/lite-model_yamnet_classification_tflite_1.tflite"


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
    prepare : callable, optional
        Makes what it loads, once; it takes a while and is no part of what the embedder costs.
    speed_only : bool
        Whether its weights are random, so that only its speed says anything.
    spread : float
        How much the spread of its frames counts beside their mean.
    """

    name: str
    title: str
    make: Callable[[], Embedder]
    packages: tuple[str, ...] = ()
    file: str = ""
    prepare: Callable[[], object] | None = None
    speed_only: bool = False
    spread: float = 0.0

    @property
    def missing(self) -> str:
        """What keeps it from running here; empty where nothing does."""
        absent = [package for package in self.packages if find_spec(package) is None]
        if absent:
            return f"not installed: {', '.join(absent)}"
        if self.file and not model_file(self.file).is_file():
            return f"there is no {model_file(self.file)}"
        return ""


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


def _random(name: str, title: str, architecture: Architecture) -> Peer:
    def folder() -> Path:
        return saved(architecture, cache_folder())

    return Peer(
        name,
        title,
        lambda: embedder_named(architecture, folder()),
        ("tensorflow", "benchmarks.published"),
        prepare=folder,
        speed_only=True,
    )


OURS, YAMNET, FLOOR = "builtin", "yamnet-tflite", "mfcc"

PEERS: Mapping[str, Peer] = MappingProxyType(
    {
        peer.name: peer
        for peer in (
            Peer(OURS, "**swara, built in**", lambda: embedder_named("builtin")),
            Peer(
                YAMNET,
                "YAMNet (TFLite, 8 bits)",
                lambda: embedder_named("yamnet", model_file(_TFLITE)),
                file=_TFLITE,
            ),
            Peer(FLOOR, "MFCC", MfccEmbedder, ("librosa",), spread=1.0),
            _random("yamnet-float", "YAMNet (float, random weights)", "yamnet"),
            _random("vggish", "VGGish (float, random weights)", "vggish"),
        )
    }
)
