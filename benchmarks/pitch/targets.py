"""What the pitch head must reach, and how far it is from that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from benchmarks.page import Check

from .measure import Results, TrackerCost
from .score import EDGE_BANDS, MIDDLE_BANDS, Scores
from .trackers import Entry

OURS, LIVE, SWIFT = "head", "head-live", "swiftf0"
MOST_BEHIND_MEAN, MOST_OCTAVES, MOST_BEYOND = 1.0, 0.0, 1.0
LEAST_WITHIN_10 = {"clean": 94.0, "tanpura10": 91.0, "tanpura5": 90.0}
LEAST_RECALL = 98.0
MOST_FALSE = {"clean": 3.0, "room": 10.0, "rooms": 20.0, "halls": 20.0, "concert": 10.0}
EACH_TANPURA, MOST_OF_A_TANPURA = ("cycles", "loops", "retuned"), 1.0
MOST_BY_VIBRATO, MOST_BY_LIVE = 1.0, 0.8
MOST_OF_SWIFT, MOST_OF_OFFLINE = 1.3, 2.0


def heard_checks(results: Results, titles: Mapping[str, str], entries: Sequence[Entry]) -> list[Check]:
    """Return every check of what was heard; those of conditions that were not heard are left out.

    Parameters
    ----------
    results : mapping
        By condition, then by tracker.
    titles : mapping of str to str
        What conditions are called on the page.
    entries : sequence of Entry
        The trackers, ours among them.
    """
    ours = {name: heard[OURS] for name, heard in results.items() if OURS in heard}
    live = {name: heard[LIVE] for name, heard in results.items() if LIVE in heard}
    found = (
        *_range(ours, titles),
        *_clean(results, ours, titles, entries),
        *_voicing(ours, titles),
        *_tanpuras(ours, titles, ""),
        *_tanpuras(live, titles, ", live"),
        *_lines(ours, live, titles),
    )
    # What has no frame, as where only some clips were heard, says nothing.
    return [check for check in found if not np.isnan(check.measured)]


def cost_checks(costs: Mapping[str, TrackerCost]) -> list[Check]:
    """Return the checks of what tracking costs."""
    found = []
    for what, name, other, most in (
        ("CPU time to SwiftF0's", OURS, SWIFT, MOST_OF_SWIFT),
        ("live, CPU time to that of a whole recording", LIVE, OURS, MOST_OF_OFFLINE),
    ):
        if name in costs and other in costs:
            ratio = costs[name].times(costs[other])
            found.append(Check(what, ratio, most, "times", at_most=True, digits=2))
    return found


def middle_mean(scores: Scores) -> float:
    """Return the mean of the bands between the edges, within 50 cents, in %."""
    bands = range(MIDDLE_BANDS.start, MIDDLE_BANDS.stop)
    return float(np.nanmean([100 * scores.banded(slice(k, k + 1)).within[0].value for k in bands]))


def _range(ours: Mapping[str, Scores], titles: Mapping[str, str]) -> Iterator[Check]:
    for name in ("range", "made-range"):
        for edge, bands in EDGE_BANDS.items() if name in ours else ():
            there, what = ours[name].banded(bands), f"{titles[name]}, {edge}"
            behind = middle_mean(ours[name]) - 100 * there.within[0].value
            yield Check(f"{what}: behind the mean", behind, MOST_BEHIND_MEAN, "points", at_most=True)
            yield Check(f"{what}: octave errors", 100 * there.octaves_off.value, MOST_OCTAVES, at_most=True)
    for name in ("below", "above", "made-below", "made-above"):
        if name in ours:
            what = f"{titles[name]} what is sung: voiced at a wrong pitch"
            yield Check(what, 100 * ours[name].wrong.value, MOST_BEYOND, at_most=True)


def _clean(
    results: Results, ours: Mapping[str, Scores], titles: Mapping[str, str], entries: Sequence[Entry]
) -> Iterator[Check]:
    if "clean" in ours:
        peers = [e for e in entries if not e.ours and e.name in results["clean"]]
        leads = {e.plain_title: ours["clean"].ahead_of(results["clean"][e.name]) for e in peers}
        ahead = [title for title, lead in leads.items() if lead.behind]
        if leads:
            what = f"clean: peers significantly ahead within 50 cents ({', '.join(ahead) or 'none'})"
            yield Check(what, len(ahead), 0.0, "", at_most=True, digits=0)
    for name, least in LEAST_WITHIN_10.items():
        if name in ours:
            yield Check(f"{titles[name]}: within 10 cents", 100 * ours[name].within[2].value, least)


def _voicing(ours: Mapping[str, Scores], titles: Mapping[str, str]) -> Iterator[Check]:
    for name, most in MOST_FALSE.items():
        if name not in ours:
            continue
        if name != "concert":
            yield Check(f"{titles[name]}: voicing recall", 100 * ours[name].recall.value, LEAST_RECALL)
        false = 100 * ours[name].false_alarm.value
        yield Check(f"{titles[name]}: voicing false alarm", false, most, at_most=True)


def _tanpuras(found: Mapping[str, Scores], titles: Mapping[str, str], how: str) -> Iterator[Check]:
    for name in EACH_TANPURA:
        if name in found:
            shares = {each: 100 * s.false_alarm.value for each, s in found[name].by_name().items()}
            worst = max(shares, key=lambda each: shares[each])
            above = sum(share > MOST_OF_A_TANPURA for share in shares.values())
            what = f"tanpura alone, {titles[name]}{how}: the worst, {worst} ({above} of {len(shares)} above)"
            yield Check(what, shares[worst], MOST_OF_A_TANPURA, at_most=True)


def _lines(
    ours: Mapping[str, Scores], live: Mapping[str, Scores], titles: Mapping[str, str]
) -> Iterator[Check]:
    if {"steady", "shaken"} <= ours.keys():
        lost = 100 * (ours["steady"].within[1].value - ours["shaken"].within[1].value)
        what = "wide vibrato: within 25 cents, behind the same voices as sung"
        yield Check(what, lost, MOST_BY_VIBRATO, "points", at_most=True)
    for name in ("autotuned", "straight", "made-straight"):
        for how, scores in (("", ours), (", live", live)):
            if name in scores:
                what = f"unmoving, {titles[name]}{how}: voicing recall"
                yield Check(what, 100 * scores[name].recall.value, LEAST_RECALL)
    if "tanpura5" in ours and "tanpura5" in live:
        lost = 100 * (ours["tanpura5"].within[0].value - live["tanpura5"].within[0].value)
        yield Check("tanpura 5 dB: live behind offline", lost, MOST_BY_LIVE, "points", at_most=True)
