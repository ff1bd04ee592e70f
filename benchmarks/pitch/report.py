"""The page of the pitch trackers: tables of tracker by condition, and a figure."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.page import Page, Section, Table
from benchmarks.shares import Share

from .conditions import Condition
from .measure import LENGTH_S, Results, TrackerCost
from .score import BANDS_HZ, STRETCH_S, Scores
from .trackers import Entry

PAGE = Page(
    "Pitch trackers side by side",
    "benchmarks.pitch",
    "bench-pitch",
    "A singer practises with a tanpura, so the question is less who hears a clean voice best than who still"
    " hears it over a drone.",
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

Each tracker gets 16 kHz and runs on one thread. Their range is swara's, 65 to 1100 Hz, where it can be set;
the rest is as it comes, the threshold of voicing too (SwiftF0, PESTO and CREPE: confidence 0.5; FCPE: 0.006).
CREPE is decoded by Viterbi and a weighted mean around the path, which suits it best. CREPE's full model is
left out, as it takes ten seconds for one of audio."""
_GROUPS = {
    "voices": (
        "Real voices with an exact pitch",
        """29 clips (143 s) of real voices, resynthesised by WORLD so that their f0 is exact, which flatters
        everyone a little on the clean ones. Tanpuras: 5 acoustic and 7 electronic, in turn, resampled to the
        singer's Sa; dB is the RMS of the voice where it sings over that of the drone. The room is a small one
        (impulse response aligned to its direct sound); the four rooms include two halls, where the echo of
        the last note is as loud as the next. With tanpura and room, both are in the room, and the level is
        that of what is heard there.""",
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
_QUIET = """Share of frames called voiced, %, in sounds where nobody sings: less is better. Tabla strokes and
a tanpura have a pitch, but not a singer's. All but silence and tabla stand at -26 dB RMS."""
_RANGE = """Frames by their true pitch in Hz. Real voices were analyzed by WORLD along their exact f0 and
synthesized at two other pitches each; the synthesized ones sing on Sas through the range. What counts is how
far any band lies from the mean of all."""
_COSTS = f"""CPU time of a process over {LENGTH_S} s of synthesized singing, all threads together, best of
three, held to one thread; cold start is the wall time of a new Python that imports and loads the tracker and
hears one second, best of three; memory is the peak of a process that loads it and hears {LENGTH_S} s.
Milliseconds belong to the machine; the ratio to SwiftF0, measured minutes apart, less so."""

_LEVELS = {"clean": "no drone", "tanpura10": "10 dB", "tanpura5": "5 dB", "tanpura0": "0 dB"}
_OURS, _INK = "#b3261e", "#3a3a3a"
_COLOURS = ("#1f77b4", "#2ca02c", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f", "#bcbd22", "#17becf")
_TICKS_MS = (2, 5, 10, 20, 50, 100, 200, 500)


@dataclass(frozen=True, slots=True)
class Measured:
    """Everything that a run found.

    Trackers that ran, ours first, and those that are not installed; the conditions asked for, and scores in
    those that have sounds; costs, empty if not measured; the folder of recordings; and whether only every
    so-many-th clip was heard.
    """

    entries: Sequence[Entry]
    absent: Sequence[Entry]
    found: Sequence[Condition]
    results: Results
    costs: Mapping[str, TrackerCost]
    root: Path | None = None
    every: int = 1

    def write(self, options: argparse.Namespace) -> None:
        """Write the page and, where there is something to draw, the figure beside it."""
        picture = options.page.with_suffix(".png")
        plot = f"![Accuracy by the level of the tanpura, and by cost]({picture.name})"
        peers = [e for e in self.entries if e.packages]
        named = dict.fromkeys(f"{e.packages[0]} {e.version}" for e in peers)
        notices = [PAGE.about_recordings(self.root)]
        if self.every > 1:
            notices.append(_QUICK.format(every=self.every))
        PAGE.write(
            options,
            self.sections(),
            *notices,
            raw=self,
            left_out=[f"{e.plain_title}: not installed: {', '.join(e.missing)}" for e in self.absent],
            libraries=f"The trackers: {', '.join(named)}." if named else "",
            plot=plot if self.draw(picture) else "",
        )

    def sections(self) -> list[Section]:
        """Return what the page says of each group of conditions, and of the costs."""
        thinned = [e for e in self.entries if e.every > 1]
        slow = f" {', '.join(e.plain_title for e in thinned)}: on every third clip only, as they are slow."
        parts = [Section("How it is measured", _METHOD + (slow if thinned else ""))]
        for group, (title, text) in _GROUPS.items():
            if found := self._heard(group):
                parts.append(Section(title, text, tables=list(self._group(found))))
        if found := self._heard("quiet"):
            quiet = self._by_tracker(found, "", lambda s: s.false_alarm.value)
            parts.append(Section("Where nobody sings", _QUIET, tables=[quiet]))
        if found := self._heard("range"):
            title = f"Voices from {BANDS_HZ[0]:.0f} to {BANDS_HZ[-1]:.0f} Hz"
            parts.append(Section(title, _RANGE, tables=[self._range(condition) for condition in found]))
        if self.costs:
            parts.append(Section("What it costs", _COSTS, tables=list(self._costs())))
        return parts

    def draw(self, path: Path) -> bool:
        """Draw raw pitch accuracy by the level of the tanpura, and against CPU time; False if there is none.

        The resynthesised voices are drawn where they were measured, else the synthesized ones.
        """
        sets = ([prefix + level for level in _LEVELS] for prefix in ("", "made-"))
        levels = next((names for names in sets if set(names) <= set(self.results)), None)
        if levels is None:
            return False
        from matplotlib.figure import Figure
        from matplotlib.ticker import FixedLocator, NullLocator

        figure = Figure(figsize=(10.5, 4.4), layout="constrained", dpi=130)
        accuracy, price = figure.subplots(1, 2, width_ratios=(3, 2))
        for number, entry in enumerate(self.entries):
            self._curve(accuracy, price, entry, number, levels)
        accuracy.set_xticks(range(4), _LEVELS.values())
        accuracy.set(xlabel="voice above the tanpura", ylabel="frames within 50 cents, %", ylim=(0, 102))
        accuracy.legend(fontsize=8, frameon=False, loc="lower left")
        price.set(xlabel="CPU ms for a second of audio, one thread", xscale="log", ylim=(0, 102))
        price.set_title("tanpura 5 dB under the voice", fontsize=9, color=_INK)
        price.margins(x=0.25)
        price.xaxis.set_major_locator(FixedLocator(_TICKS_MS))
        price.xaxis.set_major_formatter("{x:g}")
        price.xaxis.set_minor_locator(NullLocator())
        for axes in (accuracy, price):
            axes.spines[["top", "right"]].set_visible(False)
            axes.grid(axis="y", alpha=0.25)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, metadata={"Software": None})
        return True

    def _curve(self, accuracy: Any, price: Any, entry: Entry, number: int, levels: Sequence[str]) -> None:
        colour, marker = (_COLOURS[number % 8], "os^Dv<>P"[number % 8]) if number else (_OURS, "o")
        style = {
            "color": colour,
            "marker": marker,
            "linewidth": 1.2 if number else 2.4,
            "zorder": 3 if number else 5,
        }
        spans = [(100 * self.results[level][entry.name].within[0]).interval for level in levels]
        errors = [[s.value - s.low for s in spans], [s.high - s.value for s in spans]]
        values = [s.value for s in spans]
        accuracy.errorbar(range(4), values, yerr=errors, label=entry.plain_title, capsize=2, **style)
        if entry.name in self.costs:
            at = (self.costs[entry.name].cpu_ms, values[2])
            price.plot(*([each] for each in at), **{**style, "linestyle": "none"})
            words = {"textcoords": "offset points", "fontsize": 8, "color": colour}
            price.annotate(entry.plain_title, at, (6, 4), **words)

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
                    *(100 * scores[ours.name].ahead_of(scores[peer.name]) for scores in self._of(found)),
                )
                for peer in self.entries
                if not peer.ours
            ]
            headings = (f"{name} less", *(c.title for c in found))
            yield Table(_AGAINST.format(ours=name), headings, rows, "{:+.1f}")
        for caption, figure, form in (
            (
                "Raw pitch accuracy within 50/25/10 cents, %.",
                lambda s: tuple(x.value for x in s.within),
                "{:.1f}",
            ),
            ("The same within 50 cents, with its interval.", lambda s: s.within[0], "{:.1f}"),
            ("Octave errors, %.", lambda s: s.octaves_off.value, "{:.2f}"),
            ("Voicing recall/false alarm, %.", lambda s: (s.recall.value, s.false_alarm.value), "{:.1f}"),
        ):
            yield self._by_tracker(found, caption, figure, form)

    def _by_tracker(
        self, found: Sequence[Condition], caption: str, figure: Callable[[Scores], Any], form: str = "{:.1f}"
    ) -> Table:
        rows = [
            (e.title, *(_hundredfold(figure(scores[e.name])) for scores in self._of(found)))
            for e in self.entries
        ]
        return Table(caption, ("tracker", *(c.title for c in found)), rows, form)

    def _of(self, found: Sequence[Condition]) -> list[Mapping[str, Scores]]:
        return [self.results[condition.name] for condition in found]

    def _range(self, condition: Condition) -> Table:
        rows = []
        for entry in self.entries:
            bands = self.results[condition.name][entry.name].bands
            shares = np.array([100 * Scores(band[None]).within[0].value for band in bands])
            off = shares - np.nanmean(shares)
            furthest = off[np.nanargmax(np.abs(off))]
            rows.append((entry.title, *shares, np.nanmean(shares), f"{furthest:+.1f}"))
        bands_hz = (f"{low:.0f}-{high:.0f}" for low, high in pairwise(BANDS_HZ))
        headings = ("tracker", *bands_hz, "mean", "furthest from it")
        return Table(f"{condition.title.capitalize()}, within 50 cents, %.", headings, rows, "{:.1f}")

    def _costs(self) -> Iterator[Table]:
        swift = self.costs.get("swiftf0")
        costs = [(entry.title, self.costs[entry.name]) for entry in self.entries]
        rows = [
            (title, c.cpu_ms, c.cpu_ms / swift.cpu_ms if swift else np.nan, c.cold_s, c.peak_mb)
            for title, c in costs
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


def _hundredfold(figure: Share | float | tuple[float, ...]) -> Any:
    return tuple(100 * each for each in figure) if isinstance(figure, tuple) else 100 * figure
