"""A professional's calans: what she sings must come out as in tune, and as the swaras that she sang."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from . import moved_sa
from .judged import Judged, called, foreign, in_tune
from .page import Check, Section, Table, percent
from .recordings import calans, labelled_swaras
from .tracks import Tracks, best_overlap

__all__ = ["measure"]

IN_TUNE = {"Bhupali": 90.0, "Deshkar": 85.0, "Yaman": 85.0}
FOREIGN, COVERED, LABELS_RIGHT = 4.0, 60.0, 97.0
"""Of Bhupali, the raga that is judged first."""

"""Percent; foreign is the most that may be, the others the least."""

_METHOD = (
    "One singer, three calans over a soft tanpura; Sa and raga as stated, just intonation, student thresholds"
    " (perfect within 15 cents, in tune within 25). Shares are of the steady time. Steady is at least 150 ms"
    " within 40 cents. The constants of the note finder were chosen with these recordings at hand."
)


class _Labels(NamedTuple):
    """Labelled segments of a calan: read right, not heard at all, all of them."""

    right: int
    unheard: int
    total: int


def measure(root: Path, tracks: Tracks) -> Section:
    """Measure the calans: intonation, labels, and Sa moved."""
    performances = calans(root)
    clips = [performance.clip for performance in performances]
    sung = list(map(Judged.at_stated_sa, performances, tracks.own(clips)))
    plain = list(map(Judged.at_stated_sa, performances, tracks.plain(clips)))
    bhupali = next(s for s in sung if s.performance.raga.name == "bhupali")
    labels = {s.performance.name: _labels(root, s) for s in sung}
    return Section(
        title="A professional's calans",
        method=_METHOD,
        checks=(
            *(check for s in sung for check in _checks(s)),
            Check("labelled segments with the right swara and saptak", _labels_right(labels), LABELS_RIGHT),
            *moved_sa.checks(bhupali, sung),
        ),
        tables=(_table(sung, plain), _labels_table(labels), *moved_sa.tables(bhupali, sung)),
        reading=f"{_reading(sung, plain)} {moved_sa.reading(sung)}",
    )


def _checks(sung: Judged) -> tuple[Check, ...]:
    name = sung.performance.raga.display
    tuneful = Check(f"{name}: in tune within 25 cents", 100 * in_tune(sung.notes), IN_TUNE[name])
    if name != "Bhupali":
        return (tuneful,)
    return (
        tuneful,
        Check(f"{name}: foreign", 100 * foreign(sung.notes), FOREIGN, at_most=True),
        Check(f"{name}: steady time over voiced time", 100 * sung.coverage, COVERED),
    )


def _table(sung: Sequence[Judged], plain: Sequence[Judged]) -> Table:
    rows = [
        (
            f"{s.performance.raga.display}, {pitch}",
            str(len(s.notes)),
            percent(in_tune(s.notes)),
            percent(foreign(s.notes)),
            percent(called(s.notes, "unsure")),
            percent(s.coverage),
        )
        for pitch, takes in (("pitch head", sung), ("plain pYIN", plain))
        for s in takes
    ]
    caption = "Plain pYIN is librosa's: its grid of 10 cents and its voicing, nothing refined or dropped."
    return Table(caption, ("calan", "notes", "in tune", "foreign", "unsure", "steady / voiced"), tuple(rows))


def _labels(root: Path, sung: Judged) -> _Labels:
    labels = labelled_swaras(root, sung.performance.name)
    heard = [best_overlap(sung.notes, label.start_s, label.end_s) for label in labels]
    right = sum(
        note is not None and (note.swara, note.saptak) == (label.swara, label.saptak)
        for note, label in zip(heard, labels, strict=True)
    )
    return _Labels(right, heard.count(None), len(labels))


def _labels_right(labels: Mapping[str, _Labels]) -> float:
    return 100 * sum(counts.right for counts in labels.values()) / sum(c.total for c in labels.values())


def _labels_table(labels: Mapping[str, _Labels]) -> Table:
    rows = tuple((name, str(c.total), str(c.right), str(c.unheard)) for name, c in labels.items())
    caption = (
        "Labelled segments, each against the note that shares most time with it. The labels were confirmed"
        " with pYIN, which flatters pYIN."
    )
    return Table(caption, ("calan", "segments", "right swara and saptak", "no note there"), rows)


def _reading(sung: Sequence[Judged], plain: Sequence[Judged]) -> str:
    return " ".join(
        f"Of what she holds in {s.performance.raga.display}, {percent(in_tune(s.notes))} is called in tune"
        f" ({percent(in_tune(p.notes))} with plain pYIN)."
        for s, p in zip(sung, plain, strict=True)
    )
