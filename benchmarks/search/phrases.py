"""Phrases found again: those of an expert, of a learner, of the pitch head; how the distance was chosen."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.page import Check, Section, Table
from benchmarks.recordings import CONCERT_EARLY_S, CONCERTS
from swara.classifier.contours import Contour, LocalCost, distances, resampled
from swara.classifier.contours.distance import BAND, COST, POINTS, STRING_CENTS, string_distances
from swara.classifier.contours.phrases import PhraseLine, phrase_line, phrase_of
from swara.classifier.pitch import TRACK_RATE_HZ
from swara.classifier.pitch.head import pitch_tracker
from swara.data.arrays import FloatArray
from swara.data.audio.decode import load_clip
from swara.service.rebuild.questions import ORNAMENT_FRAMES
from swara.service.search.hits import FAR_CENTS

from .concerts import KEPT, Concerts, Retrieval, retrieval


@dataclass(frozen=True, slots=True)
class Setting:
    """A distance that can be measured again.

    Parameters
    ----------
    band : float
        Of the alignment.
    cost : LocalCost
        Of a difference.
    string_cents : float
        Weight of the swara string.
    plain : bool
        Whether ornaments are left out first.
    """

    band: float
    cost: LocalCost
    string_cents: float = 0.0
    plain: bool = True


_CAP = LocalCost(folded=True, cap_cents=100.0)

SETTINGS: Mapping[str, Setting] = {
    "every cent, band 20%": Setting(0.2, LocalCost(), plain=False),
    "capped at 100 cents, octaves folded": Setting(0.2, _CAP, plain=False),
    "and without ornaments": Setting(0.2, _CAP),
    "and band 50%": Setting(0.5, _CAP),
    "and 5 cents for a frame of waiting": Setting(BAND, COST),
    f"and {STRING_CENTS:g} cents for the string: as shipped": Setting(BAND, COST, STRING_CENTS),
    "the same, string 28 cents": Setting(BAND, COST, 2 * STRING_CENTS),
    "the same, soft knee of 100 cents for the cap": Setting(
        BAND, replace(COST, cap_cents=math.inf, knee_cents=100.0), STRING_CENTS
    ),
    "the same, octaves apart": Setting(BAND, replace(COST, folded=False), STRING_CENTS),
}
SHIPPED = list(SETTINGS)[5]

_TRIED = 70
"""Settings looked at on these phrases before one was chosen, those of the table among them."""

_METHOD = f"""The {{phrases}} phrases that an expert marked in {{concerts}} concerts, as pitch tracks (a
machine's f0 over the Sa that is given). Each is held against all others, within its concert and in all of
them, and those of the same name are right; one without another of its name is no query. Each phrase counts as
a recording of its own. Chance is what an order without sense would reach.

The distance of `swara search --phrase`: sung frames through a running median over 0.25 s, drawn as {POINTS}
points, aligned in a band of {BAND:.0%}; a difference costs its cents, {COST.cap_cents:g} at most, octaves
folded, and {COST.stretch_cents:g} more where one line waits; the edit distance of the two swara strings, as a
share of the longer one, costs {STRING_CENTS:g} cents. {_TRIED} settings were looked at on these very phrases
before it was chosen, so its figures flatter it a little. In the row "each concert left out of the choice" the
setting for the phrases of a concert is the one of the table that does best on the other concerts (mean of the
four figures and of the learner's first).

The learner is simulated: each phrase without its ornaments (a running median over {ORNAMENT_FRAMES / 100:g}
s), Sa drifting by 40 cents from its beginning to its end, up or down, and a tempo that goes up and down
between two thirds and one and a half times the professional's; the professional's own phrase is to be found
among all."""


@dataclass(frozen=True, eq=False)
class Figures:
    """What one setting reaches.

    Parameters
    ----------
    within, pooled : Retrieval
        Phrases of the same name, in the concert and in all.
    rank : int array, shape [phrases]
        How many phrases come before the learner's own.
    """

    within: Retrieval
    pooled: Retrieval
    rank: FloatArray

    @cached_property
    def row(self) -> tuple[float, ...]:
        """MAP and P@1 within a concert, the same of all, the learner's first and first five."""
        return (*self.within.all, *self.pooled.all, *_ranks(self.rank))

    def merit(self, concert: str, every: FloatArray) -> float:
        """Return what is chosen by, over all concerts but one."""
        shares = [each.among(each.concert != concert) for each in (self.within, self.pooled)]
        return float(np.mean([*shares[0], *shares[1], (self.rank[every != concert] == 0).mean()]))


def measure(root: Path | None) -> list[Section | str]:
    """Measure the distance on the concerts, and what is heard of an excerpt."""
    if root is None or not (root / CONCERTS).is_dir():
        return [f"phrases: `SWARA_EVAL_DATA` has no {CONCERTS}"]
    concerts = Concerts.load(root)
    figures = {name: _figures(concerts, setting) for name, setting in SETTINGS.items()}
    left_out = _left_out(concerts, figures)
    rows: list[Sequence[Any]] = [(name, *each.row) for name, each in figures.items()]
    rows += [("each concert left out of the choice", *left_out), ("chance", *_chance(concerts))]
    headings = ("setting", "within: MAP", "P@1", "all: MAP", "P@1", "learner: first", "in the first five")
    table = Table("What was tried, as far as the program can still do it:", headings, rows, "{:.3f}")
    method = _METHOD.format(phrases=len(concerts.rows), concerts=len(concerts.tracks))
    section = Section("Phrases in concerts", method, [*_checks(figures[SHIPPED].row)], [table])
    return [section, _other_learners(concerts), _said(concerts), _excerpt(root, concerts)]


def _checks(row: tuple[float, ...]) -> Iterator[Check]:
    named = (
        ("same phrase within a concert, MAP", 0.70, False),
        ("same phrase within a concert, P@1", 0.72, False),
        ("same phrase in all concerts, MAP", 0.51, False),
        ("same phrase in all concerts, P@1", 0.61, False),
        ("simulated learner: right phrase first", 85.0, True),
        ("simulated learner: right phrase in the first five", 97.0, True),
    )
    for (what, target, in_percent), value in zip(named, row, strict=True):
        if in_percent:
            yield Check(what, 100 * value, target)
        else:
            yield Check(what, value, target, unit="", digits=3)


def _figures(concerts: Concerts, setting: Setting) -> Figures:
    away = _all_distances(concerts.contours, concerts.contours, setting)
    learned = _all_distances(concerts.learners(), concerts.contours, setting)
    names, places = concerts.column("phrase"), concerts.column("concert")
    within, pooled = (retrieval(away, names, places, pooled=pooled) for pooled in (False, True))
    return Figures(within, pooled, _ranks_of_own(learned))


def _ranks_of_own(learned: FloatArray) -> FloatArray:
    return np.asarray((learned < np.diag(learned)[:, None]).sum(axis=1), dtype=np.float64)


def _all_distances(queries: Sequence[Contour], others: Sequence[Contour], setting: Setting) -> FloatArray:
    """Return the distances, kept from run to run, float64 of shape [queries, others]."""
    content = f"{setting} {POINTS}".encode() + b"".join(each.cents.tobytes() for each in (*queries, *others))
    path = KEPT / f"{hashlib.sha256(content).hexdigest()[:16]}.npy"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        asked, known = ([phrase_of(each) for each in some] for some in (queries, others))
        lines, mine = (
            np.array([_line(*pair, setting) for pair in zip(some, phrases, strict=True)])
            for some, phrases in ((others, known), (queries, asked))
        )
        strings = np.array([each.string for each in known if each is not None])
        away = [distances(line, lines, band=setting.band, cost=setting.cost) for line in mine]
        apart = [string_distances(each.string, strings) for each in asked if each is not None]
        np.save(path, np.array(away) + setting.string_cents * np.array(apart))
    return np.asarray(np.load(path))


def _line(line: Contour, phrase: PhraseLine | None, setting: Setting) -> FloatArray:
    return phrase.line.cents if setting.plain and phrase is not None else resampled(line, POINTS)


def _left_out(concerts: Concerts, figures: Mapping[str, Figures]) -> tuple[float, ...]:
    every = concerts.column("concert")
    parts: list[list[FloatArray]] = [[] for _ in range(5)]
    for concert in sorted(concerts.tracks):
        best = max(figures.values(), key=lambda each: each.merit(concert, every))
        for place, of in enumerate((best.within, best.pooled)):
            mine = of.concert == concert
            parts[2 * place].append(of.average_precision[mine])
            parts[2 * place + 1].append(of.first[mine])
        parts[4].append(best.rank[every == concert])
    joined = [np.concatenate(part) for part in parts]
    return (*(float(part.mean()) for part in joined[:4]), *_ranks(joined[4]))


def _ranks(rank: FloatArray) -> tuple[float, float]:
    return float((rank == 0).mean()), float((rank < 5).mean())


def _chance(concerts: Concerts) -> tuple[float, ...]:
    rng, names, places = np.random.default_rng(1), concerts.column("phrase"), concerts.column("concert")
    away = rng.random((len(names), len(names)))
    shares = [retrieval(away, names, places, pooled=pooled).all for pooled in (False, True)]
    return (*shares[0], *shares[1], 1 / len(names), 5 / len(names))


_OTHERS = """The learner above leaves out of a phrase what the search leaves out too, a running median over
0.25 s, so that ornaments cost nothing. These sing more of them, or less."""


def _other_learners(concerts: Concerts) -> Section:
    rows = []
    for frames in (1, 15, 41, 61):
        learned = _all_distances(concerts.learners(frames), concerts.contours, SETTINGS[SHIPPED])
        every = _all_distances(concerts.learners(frames), concerts.contours, next(iter(SETTINGS.values())))
        rows.append((f"{frames / 100:.2f} s", *_ranks(_ranks_of_own(learned)), *_ranks(_ranks_of_own(every))))
    headings = ("median over", "as shipped: first", "in the first five", "every cent: first", "first five")
    return Section("Other learners", _OTHERS, [], [Table("", headings, rows, "{:.3f}")])


_SAID = f"""What `swara search --phrase` says of the nearest, and how often that is a phrase of the same name:
each marked phrase is sought among the others, as in the first table. What is farther than {FAR_CENTS:g} cents
is said not to go like it. Phrases of one name may dwell on other swaras between."""


def _said(concerts: Concerts) -> Section:
    away = _all_distances(concerts.contours, concerts.contours, SETTINGS[SHIPPED]).copy()
    np.fill_diagonal(away, np.inf)
    names, nearest = concerts.column("phrase"), away.argmin(axis=1)
    strings = np.stack([each.string for each in concerts.phrases])
    right, alike = names[nearest] == names, (strings[nearest] == strings).all(axis=1)
    known = [(strings == each).all(axis=1).sum() > 1 for each in strings]
    far = away.min(axis=1) > FAR_CENTS
    rows = [
        (words, int(which.sum()), int(right[which].sum()))
        for words, which in (
            ("it dwells on the same swaras", alike),
            ("nothing: others dwell on the same swaras", ~alike & known & ~far),
            ("none dwells on the same swaras: only the nearest", ~alike & ~np.array(known) & ~far),
            ("nothing known goes like it", ~alike & far),
        )
    ]
    table = Table("", ("what is said", "phrases", "of the same name"), rows)
    return Section("What is said of the nearest", _SAID, [], [table])


_EXCERPT = """The excerpt of a concert of which phrases are marked, heard by the pitch head as a take is:
each marked phrase that lies in it is the query, and the phrases of all concerts, that one among them, are
searched. Its own must come first."""


def _excerpt(root: Path, concerts: Concerts) -> Section | str:
    found = list(_heard_phrases(root, concerts))
    if not found:
        return "excerpts: `SWARA_EVAL_DATA` has no hindustani_concert"
    first = sum(rank == 0 for _, rank, _ in found)
    check = Check("own phrase first", 100 * first / len(found), 100.0)
    rows = [(name, rank + 1, away) for name, rank, away in found]
    table = Table("", ("phrase", "its place", "distance, cents"), rows, ("{}", "{:.1f}"))
    return Section("Phrases as they are heard", _EXCERPT, [check], [table])


def _heard_phrases(root: Path, concerts: Concerts) -> Iterator[tuple[str, int, float]]:
    lines = np.stack([each.line.cents for each in concerts.phrases])
    strings = np.stack([each.string for each in concerts.phrases])
    for path in sorted((root / "hindustani_concert").glob("*.mp3")):
        begin, end = (float(part) for part in path.stem.rpartition("_")[2].split("-"))
        spans = [(float(row["start_s"]), float(row["end_s"])) for row in concerts.rows]
        inside = [
            place
            for place, (row, span) in enumerate(zip(concerts.rows, spans, strict=True))
            if path.stem.startswith(row["concert"]) and begin <= span[0] and span[1] <= end
        ]
        if not inside:
            continue
        track = pitch_tracker("head").track(load_clip(path, rate_hz=TRACK_RATE_HZ))
        for place in inside:
            row, (start_s, end_s) = concerts.rows[place], spans[place]
            late_s = CONCERT_EARLY_S - begin
            heard = phrase_line(track, float(row["sa_hz"]), start_s + late_s, end_s + late_s)
            if heard is None:
                yield f"{row['phrase']}, {start_s:.1f} s", len(concerts.rows), np.nan
                continue
            away = heard.distance(lines, strings)
            yield f"{row['phrase']}, {start_s:.1f} s", int((away < away[place]).sum()), float(away[place])
