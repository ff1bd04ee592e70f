"""The pieces of a page that speak of one note or one swara: signs, buttons, tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import starmap, zip_longest
from types import MappingProxyType

from swara.data.clip import Clip
from swara.data.take import Note, Verdict
from swara.index import Item, Neighbour
from swara.service.phrases import percent
from swara.service.report import wording
from swara.service.report.plain_text import printable
from swara.service.take.report import NoteOpinion, SwaraStats, TakeReport
from swara.service.take.summary import nearest_samples

from .audio_data import audio_uri
from .svg_curve import mark_path

__all__ = [
    "NO_SAMPLES",
    "css_class",
    "note_section",
    "play_button",
    "safe",
    "sample_section",
    "swara_section",
    "table",
    "verdict_mark",
]

_NOTES_OPEN_S = 15.0


def safe(text: str) -> str:
    """Escape text from outside, and drop what it could hide or break lines with."""
    return escape(printable(text))


def css_class(verdict: Verdict) -> str:
    """Return the class that the style sheet knows a verdict by."""
    return verdict.replace(" ", "-")


def verdict_mark(verdict: Verdict) -> str:
    """Return the sign of a verdict, for beside its name."""
    shape = mark_path(verdict, 7.0, 7.0)
    css = css_class(verdict)
    return (
        f'<svg class="{css}" width="14" height="14" aria-hidden="true"><path class="mark" d="{shape}"/></svg>'
    )


def play_button(start_s: float, end_s: float, words: str) -> str:
    """Return a button that plays a stretch of the take."""
    return f'<button type="button" data-start="{start_s:.3f}" data-end="{end_s:.3f}">{escape(words)}</button>'


def swara_section(report: TakeReport) -> str:
    """Return the table of swaras and the drift of Sa; nothing when nothing was judged."""
    if not report.per_swara:
        return ""
    heads = ("Swara", "Notes", "Sung", "How far off", "Wavers, cents", "In tune")
    rows = table("Swara by swara", heads, map(_swara_cells, report.per_swara), numbers=(1, 2, 4, 5))
    drift = escape(wording.drift_words(report.drift))
    head = '<h2 id="swaras">Swara by swara</h2>'
    return f'<section aria-labelledby="swaras">{head}{rows}<p>{drift}</p></section>'


def _swara_cells(stats: SwaraStats) -> tuple[str, ...]:
    return (
        safe(wording.swara_in_saptak(stats.swara, stats.saptak)),
        str(stats.notes),
        f"{stats.duration_s:.1f} s",
        wording.how_off(stats.bias_cents),
        f"±{stats.steadiness_cents:.0f}",
        percent(stats.in_tune_share),
    )


def note_section(report: TakeReport) -> str:
    """Return the table of notes, folded away for a long take; nothing when there is none."""
    if not report.notes:
        return ""
    heard = ("Head hears",) if report.opinions else ()
    heads = ("Swara", "When", "Cents off", "Verdict", "Wavers, cents", *heard)
    rows = table(
        "Every note", heads, starmap(_note_cells, zip_longest(report.notes, report.opinions)), numbers=(2, 4)
    )
    is_open = " open" if report.duration_s <= _NOTES_OPEN_S else ""
    return f"<details{is_open}><summary>Every note</summary>{rows}</details>"


def _note_cells(note: Note, opinion: NoteOpinion | None) -> tuple[str, ...]:
    doubt = f"; {safe(opinion.reason or '')}" if opinion is not None and opinion.agrees is False else ""
    foreign = f"; not in the raga, near {safe(note.raga_swara)}" if note.foreign else ""
    return (
        safe(wording.swara_in_saptak(note.swara, note.saptak)),
        play_button(note.start_s, note.end_s, wording.span(note.start_s, note.end_s)),
        wording.cents_cell(note).replace("-", "\N{MINUS SIGN}"),
        f"{verdict_mark(note.verdict)}{note.verdict}{foreign}{doubt}",
        f"±{note.steadiness_cents:.0f}",
        *(() if opinion is None else (safe(wording.head_words(opinion)),)),
    )


def table(
    caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: Sequence[int]
) -> str:
    """Lay out cells that are HTML already; the first of each row is its heading."""
    sides = [' class="number"' if column in numbers else "" for column in range(len(heads))]
    head = "".join(f'<th scope="col"{side}>{text}</th>' for side, text in zip(sides, heads, strict=True))
    body = "".join(
        f'<tr><th scope="row">{cells[0]}</th>'
        + "".join(f"<td{side}>{cell}</td>" for side, cell in zip(sides[1:], cells[1:], strict=True))
        + "</tr>"
        for cells in rows
    )
    return (
        f'<div class="table"><table aria-label="{caption}"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


NO_SAMPLES: Mapping[Item, Clip] = MappingProxyType({})


def sample_section(report: TakeReport, samples: Mapping[Item, Clip]) -> str:
    """Return a table of the swaras sung, each to play from the take and from the nearest sample."""
    nearest = nearest_samples(report)
    if not nearest:
        return ""
    heads = ("Swara", "Yours", "Nearest sample", "Singer", "Alike")
    rows = (_cells(note, near, number, samples) for number, (note, near) in enumerate(nearest))
    head = '<h2 id="samples">What it should sound like</h2>'
    body = table("What it should sound like", heads, rows, numbers=(4,))
    sounds = "".join(
        _sound(number, samples[near.item]) for number, (_, near) in enumerate(nearest) if near.item in samples
    )
    return f'<section aria-labelledby="samples">{head}{body}{sounds}</section>'


def _sound(number: int, clip: Clip) -> str:
    return f'<audio class="sample" id="sample-{number}" preload="none" src="{audio_uri(clip)}"></audio>'


def _cells(note: Note, near: Neighbour, number: int, samples: Mapping[Item, Clip]) -> tuple[str, ...]:
    item = near.item
    place = f"{item.recording}, {wording.span(item.start_s, item.end_s)}"
    sound = f'<button type="button" data-sample="sample-{number}">{safe(place)}</button>'
    return (
        safe(wording.swara_in_saptak(note.raga_swara, note.raga_saptak)),
        play_button(note.start_s, note.end_s, wording.span(note.start_s, note.end_s)),
        sound if item in samples else safe(place),
        safe(item.singer),
        f"{near.similarity:.2f}",
    )
