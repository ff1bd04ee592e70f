from __future__ import annotations

import pytest

from benchmarks.notation.singing import written_take
from benchmarks.notation.sung import aligned
from swara.classifier.transcription import SungSwara
from swara.raga.swaras import parse_swara


@pytest.mark.parametrize(
    ("found", "edits"), [("S R G", 0), ("S G", 1), ("S R R G", 1), ("S r G", 1), ("", 3), ("S R G'", 1)]
)
def test_strings_are_aligned_with_the_fewest_edits(found, edits):
    true, heard = (
        [SungSwara(0.0, 1.0, *parse_swara(name), 0.0, True) for name in text.split()]
        for text in ("S R G", found)
    )
    pairs = aligned(true, heard)
    assert sum(a is None or b is None or a.pitch != b.pitch for a, b in pairs) == edits
    assert [a for a, _ in pairs if a is not None] == true
    assert [b for _, b in pairs if b is not None] == heard


def test_a_take_is_the_same_with_and_without_its_tanpura_and_its_truth_is_what_is_sung():
    clean, over = written_take(3, count=6), written_take(3, count=6, tanpura_db=5.0)
    assert clean.swaras == over.swaras
    assert clean.glides == over.glides
    cents = clean.take.contour.cents(clean.take.sa_hz)
    for swara in clean.swaras:
        if swara.held:
            middle = cents[round(0.5 * (swara.start_s + swara.end_s) / clean.take.contour.hop_s)]
            assert abs(middle - 100 * (swara.pitch[0].index + 12 * swara.pitch[1])) < 60
