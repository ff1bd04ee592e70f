"""The corpus written out as a folder: its audio, and the table that adding reads back."""

from __future__ import annotations

import re
import secrets
import shutil
import unicodedata
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePath

from swara.classifier.pitch import Progress
from swara.data.errors import CorpusError, OutputError
from swara.data.layouts.table import TABLE_NAME, write_table
from swara.data.recording import Recording
from swara.data.sample_corpus.corpus import PACK_PREFIX, audio_path, is_bundled
from swara.data.storage.disk import sha256_of, sync_tree, writing
from swara.service.phrases import counted

from .known import known_samples

__all__ = ["Exported", "export_samples"]

_AUDIO = "audio"
_LONGEST_NAME = 60
_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: the folder, how many recordings, and their bytes."""

    folder: Path
    recordings: int
    size: int


def export_samples(
    corpus: Path, folder: Path, *, bundled: bool = False, progress: Progress | None = None
) -> Exported:
    """Write the recordings that were added, and all that is noted of them, to a new folder.

    ``swara samples add FOLDER`` on another store makes the same corpus of it, without hearing anything again.

    Parameters
    ----------
    corpus : Path
        The log of the corpus.
    folder : Path
        Made by this, or empty. It appears whole or not at all.
    bundled : bool
        The samples that come with swara too; a swara that has them passes them over.
    progress : callable, optional
        Called with the share of the files that is copied.

    Raises
    ------
    CorpusError
        If there is nothing to write, a recording is not what was added, or its description fits no table.
    OutputError
        If the folder holds something, or cannot be written.
    """
    known = known_samples(corpus)
    recordings = [each for each in known if bundled or not is_bundled(each)]
    if not recordings:
        raise CorpusError(
            "no samples were added to this store", where=str(corpus), fix="Give --bundled for those of swara"
        )
    target = folder.resolve()
    with writing(folder, "the samples cannot be written here", elsewhere="name a new folder"):
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            what = "the folder is not empty" if target.is_dir() else "this is a file"
            raise OutputError(what, where=str(folder), fix="Name a folder that does not exist yet")
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".swara-{secrets.token_hex(6)}")
        try:
            (part / _AUDIO).mkdir(parents=True)
            size = _fill(part, recordings, progress)
            sync_tree(part)
            with suppress(FileNotFoundError):
                target.rmdir()
            part.rename(target)
        finally:
            shutil.rmtree(part, ignore_errors=True)
    return Exported(folder, len(recordings), size)


def _fill(part: Path, recordings: Sequence[Recording], progress: Progress | None) -> int:
    """Copy every recording and write the table; return the bytes of the audio."""
    wrong, size = [], 0
    placed = [(f"{_AUDIO}/{_file_name(recording)}", recording) for recording in recordings]
    for number, (name, recording) in enumerate(placed, 1):
        copy = part / name
        if not _copied(audio_path(recording), copy) or sha256_of(copy) != recording.sha256:
            wrong.append(recording)
        else:
            size += copy.stat().st_size
        if progress is not None:
            progress(number / len(placed))
    if wrong:
        named = ", ".join(f"{each.id} ({PurePath(each.path).name})" for each in wrong[:_MOST_NAMED])
        more = f" and {len(wrong) - _MOST_NAMED} more" if len(wrong) > _MOST_NAMED else ""
        many = f"{counted(len(wrong), 'recording')} {'is' if len(wrong) == 1 else 'are'}"
        raise CorpusError(
            f"{many} gone, changed or unreadable: {named}{more}; nothing was exported",
            fix="Run: swara samples check",
        )
    write_table(part / TABLE_NAME, placed)
    return size


def _copied(source: Path, copy: Path) -> bool:
    """Copy a file; False if the source cannot be read, or is none."""
    if not source.is_file():
        return False
    try:
        file = source.open("rb")
    except OSError:
        return False
    with file, copy.open("xb") as out:
        shutil.copyfileobj(file, out, 1 << 20)
    return True


def _file_name(recording: Recording) -> str:
    """Return a name that every file system and archive keeps: the id, and the old name in ASCII."""
    old = PurePath(recording.path.removeprefix(PACK_PREFIX))
    words = _ascii_words(old.stem)[:_LONGEST_NAME].rstrip("-")
    suffix = _ascii_words(old.suffix.removeprefix(".").lower())
    return recording.id + (f"-{words}" if words else "") + (f".{suffix}" if suffix else "")


def _ascii_words(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    return "-".join(re.findall(r"[A-Za-z0-9]+", plain))
