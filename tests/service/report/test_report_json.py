"""The JSON report against its own schema, the dataclasses and its documentation."""

from __future__ import annotations

import json
import re
from dataclasses import fields, replace
from functools import reduce
from importlib.resources import files
from operator import getitem
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from swara.data.take import Note, Tonic, TonicCandidate, Touch
from swara.service.report.json_report import SCHEMA, to_dict, to_json
from swara.service.take.report import Drift, SwaraStats, TakeReport, Thresholds

SCHEMA_DOCUMENT = json.loads(
    files("swara.service.report").joinpath("take_report.schema.json").read_text("utf-8")
)
DOCS = Path(__file__).parents[3] / "docs" / "json.md"
VALIDATOR = Draft202012Validator(SCHEMA_DOCUMENT)


@pytest.mark.parametrize("name", ["take", "doubtful_take", "silent_take", "long_take"])
def test_report_fits_its_schema(name, request):
    Draft202012Validator.check_schema(SCHEMA_DOCUMENT)
    document = json.loads(to_json(request.getfixturevalue(name)))
    assert [fault.message for fault in VALIDATOR.iter_errors(document)] == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["schema"], "swara.take-report/2"),
        (["tonic", "hz"], "138.6"),
        (["tonic", "runner_up"], {"hz": 1.0}),
        (["notes", 0, "verdict"], "flat"),
        (["notes", 0, "swara"], "Do"),
        (["notes", 0, "saptak"], "ati-madhya"),
        (["notes", 0, "foreign"], 1),
        (["notes", 0, "cents"], KeyError),
        (["notes", 0, "colour"], "green"),
        (["segments", 0, "note"], 0),
        (["segments", 1, "note"], KeyError),
        (["worst"], [0, 1, 2, 3]),
        (["verdict_shares", "flat"], 0.0),
        (["foreign_share"], 1.2),
        (["drift"], KeyError),
    ],
)
def test_schema_refuses_a_spoilt_report(take, path, value):
    document = to_dict(take)
    *parents, last = path
    inside = reduce(getitem, parents, document)
    if value is KeyError:
        del inside[last]
    else:
        inside[last] = value
    assert not VALIDATOR.is_valid(document)


@pytest.mark.parametrize(
    ("kind", "pick"),
    [
        (Note, lambda d: d["notes"][0]),
        (Tonic, lambda d: d["tonic"]),
        (TonicCandidate, lambda d: d["tonic"]["runner_up"]),
        (SwaraStats, lambda d: d["per_swara"][0]),
        (Drift, lambda d: d["drift"]),
        (Thresholds, lambda d: d["thresholds"]),
        (TakeReport, lambda d: (d.keys() - {"schema", "notes"}) | {"track"}),
    ],
)
def test_field_names_are_those_of_the_dataclasses(take, kind, pick):
    assert set(pick(to_dict(take))) == {field.name for field in fields(kind)}


def test_segments_tile_the_take_and_point_at_their_notes(long_take):
    document = to_dict(long_take)
    segments = document["segments"]
    edges = [s["start_s"] for s in segments] + [document["duration_s"]]
    assert edges[0] == 0.0
    assert [s["end_s"] for s in segments] == edges[1:]
    pointing = [s for s in segments if s["kind"] == "note"]
    assert [s["note"] for s in pointing] == list(range(len(document["notes"])))
    for segment in pointing:
        assert document["notes"][segment["note"]]["start_s"] == segment["start_s"]


def test_a_touch_is_named_and_points_at_no_note(take):
    touched = Touch(take.segments[0].start_s, take.segments[0].end_s, "Re", "madhya", 203.94)
    report = to_dict(replace(take, segments=(touched, *take.segments[1:])))

    Draft202012Validator(SCHEMA_DOCUMENT).validate(report)
    span = {"start_s": round(touched.start_s, 3), "end_s": round(touched.end_s, 3)}
    assert report["segments"][0] == {
        "kind": "touch",
        **span,
        "swara": "Re",
        "saptak": "madhya",
        "cents": 203.94,
    }


def test_worst_point_at_their_notes(take):
    document = to_dict(take)
    assert [document["notes"][i]["swara"] for i in document["worst"]] == ["tivra Ma", "Ga", "Dha"]


def test_figures_are_rounded_and_zero_has_no_sign(take, make):
    first = replace(take.notes[0], start_s=0.310049, cents_off=-0.001, cents=3.14159, confidence=0.123456)
    document = to_dict(make([first], per_swara=(), worst=(), track=take.track))
    note = document["notes"][0]
    assert (note["start_s"], note["cents"], note["confidence"]) == (0.31, 3.14, 0.1235)
    assert str(note["cents_off"]) == "0.0"


def test_nan_is_refused(take):
    with pytest.raises(ValueError, match="JSON"):
        to_json(replace(take, foreign_share=float("nan")))


def test_any_file_name_survives(take):
    name = 'riyaz "भूपाली" \udcff.wav'
    text = to_json(replace(take, source=name))
    assert json.loads(text.encode("utf-8"))["source"] == name.replace("\udcff", "?")


def test_docs_name_every_field():
    text = DOCS.read_text("utf-8")
    described = set(re.findall(r"`([a-z_]+)`", text))
    named = {field.name for kind in (Note, Tonic, SwaraStats, Drift, Thresholds) for field in fields(kind)}
    assert named | set(SCHEMA_DOCUMENT["properties"]) <= described | {"schema"}
    assert SCHEMA in text
