"""``swara finetune`` as a user runs it: in a process of its own, on a store of its own."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from swara.data.corpus.corpus import append_recordings
from swara.data.recording import Recording
from swara.embedder import Embedder
from swara.embedder.registry import embedder_named
from swara.service.store import Layout

__all__ = ["Made", "run_finetune"]

_PROJECT = Path(__file__).resolve().parents[2]
_NAME = re.compile(r"finetuned-[0-9a-f]{8}")
_COLUMNS = "100"


@dataclass(frozen=True, slots=True)
class Made:
    """What the command made.

    Parameters
    ----------
    embedder : Embedder
    said : str
        What it printed.
    wall_s, cpu_s : float
        How long it took, and how long the processors were at it.
    """

    embedder: Embedder
    said: str
    wall_s: float
    cpu_s: float


def run_finetune(recordings: Sequence[Recording], folder: Path, words: Sequence[str]) -> Made:
    """Run ``swara finetune --keep-anyway`` on recordings.

    Parameters
    ----------
    recordings : sequence of Recording
    folder : Path
        For the store and the models; does not exist yet.
    words : sequence of str
        More options of the command.

    Raises
    ------
    SystemExit
        If it fails, with what it said.
    """
    environment = os.environ | {"SWARA_MODELS": str(folder / "models"), "COLUMNS": _COLUMNS}
    store = folder / "store"
    store.mkdir(parents=True)
    append_recordings(Layout(store).corpus, recordings)
    command = [sys.executable, "cli.py", "finetune", "--store", str(store), "--keep-anyway", *words]
    began_s, used_s = time.monotonic(), _children_s()
    done = subprocess.run(command, cwd=_PROJECT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")
    (name,) = set(_NAME.findall(done.stdout))
    embedder = embedder_named(name, environment=environment)
    return Made(embedder, done.stdout.strip(), time.monotonic() - began_s, _children_s() - used_s)


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
