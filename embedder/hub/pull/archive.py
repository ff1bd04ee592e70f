"""An archive from elsewhere, unpacked without trust."""

from __future__ import annotations

import gzip
import shutil
import tarfile
import zlib
from pathlib import Path
from typing import IO, cast

from swara.data.storage import disk
from swara.embedder.errors import ModelError, ModelUnfit, writing
from swara.embedder.hub.contract import SAVED_MODEL_FILE

from .catalogue import Pullable

__all__ = ["place_content", "unpack"]

_GZIP = b"\x1f\x8b"
_TAR, _TAR_AT = b"ustar", 257
_CHUNK_BYTES = 1 << 20
_MOST_FILES = 500
_READ_ERRORS = (EOFError, OSError, zlib.error)
"""What reading from an archive raises when its bytes are not what they were, or cannot be had."""


def unpack(archive: Path, into: Path, *, largest_bytes: int) -> None:
    """Write the files of a tar archive into the folder `into`, which exists and is empty.

    Nothing but plain files and folders is accepted, and none outside `into`; owners are left out, and
    permissions are those that ``tarfile`` has for data. It is read to its end, so that gzip's checksum is
    tested.

    Parameters
    ----------
    archive : Path
        Plain or compressed by gzip.
    into : Path
        Holds what was written until then if this raises.
    largest_bytes : int
        Most that is unpacked, headers included.

    Raises
    ------
    ModelUnfit
        If the archive is damaged or cut short, or holds what it should not.
    ModelError
        If this Python, older than 3.11.4, cannot unpack safely.
    OutputError
        If the disk is full, or may not be written.
    """
    if not hasattr(tarfile, "data_filter"):
        raise ModelError(
            "this Python, older than 3.11.4, cannot unpack an archive safely",
            where=str(archive),
            fix="Unpack it yourself, and give the folder",
        )
    try:
        with archive.open("rb") as raw:
            compressed = raw.read(len(_GZIP)) == _GZIP
            raw.seek(0)
            source = _Limited(gzip.GzipFile(fileobj=raw) if compressed else raw, archive, largest_bytes)
            # As a stream: a header that claims a great length is then read piece by piece.
            with tarfile.open(fileobj=cast("IO[bytes]", source), mode="r|") as tar:
                for count, member in enumerate(tar, 1):
                    if count > _MOST_FILES:
                        raise _refused(f"it holds more than {_MOST_FILES} files", archive)
                    _extract(tar, member, archive, into)
            while source.read(_CHUNK_BYTES):
                pass
    except (tarfile.TarError, ValueError) as error:
        raise _refused(f"the archive is damaged or cut short ({str(error).lower()})", archive) from error


class _Limited:
    """A file to read from, up to a limit."""

    def __init__(self, file: IO[bytes] | gzip.GzipFile, archive: Path, largest_bytes: int) -> None:
        self._file, self._archive = file, archive
        self._left_bytes = self._largest_bytes = largest_bytes

    def read(self, length: int) -> bytes:
        """Return at most `length` bytes, or refuse the archive once the limit is passed."""
        try:
            content = self._file.read(length)
        except _READ_ERRORS as error:  # told apart, so that what is left are failures to write
            raise tarfile.ReadError(str(error)) from error
        self._left_bytes -= len(content)
        if self._left_bytes < 0:
            raise _refused(f"it unpacks to more than {self._largest_bytes / 1e6:.0f} MB", self._archive)
        return content


def _extract(tar: tarfile.TarFile, member: tarfile.TarInfo, archive: Path, into: Path) -> None:
    # A link may lead out; a sparse file may claim any length without the bytes to show for it.
    if not (member.isreg() or member.isdir()) or member.issparse():
        raise _refused(f'"{member.name}" is neither a plain file nor a folder', archive)
    try:
        with writing(into):
            tar.extract(member, into, filter="data")
    except tarfile.FilterError as error:
        raise _refused(
            f'"{member.name}" leads out of the folder that it is unpacked into', archive
        ) from error


def _refused(what: str, archive: Path) -> ModelUnfit:
    return ModelUnfit(what, where=str(archive), fix="Nothing of it was kept. Download it again")


