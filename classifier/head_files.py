"""A trained head as a folder: its network or arrays, and ``head.json``, which says what they are.

A folder holds::

    network.tflite      a LiteRT network, and/or
    arrays.npz          plain arrays; either may have another name, and there may be several
    head.json           a `HeadManifest`: written last, so that a folder without it is none

Nothing is pickled. The digest in ``head.json`` vouches for all else that it says and for the files that it
names; what else lies in the folder, as beside a head that ships with a package, is not looked at.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from swara.classifier import HeadError
from swara.data.corpora.entry import Entry
from swara.data.storage.disk import FileRecord, reading, write_bytes
from swara.data.storage.json_lines import Json, converted
from swara.data.storage.npz import Arrays, read_arrays, write_arrays

__all__ = [
    "ARRAYS",
    "FORMAT",
    "MANIFEST",
    "NETWORK",
    "Content",
    "FitOptions",
    "FittedHead",
    "HeadManifest",
    "OnEpoch",
    "Trainer",
    "head_arrays",
    "head_network",
    "print_epoch",
    "read_head",
    "write_head",
]

FORMAT = 1
"""Number of the format; a change of the meaning of ``head.json`` raises it."""

MANIFEST, NETWORK, ARRAYS = "head.json", "network.tflite", "arrays.npz"


@dataclass(frozen=True, slots=True)
class HeadManifest:
    """What ``head.json`` says.

    Parameters
    ----------
    kind : str
        What the head answers: ``exercise``, ``instrument``, ``pitch``.
    labels : tuple of str
        What it can answer, in the order of its outputs; MIDI numbers are written as digits.
    created_at : str
        When it was made, in UTC, as ISO 8601.
    trained_on : mapping
        From what: corpora, recordings, players, digest, seed; JSON values.
    metrics : mapping
        How well it did on what it was not trained on; JSON values.
    files : mapping of str to FileRecord
        Every other file of the head, by its name.
    digest : str
        SHA-256 over all of the above, 64 hex digits.
    format : int
        Number of the format.
    """

    kind: str
    labels: tuple[str, ...]
    created_at: str
    trained_on: Mapping[str, Any]
    metrics: Mapping[str, Any]
    files: Mapping[str, FileRecord]
    digest: str = ""
    format: int = FORMAT

    def sealed(self) -> HeadManifest:
        """Return this with the digest that belongs to it."""
        fields = {name: value for name, value in asdict(self).items() if name != "digest"}
        content = json.dumps(fields, sort_keys=True, ensure_ascii=False, allow_nan=False).encode()
        return replace(self, digest=hashlib.sha256(content).hexdigest())

    def to_json(self) -> bytes:
        """Return it as UTF-8 JSON, for people too."""
        text = json.dumps(asdict(self), indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
        return f"{text}\n".encode()


Content: TypeAlias = bytes | Arrays
"""What a file of a head holds: the bytes of a network, or arrays."""


def write_head(
    folder: Path,
    kind: str,
    labels: Sequence[str],
    files: Mapping[str, Content],
    *,
    trained_on: Mapping[str, Json],
    metrics: Mapping[str, Json],
) -> HeadManifest:
    """Write a head into a folder, which is made if it does not exist; a head that was there is replaced.

    Each file is written whole or not at all, ``head.json`` last: where that is cut short over an older head,
    `read_head` finds that files and manifest do not belong together.

    Parameters
    ----------
    folder : Path
        Where to; files with other names stay as they are.
    kind : str
        What the head answers.
    labels : sequence of str
        Two or more, in the order of its outputs.
    files : mapping of str to bytes, or to mapping of str to array
        By their names: `NETWORK`, `ARRAYS`, or others.
    trained_on, metrics : mapping
        As in `HeadManifest`.

    Raises
    ------
    OutputError
        If a file cannot be written.
    ValueError
        If labels are few or double, or there is no file.
    """
    if len(set(labels)) != len(labels) or len(labels) < 2 or not files:
        raise ValueError(f"a head needs two or more different labels and a file, got {labels}, {[*files]}")
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        if isinstance(content, bytes):
            write_bytes(folder / name, content)
        else:
            write_arrays(folder / name, content)
    manifest = HeadManifest(
        kind,
        tuple(labels),
        datetime.now(UTC).isoformat(),
        trained_on,
        metrics,
        {name: FileRecord.of(folder / name) for name in sorted(files)},
    ).sealed()
    write_bytes(folder / MANIFEST, manifest.to_json())
    return manifest


def read_head(folder: Path, kind: str | None = None, *, fix: str = "Train it anew") -> HeadManifest:
    """Return the manifest of a head once it and every file that it names are found unchanged.

    Parameters
    ----------
    folder : Path
        Where `write_head` wrote it.
    kind : str, optional
        What the head must answer; anything, if left out.
    fix : str
        What to do where it is damaged, as a sentence without its full stop.

    Raises
    ------
    HeadError
        Naming the file that is missing, cut short or changed; or if it is of another kind or a newer format.
    """
    at = folder / MANIFEST
    with reading(at, HeadError, fix=fix):
        content = at.read_bytes()
    manifest = _parsed(content, at, fix)
    if kind is not None and manifest.kind != kind:
        raise HeadError(f"this head tells {manifest.kind}, not {kind}", where=str(at), fix=fix)
    for name, record in manifest.files.items():
        with reading(folder / name, HeadError, fix=fix):
            if (what := record.difference(folder / name)) is not None:
                raise HeadError(what, where=str(folder / name), fix=fix)
    return manifest


def _parsed(content: bytes, at: Path, fix: str) -> HeadManifest:
    try:
        fields = json.loads(content)
        newer = int(fields["format"]) > FORMAT
        if not newer:
            manifest = converted(fields, HeadManifest)
    except (ValueError, KeyError, TypeError) as error:
        raise HeadError(f"this is no head: {error}", where=str(at), fix=fix) from error
    if newer:
        from swara.data.installation import newer_advice

        raise HeadError("the head was written by a newer swara", where=str(at), fix=newer_advice())
    if manifest != manifest.sealed():
        raise HeadError("the file was changed since it was kept", where=str(at), fix=fix)
    if any(Path(name).name != name for name in manifest.files):
        raise HeadError("it names files outside its folder", where=str(at), fix=fix)
    return manifest


def head_network(folder: Path, name: str = NETWORK) -> bytes:
    """Return the bytes of a LiteRT network of a head that `read_head` found unchanged."""
    with reading(folder / name, HeadError):
        return (folder / name).read_bytes()


def head_arrays(folder: Path, name: str = ARRAYS) -> Arrays:
    """Return arrays of a head that `read_head` found unchanged; raises `HeadError` if they are none."""
    try:
        with reading(folder / name, HeadError):
            return read_arrays(folder / name)
    except ValueError as error:
        raise HeadError(f"these are no arrays: {error}", where=str(folder / name)) from error


@dataclass(frozen=True, slots=True)
class FitOptions:
    """How a head is trained.

    Parameters
    ----------
    seed : int
        Of everything random.
    epochs : int
        The most passes over what it learns from.
    patience : int
        Passes without a gain on what is watched after which training ends; the best weights are kept.
    learning_rate : float
        Of Adam at the beginning.
    seconds : float
        Length of the pieces of sound that it learns from.
    """

    seed: int = 1
    epochs: int = 40
    patience: int = 6
    learning_rate: float = 1e-3
    seconds: float = 4.0


@dataclass(frozen=True, slots=True)
class FittedHead:
    """What came of a training.

    Parameters
    ----------
    metrics : mapping of str to float
        On what the training itself watched, which chose its end: ``accuracy``, ``macro_f1``, ``loss``.
    epochs : int
        How many passes were made.
    notes : tuple of str
        What to know of it, as sentences without full stop.
    """

    metrics: Mapping[str, float]
    epochs: int = 0
    notes: tuple[str, ...] = ()


OnEpoch: TypeAlias = Callable[[int, dict[str, float]], None]
"""Told the number of a pass, from 1, and its figures: ``loss``, ``accuracy``, ``val_loss`` ..."""


def print_epoch(epoch: int, figures: dict[str, float]) -> None:
    """Print a pass: an `OnEpoch` for the programs that train what ships."""
    told = "  ".join(f"{name} {value:.3f}" for name, value in figures.items())
    sys.stdout.write(f"{epoch}: {told}\n")
    sys.stdout.flush()


class Trainer(Protocol):
    """What the module ``training/fit.py`` of a head's package offers."""

    def fit(self, rows: Sequence[Entry], folder: Path, options: FitOptions, on_epoch: OnEpoch) -> FittedHead:
        """Train a head on recordings and write it into a folder, as `write_head` does.

        What it watches to end in time it takes from `rows`, singers and players kept apart. Whatever
        `on_epoch` raises ends the training.
        """
        ...

    def answers(self, rows: Sequence[Entry], folder: Path) -> Sequence[str]:
        """Return what the head in a folder says of each recording: one of its labels, empty for no answer."""
        ...
