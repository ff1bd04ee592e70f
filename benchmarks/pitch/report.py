"""The page of the pitch trackers: tables of tracker by condition, and a figure."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.page import Page, Section, Table, standing
from benchmarks.shares import Interval, Share

from .conditions import Condition
from .long import TITLE as LONG_TITLE
from .measure import Results, TrackerCost
from .plot import draw
from .score import BANDS_HZ, COLUMNS, EDGE_BANDS, RECALL, STRETCH_S, Scores
from .targets import EACH_TANPURA, SWIFT, cost_checks, heard_checks, middle_mean
from .trackers import RANGE_HZ, Entry

PAGE = Page(
    "Pitch trackers side by side",
    "benchmarks.pitch",
    "bench-pitch",
    "A singer practises with a tanpura, so the question is less who hears a clean voice best than who still"
    " hears it over a drone. Parts that `--parts` does not name stay as they are.",
    "benchmarks/pitch.md",
)
_QUICK = "**Not the whole benchmark:** only clip 1 of every {every} was heard."
_METHOD = f"""
Raw pitch accuracy is the share of truly voiced frames whose estimate lies within 50, 25 or 10 cents, whether
or not the tracker calls the frame voiced: an estimate in a frame that it calls unvoiced counts where it gives
one (Praat and harvest give none). Octave errors are what raw chroma accuracy at 50 cents lies above that.
Voicing is apart: recall is the share of voiced frames called voiced, false alarm that of unvoiced ones. All
are the functions of mir_eval.melody, on estimates interpolated in log frequency to the times of the truth;
frames next to a change of voicing are left out of pitch, not of voicing. Frames are pooled over clips.
Intervals are 95 % by bootstrap over clips, 2000 draws; recordings longer than {1.5 * STRETCH_S:.1f} s count
as stretches of about {STRETCH_S:.0f} s, which are less independent than clips, so those intervals are
somewhat too narrow.

