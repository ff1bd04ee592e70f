"""The same singing with Sa in the wrong place: a large step must show, a small one must add up."""

from __future__ import annotations

from collections.abc import Sequence

from swara.data.take import Verdict
from swara.raga.tuning import EQUAL, JUST, Tuning

from .judged import Judged, called
from .page import Check, Table, percent

__all__ = ["checks", "reading", "tables"]

WRONG_SA_SEEN, MOVE_FOLLOWED = 90.0, 95.0
"""Percent."""

FAR_CENTS, NEAR_CENTS, SLACK_CENTS = 50.0, 30.0, 3.0
_DHA = 9
_VERDICTS: tuple[Verdict, ...] = ("low", "high", "in tune", "perfect", "unsure")
_POINTS: dict[str, tuple[Tuning, bool]] = {
    "equal, every swara": (EQUAL, True),
    "just, without Dha": (JUST, False),
}
"""Tunings, and whether Dha counts: wherever every target is a point, every move must show in full."""

_BAND: tuple[Tuning, bool] = (JUST, True)
_ALL = {**_POINTS, "just, every swara": _BAND}
"""The last falls short by what the rule that Dha is a band takes away."""


def checks(bhupali: Judged, sung: Sequence[Judged]) -> tuple[Check, ...]:
    """Check that a Sa 50 cents off shows, and that notes follow one that is 30 cents off."""
    far = [_far_check(bhupali, cents) for cents in (-FAR_CENTS, FAR_CENTS)]
    near = []
    for name, how in _ALL.items():
        hits, kept = _moves(sung, *how)
        near.append(Check(f"Sa ± 30: notes that move by 30 ± 3, {name}", 100 * hits / kept, MOVE_FOLLOWED))
    return *far, *near


def tables(bhupali: Judged, sung: Sequence[Judged]) -> tuple[Table, Table]:
    """Return verdicts with Sa 50 cents off, and how notes follow one that is 30 cents off."""
    return _far_table(bhupali), _near_table(sung)


def reading(sung: Sequence[Judged]) -> str:
    """Say what the second table can and cannot show."""
    hits, kept = _moves(sung, *_BAND)
    return (
        "Notes are found before Sa is known, so a moved Sa moves every one of them alike: the last table"
        f" tests the arithmetic, and {kept - hits} of the {kept} moves in its last row fall short because of"
        " Dha's band."
    )


def _far_check(bhupali: Judged, cents: float) -> Check:
    way: Verdict = "low" if cents > 0 else "high"
    share = called(bhupali.moved(cents), way)
    return Check(f"Bhupali, Sa moved by {cents:+.0f} cents: {way}", 100 * share, WRONG_SA_SEEN)


def _far_table(bhupali: Judged) -> Table:
    def row(cents: float) -> tuple[str, ...]:
        notes = bhupali.moved(cents)
        return (f"{cents:+.0f} cents", *(percent(called(notes, verdict)) for verdict in _VERDICTS))

    rows = tuple(row(cents) for cents in (-FAR_CENTS, 0.0, FAR_CENTS))
    return Table("Bhupali with Sa in the wrong place.", ("Sa moved by", *_VERDICTS), rows)


def _near_table(sung: Sequence[Judged]) -> Table:
    rows = []
    for name, how in _ALL.items():
        hits, kept = _moves(sung, *how)
        rows.append((name, str(kept), str(hits), percent(hits / kept)))
    dha = JUST.targets[_DHA]
    caption = (
        "Sa moved by 30 cents either way, all three calans: notes that keep their swara and saptak, and those"
        " among them whose distance from the target moves by 30 ± 3. In just intonation Dha is a band of"
        f" {dha.low_cents:.1f}-{dha.high_cents:.1f} cents in which that distance is 0 by definition, so a"
        " moved Dha moves by less."
    )
    headings = ("tuning", "notes that keep their swara", "moved by 30 ± 3", "share")
    return Table(caption, headings, tuple(rows))


def _moves(sung: Sequence[Judged], tuning: Tuning, with_dha: bool) -> tuple[int, int]:
    """Count the notes that moved as Sa did, and those that kept their swara and saptak, over both ways."""
    moved = [
        abs(after.cents_off - before.cents_off + cents) <= SLACK_CENTS
        for s in sung
        for cents in (-NEAR_CENTS, NEAR_CENTS)
        for before, after in zip(s.moved(0.0, tuning), s.moved(cents, tuning), strict=True)
        if (before.swara, before.saptak) == (after.swara, after.saptak)
        and (with_dha or before.swara != "Dha")
    ]
    return sum(moved), len(moved)
