"""Plain folders: each is called by the label of what it holds."""

from __future__ import annotations

from pathlib import Path

from swara.data.errors import CorpusError

from .entry import CorpusCard, Entry, Found, Given, Refused, audio_files, existing_folder
from .labels import exercise_named, family_of, instrument_named

__all__ = ["CARD", "find"]

CARD = CorpusCard(
    name="folders",
    title="Folders of recordings",
    about="Recordings of your own, in a folder for each label, and in it one for each singer or player.",
    licence="as given with --licence",
    leaks=(
        "Where no folder says who sings or plays, all of it counts as one player's.",
        "Where each label has one player, microphone and player are learned in place of the label.",
    ),
)


def find(folder: Path, given: Given) -> Found:
    """Read ``DIR/cello/Anna/take 1.wav``: the label, who plays, and a recording.

    Parameters
    ----------
    folder : Path
        The folder whose folders are called by labels.
    given : Given
        What the labels are, the licence, which must be there, and who plays where no folder says so.

    Raises
    ------
    CorpusError
        If no licence is given, or no recording lies in a folder.
    """
    if not given.licence:
        raise CorpusError(
            "no licence is given", where=str(folder), fix="Say with --licence what they are under"
        )
    entries, refused = list[Entry](), list[Refused]()
    for path in audio_files(existing_folder(folder, "Name the folder whose folders are the labels")):
        label, *more = path.relative_to(folder).parts[:-1] or ("",)
        try:
            entries.append(
                _entry(path, folder.resolve().name, label, more[0] if more else given.player, given)
            )
        except CorpusError as error:
            refused.append(Refused(path, str(error).removesuffix(".")))
    if not entries and not refused:
        raise CorpusError(
            "no recording lies here", where=str(folder), fix="Put them into a folder for each label"
        )
    return Found(tuple(entries), tuple(refused))


def _entry(path: Path, source: str, label: str, player: str, given: Given) -> Entry:
    if not label:
        raise CorpusError("it lies in no folder that would say its label")
    if given.label == "exercise":
        exercise, instrument = exercise_named(label), "voice"
    else:
        exercise, instrument = "", instrument_named(label)
    return Entry(
        path,
        source=source,
        player=player,
        licence=given.licence,
        exercise=exercise,
        instrument=instrument,
        family=family_of(instrument),
    )
