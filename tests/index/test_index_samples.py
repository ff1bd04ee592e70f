"""Samples near a note: the best of each recording, saved and loaded, and never from damaged files."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swara.index import IndexDamaged, Item
from swara.index.samples import (
    SampleIndex,
    build_sample_index,
    load_sample_index,
    save_sample_index,
    swara_file_name,
)
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


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (lambda index: index.nearest(VECTORS[0], "S", count=0), "0 neighbours"),
        (lambda index: index.nearest(np.full(DIM, np.nan, np.float32), "S"), "finite"),
        (lambda index: index.nearest(VECTORS[0, :3], "S"), "length"),
        (lambda index: build_sample_index(ITEMS, VECTORS[1:]), "vectors for"),
        (lambda index: SampleIndex(index.engines, ITEMS[1:]), "agree"),
        (lambda index: SampleIndex(index.engines, (replace(ITEMS[0], swara="P"), *ITEMS[1:])), "agree"),
    ],
)
def test_what_does_not_fit_is_refused(index: SampleIndex, asked, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        asked(index)


def test_saved_and_loaded(index: SampleIndex, tmp_path: Path) -> None:
    save_sample_index(index, tmp_path / "index")
    again = load_sample_index(tmp_path / "index")
    assert again.items == ITEMS
    for vector, swara in itertools.product(_vectors(5, seed=3), ["S", "r", ".D"]):
        assert again.nearest(vector, swara) == index.nearest(vector, swara)
    names = {path.name for path in (tmp_path / "index").iterdir()}
    swaras = ["madhya-Sa", "madhya-Re", "madhya-komal-Re", "mandra-Dha", "taar-Sa"]
    assert names == {"items.jsonl", *(f"{swara}.faiss" for swara in swaras)}
    save_sample_index(build_sample_index(ITEMS, VECTORS), tmp_path / "same")
    for name in names:
        assert (tmp_path / "same" / name).read_bytes() == (tmp_path / "index" / name).read_bytes()
    save_sample_index(build_sample_index([], VECTORS[:0]), tmp_path / "empty")
    assert load_sample_index(tmp_path / "empty").items == ()


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small")
    items = [_item("rec1"), _item("rec2", "S'"), replace(_item("rec3"), singer="गायक")]
    save_sample_index(build_sample_index(items, VECTORS[:3]), folder)
    return folder


@pytest.mark.parametrize("name", ["items.jsonl", "madhya-Sa.faiss", "taar-Sa.faiss"])
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
    one, other = small / "madhya-Sa.faiss", small / "taar-Sa.faiss"
    first, second = one.read_bytes(), other.read_bytes()
    try:
        one.write_bytes(second)
        with pytest.raises(IndexDamaged, match=r"madhya-Sa\.faiss.*changed"):
            load_sample_index(small)
        one.unlink()
        with pytest.raises(IndexDamaged, match=r"madhya-Sa\.faiss.*missing"):
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
    assert swara_file_name(".d") == "mandra-komal-Dha.faiss"
    with pytest.raises(BadNotation):
        swara_file_name("../x")
    with pytest.raises(ValueError, match='"S\'" in roman'):
        swara_file_name("taar Sa")
