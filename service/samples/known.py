"""The samples that are known: the bundled ones and those that were added, while they are what was added."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

from swara.data.errors import CorpusError
from swara.data.installation import repair_advice
from swara.data.recording import Recording
from swara.data.sample_corpus.corpus import (
    MoveResult,
    append_recordings,
    append_removal,
    audio_path,
    audio_place,
    find_moved,
    is_bundled,
    is_remote,
    pack_recordings,
    read_corpus,
)
from swara.data.sample_corpus.remote_audio import RemoteListing, moved_to
from swara.data.storage.remote import is_url
from swara.service.phrases import counted

from .findings import check_file

__all__ = [
    "chosen_samples",
    "find_sample",
    "known_samples",
    "move_samples",
    "remove_sample",
    "verify_recordings",
]

_MOST_NAMED, _MOST_WRONG, _MOST_REMOVED = 5, 10, 3
_SAID = {"gone": "deleted", "changed": "changed", "unreadable": "unreadable"}
_LIKENESS = 0.5
_LIST = "List them with: swara samples list"


def known_samples(corpus: Path) -> tuple[Recording, ...]:
    """Return the samples that were added to a corpus, then the bundled ones.

    Raises
    ------
    CorpusError
        If the corpus or the bundled samples cannot be read.
    """
    added = read_corpus(corpus)
    return (*added, *pack_recordings())


def chosen_samples(
    recordings: Sequence[Recording], *, singer: str | None = None, mine: bool = False
) -> tuple[Recording, ...]:
    """Return the samples of one singer, and of those that were added, where that is asked for.

    Parameters
    ----------
    recordings : sequence of Recording
        To choose from.
    singer : str or None
        Who sings, in any case of letters; None for anybody.
    mine : bool
        Whether to leave the bundled ones out.

    Raises
    ------
    CorpusError
        If nobody of that name sings in any of them, naming those whose names are nearest.
    """
    if singer is not None:
        names = {each.singer.casefold(): each.singer for each in recordings}
        wanted = singer.strip().casefold()
        if wanted not in names:
            near = get_close_matches(wanted, names, n=3, cutoff=_LIKENESS)
            fix = f"The nearest are {', '.join(names[each] for each in near)}" if near else _LIST
            raise CorpusError(f'no sample is sung by "{singer}"', fix=fix)
        recordings = [each for each in recordings if each.singer.casefold() == wanted]
    return tuple(each for each in recordings if not (mine and is_bundled(each)))


def find_sample(recordings: Sequence[Recording], prefix: str) -> Recording:
    """Return the recording whose id starts with `prefix`, in any case.

    Raises
    ------
    CorpusError
        If none does, naming the nearest ids, or if several do.
    """
    wanted = prefix.strip().casefold()
    found = [recording for recording in recordings if wanted and recording.sha256.startswith(wanted)]
    if len(found) == 1:
        return found[0]
    if found:
        raise CorpusError(
            f'{len(found)} samples have an id that starts with "{prefix}"',
            fix=f"Give more of it: {_listed(found)}",
        )
    ids = {recording.id: recording for recording in recordings}
    near = [ids[each] for each in get_close_matches(wanted, ids, n=3, cutoff=_LIKENESS)]
    fix = f"The nearest are {_listed(near)}" if near else _LIST
    raise CorpusError(f'no sample has the id "{prefix}"', fix=fix)


def remove_sample(corpus: Path, prefix: str) -> Recording:
    """Take a sample out of a corpus, and return it; its audio stays where it is.

    Raises
    ------
    CorpusError
        If `prefix` is not the start of one id, or the sample is a bundled one.
    OutputError
        If the corpus cannot be written.
    """
    recording = find_sample(known_samples(corpus), prefix)
    if is_bundled(recording):
        raise CorpusError(
            f"{recording.id} is a bundled sample, which cannot be removed", fix="Remove only what was added"
        )
    append_removal(corpus, recording.id)
    return recording


def move_samples(corpus: Path, old: Path | str, new: Path | str) -> MoveResult:
    """Note that what was added from one place lies in another now; nothing is moved or copied.

    Parameters
    ----------
    corpus : Path
        The log of the corpus.
    old : Path or str
        The folder, or the file, that they were added from; it need not be there. A str may be a URL.
    new : Path or str
        The folder, or the file, that holds them now; it is known by its digest, whatever it is called there.
        At a URL, each must lie at the same place in the folder.

    Returns
    -------
    MoveResult
        Empty where nothing was added from `old`.

    Raises
    ------
    CorpusError
        If `new` is not there, or the corpus cannot be read.
    OutputError
        If the corpus cannot be written; it is then as it was.
    RemoteError, MissingPackage
        If a URL cannot be reached.
    """
    known = {each.sha256: each for each in read_corpus(corpus)}
    files = {sha256: each.path for sha256, each in known.items()}
    if is_url(str(old)) or is_url(str(new)):
        result = moved_to(files, str(old), str(new))
    else:
        result = find_moved({sha256: Path(each) for sha256, each in files.items()}, Path(old), Path(new))
    append_recordings(
        corpus, [replace(known[sha256], path=str(each.path)) for sha256, each in result.moved.items()]
    )
    return result


def verify_recordings(recordings: Sequence[Recording]) -> None:
    """See that every file is there and holds the bytes that were added.

    Raises
    ------
    CorpusError
        Naming those that do not.
    """
    listing = RemoteListing()
    problems = [problem for each in recordings if (problem := check_file(each, listing)) is not None]
    if not problems:
        return
    named = [f"{audio_place(each.recording)} ({_SAID[each.kind]})" for each in problems[:_MOST_WRONG]]
    more = f" and {len(problems) - _MOST_WRONG} more" if len(problems) > _MOST_WRONG else ""
    count = f"{counted(len(problems), 'recording')} {'is' if len(problems) == 1 else 'are'}"
    wrong = [each.recording for each in problems if not is_bundled(each.recording)]
    gone = [each.recording for each in problems if each.kind == "gone" and each.recording in wrong]
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
            f" run: swara samples move {shlex.quote(lost)} NEW; what is gone for good is forgotten with:"
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
    if len(gone) < 2 or any(map(is_remote, gone)):
        return None
    try:
        folder = Path(os.path.commonpath([audio_path(each).parent for each in gone]))
    except ValueError:  # on several drives
        return None
    here = (each for each in known if not is_bundled(each) and not is_remote(each))
    inside = [each for each in here if folder in audio_path(each).parents]
    return str(folder) if len(inside) == len(gone) else None


def _listed(recordings: Sequence[Recording]) -> str:
    names = [f"{recording.id} ({Path(recording.path).name})" for recording in recordings[:_MOST_NAMED]]
    more = len(recordings) - _MOST_NAMED
    return ", ".join(names) + (f" and {more} more" if more > 0 else "")
