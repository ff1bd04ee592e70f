"""Samples near a note: the best of each recording, saved and loaded, and never from damaged files."""

from __future__ import annotations

import hashlib
import itertools
import json
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swara.index import IndexDamaged, Item
from swara.index.files import load_sample_index, save_sample_index, swara_file_name
from swara.index.old_files import read_flat_index
from swara.index.samples import SampleIndex, SwaraNotes, build_sample_index
from swara.raga.errors import BadNotation
from swara.raga.notation import swara_letter
from swara.raga.swaras import SVARASTHANAS

DIM = 6


def _item(recording: str, swara: str = "S", start_s: float = 0.0) -> Item:
    return Item(recording, f"singer of {recording}", swara, start_s, start_s + 0.5, recording == "rec2")


def _vectors(count: int, seed: int = 0) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(count, DIM)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


ITEMS = tuple(
    _item(f"rec{n}", swara, start_s)
    for n, swara, start_s in itertools.product(range(5), ["S", "R", "r", ".D", "S'"], [0.0, 1.0, 2.0])
)
VECTORS = _vectors(len(ITEMS))


@pytest.fixture(scope="module")
def index() -> SampleIndex:
    return build_sample_index(ITEMS, VECTORS)


def _slowly(vector: np.ndarray, swara: str, count: int, exclude: set[str]) -> list[Item]:
    """Sort every sample, then keep the first of each recording."""
    order = sorted(
        range(len(ITEMS)), key=lambda i: (-float(np.float32(VECTORS[i].astype(float) @ vector)), i)
    )
    best: dict[str, Item] = {}
    for place in order:
        item = ITEMS[place]
        if item.swara == swara and item.recording not in exclude:
            best.setdefault(item.recording, item)
    return list(best.values())[:count]


@settings(deadline=None)  # a busy machine is no fault
@given(
    st.integers(0, 999),
    st.sampled_from(["S", "R", "r", ".D", "S'", "G"]),
    st.integers(1, 9),
    st.sets(st.sampled_from([f"rec{n}" for n in range(5)])),
)
def test_the_best_of_each_recording(seed: int, swara: str, count: int, exclude: set[str]) -> None:
    index, vector = build_sample_index(ITEMS, VECTORS), _vectors(1, seed)[0]
    found = index.nearest(vector, swara, count=count, exclude=exclude)
    assert [n.item for n in found] == _slowly(vector, swara, count, exclude)
    for neighbour in found:
        expected = VECTORS[ITEMS.index(neighbour.item)] @ vector
        assert neighbour.similarity == pytest.approx(float(expected), abs=1e-6)
        assert neighbour.why.startswith("sounds like: same swara")


def test_a_recording_with_many_near_notes_does_not_crowd_out_others() -> None:
    crowd = [_item("crowd", start_s=float(n)) for n in range(200)]
    vectors = np.concatenate([np.tile(VECTORS[0], (200, 1)), -VECTORS[:1], _vectors(1, seed=9)])
    index = build_sample_index([*crowd, _item("far"), _item("own")], vectors)
    found = index.nearest(VECTORS[0], "S", exclude=("own",))
    assert [(n.item.recording, n.item.start_s) for n in found] == [("crowd", 0.0), ("far", 0.0)]
    assert found[1].similarity == pytest.approx(-1.0)


def test_a_like_voice_is_one_on_a_sa_near() -> None:
    items = [
        replace(item, tonic_hz=(None, 110.0, 139.0, 220.0, 146.0)[int(item.recording[3:])]) for item in ITEMS
    ]
    near = build_sample_index(items, VECTORS).on_sa_near(138.0, 500.0)
    assert {item.recording for item in near.items} == {"rec1", "rec2", "rec4"}
    for neighbour in near.nearest(VECTORS[0], "S", count=5):
        place = items.index(neighbour.item)
        assert neighbour.similarity == pytest.approx(float(VECTORS[place] @ VECTORS[0]), abs=1e-6)
    assert build_sample_index(ITEMS, VECTORS).on_sa_near(138.0, 500.0).items == ()


