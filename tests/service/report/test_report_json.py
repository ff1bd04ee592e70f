"""The JSON report against its own schema, the dataclasses and its documentation."""

from __future__ import annotations

import copy
import json
import re
from dataclasses import fields, replace
from importlib.resources import files
from pathlib import Path

import pytest

from swara.data.take import Note, Tonic, TonicCandidate
from swara.service.report.json_report import SCHEMA, to_dict, to_json
from swara.service.take.report import Drift, SwaraStats, TakeReport, Thresholds

SCHEMA_DOCUMENT = json.loads(
    files("swara.service.report").joinpath("take_report.schema.json").read_text("utf-8")
)
DOCS = Path(__file__).parents[3] / "docs" / "json.md"
TYPES = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "null": type(None),
    "number": (int, float),
    "integer": int,
}


def faults(value, schema, where="$"):
    """Every fault of `value` by the keywords that our schema uses; one that is not here is an error."""
    known = {
        "$schema": lambda _: [],
        "title": lambda _: [],
        "description": lambda _: [],
        "$defs": lambda _: [],
        "$ref": lambda ref: faults(value, SCHEMA_DOCUMENT["$defs"][ref.removeprefix("#/$defs/")], where),
        "const": lambda const: [] if value == const else [f"{where} is not {const}"],
        "enum": lambda enum: [] if value in enum else [f"{where} is none of {enum}"],
        "type": lambda kind: type_faults(value, kind, where),
        "minimum": lambda low: [] if value >= low else [f"{where} < {low}"],
        "exclusiveMinimum": lambda low: [] if value > low else [f"{where} <= {low}"],
        "maximum": lambda high: [] if value <= high else [f"{where} > {high}"],
        "maxItems": lambda most: [] if len(value) <= most else [f"{where} is too long"],
        "pattern": lambda text: [] if re.search(text, value) else [f"{where} is not like {text}"],
        "required": lambda names: [f"{where} lacks {name}" for name in names if name not in value],
        "items": lambda item: [f for n, v in enumerate(value) for f in faults(v, item, f"{where}[{n}]")],
        "properties": lambda parts: [
            f for name in parts if name in value for f in faults(value[name], parts[name], f"{where}.{name}")
        ],
        "propertyNames": lambda names: [f for name in value for f in faults(name, names, where)],
        "additionalProperties": lambda rest: [
            f
            for name in value.keys() - schema.get("properties", {}).keys()
            for f in ([f"{where} has {name} too"] if rest is False else faults(value[name], rest, where))
        ],
        "anyOf": lambda ways: (
            [] if any(not faults(value, way, where) for way in ways) else [f"{where} fits none"]
        ),
        "oneOf": lambda ways: (
            [] if sum(not faults(value, way, where) for way in ways) == 1 else [f"{where} fits not one"]
        ),
    }
    wrong_type = known["type"](schema["type"]) if "type" in schema else []
    return wrong_type or [fault for keyword, rule in schema.items() for fault in known[keyword](rule)]


def type_faults(value, kind, where):
    right = isinstance(value, TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))
    return [] if right else [f"{where} is no {kind}"]


@pytest.mark.parametrize("name", ["take", "doubtful_take", "silent_take", "long_take"])
def test_report_fits_its_schema(name, request):
    document = json.loads(to_json(request.getfixturevalue(name)))
    assert faults(document, SCHEMA_DOCUMENT) == []


def spoil(path, value):
    def change(document):
        *parents, last = path
        for step in parents:
            document = document[step]
        if value is KeyError:
            del document[last]
        else:
            document[last] = value

    return change


@pytest.mark.parametrize(
    "change",
    [
        spoil(["schema"], "swara.take-report/2"),
        spoil(["tonic", "hz"], "138.6"),
        spoil(["tonic", "runner_up"], {"hz": 1.0}),
        spoil(["notes", 0, "verdict"], "flat"),
        spoil(["notes", 0, "swara"], "Do"),
        spoil(["notes", 0, "saptak"], "ati-madhya"),
        spoil(["notes", 0, "foreign"], 1),
        spoil(["notes", 0, "cents"], KeyError),
        spoil(["notes", 0, "colour"], "green"),
        spoil(["segments", 0, "note"], 0),
        spoil(["segments", 1, "note"], KeyError),
        spoil(["worst"], [0, 1, 2, 3]),
        spoil(["verdict_shares", "flat"], 0.0),
        spoil(["foreign_share"], 1.2),
        spoil(["drift"], KeyError),
    ],
)
def test_schema_refuses_a_spoilt_report(take, change):
    document = copy.deepcopy(to_dict(take))
    change(document)
    assert faults(document, SCHEMA_DOCUMENT)


@pytest.mark.parametrize(
    ("kind", "pick"),
    [
        (Note, lambda d: d["notes"][0]),
        (Tonic, lambda d: d["tonic"]),
        (TonicCandidate, lambda d: d["tonic"]["runner_up"]),
        (SwaraStats, lambda d: d["per_swara"][0]),
        (Drift, lambda d: d["drift"]),
        (Thresholds, lambda d: d["thresholds"]),
    ],
)
def test_field_names_are_those_of_the_dataclasses(take, kind, pick):
    assert set(pick(to_dict(take))) == {field.name for field in fields(kind)}


def test_top_level_is_the_report_without_its_track(take):
    expected = {field.name for field in fields(TakeReport)} - {"track"} | {"schema", "notes"}
    document = to_dict(take)
    assert set(document) == expected
    assert document["schema"] == SCHEMA


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