_SAVED_MODEL_PARTS = ("variables", "assets", "assets.extra", SAVED_MODEL_FILE, "fingerprint.pb")
"""What TensorFlow writes into a SavedModel; anything else in the folder is not part of it."""

_TFLITE, _TFLITE_AT = b"TFL3", 4
"""The file identifier of the TFLite schema, and where a FlatBuffer has it."""


def place_content(model: Pullable, source: Path, target: Path) -> None:
    """Make `target` the SavedModel folder or the TFLite file of `model` out of `source`, which stays.

    Parameters
    ----------
    model : Pullable
        Which of the models that can be pulled.
    source : Path
        A tar archive, a folder that holds a SavedModel or a TFLite file, or a TFLite file.
    target : Path
        Does not exist yet; its folder is empty.

    Raises
    ------
    ModelUnfit
        If `source` is not there, or is nothing of the kind.
    OutputError
        If the disk is full, or may not be written.
    """
    head = _head(source) if source.is_file() else b""
    if source.is_dir():
        _copy(_found_in(source, model, source), target)
    elif not source.is_file():
        raise _content_refused("neither a file nor a folder", model, source)
    elif head.startswith(_GZIP) or head[_TAR_AT:].startswith(_TAR):
        unpacked = target.with_name(".unpacked")
        with writing(target.parent):
            unpacked.mkdir()
        unpack(source, unpacked, largest_bytes=model.largest_bytes)
        found = _found_in(unpacked, model, source)
        with writing(target.parent):
            found.rename(target)
            shutil.rmtree(unpacked, ignore_errors=True)
    elif model.form == "tflite" and _is_tflite(head):
        _copy(source, target)
    else:
        raise _content_refused(f"this is {_what(head)}", model, source)


def _found_in(folder: Path, model: Pullable, source: Path) -> Path:
    """Return the model in `folder` or in a folder of it."""
    candidates = sorted({folder, *(path for path in folder.iterdir() if path.is_dir())})
    if model.form == "saved_model":
        found = [path for path in candidates if (path / SAVED_MODEL_FILE).is_file()]
        # A SavedModel's own folder comes first, whatever lies in its assets.
        found = [folder] if folder in found else found
    else:
        found = [path for each in candidates for path in each.glob("*.tflite") if _is_tflite(_head(path))]
    if len(found) != 1:
        raise _content_refused(f"there are {len(found)} models in it", model, source)
    return found[0]


def _copy(source: Path, target: Path) -> None:
    """Copy a TFLite file, or the parts of a SavedModel."""
    parts = [source / name for name in _SAVED_MODEL_PARTS]
    inside = (path for part in parts for path in (part, *sorted(part.rglob("*"))) if path.is_file())
    for path in [source] if source.is_file() else inside:
        place = target / path.relative_to(source)
        with _opened(path) as original, writing(place.parent):
            place.parent.mkdir(parents=True, exist_ok=True)
            with place.open("xb") as copy:
                shutil.copyfileobj(original, copy)


def _opened(file: Path) -> IO[bytes]:
    with disk.reading(file, ModelUnfit):
        return file.open("rb")


def _head(file: Path) -> bytes:
    with _opened(file) as handle:
        return handle.read(512)


def _is_tflite(head: bytes) -> bool:
    return head[_TFLITE_AT:].startswith(_TFLITE)


def _what(head: bytes) -> str:
    if not head:
        return "an empty file"
    if head.lstrip().startswith((b"<", b"{")):
        return "a web page or a message, not a model"
    if head.startswith(b"PK"):
        return "a zip archive: unpack it, and give the folder"
    return "a TFLite file, not a SavedModel" if _is_tflite(head) else "neither an archive nor a model"


def _content_refused(what: str, model: Pullable, source: Path) -> ModelUnfit:
    wanted = (
        f"a folder with {SAVED_MODEL_FILE}, or a .tar.gz of one"
        if model.form == "saved_model"
        else "a .tflite file, or a .tar.gz of one"
    )
    return ModelUnfit(what, where=str(source), fix=f"{model.name} is {wanted}: {model.url}")
