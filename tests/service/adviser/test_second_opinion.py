"""Head and pitch beside one another: where they disagree, the note is unsure and the reason is shown."""

from __future__ import annotations

import io

import numpy as np
import pytest
from rich.console import Console

from swara.classifier.notes import PRESETS
from swara.classifier.pitch import TRACK_RATE_HZ
from swara.data.clip import Clip
from swara.data.pitch_track import PitchTrack
from swara.index import Item, Neighbour
from swara.raga.ragas import raga_named
from swara.raga.tonic_names import parse_tonic
from swara.raga.tuning import JUST
from swara.service.report.page.html_page import to_html
from swara.service.report.terminal.terminal import render
from swara.service.take.analyze import Request, analyze
from swara.service.take.heard import NoteVectors
from swara.service.take.report import NoteOpinion

SA_HZ = 138.59
REASON = "the note head hears Pa (97%) where the pitch shows Ga"


class Doubter:
    """Agrees with the first note, disagrees with the second, is silent on the rest."""

    version, fingerprint = "a-version", "0123456789abcdef"
    warnings = ("something was damaged",)

    def hear(self, clip, notes):
        return NoteVectors(np.zeros((len(notes), 3), np.float32), self.fingerprint)

    def opinions(self, heard, track, notes, sa_hz):
        assert len(heard.vectors) == len(notes)
        near = Neighbour(Item("abcdef012345", "synthesized: child", "G", 0.1, 0.9, True), 0.91, "its sound")
        answers = [("S", True, None), ("P", False, REASON)] + [("R", None, "not sure")] * len(notes)
        return tuple(
            NoteOpinion(swara, 0.97, agrees, reason, (near,))
            for swara, agrees, reason in answers[: len(notes)]
        )


class Steps:
    """Hears three held notes, Sa, Ga and Pa, a second each."""

    name = "steps"

    def track(self, clip, progress=None):
        times_s = 0.01 * np.arange(1 + clip.samples.size // 160)
        cents = np.select([times_s < 1, times_s < 2], [0.0, 386.3], 702.0)
        sung = times_s % 1 < 0.9
        return PitchTrack(times_s, SA_HZ * 2 ** (cents / 1200), np.full(times_s.size, 0.95), sung)


@pytest.fixture(scope="module")
def clip() -> Clip:
    rng = np.random.default_rng(0)
    return Clip(rng.uniform(-0.5, 0.5, 3 * TRACK_RATE_HZ).astype(np.float32), TRACK_RATE_HZ)


@pytest.fixture(scope="module")
def report(clip):
    request = Request(JUST, PRESETS["student"], parse_tonic("C#3"), raga_named("bhupali"))
    return analyze(clip, request, Steps(), source="take.wav", adviser=Doubter())


def test_the_note_that_the_head_disputes_is_unsure_and_counts_for_nothing(report):
    assert [note.verdict for note in report.notes] == ["perfect", "unsure", "perfect"]
    assert report.model == "a-version"
    assert {stats.swara for stats in report.per_swara} == {"Sa", "Pa"}
    assert report.verdict_shares["unsure"] == pytest.approx(1 / 3, abs=0.02)


def test_what_the_adviser_remarks_is_in_the_report(report):
    assert "something was damaged" in report.warnings


def test_a_silent_head_changes_no_verdict(clip, report):
    request = Request(JUST, PRESETS["student"], parse_tonic("C#3"), raga_named("bhupali"))
    alone = analyze(clip, request, Steps(), source="take.wav")
    assert [note.verdict for note in alone.notes] == ["perfect"] * 3
    assert alone.opinions == ()
    assert alone.model is None


def test_the_reason_is_shown_on_terminal_and_page(clip, report):
    out = io.StringIO()
    render(report, Console(file=out, width=120, highlight=False))
    page = to_html(report, clip, tuning=JUST, raga=raga_named("bhupali"))
    assert REASON in " ".join(out.getvalue().split())
    assert REASON in page
    assert "synthesized: child" in page
    assert "data-sample=" not in page


def test_a_sample_at_hand_can_be_played_beside_the_take(clip, report):
    item = report.opinions[0].neighbours[0].item
    page = to_html(
        report, clip, tuning=JUST, raga=raga_named("bhupali"), samples={item: clip.between(0, 0.5)}
    )
    assert page.count("data-sample=") == page.count('<audio class="sample"') == 3
