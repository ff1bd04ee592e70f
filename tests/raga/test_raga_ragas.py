from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from swara import raga
from swara.raga.errors import BadNotation, UnknownRaga
from swara.raga.ragas import RAGAS, find_raga, is_other_raga, raga_named


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
        ("Darbari", ["Darbari Kanada", "दरबारी कान्हड़ा", "Darbārī"]),
        ("Desh", ["Des", "राग देस"]),
        ("Alhaiya Bilawal", ["Alhaiyā Bilāval", "alhaiya_bilawal"]),
        ("Shri", ["Shree", "श्री"]),
        ("Miyan Malhar", ["Miyan ki Malhar", "Miyã̄ Malhār"]),
    ],
)
def test_usual_spellings(display, texts) -> None:
    assert {raga_named(text).display for text in texts} == {display}


@pytest.mark.parametrize(
    "text", ["Bhairavi Bahar", "Desi", "Bhim", "Nat Bhairav", "bupali", "Sindhu Bhairavi", "S R", ""]
)
def test_a_raga_that_is_not_known_is_no_other(text) -> None:
    with pytest.raises(
        UnknownRaga, match=rf'"{text}" is not known yet\. Give its swaras.*swara ragas lists the \d+ known'
    ):
        raga_named(text)


def test_each_spelling_leads_to_its_own_raga_and_none_is_said_to_be_unknown() -> None:
    for row in RAGAS.values():
        for written in (row.name, row.display, row.devanagari, row.iast, *row.spellings):
            assert find_raga(written) is row, written
            assert not is_other_raga(written)


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


def test_the_ground_floor_stands_on_the_standard_library_alone() -> None:
    code = "import raga.ragas, raga.tonic_names, raga.tuning, sys\nprint(*sys.modules)"
    words, root = [sys.executable, "-S", "-c", code], Path(raga.__file__).parents[1]
    ran = subprocess.run(words, capture_output=True, text=True, check=True, cwd=root)
    known = {*sys.stdlib_module_names, "raga", "__main__"}
    assert {name.partition(".")[0] for name in ran.stdout.split()} <= known
