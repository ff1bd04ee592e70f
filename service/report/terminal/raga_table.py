"""Ragas on the terminal: the table, and the page of one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console

from swara.raga.ragas import RAGAS, Raga, table
from swara.raga.swaras import SVARASTHANAS

from .terminal_page import Cell, Page

__all__ = ["render_raga", "render_ragas", "voices"]


def render_ragas(ragas: Sequence[Raga], console: Console) -> None:
    """Print a line for each raga."""
    page = Page(console)
    rows = [
        (raga.display, _swaras(raga), _pair(raga), raga.thaat, raga.time, raga.devanagari) for raga in ragas
    ]
    page.table(("Raga", "Swaras", "Weight", "Thaat", "Time", "Devanagari"), rows, spare=(5, 3, 4, 2), whole=0)
    page.gap()
    page.line(
        f"{len(rows)} ragas; weight is vadi and samvadi; r g d n are komal, M is tivra Ma. swara ragas yaman"
        " shows one with its sources;"
        " --swaras and --raga FILE.json judge by a raga that is not here."
    )


def render_raga(raga: Raga, console: Console) -> None:
    """Print what is known of a raga, what bears it out, and where that contradicts itself."""
    page = Page(console)
    names = [each for each in (raga.devanagari, raga.iast) if each and each != raga.display]
    page.line("  ".join((raga.display, *names)), "bold")
    page.gap()
    page.grid([(title, words) for title, words in _facts(raga) if words])
    if raga.allied:
        page.heading("Taken for it")
        page.grid([(other, difference) for other, difference in raga.allied])
    if raga.debated:
        page.heading("Where the sources differ")
        for each in raga.debated:
            page.line(each)
    if raga.sources:
        page.heading("Read in")
        for source, fields in raga.sources:
            page.line(f"{source} ({', '.join(fields.split())})")


def voices(raga: Raga, part: str) -> frozenset[str]:
    """Return which sites bear out a part of a raga of the table; those that copy one another count as one."""
    one_voice = {site: group[0] for group in table()["one_voice"] for site in group}
    pages: dict[str, str] = table()["ragas"].get(raga.name, {}).get("sources", {})
    sites = {key.partition(": ")[0] for key, fields in pages.items() if part in fields.split()}
    return frozenset(one_voice.get(site, site) for site in sites)


def _facts(raga: Raga) -> Iterator[tuple[Cell, Cell]]:
    weak = ", ".join(f"{letter} {where}".rstrip() for letter, where in raga.alpatva)
    facts = (
        ("Also called", "", ", ".join(raga.spellings)),
        ("Swaras", "swaras", _swaras(raga)),
        ("Ascent", "aroha", " ".join(raga.aroha)),
        ("Descent", "avaroha", " ".join(raga.avaroha)),
        ("Vadi", "vadi", raga.vadi),
        ("Samvadi", "samvadi", raga.samvadi),
        ("Rests on", "nyas", " ".join(raga.nyas)),
        ("Weak", "alpatva", weak),
        ("Swinging", "andolit", " ".join(raga.andolit)),
        ("Phrases", "pakad", "; ".join(raga.pakad)),
        ("Thaat", "thaat", raga.thaat),
        ("Time", "time", raga.time),
        ("Carnatic", "carnatic", raga.carnatic),
    )
    for title, part, words in facts:
        alone = part and words and raga.name in RAGAS and len(voices(raga, part)) < 2
        yield title, f"{words} (one source)" if alone else words


def _swaras(raga: Raga) -> str:
    return " ".join(each.letter for each in SVARASTHANAS if raga.allows(each.index))


def _pair(raga: Raga) -> str:
    return f"{raga.vadi or '-'} {raga.samvadi or '-'}" if raga.vadi or raga.samvadi else ""
