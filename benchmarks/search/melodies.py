"""Takes of two singers who sing one melody, compared; what is claimed, held against labels made by hand.

The takes have as many labelled notes as each other, so that note lies over note; nobody left one out or added
one. What a comparison says of a note is held against what the labels of both takes say of it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path

import numpy as np

from benchmarks.page import Table
from benchmarks.recordings import SightSinging, sight_singing
from swara.classifier.contours import Contour
from swara.classifier.notes import PRESETS
from swara.classifier.pitch import TRACK_RATE_HZ
from swara.data.arrays import FloatArray
from swara.data.clip import Clip
from swara.raga.swaras import SVARASTHANAS
from swara.raga.tonic_names import ParsedTonic
from swara.raga.tuning import JUST
from swara.service.compare.comparison import Finding
from swara.service.compare.takes import Asked, compare_takes
from swara.service.take.analyze import Request
from swara.service.take.heard import HeardTake

from .concerts import Concerts

__all__ = ["MELODIES", "METHOD", "against_labels", "of_two_singers"]

MELODIES = ({"1072", "1075", "1197"}, {"1099", "1150"}, {"1196", "1198"})

_SAID_CENTS, _FAR_CENTS = 25.0, 50.0
_SAID_S, _FAR_S = 0.06, 0.2
_AROUND = 5
"""Notes to either side whose onsets tell when a note should come."""

_VERDICTS = ("borne out", "labels say less", "labels say the opposite", "labels say nothing")
_OF_PITCH, _MISSING = ("low", "high", "another swara"), ("omitted", "added", "another swara")
_SILENCE_S = 0.3

METHOD = f"""Takes of one melody: sight-singing takes, both ways round, Sa estimated, each note labelled by
hand; there are as many labels in both, so that note lies over note, and nothing was left out or added. How
far a note is high is what its labels differ by, beside the median of the two takes; how late, how far its
onset lies from a line through those of the {_AROUND} notes to either side. A claim is borne out by labels
that say the same by {_SAID_CENTS:g} cents, or {1000 * _SAID_S:g} ms, at least. To be found is each note,
compared or not, that is more than {_FAR_CENTS:g} cents off by its labels. Whether a singer is late or in
another tempo they do not tell.

Phrases of two singers: phrases of concerts that an expert gave one name (`NRG`), each by one professional
beside one by another, both ways round, as tones that follow the pitch tracks, Sa given. All that the labels
tell is that the swaras of the name are in both: to say that one of them was left out, added or in the place
of another is wrong."""


@dataclass(frozen=True, slots=True, eq=False)
class _Labels:
    """What the labels of two takes say of each note: where the guru's lies, how high and how late mine is."""

    guru_s: FloatArray
    cents: FloatArray
    late_s: FloatArray

    @classmethod
    def of(cls, mine: SightSinging, guru: SightSinging) -> _Labels:
        """Lay note over note."""
        apart = 100.0 * (mine.midi - guru.midi)
        onsets = guru.intervals_s[:, 0], mine.intervals_s[:, 0]
        late = np.array([_late_s(*onsets, at) for at in range(len(apart))])
        return cls(guru.intervals_s, apart - np.median(apart), late)

    def note(self, finding: Finding) -> int:
        """Return the number of the note that a finding is about."""
        middle = 0.5 * (finding.guru.start_s + finding.guru.end_s)
        return int(np.argmin(np.abs(self.guru_s.mean(axis=1) - middle)))

    def verdict(self, finding: Finding) -> str:
        """Return what they say of a claim, in one of `_VERDICTS`."""
        at, sign = self.note(finding), 1.0 if finding.kind in ("high", "late") else -1.0
        match finding.kind:
            case "low" | "high":
                share = sign * self.cents[at] / _SAID_CENTS
            case "late" | "early":
                share = sign * self.late_s[at] / _SAID_S
            case "another swara":
                share = abs(self.cents[at]) / _FAR_CENTS
            case "another way":
                return _VERDICTS[3]
            case _:
                share = -1.0
        return _VERDICTS[0 if share >= 1.0 else 2 if share <= -1.0 else 1]


def _late_s(guru_s: FloatArray, mine_s: FloatArray, at: int) -> float:
    around = [n for n in range(max(0, at - _AROUND), at + _AROUND + 1) if n != at and n < guru_s.size]
    slope, offset = np.polyfit(guru_s[around], mine_s[around], 1)
    return float(mine_s[at] - slope * guru_s[at] - offset)


