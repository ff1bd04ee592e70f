"""The head's opinion beside what the pitch says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from swara.classifier.note_head.head import Agreement, NotePrediction, agreement

HEARD = NotePrediction("G", 0.97, "R", 0.02, abstained=False, unfamiliar=False, known=("S", "R", "G", "S'"))


@pytest.mark.parametrize(
    ("letter", "changes", "agrees", "reason"),
    [
        ("G", {}, True, None),
        ("S'", {}, False, "the note head hears G (97%) where the pitch shows S'"),
        ("m", {}, None, "the note head has not learned m"),
        ("G'", {}, None, "the note head has not learned G'"),
        (
            "G",
            {"probability": 0.48, "runner_up_probability": 0.4, "abstained": True},
            None,
            "the note head is not sure: G (48%) or R (40%)",
        ),
        ("G", {"abstained": True, "unfamiliar": True}, None, "the note head has heard no note at this pitch"),
    ],
    ids=["same", "another", "never learned", "another octave", "abstains", "no sample there"],
)
def test_it_agrees_or_says_why_not(letter, changes, agrees, reason):
    assert agreement(letter, replace(HEARD, **changes)) == Agreement(agrees, reason)
