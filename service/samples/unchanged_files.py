"""Nothing is learned while recordings are not what was added: one line says which, and what to do."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from swara.data.corpus.corpus import PACK_PREFIX, audio_path
from swara.data.errors import CorpusError
from swara.data.installation import repair_advice
from swara.data.recording import Recording
from swara.service.phrases import counted

from .known import check_recordings

__all__ = ["verify_recordings"]

_MOST_NAMED, _MOST_REMOVED = 10, 3


def verify_recordings(recordings: Sequence[Recording]) -> None:
    """See that every file is there and holds the bytes that were added.

    Raises
    ------
    CorpusError
        Naming those that do not.
    """
    problems = check_recordings(recordings)
    if not problems:
        return
    named = [f"{audio_path(each.recording)} ({each.what})" for each in problems[:_MOST_NAMED]]
    more = f" and {len(problems) - _MOST_NAMED} more" if len(problems) > _MOST_NAMED else ""
    count = f"{counted(len(problems), 'recording')} {'is' if len(problems) == 1 else 'are'}"
    wrong = [each.recording for each in problems if not _is_bundled(each.recording)]
    gone = [each.recording for each in problems if each.what == "deleted" and each.recording in wrong]
    raise CorpusError(
        f"{count} not what was added: {', '.join(named)}{more}",
        fix=_fix(wrong, _lost_folder(gone, recordings) if gone == wrong else None),
    )


def _fix(wrong: Sequence[Recording], lost: str | None) -> str:
    if not wrong:
        return repair_advice()
    if lost is not None:
        return (
            f"Nothing that was added from {lost} is there: if that is another disk, mount it; if it moved,"
            " write the new paths into corpus.jsonl; what is gone for good is forgotten with:"
            " swara samples remove ID"
        )
    if len(wrong) > _MOST_REMOVED:
        return "Put the files back; to be told of each what to do, run: swara samples check"
    removals = "; ".join(f"swara samples remove {each.id}" for each in wrong)
    return f"Put the files back, or run: {removals}; what was changed can then be added again"


def _lost_folder(gone: Sequence[Recording], known: Sequence[Recording]) -> str | None:
    """Return the folder of the recordings that are gone, where no other is left in it and they are several.

    One by one nobody loses all that is in a folder: forgetting them would cost the labels as well.
    """
    if len(gone) < 2:
        return None
    try:
        folder = Path(os.path.commonpath([audio_path(each).parent for each in gone]))
    except ValueError:  # on several drives
        return None
    inside = [each for each in known if not _is_bundled(each) and folder in audio_path(each).parents]
    return str(folder) if len(inside) == len(gone) else None


def _is_bundled(recording: Recording) -> bool:
    return recording.path.startswith(PACK_PREFIX)