def against_labels(root: Path, heard: Mapping[str, Asked]) -> Table:
    """Return what is claimed of each kind, and what the labels say of it.

    Parameters
    ----------
    root : Path
        The evaluation recordings.
    heard : mapping of str to Asked
        The sight-singing takes, by name.
    """
    takes = {take.name: take for take in sight_singing(root)}
    pairs = [pair for melody in MELODIES for pair in permutations(sorted(melody & heard.keys()), 2)]
    told = [(compare_takes(heard[a], heard[b]), _Labels.of(takes[a], takes[b])) for a, b in pairs]
    claimed, due, found = Counter[tuple[str, str]](), 0, 0
    for comparison, labels in told:
        said = [(each.kind, labels.verdict(each), labels.note(each)) for each in comparison.findings]
        claimed.update((kind, verdict) for kind, verdict, _ in said)
        right = {at for kind, verdict, at in said if kind in _OF_PITCH and verdict == _VERDICTS[0]}
        far = set(np.flatnonzero(np.abs(labels.cents) > _FAR_CENTS).tolist())
        due, found = due + len(far), found + len(far & right)
    rows = [
        (kind, *(claimed[kind, verdict] for verdict in _VERDICTS)) for kind in sorted({k for k, _ in claimed})
    ]
    notes, sung = sum(len(each.notes) for each, _ in told), sum(labels.cents.size for _, labels in told)
    words = (
        f"Takes of one melody, {len(pairs)} comparisons: {notes} of {sung} notes compared, {found} of {due}"
        " to be found were found. What is claimed, by kind:"
    )
    return Table(words, ("claimed", *_VERDICTS), rows)


def of_two_singers(root: Path, hear: Callable[[Clip], HeardTake]) -> Table:
    """Return what is claimed of phrases of one name by two singers.

    Parameters
    ----------
    root : Path
        The evaluation recordings.
    hear : callable
        Hears a clip.
    """
    concerts = Concerts.load(root)
    named, heard = defaultdict[str, list[int]](list), dict[int, Asked]()
    for place, row in enumerate(concerts.rows):
        named[row["phrase"]].append(place)
    rows = []
    for name, places in sorted(named.items()):
        singers = [concerts.rows[place]["singer"] for place in places]
        pairs = [
            (one, two)
            for (one, mine), (two, guru) in permutations(zip(places, singers, strict=True), 2)
            if mine != guru
        ]
        if not pairs:
            continue
        for place in {place for pair in pairs for place in pair}:
            sa_hz = float(concerts.rows[place]["sa_hz"])
            asked = Request(JUST, PRESETS["student"], ParsedTonic(None, None, sa_hz))
            heard[place] = Asked(hear(_sounded(concerts.contours[place], sa_hz)), asked, name)
        found = [compare_takes(heard[one], heard[two]) for one, two in pairs]
        swaras = {each.name for each in SVARASTHANAS if each.letter in name}
        told = [finding for each in found for finding in each.findings]
        wrong = sum(each.kind in _MISSING and each.swara in swaras for each in told)
        compared = sum(bool(each.notes) for each in found)
        kinds = Counter(each.kind for each in told)
        said = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common()) or "nothing"
        rows.append((name, len(pairs), compared, said, wrong))
    return Table(
        "Phrases of two singers.", ("phrase", "pairs", "compared", "claimed", "wrong by its name"), rows
    )


def _sounded(line: Contour, sa_hz: float) -> Clip:
    """Return a tone of some partials that follows a line: silent where nobody sings, and around it."""
    times_s = np.arange(round((line.times_s[-1] - line.times_s[0]) * TRACK_RATE_HZ)) / TRACK_RATE_HZ
    sung = np.isfinite(line.cents)
    frames_s = line.times_s - line.times_s[0]
    hz = sa_hz * 2.0 ** (np.interp(times_s, frames_s[sung], line.cents[sung]) / 1200.0)
    loud = np.interp(times_s, frames_s, sung.astype(np.float64))
    phase = 2.0 * np.pi * np.cumsum(hz) / TRACK_RATE_HZ
    tone = 0.2 * loud * sum(np.sin(number * phase) / number for number in range(1, 7))
    around = np.zeros(round(_SILENCE_S * TRACK_RATE_HZ))
    return Clip(np.concatenate((around, tone, around)).astype(np.float32), TRACK_RATE_HZ)
