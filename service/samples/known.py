"""The samples that are known: the bundled ones and those that were added."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path

from swara.data.corpus.corpus import (
    PACK_PREFIX,
    append_removal,
    audio_path,
    pack_recordings,
    read_corpus,
)
from swara.data.errors import CorpusError
from swara.data.recording import Recording
from swara.data.storage.disk import sha256_of

from .results import AudioProblem

__all__ = ["check_recordings", "find_sample", "known_samples", "remove_sample"]

_MOST_NAMED = 5
_LIKENESS = 0.5


def known_samples(corpus: Path) -> tuple[Recording, ...]:
    """Return the samples that were added to a corpus, then the bundled ones.

    Raises
    ------
    CorpusError
        If the corpus or the bundled samples cannot be read.
    """
    added = read_corpus(corpus)
    return (*added, *pack_recordings())


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
    fix = f"The nearest are {_listed(near)}" if near else "List them with: swara samples list"
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
    if recording.path.startswith(PACK_PREFIX):
        raise CorpusError(
            f"{recording.id} is a bundled sample, which cannot be removed", fix="Remove only what was added"
        )
    append_removal(corpus, recording.id)
    return recording


def check_recordings(recordings: Iterable[Recording]) -> tuple[AudioProblem, ...]:
    """Return the recordings whose audio was deleted or changed since it was added, or cannot be read."""
    problems = []
    for recording in recordings:
        try:
            if sha256_of(audio_path(recording)) != recording.sha256:
                problems.append(AudioProblem(recording, "changed"))
        except (FileNotFoundError, NotADirectoryError):
            problems.append(AudioProblem(recording, "deleted"))
        except OSError:
            problems.append(AudioProblem(recording, "unreadable"))
    return tuple(problems)


def _listed(recordings: Sequence[Recording]) -> str:
    names = [f"{recording.id} ({Path(recording.path).name})" for recording in recordings[:_MOST_NAMED]]
    more = len(recordings) - _MOST_NAMED
    return ", ".join(names) + (f" and {more} more" if more > 0 else "")
