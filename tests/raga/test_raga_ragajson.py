from __future__ import annotations

import json
from typing import Any

import pytest

from swara.raga.errors import BadNotation
from swara.raga.ragajson import read_ragajson, to_ragajson
from swara.raga.ragas import RAGAS, Raga

YAMAN: dict[str, Any] = {
    "name": "Yaman",
    "system": "Hindustani",
    "structure": {
        "aroha": ["NI_MANDRA", "RE", "GA", "MA_TIVRA", "DHA", "NI", "SA_TAR"],
        "avaroha": ["SA_TAR", "NI", "DHA", "PA", "MA_TIVRA", "GA", "RE", "SA"],
        "vadi": "GA",
        "samvadi": "NI",
        "pakad": [["NI_MANDRA", "RE", "GA", "RE", "SA"]],
    },
    "performance": {"time_of_day": ["Pradosh"], "rasa": ["Shanta"]},
}
"""After the example of OpenRaga's RagaJSON (MIT licence)."""


def changed(part: str = "", **changes: object) -> str:
    structure = {**YAMAN["structure"], **(changes if part else {})}
    return json.dumps({**YAMAN, "structure": structure, **({} if part else changes)})


@pytest.mark.parametrize("raga", RAGAS.values(), ids=lambda raga: raga.name)
def test_every_raga_comes_back_as_it_was_written(raga: Raga) -> None:
    written = to_ragajson(raga)
    read = read_ragajson(json.dumps(written), "raga.json")

    for part in ("display", "devanagari", "thaat", "aroha", "avaroha", "vadi", "samvadi"):
        assert getattr(read, part) == getattr(raga, part)
    assert read.swaras <= raga.swaras
    assert to_ragajson(read)["structure"] == written["structure"]
    assert bool(raga.time) == bool(read.time)
    assert all(page in written["description"] for page, _ in raga.sources)


def test_openragas_own_document_is_read() -> None:
    raga = read_ragajson(changed(), "yaman.json")
    yaman = RAGAS["yaman"]

    assert (raga.aroha, raga.avaroha, raga.swaras) == (yaman.aroha, yaman.avaroha, yaman.swaras)
    assert (raga.vadi, raga.pakad, raga.time) == ("G", (".N R G R S",), "first part of the night")
    assert (raga.display, raga.name) == ("Yaman", "Yaman: S R G M P D N")


def test_a_name_keeps_nothing_that_no_file_or_terminal_can_hold() -> None:
    raga = read_ragajson(changed(name="\ud800A\x1b[1m\u202e b:c", aliases=["क्\u200dष"]), "raga.json")
    assert (raga.display, raga.spellings) == ("A [1m b c", ("क्\u200dष",))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "no JSON: "),
        ("[" * 100_000, "no JSON: "),
        ("[1]", "one JSON object"),
        ("{}", 'system" is not Hindustani'),
        (changed(jaati="Sampurna"), 'another version: it has "jaati"'),
        (changed(structure={"svaras": ["SA"]}), 'another version: it has "structure.svaras"'),
        (changed("structure", pakad="N R G"), 'another version: "structure.pakad" is no list'),
        (
            changed(**{"$schema": "openraga.org/schema/raga/0.3/raga.schema.json"}),
            "another version (openraga",
        ),
        (changed(system="Carnatic"), "is not Hindustani"),
        (changed(structure=None), '"structure" is no JSON object'),
        (changed(name=" "), "raga.json: name: a raga has a name"),
        (changed("structure", aroha=["SA", "GU"]), 'structure.aroha: "GU" is no note'),
        (changed("structure", aroha="SA RE"), "structure.aroha: a list of 1 to 100 notes"),
        (changed("structure", aroha=["SA", "RE", "GA"] * 40), "structure.aroha: a list of 1 to 100 notes"),
        (changed(name=["Yaman"]), "raga.json: name: a name of at most 80 letters"),
        (changed(name="\u200b"), "raga.json: name: a raga has a name"),
        (changed(name_devanagari="y" * 81), "name_devanagari: a name of at most"),
        (changed(aliases=["Iman", None]), "aliases: a name of at most"),
        (changed(similar_ragas=["Bihag"] * 101), "similar_ragas: 101 names are too many"),
        (changed("structure", vadi=["GA"]), "structure.vadi: \"['GA']\" is no note"),
        (changed(structure={"aroha": ["SA"], "avaroha": ["SA", "RE"]}), "3 swaras or more"),
    ],
)
def test_what_is_no_ragajson_of_this_version_is_refused_in_one_line(text: str, said: str) -> None:
    with pytest.raises(BadNotation) as refused:
        read_ragajson(text, "raga.json")
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
