"""Nothing is learned while recordings are not what was added: one line says which, and what to do."""

from __future__ import annotations

from collections.abc import Sequence

from data.corpus import PACK_PREFIX, audio_path
from data.recording import Recording

from .errors import RecordingsChanged
from .samples.known import check_recordings

__all__ = ["refuse_changed"]

_MOST_NAMED = 10


def refuse_changed(recordings: Sequence[Recording]) -> None:
    """See that every file is there and holds the bytes that were added.

    Raises
    ------
    RecordingsChanged
        Naming those that do not.
    """
    problems = check_recordings(recordings)
    if not problems:
        return
    named = [f"{audio_path(each.recording)} ({each.what})" for each in problems[:_MOST_NAMED]]
    more = f" and {len(problems) - _MOST_NAMED} more" if len(problems) > _MOST_NAMED else ""
    count = "1 recording is" if len(problems) == 1 else f"{len(problems)} recordings are"
    raise RecordingsChanged(
        f"{count} not what was added: {', '.join(named)}{more}",
        fix=_fix([each.recording for each in problems]),
    )


def _fix(wrong: Sequence[Recording]) -> str:
    added = [recording.id for recording in wrong if not recording.path.startswith(PACK_PREFIX)]
    if not added:
        return "Install again with: pip install --force-reinstall swara"
    removals = "; ".join(f"swara samples remove {each}" for each in added)
    return f"Put the files back, or run: {removals}; what was changed can then be added again"
