"""A report as one HTML page that needs nothing else: curve, sound, worst spots, tables."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from html import escape
from importlib.resources import files
from string import Template
from typing import Final

from swara.data.clip import Clip
from swara.data.take import Note, Tonic, Verdict
from swara.index import Item
from swara.raga.ragas import Raga
from swara.raga.tuning import Tuning
from swara.service.phrases import percent
from swara.service.report import wording
from swara.service.take.report import TakeReport

from .audio_data import audio_uri
from .page_tables import (
    NO_SAMPLES,
    css_class,
    note_section,
    play_button,
    safe,
    sample_section,
    swara_section,
    verdict_mark,
)
from .svg_curve import curve_svg, swara_axis_svg

__all__ = ["to_html"]

_SPOT_MARGIN_S = 0.3
_VERDICTS: Final[tuple[Verdict, ...]] = ("perfect", "in tune", "low", "high", "unsure")
_HINT = (
    "Click a note to hear it, or the space between to move there. By keyboard: Tab to the notes, arrow keys "
    "from one to the next, Enter to play. Low notes point down, high notes up."
)


def to_html(
    report: TakeReport, clip: Clip, *, tuning: Tuning, raga: Raga, samples: Mapping[Item, Clip] = NO_SAMPLES
) -> str:
    """Return a page that can be opened from disk, mailed, or printed.

    It asks for nothing from outside, and its content security policy lets only its own script and style run.
    All text is escaped. Two minutes of singing make about 1.5 MB, nearly all of it sound.

    Parameters
    ----------
    report : TakeReport
    clip : Clip
        The take itself, to listen to.
    tuning : Tuning
        Where the swara lines go.
    raga : Raga
        Which swaras get one.
    samples : mapping of Item to Clip
        The professional samples that can be played beside the take; those not here are named only.
    """
    style, script = _asset("page.css"), _asset("page.js")
    return Template(_asset("page.html.template")).substitute(
        source=safe(report.source),
        verdict=safe(report.verdict),
        style=style,
        style_hash=_hash(style),
        script=script,
        script_hash=_hash(script),
        audio=audio_uri(clip),
        shares=_shares(report),
        alerts=_alerts(report),
        axis=swara_axis_svg(report, tuning=tuning, raga=raga),
        curve=curve_svg(report, tuning=tuning, raga=raga),
        hint=_hint(report),
        worst=_worst(report),
        samples=sample_section(report, samples),
        swaras=swara_section(report),
        notes=note_section(report),
        facts=_facts(report),
    )


def _asset(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _hash(inline: str) -> str:
    """Return the source expression that allows exactly this inline text (Content Security Policy Level 3)."""
    return "sha256-" + base64.b64encode(hashlib.sha256(inline.encode("utf-8")).digest()).decode("ascii")


def _shares(report: TakeReport) -> str:
    """Draw the share of each verdict as one bar, with its figures in words below."""
    bars, items, left = [], [], 0.0
    for verdict in _VERDICTS:
        share = report.verdict_shares.get(verdict, 0.0)
        if share == 0.0:
            continue
        bars.append(
            f'<rect class="{css_class(verdict)}" x="{left:.2f}" width="{100 * share:.2f}" height="4"/>'
        )
        items.append(f"<li>{verdict_mark(verdict)}{verdict} {percent(share)}</li>")
        left += 100 * share
    if not bars:
        return ""
    if report.foreign_share > 0:
        items.append(f"<li>outside the raga {percent(report.foreign_share)}</li>")
    box = 'class="shares" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true"'
    bar = f"<svg {box}>{''.join(bars)}</svg>"
    return f'{bar}<ul class="legend" aria-label="Share of the steady notes">{"".join(items)}</ul>'


def _alerts(report: TakeReport) -> str:
    alerts = _confirm_tonic(report.tonic) if report.tonic.needs_confirmation else ""
    if report.warnings:
        items = "".join(f"<li>{safe(warning)}</li>" for warning in report.warnings)
        alerts += f'<div class="alert"><strong>Before you believe it</strong><ul>{items}</ul></div>'
    return alerts


def _confirm_tonic(tonic: Tonic) -> str:
    sure = percent(tonic.confidence)
    lines = [
        f"Sa {safe(tonic.name)} is a guess ({sure} sure), and all below rests on it.",
        f"If it is right, confirm it with <code>{safe(wording.tonic_flag(tonic))}</code>",
    ]
    if tonic.runner_up is not None:
        other = tonic.runner_up
        sure = percent(other.confidence)
        flag = safe(wording.tonic_flag(other))
        lines.append(f"Or it is {safe(other.name)} ({sure} sure): <code>{flag}</code>")
    words = "".join(f"<p>{line}</p>" for line in lines)
    return f'<div class="alert"><strong>Check Sa first</strong>{words}</div>'


def _hint(report: TakeReport) -> str:
    asterisk = " An asterisk marks a swara outside the raga." if report.foreign_share > 0 else ""
    return _HINT + asterisk if report.notes else "No steady note was found."


def _worst(report: TakeReport) -> str:
    if not report.worst:
        return ""
    items = "".join(_worst_item(note, report) for note in report.worst)
    head = '<h2 id="worst">Work on these first</h2>'
    return f'<section aria-labelledby="worst">{head}<ol class="worst">{items}</ol></section>'


def _worst_item(note: Note, report: TakeReport) -> str:
    start_s = max(0.0, note.start_s - _SPOT_MARGIN_S)
    end_s = min(report.duration_s, note.end_s + _SPOT_MARGIN_S)
    what = safe(wording.spot_words(note, report.raga))
    button = play_button(start_s, end_s, wording.span(note.start_s, note.end_s))
    return (
        f'<li class="{css_class(note.verdict)}"><p class="what">{verdict_mark(note.verdict)}{what}</p>'
        f"<p>{safe(wording.advice(note))}</p>{button}</li>"
    )


def _facts(report: TakeReport) -> str:
    tonic = report.tonic
    override = wording.how_to_override(tonic)
    other = f"; if not: <code>{safe(override)}</code>" if override else ""
    facts = (
        ("Length", f"{report.duration_s:.2f} s"),
        ("Sa", f"{safe(tonic.name)}, {tonic.hz:.1f} Hz, {wording.how_sure(tonic)}{other}"),
        ("Raga", escape(wording.raga_words(report))),
        ("Tuning", safe(report.tuning)),
        ("Limits", escape(wording.threshold_words(report.thresholds))),
        ("What counts", "Steady notes only. Glides and ornaments are shown and never judged."),
    )
    return "\n".join(f"<dt>{name}</dt><dd>{words}</dd>" for name, words in facts)
