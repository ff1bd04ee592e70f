"""The table of ragas: each row agrees with itself, and stands on pages that were read."""

from __future__ import annotations

from pathlib import Path

import pytest

from swara.raga.notation import parse_notation
from swara.raga.ragas import BASIC_RAGAS, RAGAS, Raga, swara_indices, table
from swara.raga.swaras import SVARASTHANAS, svarasthana_named
from swara.service.report.terminal.raga_table import voices

OPENRAGA = {
    "Asavari": "SRgmPdn",
    "Bhairav": "SrGmPdN",
    "Bhairavi": "SrgmPdn",
    "Bhupali": "SRGPD",
    "Bilawal": "SRGmPDN",
    "Kafi": "SRgmPDn",
    "Khamaj": "SRGmPDnN",
    "Marwa": "SrGMDN",
    "Purvi": "SrGmMPdN",
    "Todi": "SrgMPdN",
    "Yaman": "SRGMPDN",
}
"""Swaras of scale and description in OpenRaga's RagaJSON examples (OpenRaga contributors, MIT licence)."""

TWENTY = (
    *(
        "yaman",
        "bhairav",
        "bhairavi",
        "todi",
        "malkauns",
        "darbari",
        "bhimpalasi",
        "bihag",
        "bageshri",
        "desh",
    ),
    *("marwa", "puriya dhanashri", "multani", "miyan malhar", "kedar", "bhupali", "khamaj", "jaunpuri"),
    *("lalit", "puriya"),
)
THAATS = {
    "Kalyan",
    "Bilawal",
    "Khamaj",
    "Bhairav",
    "Purvi",
    "Marwa",
    "Kafi",
    "Asavari",
    "Bhairavi",
    "Todi",
    "",
}
BORNE_OUT = ("thaat", "vadi", "samvadi", "nyas", "alpatva", "andolit", "pakad", "time", "allied", "carnatic")
every_raga = pytest.mark.parametrize("raga", RAGAS.values(), ids=lambda raga: raga.name)


def letters(raga: Raga) -> str:
    return "".join(each.letter for each in SVARASTHANAS if raga.allows(each.index))


def test_the_table_holds_the_ragas_promised() -> None:
    promised = {*TWENTY, *BASIC_RAGAS, "ahir bhairav", "shri", "jog", "alhaiya bilawal", "yaman kalyan"}
    assert len(RAGAS) >= 40
    assert promised <= set(RAGAS)
    assert all(raga.name == name == raga.display.casefold() for name, raga in RAGAS.items())


@every_raga
def test_two_who_do_not_copy_one_another_bear_out_the_swaras(raga) -> None:
    assert len(voices(raga, "swaras")) >= 2
    assert all(page.strip() and "://" not in page for page, _ in raga.sources)


@every_raga
def test_what_is_filled_in_has_a_source_and_what_has_none_is_empty(raga) -> None:
    filled = [field for field in BORNE_OUT if getattr(raga, field)]
    assert [field for field in ("aroha", "avaroha", *filled) if not voices(raga, field)] == []
    assert not raga.andolit or len(voices(raga, "andolit")) >= 2


def test_the_documents_count_the_facts_and_those_that_two_bear_out() -> None:
    parts = ("swaras", "aroha", "avaroha", *BORNE_OUT)
    facts = [len(voices(raga, part)) for raga in RAGAS.values() for part in parts if getattr(raga, part)]
    said = f"of the {len(facts)} facts in the table, {sum(count >= 2 for count in facts)} do"
    assert said in (Path(__file__).parents[2] / "docs" / "ragas.md").read_text(encoding="utf-8")


@every_raga
def test_a_row_agrees_with_itself(raga) -> None:
    said = table()["ragas"][raga.name]["swaras"]
    assert "".join(said.split()) == letters(raga)
    assert swara_indices(" ".join(raga.aroha + raga.avaroha)) <= swara_indices(said)
    assert raga.thaat in THAATS
    assert all(other not in (raga.name, raga.display) for other, _ in raga.allied)
    up, down = (
        [12 * s.octave + s.svarasthana.index for s in parse_notation(" ".join(line))]
        for line in (raga.aroha, raga.avaroha)
    )
    assert (up[-1], down[-1]) == (12, 0)
    assert up[0] <= 0
    assert down[0] >= 12


@pytest.mark.parametrize("display", OPENRAGA)
def test_no_swara_contradicts_openraga(display) -> None:
    assert letters(RAGAS[display.casefold()]) == OPENRAGA[display]


@pytest.mark.parametrize("raga", BASIC_RAGAS.values(), ids=lambda raga: raga.name)
def test_vadi_and_samvadi_of_the_basic_ragas_lie_a_fourth_or_a_fifth_apart(raga) -> None:
    apart = svarasthana_named(raga.vadi).index - svarasthana_named(raga.samvadi).index
    assert apart % 12 in {5, 7}


def test_what_was_wrong_is_put_right() -> None:
    assert " ".join(RAGAS["gavati"].avaroha) == "S' D P m P G m R .n S"
    assert letters(RAGAS["alhaiya bilawal"]) == "SRGmPDnN"
    assert RAGAS["todi"].alpatva == (("P", "in the ascent"),)
    assert RAGAS["bhairav"].swings_through(2)
    assert not RAGAS["bhupali"].swings_through(3)


@pytest.mark.parametrize(("vadi", "pakad"), [("m", "S R"), ("R", "S m")])
def test_an_outline_must_agree_with_itself(vadi, pakad) -> None:
    with pytest.raises(ValueError, match="neither up nor down"):
        Raga("odd", "Odd", "Kalyan", ("S", "R"), ("R", "S"), vadi, "S", "noon", (pakad,))
