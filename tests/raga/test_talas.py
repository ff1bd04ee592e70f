from __future__ import annotations

import pytest

from swara.raga.talas import TALAS, Tala, UnknownTala, tala_named


@pytest.mark.parametrize(
    ("name", "matras"),
    [("Teental", 16), ("tin tal", 16), ("Ek-taal", 12), ("jhaptal", 10), ("roopak", 7), ("ADA CHAUTAL", 14)],
)
def test_a_tala_is_found_by_its_usual_spellings(name, matras):
    assert tala_named(name).matras == matras


def test_every_tala_begins_with_its_sam_and_has_a_sign_for_each_part():
    for tala in TALAS.values():
        assert tala.signs[0] in ("X", "0")
        assert tala_named(tala.name) is tala
        claps = [sign for sign in tala.signs if sign not in "X0"]
        assert claps == sorted(claps)
    with pytest.raises(ValueError, match="signs"):
        Tala("odd", (4, 4), ("X",))


def test_an_unknown_tala_is_refused_with_the_nearest():
    with pytest.raises(UnknownTala, match="Jhaptal"):
        tala_named("jhaptalam")
