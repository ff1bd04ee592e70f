"""The page of the embedders: each question with its targets and tables of embedder by condition; a figure."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import nan
from pathlib import Path
from typing import Any

from benchmarks.note_head import HeadScores, Outcome
from benchmarks.page import Page, Section, Table, percent
from benchmarks.shares import Share

from . import targets
from .instruments import NAMES, VELOCITIES
from .measure import ASKED, CLIP_S, CORES, LENGTH_S, LONG_S, EmbedderCost, Instruments, Program, Singers
from .peers import OURS, YAMNET, Peer
from .plot import draw
from .singers import FAR_SEMITONES, Condition, NoteScores

PAGE = Page(
    "Embedders side by side",
    "benchmarks.embedders",
    "bench-embedders",
    "An embedder turns sound into vectors: sounds that are alike should lie near each other, whoever sings"
    " them at whatever pitch. So the questions are whether a vector tells what plays, who sings, and, with"
    " the pitch beside it, which swara.",
    "benchmarks/embedders.md",
)
_QUICK = "**Not the whole benchmark:** only a part of the notes and takes was heard."
_RANDOM = """{titles}: the published architecture with random weights, as the trained ones cannot be had
everywhere, converted from a SavedModel as the real ones are; as fast as those, and heard nowhere else on this
page."""
_INSTRUMENTS = f"""{", ".join(NAMES).capitalize()}: note by note, each cut to where it sounds and
brought to one level. A logistic regression on standardised vectors is taught with recorded notes
(`instrument_notes`, and flute and oboe of `iowa_notes`), then with the soundfont FluidR3 beside them (every
second key at velocities {", ".join(map(str, VELOCITIES[:-1]))} and {VELOCITIES[-1]}), and is asked about the
recorded notes of seven npm packages (tonejs-instrument-*-mp3, CC BY 3.0; other players and rooms) and about
another soundfont, TimGM6mb. Any of the names can be answered; every instrument weighs the same in the fit.
The penalty is chosen from one grid for all embedders, by log loss on stretches of keys held out of what the
probe is taught with. The built-in embedder learned from most of these recorded notes and from FluidR3, by
kinds of instruments that these names are among; YAMNet from the sound of two million videos by their labels,
instruments among them. Neither learned from what the probe is asked about. Intervals are 95 % by bootstrap
over notes, and notes of one instrument are less independent than that."""
_AHEAD = """How far the built-in embedder lies ahead, with the interval of that difference (paired bootstrap);
it is marked where the whole interval lies on the wrong side."""
_SINGERS = """{takes} takes by amateurs, on phones, cut in two. A half looks for the other half of its take
among those of all takes, in both directions; the figure is the mean reciprocal rank of the right one by
cosine, ties counting against. A take has one room and one phone, and without the singer those two would find
it as well: *equalised* puts each take through a filter that makes its own long-term average spectrum flat, in
thirds of an octave, which takes out the phone and with it part of the singer. *A fifth higher* resynthesises
one half, then the other, at 1.5 times the pitch with the formants kept (WORLD: Harvest, CheapTrick, D4C), so
that pitch itself is of no help. *Only the right half* looks for the moved half among other singers' as they
sang: it must be nearer, a fifth away, than who sings at one's own pitch. *Through WORLD alone* is the same at
the pitch that was sung: what the vocoder costs. Intervals are 95 % by bootstrap over takes, 2000 draws; the
takes that are searched stay the same. Several takes may be by one singer, and several sing the same melody,
which can only cost."""
_POOLED = """The same by how the frames {of} are put together: their mean, or that and their standard
deviation beside it. The tables above take the mean, as swara does, and for MFCC both."""
_NOTES = f"""Single notes of the same takes. Own take first: each labelled note of the first halves looks for
the nearest among those of the second halves, and this share is from its own take. Voice over pitch: the
chance that a note of the same take, {FAR_SEMITONES:.0f} semitones or more away, is nearer than a note of
another take within a semitone; pitch alone would give 0, voice (with room and phone) alone 100."""
_HEAD = """The note head is trained on the bundled samples, which are synthesized, and names notes that it was
not trained on: one man's chromatic scale read in six keys, the confirmed segments of three calans, and
bundled samples in keys held out. It looks at the pitch of a note and at its pooled vector, which of swara's
own embedder is what the network says and the envelope. No answer counts as wrong."""
_HEAD_TABLE = """Notes named rightly, and in brackets those whose likeliest swara was right. Where pitch alone
names every note, nothing is left for an embedding to add; what can be seen is whether it does harm."""
_COSTS = f"""Processes of their own, nothing else of the benchmark beside them. Throughput is over {LENGTH_S}
s of synthesized singing in one call, warm, best of five; the process is held to one core or to two. CPU time
is that of all threads, on one core. Cold start is the wall time of a new Python that imports and loads the
embedder and embeds {CLIP_S} s, best of five. Memory is the peak of a process that embeds {CLIP_S} s, and of
one that embeds {LONG_S} s. Seconds belong to the machine; ratios less so."""
_PROGRAM = """The whole program: `swara analyze` of a five-second take, with what it learned from the bundled
samples, and beside it a Python that only imports TensorFlow; new processes in turn, the quickest of seven."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Everything that a run found; what was not measured is empty.

    The peers that ran, ours first, and what did not run, and why; the conditions that halves of takes were
    heard in; what was found by embedder; how many takes there were; the programs started afresh; the folder
    of recordings; and whether only a part was heard.
    """

    peers: Sequence[Peer] = ()
    left_out: Sequence[str] = ()
    conditions: Sequence[Condition] = ()
    instruments: Mapping[str, Instruments] = field(default_factory=dict)
    singers: Singers = field(default_factory=dict)
    notes: Mapping[str, NoteScores] = field(default_factory=dict)
    takes: int = 0
    heads: Mapping[str, Sequence[HeadScores]] = field(default_factory=dict)
    costs: Mapping[str, EmbedderCost] = field(default_factory=dict)
    program: Program = field(default_factory=dict)
    root: Path | None = None
    quick: bool = False

    def write(self, options: argparse.Namespace) -> None:
        """Write the page and, where there is something to draw, the figure beside it."""
        picture = options.page.with_suffix(".png")
        notices = [PAGE.about_recordings(self.root)]
        if self.quick:
            notices.append(_QUICK)
        if random := ", ".join(peer.title for peer in self.peers if peer.speed_only):
            notices.append(_RANDOM.format(titles=random))
        plot = f"![Same singer, instruments, and cost, by embedder]({picture.name})"
        drawn = draw(picture, self.peers, self._ranks(), self._accuracies(), self.costs)
        more = {"left_out": self.left_out, "plot": plot if drawn else ""}
        PAGE.write(options, self.sections(), *notices, raw=self, **more)

    def sections(self) -> list[Section]:
        """Return what the page says of each question that was asked."""
        parts = (self._instruments, self._singers, self._heads, self._costs)
        return [section for part in parts if (section := part()) is not None]

    def _instruments(self) -> Section | None:
        if not self.instruments:
            return None
        columns, found = self._accuracies(), self._of(self.instruments)
        rows = [
            (
                peer.title,
                *(100 * column[peer.name] for column in columns.values()),
                ", ".join(sorted({f"{each.inverse_penalty:.2g}" for each in probed.values()})),
            )
            for peer, probed in found
        ]
        names = {name for _, probed in found for each in probed.values() for name in each.by_name}
        named = [
            (f"{peer.plain_title}, {_titled(column)}", *(100 * by_name.get(n, nan) for n in sorted(names)))
            for column in next(iter(self.instruments.values()))
            for peer, probed in found
            for by_name in (probed[column].by_name,)
        ]
        titles = [f"{key}, %" for key in columns]
        tables = (
            Table("", ("embedder", *titles, "C"), rows, "{:.1f}"),
            self._ahead(columns, 100, "{:+.1f}"),
            Table("The same by instrument, %.", ("embedder", *sorted(names)), named, "{:.0f}"),
        )
        return Section("Which instrument", _INSTRUMENTS, targets.instrument_checks(columns), tables)

    def _singers(self) -> Section | None:
        if not self.singers:
            return None
        ranks, scores = self._ranks(), list(self.singers.values())
        pooled = [
            (f"{peer.plain_title}, {pooling}", *(each[peer.name][pooling].value for each in scores))
            for peer, by_pooling in self._of(scores[0])
            for pooling in by_pooling
        ]
        rows = [
            (peer.title, *(each[peer.name] for each in ranks.values())) for peer, _ in self._of(scores[0])
        ]
        notes = [(peer.title, 100 * s.own_take, 100 * s.over_pitch) for peer, s in self._of(self.notes)]
        note_titles = ("note's own take first, %", "voice over pitch, %")
        tables = (
            Table("Mean reciprocal rank, with its interval.", ("embedder", *ranks), rows, "{:.2f}"),
            self._ahead(ranks, 1, "{:+.2f}"),
            Table(_POOLED.format(of="of a half"), ("embedder", *ranks), pooled, "{:.2f}"),
            Table(_NOTES, ("embedder", *note_titles), notes, "{:.1f}"),
        )
        checks = targets.singer_checks(dict(zip(self.singers, ranks.values(), strict=True)))
        return Section("Who sings", _SINGERS.format(takes=self.takes), checks, tables)

    def _heads(self) -> Section | None:
        if not self.heads:
            return None
        rows = [
            (
                f"{t.feature.title}, {peer.plain_title}" if t.feature.embedding else t.feature.title,
                *(_named(each) for each in (t.scale, t.calan, t.keys)),
            )
            for peer, trials in self._of(self.heads)
            for t in trials
        ]
        checks = targets.head_checks(next(iter(self.heads.values())))
        headings = ("what it looks at", "chromatic scale", "calans", "bundled, other keys")
        return Section("Which swara", _HEAD, checks, [Table(_HEAD_TABLE, headings, rows)])

    def _costs(self) -> Section | None:
        if not self.costs and not self.program:
            return None
        yamnet = self.costs[YAMNET].per_wall[1] if YAMNET in self.costs else float("nan")
        rows = [
            (
                peer.title,
                *(c.per_wall[count] for count in CORES),
                c.per_cpu,
                c.per_wall[1] / yamnet,
                c.cold_s,
                c.clip_mb,
                c.long_mb,
            )
            for peer, c in self._of(self.costs)
        ]
        headings = (
            "embedder",
            *(f"audio s per s, {count} core{'s' if count > 1 else ''}" for count in CORES),
            "per CPU s",
            "over YAMNet's",
            f"cold start, {CLIP_S} s",
            f"memory, {CLIP_S} s",
            f"memory, {LONG_S} s",
        )
        form = (*["{:.0f}"] * (1 + len(CORES)), "{:.1f}", "{:.2f} s", "{:.0f} MB", "{:.0f} MB")
        started = [(what, *figures) for what, figures in self.program.items()]
        tables = (
            Table("", headings, rows, form),
            Table(_PROGRAM, ("program", "time", "peak memory"), started, ("{:.2f} s", "{:.0f} MB")),
        )
        checks = [*targets.cost_checks(self.costs), *targets.program_checks(self.program)]
        return Section("What it costs", _COSTS, checks, tables)

    def _accuracies(self) -> dict[str, dict[str, Share]]:
        """Return the notes named rightly by the title of the collection, then by embedder."""
        asked = next(iter(self.instruments.values()), ())
        return {
            _titled(column): {name: probed[column].accuracy for name, probed in self.instruments.items()}
            for column in asked
        }

    def _ranks(self) -> dict[str, dict[str, Share]]:
        """Return the mean reciprocal ranks by the title of the condition, then by embedder."""
        titles = {condition.name: condition.title for condition in self.conditions}
        return {
            titles[condition]: {peer.name: by[peer.pooling] for peer, by in self._of(by_peer)}
            for condition, by_peer in self.singers.items()
        }

    def _of(self, scores: Mapping[str, Any]) -> list[tuple[Peer, Any]]:
        return [(peer, scores[peer.name]) for peer in self.peers if peer.name in scores]

    def _ahead(self, columns: Mapping[str, Mapping[str, Share]], scale: int, form: str) -> Table:
        """Return how far ours lies ahead of each peer, by what was asked; empty without ours."""
        others = [peer for peer in self.peers if peer.name != OURS and not peer.speed_only]
        rows = [
            (peer.title, *(scale * column[OURS].ahead_of(column[peer.name]) for column in columns.values()))
            for peer in others
            if all(OURS in column for column in columns.values())
        ]
        return Table(_AHEAD, ("built-in less", *columns), rows, form)


def _titled(column: tuple[str, str]) -> str:
    asked, taught = column
    return f"{ASKED[asked]}{taught}"


def _named(outcome: Outcome) -> str:
    return f"{outcome.right} of {outcome.notes} ({percent(outcome.share(outcome.likeliest))})"
