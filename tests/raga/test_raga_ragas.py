from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swara import raga
from swara.raga.errors import UnknownRaga
from swara.raga.notation import parse_notation
from swara.raga.ragas import ANDOLIT_SWARAS, RAGAS, Raga, raga_named
from swara.raga.swaras import SVARASTHANAS, svarasthana_named

SWARAS = {
    "Bhupali": "SRGPD",
    "Deshkar": "SRGPD",
    "Yaman": "SRGMPDN",
    "Yaman Kalyan": "SRGmMPDN",
    "Gavati": "SRGmPDn",
    "Bhairav": "SrGmPdN",
    "Malkauns": "Sgmdn",
    "Durga": "SRmPD",
    "Kafi": "SRgmPDn",
    "Bilawal": "SRGmPDN",
    "Bageshri": "SRgmPDn",
    "Todi": "SrgMPdN",
}
WEIGHTS = {"Bhupali": "GD", "Deshkar": "DG", "Yaman": "GN", "Bhairav": "dr", "Malkauns": "mS", "Todi": "dg"}


def test_the_table_holds_the_ragas_promised() -> None:
    assert {raga.display for raga in RAGAS.values()} == set(SWARAS)
    assert all(raga.name == name for name, raga in RAGAS.items())


@pytest.mark.parametrize("raga", RAGAS.values(), ids=lambda r: r.name)
def test_a_raga_has_its_swaras_and_no_others(raga) -> None:
    assert "".join(s.letter for s in SVARASTHANAS if raga.allows(s.index)) == SWARAS[raga.display]


@pytest.mark.parametrize("raga", RAGAS.values(), ids=lambda r: r.name)
def test_ascent_rises_to_taar_sa_and_descent_falls_to_sa(raga) -> None:
    up = [12 * s.octave + s.svarasthana.index for s in parse_notation(" ".join(raga.aroha))]
    down = [12 * s.octave + s.svarasthana.index for s in parse_notation(" ".join(raga.avaroha))]
    assert up == sorted(up)
    assert (up[-1], down[0], down[-1]) == (12, 12, 0)


@pytest.mark.parametrize("raga", RAGAS.values(), ids=lambda r: r.name)
def test_vadi_and_samvadi_lie_a_fourth_or_fifth_apart(raga) -> None:
    apart = svarasthana_named(raga.vadi).index - svarasthana_named(raga.samvadi).index
    assert apart % 12 in {5, 7}


@pytest.mark.parametrize(("display", "weights"), WEIGHTS.items())
def test_vadi_and_samvadi(display, weights) -> None:
    raga = raga_named(display)
    assert raga.vadi + raga.samvadi == weights


@pytest.mark.parametrize(
    ("display", "texts"),
    [
        ("Bhupali", ["bhoopali", "bhoop", "Raag Bhupali", "raga_bhupali"]),
        ("Yaman Kalyan", ["yamanKalyan", "yaman-kalyan", "YAMAN KALYAN"]),
        ("Yaman", ["yaman"]),
        ("Deshkar", ["deskar"]),
        ("Gavati", ["gawati"]),
        ("Malkauns", ["malkosh"]),
        ("Todi", ["miyan ki todi"]),
    ],
)
def test_usual_spellings(display, texts) -> None:
    assert {raga_named(text).display for text in texts} == {display}


def test_the_nearest_ragas_are_named() -> None:
    with pytest.raises(UnknownRaga) as caught:
        raga_named("bupali")
    assert str(caught.value).startswith('no raga is called "bupali". The nearest')
    assert "Bhupali" in str(caught.value)
    with pytest.raises(UnknownRaga, match=r"names are Yaman Kalyan and Yaman[.]"):
        raga_named("yaman kalian")
    with pytest.raises(UnknownRaga) as caught:
        raga_named("zzz")
    assert all(raga.display in str(caught.value) for raga in RAGAS.values())


@given(st.text(max_size=20))
def test_any_text_is_a_raga_or_unknown(text) -> None:
    try:
        found = raga_named(text)
    except UnknownRaga:
        return
    assert found in RAGAS.values()


@pytest.mark.parametrize(("vadi", "pakad"), [("m", "S R"), ("R", "S m")])
def test_an_outline_must_agree_with_itself(vadi, pakad) -> None:
    with pytest.raises(ValueError, match="neither up nor down"):
        Raga("odd", "Odd", "Kalyan", ("S", "R"), ("R", "S"), vadi, "S", "noon", (pakad,))


def test_the_ground_floor_stands_on_the_standard_library_alone() -> None:
    code = "import raga.ragas, raga.tonic_names, raga.tuning, sys\nprint(*sys.modules)"
    root, known = Path(raga.__file__).parents[1], {*sys.stdlib_module_names, "raga", "__main__"}
    ran = subprocess.run(
        [sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True, cwd=root
    )
    assert {name.partition(".")[0] for name in ran.stdout.split()} <= known


def test_andolan_is_said_only_of_swaras_that_the_raga_has():
    assert all(swaras <= RAGAS[name].swaras for name, swaras in ANDOLIT_SWARAS.items())
