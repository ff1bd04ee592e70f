"""The card of a corpus: what it is, under which licences, how much of what, and what leaks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from .entry import CorpusCard
from .index import IndexRow
from .labels import LABELS

__all__ = ["corpus_card"]

_MOST = 40


def corpus_card(card: CorpusCard, rows: Sequence[IndexRow]) -> str:
    """Write the card of what an index has of a corpus, as Markdown.

    Parameters
    ----------
    card : CorpusCard
        What is known of the corpus as such.
    rows : sequence of IndexRow
        Its recordings in the index; others do not count.
    """
    rows = [row for row in rows if row.corpus == card.name]
    players = {(row.source, row.player) for row in rows if row.player}
    unknown = sum(not row.player for row in rows)
    hours = sum(row.duration_s for row in rows) / 3600
    notes = sorted(row.midi for row in rows if row.midi is not None)
    facts = [
        f"- Recordings: {len(rows)}, {hours:.2f} hours.",
        f"- Sources: {len({row.source for row in rows})}; singers, players or instruments: {len(players)}"
        + (f"; of {unknown} recordings nobody says who plays." if unknown else "."),
        *([f"- Notes: {len(notes)} recordings, MIDI {notes[0]} to {notes[-1]}."] if notes else []),
        *(
            f"- Licence: {licence} ({number})."
            for licence, number in Counter(row.licence for row in rows).items()
        ),
    ]
    tables = [line for label in LABELS for line in _table(label, rows)]
    leaks = [f"- {leak}" for leak in card.leaks]
    head = [f"# {card.title}", "", card.about, "", f"Licence of the corpus: {card.licence}.", ""]
    return "\n".join(
        [*head, "## What the index has", "", *facts, *tables, "", "## What leaks", "", *leaks, ""]
    )


def _table(label: str, rows: Sequence[IndexRow]) -> list[str]:
    named = [row for row in rows if getattr(row, label)]
    counts = Counter(getattr(row, label) for row in named)
    if not counts:
        return []
    owners = Counter(name for name, _ in {(getattr(row, label), (row.source, row.player)) for row in named})
    lines = [f"| {_cell(name)} | {number} | {owners[name]} |" for name, number in counts.most_common(_MOST)]
    more = [f"| {len(counts) - _MOST} more | | |"] if len(counts) > _MOST else []
    return ["", f"| {label} | recordings | singers, players or instruments |", "|---|---|---|", *lines, *more]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