def test_no_samples_no_neighbours(index: SampleIndex) -> None:
    assert index.nearest(VECTORS[0], "n") == ()
    assert index.nearest(VECTORS[0], "S", exclude={f"rec{n}" for n in range(5)}) == ()
    assert index.nearest(np.zeros(DIM, np.float32), "S") == ()
    assert build_sample_index([], np.zeros((0, DIM), np.float32)).nearest(VECTORS[0], "S") == ()


def _one_short(notes: SwaraNotes) -> SwaraNotes:
    return SwaraNotes(notes.engine, notes.spans[1:])


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (lambda index: index.nearest(VECTORS[0], "S", count=0), "0 neighbours"),
        (lambda index: index.nearest(np.full(DIM, np.nan, np.float32), "S"), "finite"),
        (lambda index: index.nearest(VECTORS[0, :3], "S"), "length"),
        (lambda index: build_sample_index(ITEMS, VECTORS[1:]), "vectors for"),
        (lambda index: SampleIndex({"S": _one_short(index.notes["S"])}, index.sources), "agree"),
    ],
)
def test_what_does_not_fit_is_refused(index: SampleIndex, asked, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        asked(index)


def test_a_singer_alone(index: SampleIndex) -> None:
    """Over-fetched or not: the nearest of one singer is found wherever it stands among all."""
    for name in ("rec1", "rec4"):
        theirs = index.where(lambda of, name=name: of.singer == f"singer of {name}")
        assert {item.recording for item in theirs.items} == {name}
        found = theirs.nearest(VECTORS[0], "S")
        assert [n.item for n in found] == _slowly(VECTORS[0], "S", 3, {f"rec{n}" for n in range(5)} - {name})
        assert theirs.where(lambda of: of.singer == "nobody").nearest(VECTORS[0], "S") == ()


@pytest.mark.parametrize("above", [0, 10**6], ids=["graphs", "exact"])
def test_saved_and_loaded(tmp_path: Path, above: int) -> None:
    index = build_sample_index(ITEMS, VECTORS, approximate_above=above)
    save_sample_index(index, tmp_path / "index")
    again = load_sample_index(tmp_path / "index")
    assert sorted(again.items, key=ITEMS.index) == list(ITEMS)
    for engine in again.engines.values():
        assert isinstance(engine.vectors.base, np.memmap), "mapped, not copied"
        assert (engine is engine.exact) == (above > 0)
    for vector, swara in itertools.product(_vectors(5, seed=3), ["S", "r", ".D"]):
        assert again.nearest(vector, swara) == index.nearest(vector, swara)
    names = {path.name for path in (tmp_path / "index").iterdir()}
    swaras = ["madhya-Sa", "madhya-Re", "madhya-komal-Re", "mandra-Dha", "taar-Sa"]
    suffixes = [".npy", ".notes.npy"] if above else [".npy", ".notes.npy", ".hnsw"]
    assert names == {"items.jsonl", *(swara + suffix for swara in swaras for suffix in suffixes)}
    save_sample_index(build_sample_index(ITEMS, VECTORS, approximate_above=above), tmp_path / "same")
    for name in names:
        assert (tmp_path / "same" / name).read_bytes() == (tmp_path / "index" / name).read_bytes()
    save_sample_index(build_sample_index([], VECTORS[:0]), tmp_path / "empty")
    assert load_sample_index(tmp_path / "empty").items == ()


@pytest.mark.parametrize("schema", [1, 2])
def test_older_formats_are_still_read(index: SampleIndex, tmp_path: Path, schema: int) -> None:
    """As the releases before wrote them: an item a line, a FAISS index for each swara."""
    import faiss

    digests = {}
    for swara in {item.swara for item in ITEMS}:
        places = np.array([place for place, item in enumerate(ITEMS) if item.swara == swara])[::-1]
        flat = faiss.IndexIDMap2(faiss.IndexFlatIP(DIM))
        flat.add_with_ids(VECTORS[places], places)
        content = faiss.serialize_index(flat).tobytes()
        path = tmp_path / swara_file_name(swara, ".faiss")
        path.write_bytes(content)
        digests[path.name] = _digest(content)
    names = [each.name for each in fields(Item) if schema > 1 or each.name != "tonic_hz"]
    lines = b"".join(_line({name: getattr(item, name) for name in names}) for item in ITEMS)
    head = {"schema": schema, "items": len(ITEMS), "items_sha256": _digest(lines), "files": digests}
    (tmp_path / "items.jsonl").write_bytes(_line(head | {"head_sha256": _digest(_line(head))}) + lines)
    old = load_sample_index(tmp_path)
    assert sorted(old.items, key=ITEMS.index) == list(ITEMS)
    for swara in ("S", "r", ".D"):
        assert old.nearest(VECTORS[7], swara) == index.nearest(VECTORS[7], swara)
    path.write_bytes(content[:-1])
    with pytest.raises(IndexDamaged, match="changed or cut short"):
        load_sample_index(tmp_path)
    with pytest.raises(IndexDamaged, match="not an index of samples"):
        read_flat_index(faiss.serialize_index(faiss.IndexFlatIP(3)).tobytes())


def _line(values: dict) -> bytes:
    return json.dumps(values, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"schema": 4}, "the index has format 4, and this swara reads 3"),
        ({"engine": "annoy 2"}, "made by the engine 'annoy 2', and this swara knows 'exact' and 'faiss HNSW"),
        ({"engine": "faiss HNSW int8"}, "does not fit together|not the graph"),
    ],
)
def test_an_index_of_another_engine_or_version_is_refused(small: Path, change: dict, said: str) -> None:
    path = small / "items.jsonl"
    whole = path.read_bytes()
    first, _, lines = whole.partition(b"\n")
    head = {name: value for name, value in json.loads(first).items() if name != "head_sha256"}
    if "schema" in change:
        head |= change
    else:
        head["swaras"]["S"] |= change
    path.write_bytes(_line(head | {"head_sha256": _digest(_line(head))}) + lines)
    try:
        with pytest.raises(IndexDamaged, match=said) as raised:
            load_sample_index(small)
        assert raised.value.fix == "Run: swara rebuild"
    finally:
        path.write_bytes(whole)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small")
    items = [_item("rec1"), _item("rec2", "S'"), replace(_item("rec3"), singer="गायक")]
    save_sample_index(build_sample_index(items, VECTORS[:3]), folder)
    return folder


