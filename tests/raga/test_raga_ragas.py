from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from swara import raga
from swara.raga.errors import BadNotation, UnknownRaga
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
def test_a_raga_is_what_the_books_say(raga) -> None:
    assert "".join(s.letter for s in SVARASTHANAS if raga.allows(s.index)) == SWARAS[raga.display]
    assert raga.vadi + raga.samvadi == WEIGHTS.get(raga.display, raga.vadi + raga.samvadi)
    apart = svarasthana_named(raga.vadi).index - svarasthana_named(raga.samvadi).index
    assert apart % 12 in {5, 7}, "a fourth or a fifth"
    up = [12 * s.octave + s.svarasthana.index for s in parse_notation(" ".join(raga.aroha))]
    down = [12 * s.octave + s.svarasthana.index for s in parse_notation(" ".join(raga.avaroha))]
    assert up == sorted(up)
    assert (up[-1], down[0], down[-1]) == (12, 12, 0)


@pytest.mark.parametrize(
    ("display", "texts"),
    [
        ("Bhupali", ["bhoopali", "bhoop", "Raag Bhupali", "raga_bhupali", "भूपाली राग", "Bhūpālī", "Mohanam"]),
        ("Yaman Kalyan", ["yamanKalyan", "yaman-kalyan", "YAMAN KALYAN"]),
        ("Yaman", ["yaman"]),
        ("Deshkar", ["deskar"]),
        ("Gavati", ["gawati"]),
        ("Malkauns", ["malkosh", "मालकौंस", "Hindolam"]),
        ("Bageshri", ["Bāgeśrī"]),
        ("Todi", ["miyan ki todi", "मियाँ की तोड़ी"]),
    ],
)
def test_usual_spellings(display, texts) -> None:
    assert {raga_named(text).display for text in texts} == {display}


@pytest.mark.parametrize(
    "text", ["Bhairavi", "Desh", "Bhimpalasi", "Hindol", "bupali", "Ahir Bhairav", "S R", ""]
)
def test_a_raga_that_is_not_known_is_no_other(text) -> None:
    with pytest.raises(
        UnknownRaga, match=rf'"{text}" is not known yet\. Give its swaras.*by name are Bhupali'
    ):
        raga_named(text)


@pytest.mark.parametrize(
    ("texts", "letters"),
    [
        (
            ["S R G P D", "SRGPD", "S-R-G-P-D", ".D S R G P D S'", "Sa, Re, Ga, Pa, Dha", "सा रे ग प ध"],
            "S R G P D",
        ),
        (["S r G P d", "Sa komal Re Ga Pa komal Dha", "r G P d", "dha komal, re komal, Ga, Pa"], "S r G P d"),
    ],
)
def test_a_raga_given_by_its_swaras(texts, letters) -> None:
    for text in texts:
        raga, named = raga_named(text), raga_named(f"Desi Todi: {text}")
        assert (raga.name, raga.display) == (letters, letters)
        assert (named.display, named.swaras) == (f"Desi Todi ({letters})", raga.swaras)
        assert raga_named(named.name) == named


@pytest.mark.parametrize(
    ("text", "said"), [("s r g p d", "capital"), ("S R X", "names no swara"), (": S R", "3 swaras")]
)
def test_a_list_that_is_no_raga(text, said) -> None:
    with pytest.raises(BadNotation, match=said):
        raga_named(text)


@pytest.mark.parametrize(("vadi", "pakad"), [("m", "S R"), ("R", "S m")])
def test_an_outline_must_agree_with_itself(vadi, pakad) -> None:
    with pytest.raises(ValueError, match="neither up nor down"):
        Raga("odd", "Odd", "Kalyan", ("S", "R"), ("R", "S"), vadi, "S", "noon", (pakad,))


def test_the_ground_floor_stands_on_the_standard_library_alone() -> None:
    code = "import raga.ragas, raga.tonic_names, raga.tuning, sys\nprint(*sys.modules)"
    words, root = [sys.executable, "-S", "-c", code], Path(raga.__file__).parents[1]
    ran = subprocess.run(words, capture_output=True, text=True, check=True, cwd=root)
    known = {*sys.stdlib_module_names, "raga", "__main__"}
    assert {name.partition(".")[0] for name in ran.stdout.split()} <= known


def test_andolan_is_said_only_of_swaras_that_the_raga_has():
    assert all(swaras <= RAGAS[name].swaras for name, swaras in ANDOLIT_SWARAS.items())
