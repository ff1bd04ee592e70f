"""Phrases sought on the command line."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from swara.classifier.tonic.estimate import no_tonic
from swara.index.phrase_files import load_phrase_index
from swara.index.phrases import PhraseIndex
from swara.service.search import phrases as phrase_search
from swara.service.take.analyze import analyze

BHUPALI = Path(__file__).parents[2] / "data" / "samples" / "low-male" / "C" / "bhupali.ogg"


@pytest.fixture(scope="module")
def index(pack_store: Path) -> PhraseIndex:
    version = (pack_store / "CURRENT").read_text().strip()
    found = load_phrase_index(pack_store / "versions" / version / "index")
    assert found is not None
    return found


def test_a_phrase_is_found_with_others_and_never_with_itself(swara, index, tmp_path):
    words = ("search", BHUPALI, "--phrase", "0-0:05", "--tonic", "C3", "--clips", tmp_path / "found")
    done = swara(*words, "--json", "-", "--count", 3)
    assert done.code == 0
    found = json.loads(done.out)
    assert (found["schema"], found["of"], found["by"]) == ("swara.search/1", "phrase", "melody")
    assert len(found["hits"]) == len(list((tmp_path / "found").iterdir())) == 3
    own = {
        each.recording
        for each in index.phrases
        if abs(each.tonic_hz - 130.81) < 1 and "low male" in each.singer
    }
    assert own
    for hit in found["hits"]:
        assert hit["raga"] == "bhupali"
        assert hit["recording"] not in own
        assert "sings this phrase like" in hit["why"]
        assert hit["distance_cents"] < 30
        (first, *_, last) = hit["path_s"]
        assert first[0] == pytest.approx(found["query"]["start_s"], abs=0.02)
        assert first[1] == pytest.approx(hit["start_s"], abs=0.02)
        assert last[1] == pytest.approx(hit["end_s"], abs=0.02)
    voice = swara(*words[:-2], "--by", "voice", "--only-singer", "synthesized: mid male")
    assert voice.code == 0
    assert "Alike" in voice.out
    assert voice.out.count("synthesized: mid male") <= 5
    assert "who sounds like" in voice.out
    assert "only the nearest" not in voice.out


def test_notation_is_found_and_filters_say_when_nothing_is_left(swara):
    done = swara("search", "--sing", "S R G P D S'")
    assert done.code == 0
    assert "S R G P D S'" in done.out
    assert "who sings this phrase like" in done.out
    assert re.search(r"within \d+ cents? ", " ".join(done.out.split()))
    assert "only the nearest" not in done.out
    none = swara("search", "--sing", "S R G", "--only-raga", "todi")
    assert none.code == 0
    assert "No phrase known is of todi." in none.out


@pytest.mark.parametrize(
    ("notation", "says", "same", "near"),
    [
        ("S' D P G R S", None, True, True),
        ("S m R D g P", "None dwells on the same swaras: these are only the nearest", False, True),
        ("G S N .m d' S", "Nothing known goes like it: even the nearest is", False, False),
    ],
)
def test_what_is_only_the_nearest_is_said_to_be_so(swara, notation, says, same, near):
    found = json.loads(swara("search", "--sing", notation, "--json", "-", "--count", 1).out)
    assert ([hit["same_swaras"] for hit in found["hits"]], found["near"]) == ([same], near)
    assert found["hits"][0]["swaras"].split() == notation.split() or not same
    assert [says in warning for warning in found["warnings"]] == ([] if says is None else [True])
    shown = swara("search", "--sing", notation).out
    assert says is None or f"! {says}" in shown


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("TAKE", "--phrase", "90-95"), "the take ends at"),
        (("TAKE", "--phrase", "0-0.1"), "nothing is sung from 0 to 0.1 s"),
        (("TAKE", "--phrase", "0.2-0.6"), "only S is sung"),
        (("--sing", "S"), "a phrase has two swaras at least"),
        (("--sing", "S X"), '"X" is not a swara'),
        (("--sing", "S R", "--only-raga", "nosuch"), "nosuch"),
    ],
)
def test_what_is_no_phrase_is_one_line(swara, words, says):
    done = swara("search", *(BHUPALI if word == "TAKE" else word for word in words), *_sa(words))
    assert (done.code, done.out) == (1, "")
    assert says in done.err
    assert len(done.err.splitlines()) == 1


def test_where_nothing_tells_sa_it_is_asked_for_unless_nothing_is_sung(swara, monkeypatch):
    def without_sa(*args, **options):
        return replace(analyze(*args, **options), tonic=no_tonic())

    monkeypatch.setattr(phrase_search, "analyze", without_sa)
    for span, says in (("0-3", "Sa is not known"), ("0-0.1", "nothing is sung from 0 to 0.1 s")):
        done = swara("search", BHUPALI, "--phrase", span)
        assert (done.code, done.out, len(done.err.splitlines())) == (1, "", 1)
        assert says in done.err


def _sa(words):
    return ("--tonic", "C3") if "TAKE" in words else ()


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("TAKE",),
        ("TAKE", "--at", "1", "--phrase", "1-2"),
        ("--phrase", "1-2"),
        ("TAKE", "--sing", "S R"),
        ("TAKE", "--phrase", "1.5"),
        ("TAKE", "--phrase", "2-1"),
        ("TAKE", "--at", "1", "--by", "voice"),
        ("TAKE", "--at", "1", "--only-singer", "nobody"),
    ],
)
def test_too_little_or_too_much_is_wrong_usage(swara, words):
    assert swara("search", *(BHUPALI if word == "TAKE" else word for word in words)).code == 2


def test_the_take_is_never_written_over(swara, tmp_path):
    take = tmp_path / "take.ogg"
    take.write_bytes(BHUPALI.read_bytes())
    done = swara("search", take, "--phrase", "0-5", "--tonic", "C3", "--json", take)
    assert done.code == 1
    assert "this is the take" in done.err
    assert take.read_bytes() == BHUPALI.read_bytes()


def test_an_index_without_phrases_and_one_of_short_ones(swara, index, monkeypatch):
    monkeypatch.setattr(phrase_search, "load_phrase_index", lambda folder: None)
    done = swara("search", "--sing", "S R")
    assert done.code == 1
    assert "was made without phrases" in done.err
    assert "swara rebuild" in done.err
    short = [place for place, each in enumerate(index.phrases) if each.duration_s < 2.5]
    part = PhraseIndex(
        tuple(index.phrases[place] for place in short),
        index.cents[short],
        index.strings[short],
        index.frames[short],
        index.voices[short],
    )
    monkeypatch.setattr(phrase_search, "load_phrase_index", lambda folder: part)
    done = swara("search", BHUPALI, "--phrase", "0-6", "--tonic", "C3")
    assert done.code == 1
    assert "the longest phrase known lasts" in done.err