@pytest.mark.parametrize("name", ["items.jsonl", "madhya-Sa.npy", "taar-Sa.notes.npy"])
def test_no_damage_goes_through(small: Path, name: str) -> None:
    """Every byte changed, and the file cut at every length: never another answer, never a crash."""
    path, whole = small / name, (small / name).read_bytes()
    changed = [whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1 :] for at in range(len(whole))]
    cut = [whole[:length] for length in range(len(whole))]
    try:
        for content in (*changed, *cut, whole + b"\n", whole + whole):
            path.write_bytes(content)
            with pytest.raises(IndexDamaged) as raised:
                load_sample_index(small)
            assert raised.value.fix == "Run: swara rebuild"
    finally:
        path.write_bytes(whole)
    assert len(load_sample_index(small).items) == 3


def test_missing_and_exchanged_files(small: Path) -> None:
    one, other = small / "madhya-Sa.npy", small / "taar-Sa.npy"
    first, second = one.read_bytes(), other.read_bytes()
    try:
        one.write_bytes(second)
        with pytest.raises(IndexDamaged, match=r"madhya-Sa\.npy.*changed"):
            load_sample_index(small)
        one.unlink()
        with pytest.raises(IndexDamaged, match=r"madhya-Sa\.npy.*missing"):
            load_sample_index(small)
    finally:
        one.write_bytes(first)
    with pytest.raises(IndexDamaged, match="missing"):
        load_sample_index(small / "nowhere")


def test_file_names_differ_where_case_does_not_count() -> None:
    swaras = [swara_letter(s, octave) for s in SVARASTHANAS for octave in (-2, -1, 0, 1, 2)]
    names = {swara_file_name(swara) for swara in swaras}
    assert len({name.casefold() for name in names}) == len(swaras)
    assert all(set(name) <= set("abcdefghijklmnopqrstuvwxyzDGMNPRS-.") for name in names)
    assert swara_file_name(".d") == "mandra-komal-Dha.npy"
    with pytest.raises(BadNotation):
        swara_file_name("../x")
    with pytest.raises(ValueError, match='"S\'" in roman'):
        swara_file_name("taar Sa")