Each tracker gets 16 kHz. Their range is {RANGE_HZ[0]:.0f} to {RANGE_HZ[1]:.0f} Hz where it can be set (Praat,
harvest, CREPE); the rest is as it comes, the threshold of voicing too (SwiftF0, PESTO and CREPE: confidence
0.5; FCPE: 0.006). CREPE runs from the weights that its makers published, is decoded by Viterbi as they do it,
and averaged around that path."""
_GROUPS = {
    "voices": (
        "Real voices with an exact pitch",
        """29 clips (143 s) of real voices, resynthesised by WORLD so that their f0 is exact, which flatters
        everyone a little on the clean ones. Tanpuras: 5 acoustic and 7 electronic, in turn, resampled to the
        singer's Sa; dB is the RMS of the voice where it sings over that of the drone. The room is a small one
        (impulse response aligned to its direct sound); the four rooms include two halls, where the echo of
        the last note is as loud as the next, and every second clip is heard in these alone. What still sounds
        after the voice has stopped counts as unvoiced. With tanpura and room, both are in the room, and the
        level is that of what is heard there.""",
    ),
    "made": (
        "Synthesized voices",
        """21 takes by seven voices, made by swara's own synthesizer from seeds, over a synthesized tanpura;
        they ship with the benchmark, so this part runs anywhere. swara's tracker was trained on voices of
        that kind (on other seeds), so this table flatters it: it is there to be repeated.""",
    ),
    "recordings": (
        "Recordings with labels",
        """Two concert excerpts (Yaman Kalyan and Gavati, 60 s, with tanpura and accompaniment), three calans
        (232 s, soft tanpura), vocadito_1 (33 s) and seven vibrato excerpts. Labels of concert and calans lie
        on a grid of 10 cents, so the last figure means little there; their times are put right (concert 27.5
        ms later, calans 40 ms earlier). Labels of the vibrato excerpts are YIN's and tell nothing of what is
        not voiced.""",
    ),
}
_AGAINST = """How many points {ours} lies ahead within 50 cents, on the same clips, with the interval of that
difference (paired bootstrap); a peer is significantly ahead only where the whole interval is negative."""
_GOALS = """What the tracker should reach on all that follows. "Behind the mean" is how many points fewer
frames are within 50 cents than in the mean of the bands from 80 to 900 Hz. Voicing is that of the
threshold as it ships; of unmoving voices as much of it is asked as of any clean one."""
_QUIET = """Share of frames called voiced, %, in sounds where nobody sings: less is better. Tabla strokes and
a tanpura have a pitch, but not a singer's. All but silence and tabla stand at -26 dB RMS. The recorded
tanpuras are heard for 10 s from anywhere in their cycle on; then each cycle once from its beginning; the
electronic ones looped for 30 s, as an application plays them, seam and all; and each looped for 10 s on Sas 2
and 4 semitones above and below its own, as it is retuned to a singer."""
_RANGE = """Frames by their true pitch in Hz. Real voices were analyzed by WORLD along their exact f0 and
synthesized at two other pitches each, the eight lowest also around 56 to 72 Hz and the eight highest around
980 to 1350 Hz; the synthesized ones sing on Sas through the range. The mean is that of the bands from 80 to
900 Hz; what counts is how far any band lies from it."""
_BEYOND = """Below 48 and above 1650 Hz nobody sings what swara writes down, and a pitch within the range must
not be claimed. Sines and tones of eight partials, swaying by 20 cents (36 to 47 and 1680 to 1980 Hz), and the
eight lowest and highest real voices moved there by WORLD, their intervals an eighth of what was sung. The
first figure is the share of frames called voiced, the second that of frames called voiced at a pitch more
than 50 cents from the truth."""
_LINES = """The same real voices, every second clip, synthesized anew by WORLD along other lines, voiced where
they were: as sung; with a vibrato of 130 cents to either side laid on, at 4, 5, 6 and 7 Hz in turn; held to
the nearest semitone, from which the pitch steps to the next at once (autotune at its hardest); and every
stretch of voice at one pitch. The last are seven synthesized voices that hold six swaras without any
movement, jitter or shimmer."""
_PART = """CREPE full takes seconds for one of sound, so it hears clip 1 of every {every} alone; these are the
figures of all on those clips: {frames} voiced frames, the same in each condition and for each tracker. Raw
pitch accuracy within 50/25/10 cents, %."""
_SWEPT = f"""False alarm, %, where the threshold is set so that {100 * RECALL:.0f} % of the voiced frames are
called so, by what each tracker says of its confidence alone."""
_COSTS = """CPU time of a process over 30 s of synthesized singing (PESTO and CREPE tiny: 10 s, CREPE full: 1
s), all threads together, numerical libraries held to one thread. Three rounds, in which the trackers take
turns: the time is that of the quickest, the ratio the median of the rounds. Cold start is the wall time of a
new Python that imports and loads the tracker and hears one second, best of three; memory is the peak of a
process that loads it and hears the same sound twice. Milliseconds belong to the machine, and to what else it
does meanwhile; a ratio far less so."""

_SLOW = (
    " {0.plain_title}: every third clip of what was not recorded, as it is slow.",
    " {0.plain_title}: every third clip of the real voices alone, as it is slow.",
)
_WITHIN = (
    "Raw pitch accuracy within 50/25/10 cents, %.",
    lambda s: tuple(x.value for x in s.within),
    "{:.1f}",
)
_VOICING = (
    "Voicing recall/false alarm, %.",
    lambda s: (s.recall.value, s.false_alarm.value),
    "{:.1f}",
)
_BUSY = " When it began, {:.1f} other processes were at work on this machine (the load of a minute)."
_HEARD_TITLES = (
    "Goals",
    "How it is measured",
    *(title for title, _ in _GROUPS.values()),
    "Voices from low to high",
    "Beyond what is sung",
    "Wide vibrato, and voices that do not move",
    "Where nobody sings",
    "CREPE, on a part",
)
_NOTHING = Scores(np.zeros((1, COLUMNS)))
_COST_TITLE = "What it costs"


@dataclass(frozen=True, slots=True)
class Measured:
    """Everything that a run found.

    Trackers that ran, ours first, and those that are not installed; the conditions asked for, and scores in
    those that have sounds; costs, and the section on long recordings, empty if not measured; the folder of
    recordings; whether only every so-many-th clip was heard; and the load of the machine when it began.
    """

    entries: Sequence[Entry]
    absent: Sequence[Entry]
    found: Sequence[Condition]
    results: Results
    costs: Mapping[str, TrackerCost]
    long: Sequence[Section] = ()
    root: Path | None = None
    every: int = 1
    busy: float = 0.0

    def write(self, options: argparse.Namespace) -> None:
        """Write the page, what was not measured as it stands there, and draw the figure beside it."""
        picture = options.page.with_suffix(".png")
        plot = f"![Accuracy by the level of the tanpura, and by cost]({picture.name})"
        named = dict.fromkeys(f"{e.packages[0]} {e.version}" for e in self.entries if e.packages)
        notices = [PAGE.about_recordings(self.root)]
        if self.every > 1:
            notices.append(_QUICK.format(every=self.every))
        if self.results:
            draw(picture, self._whole, self.results, self.costs)
        sections = self._with_standing(options.page)
        there = {section.title for section in sections}
        absent = [f"{e.plain_title}: not installed: {', '.join(e.missing)}" for e in self.absent]
        absent += [f"{title}: not measured yet" for title in (_COST_TITLE, LONG_TITLE) if title not in there]
        PAGE.write(
            options,
            sections,
            *notices,
            raw=self,
            left_out=absent,
            libraries=f"The trackers: {', '.join(named)}." if named else "",
            plot=plot if picture.is_file() else "",
        )

    def _with_standing(self, page: Path) -> list[Section]:
        parts = ((self.results, _HEARD_TITLES), (self.costs, (_COST_TITLE,)), (self.long, (LONG_TITLE,)))
        kept = [title for found, titles in parts if not found for title in titles]
        order = (*_HEARD_TITLES, _COST_TITLE, LONG_TITLE)
        return sorted([*self.sections(), *standing(page, kept)], key=lambda each: order.index(each.title))

    def sections(self) -> list[Section]:
        """Return what the page says of each group of conditions, and of the costs."""
        taken = [*self.long]
        if self.costs:
            taken.insert(0, Section(_COST_TITLE, _COSTS, cost_checks(self.costs), list(self._costs())))
        busy = _BUSY.format(self.busy)
        said = self._said() if self.results else ()
        return [*said, *(replace(each, method=each.method + busy) for each in taken)]

    def _said(self) -> Iterator[Section]:
        """Yield every section on what was heard."""
        goals, method, *groups, range_, beyond, lines, quiet, part = _HEARD_TITLES
        titles = {condition.name: condition.title for condition in self.found}
        if checks := heard_checks(self.results, titles, self.entries):
            yield Section(goals, _GOALS, checks)
        slow = (_SLOW[bool(e.only)].format(e) for e in self._whole if e.every > 1)
        yield Section(method, _METHOD + "".join(slow))
        for (group, (_, text)), title in zip(_GROUPS.items(), groups, strict=True):
            if found := self._heard(group):
                yield Section(title, text, tables=list(self._group(found)))
        for group, title, text, tables in (
            ("range", range_, _RANGE, self._range),
            ("beyond", beyond, _BEYOND, self._beyond),
            ("lines", lines, _LINES, self._lines),
            ("quiet", quiet, _QUIET, self._quiet),
        ):
            if found := self._heard(group):
                yield Section(title, text, tables=list(tables(found)))
        yield from self._part(part)

    @property
    def _whole(self) -> list[Entry]:
        """The trackers that stand in every table."""
        return [e for e in self.entries if not e.apart]

    def _heard(self, group: str) -> list[Condition]:
        return [c for c in self.found if c.group == group and c.name in self.results]

    def _group(self, found: Sequence[Condition]) -> Iterator[Table]:
        """Yield every table of a group of conditions."""
        ours = next((e for e in self.entries if e.ours), None)
        if ours is not None:
            name = ours.plain_title
            rows = [
                (
                    peer.title,
                    *(_lead(scores[ours.name], scores.get(peer.name)) for scores in self._of(found)),
                )
                for peer in self._whole
                if not peer.ours and any(peer.name in scores for scores in self._of(found))
            ]
            headings = (f"{name} less", *(c.title for c in found))
            yield Table(_AGAINST.format(ours=name), headings, rows, "{:+.1f}")
        for caption, figure, form in (
            _WITHIN,
            ("The same within 50 cents, with its interval.", lambda s: s.within[0], "{:.1f}"),
            ("Octave errors, %.", lambda s: s.octaves_off.value, "{:.2f}"),
            _VOICING,
            (_SWEPT, lambda s: s.swept, "{:.1f}"),
        ):
            yield self._by_tracker(found, caption, figure, form)

    def _by_tracker(
        self, found: Sequence[Condition], caption: str, figure: Callable[[Scores], Any], form: str = "{:.1f}"
    ) -> Table:
        rows = [
            (e.title, *(_hundredfold(figure(scores.get(e.name, _NOTHING))) for scores in self._of(found)))
            for e in self._whole
            if any(e.name in scores for scores in self._of(found))
        ]
        return Table(caption, ("tracker", *(c.title for c in found)), rows, form)

    def _of(self, found: Sequence[Condition]) -> list[Mapping[str, Scores]]:
        return [self.results[condition.name] for condition in found]

    def _beyond(self, found: Sequence[Condition]) -> Iterator[Table]:
        yield self._by_tracker(found, "", lambda s: (s.recall.value, s.wrong.value))

    def _lines(self, found: Sequence[Condition]) -> Iterator[Table]:
        for each in (_WITHIN, _VOICING):
            yield self._by_tracker(found, *each)

    def _quiet(self, found: Sequence[Condition]) -> Iterator[Table]:
        yield self._by_tracker(found, "", lambda s: s.false_alarm.value)
        yield from self._each_tanpura()

    def _range(self, found: Sequence[Condition]) -> Iterator[Table]:
        for condition in found:
            yield from self._bands(condition)

    def _bands(self, condition: Condition) -> Iterator[Table]:
        bands_hz = [f"{low:.0f}-{high:.0f}" for low, high in pairwise(BANDS_HZ)]
        rows, octaves = [], []
        for entry in self._whole:
            scores = self.results[condition.name].get(entry.name)
            if scores is None:
                continue
            shares = [100 * scores.banded(slice(k, k + 1)).within[0].value for k in range(len(bands_hz))]
            rows.append((entry.title, *shares, middle_mean(scores)))
            edges = (scores.banded(bands).octaves_off.value for bands in EDGE_BANDS.values())
            octaves.append((entry.title, *(100 * share for share in edges)))
        title = condition.title[0].upper() + condition.title[1:]
        headings = ("tracker", *bands_hz, "mean")
        yield Table(f"{title}, within 50 cents, %.", headings, rows, "{:.1f}")
        yield Table(f"{title}, octave errors, %.", ("tracker", *EDGE_BANDS), octaves, "{:.2f}")

    def _each_tanpura(self) -> Iterator[Table]:
        """Yield what each recorded tanpura is called, by swara."""
        ours = [e for e in self.entries if e.ours]
        columns = {
            f"{c.title}: {e.plain_title}": self.results[c.name][e.name].by_name()
            for c in self._heard("quiet")
            if c.name in EACH_TANPURA
            for e in ours
        }
        names = sorted({name for column in columns.values() for name in column})
        rows = [
            (name, *(100 * column.get(name, _NOTHING).false_alarm.value for column in columns.values()))
            for name in names
        ]
        yield Table("Each tanpura by itself.", ("tanpura", *columns), rows, "{:.1f}")

    def _part(self, title: str) -> Iterator[Section]:
        """Yield how all do on what the slowest heard; nothing where it did not."""
        slowest = next((e for e in self.entries if e.apart), None)
        found = [c for c in self._heard("voices") if slowest and slowest.name in self.results[c.name]]
        if slowest is None or not found:
            return
        clips = self.results[found[0].name][slowest.name].clips
        rows = []
        for entry in self.entries:
            shares = [self.results[c.name][entry.name].among(clips).within for c in found]
            rows.append((entry.title, *(tuple(100 * s.value for s in each) for each in shares)))
        pitched = self.results[found[0].name][slowest.name].pitched
        text = _PART.format(every=slowest.every, frames=pitched)
        table = Table("", ("tracker", *(c.title for c in found)), rows, "{:.1f}")
        yield Section(title, text, tables=[table])

    def _costs(self) -> Iterator[Table]:
        swift = self.costs.get(SWIFT)
        costs = [(entry.title, self.costs[entry.name]) for entry in self.entries]
        rows = [
            (title, c.cpu_ms, c.times(swift) if swift else np.nan, c.cold_s, c.peak_mb) for title, c in costs
        ]
        headings = ("tracker", "CPU, ms per s of audio", "to SwiftF0's", "cold start", "peak memory")
        yield Table("", headings, rows, ("{:.1f}", "{:.2f}", "{:.2f} s", "{:.0f} MB"))
        grown = [
            (title, *(f"{ms:.1f} ms, {mb:.0f} MB" for ms, mb in c.by_length.values()))
            for title, c in costs
            if c.by_length
        ]
        lengths = next((c.by_length for _, c in costs if c.by_length), ())
        caption = "CPU time for each second of audio and peak memory, by the length of the recording."
        yield Table(caption, ("tracker", *(f"{length} s" for length in lengths)), grown)


def _lead(ours: Scores, peer: Scores | None) -> Interval | float:
    return np.nan if peer is None else 100 * ours.ahead_of(peer)


def _hundredfold(figure: Share | float | tuple[float, ...]) -> Any:
    return tuple(100 * each for each in figure) if isinstance(figure, tuple) else 100 * figure
