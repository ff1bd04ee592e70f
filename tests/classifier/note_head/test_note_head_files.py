"""A head as a file: the same afterwards, and never a damaged one taken for whole."""

from __future__ import annotations

import io
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

from swara.classifier import HeadError
from swara.classifier.note_head.evidence import EVIDENCE_DIM, pitch_evidence
from swara.classifier.note_head.head import NoteHead, load_note_head, save_note_head
from swara.classifier.note_head.regression import Linear

DIM = 3 + EVIDENCE_DIM


def head_of(**changes) -> NoteHead:
    rng = np.random.default_rng(1)
    linear = Linear(rng.normal(size=DIM), rng.random(DIM), rng.normal(size=(3, DIM)), rng.normal(size=3))
    fields = {
        "classes": (".D", "S", "S'"),
        "linear": linear,
        "temperature": 1.25,
        "threshold": 0.6,
        "uses_embedding": True,
        "uses_evidence": True,
        "familiar": np.arange(EVIDENCE_DIM) % 3 == 0,
    }
    return NoteHead(**(fields | changes))


def written(head: NoteHead, path: Path) -> bytes:
    """The file of a head: two are the same where all of their arrays are."""
    save_note_head(head, path)
    return path.read_bytes()


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "note_head.npz"
    save_note_head(head_of(), path)
    return path


def rewritten(path, **changes):
    """Save the file again with other arrays, its checksums right."""
    with np.load(path) as found:
        arrays = dict(found) | changes
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})
    return path


@pytest.mark.parametrize("uses_embedding", [True, False])
def test_a_head_comes_back_as_it_was(tmp_path, uses_embedding):
    head = head_of()
    if not uses_embedding:
        linear = Linear(np.zeros(38), np.ones(38), np.ones((3, 38)), np.zeros(3))
        head = head_of(linear=linear, uses_embedding=False)
    content = written(head, tmp_path / "head.npz")
    again = load_note_head(tmp_path / "head.npz")
    assert (again.classes, again.temperature, again.threshold) == ((".D", "S", "S'"), 1.25, 0.6)
    assert again.embedding_dim == (3 if uses_embedding else 0)
    np.testing.assert_array_equal(again.linear.weights, head.linear.weights)
    np.testing.assert_array_equal(again.familiar, head.familiar)
    assert written(again, tmp_path / "again.npz") == content


def test_one_flipped_byte_anywhere_is_noticed_or_does_no_harm(saved):
    content = saved.read_bytes()
    noticed = 0
    for place in range(0, len(content), 11):
        damaged = bytearray(content)
        damaged[place] ^= 0x5A
        saved.write_bytes(damaged)
        try:
            assert written(load_note_head(saved), saved) == content
        except HeadError:
            noticed += 1
    assert noticed > 0.8 * len(content) / 11


@pytest.mark.parametrize("keep", [0, 1, 30, 500, -30, -1])
def test_a_torn_or_missing_file_is_refused(saved, keep):
    saved.write_bytes(saved.read_bytes()[:keep])
    with pytest.raises(HeadError, match="Run: swara rebuild") as refused:
        load_note_head(saved)
    assert refused.value.where == str(saved)
    with pytest.raises(HeadError, match="the file is missing"):
        load_note_head(saved.with_name("nowhere.npz"))
    with pytest.raises(HeadError):
        load_note_head(saved.parent)


@pytest.mark.parametrize(
    "changes",
    [
        {"weights": np.zeros((3, DIM - 1))},
        {"weights": np.full((3, DIM), np.nan)},
        {"bias": np.array([0.0, np.inf, 0.0])},
        {"mean": None},
        {"familiar": np.zeros(EVIDENCE_DIM + 1, bool)},
        {"familiar": np.zeros(EVIDENCE_DIM)},
        {"temperature": np.array(0.0)},
        {"temperature": np.array(np.nan)},
        {"threshold": np.array(1.5)},
        {"threshold": np.array([0.5, 0.5])},
        {"classes": np.array(["S", "S", "G"])},
        {"classes": np.array(["S", "G"])},
        {"classes": np.array([1, 2, 3])},
        {"uses_embedding": np.array(False)},
        {"uses_evidence": np.array(False), "uses_embedding": np.array(False)},
        {"format": np.array("one")},
    ],
    ids=str,
)
def test_arrays_that_make_no_head_are_refused(saved, changes):
    with pytest.raises(HeadError, match="this is no note head"):
        load_note_head(rewritten(saved, **changes))


def test_a_newer_format_asks_for_an_upgrade(saved):
    with pytest.raises(HeadError, match=r"newer swara.*Use the newer swara"):
        load_note_head(rewritten(saved, format=np.array(2)))


def test_nothing_is_unpickled(saved):
    class Trap:
        def __reduce__(self):
            return (pytest.fail, ("it was unpickled",))

    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": "|O", "fortran_order": False, "shape": (1,)})
    buffer.write(pickle.dumps([Trap()]))
    with zipfile.ZipFile(saved, "a") as archive:
        archive.writestr("extra.npy", buffer.getvalue())
    with pytest.raises(HeadError):
        load_note_head(saved)


@pytest.mark.parametrize(
    "changes", [{"classes": ("S",)}, {"temperature": -1.0}, {"threshold": np.nan}, {"uses_evidence": False}]
)
def test_a_head_that_does_not_fit_together_is_never_made(changes):
    if "uses_evidence" in changes:
        changes |= {"uses_embedding": False}
    with pytest.raises(ValueError):
        head_of(**changes)


def test_a_head_that_is_sure_still_has_no_answer_where_it_heard_nothing():
    sure = Linear(np.zeros(38), np.ones(38), np.zeros((2, 38)), np.array([0.0, 9.0]))
    familiar = np.arange(38) == 20
    head = head_of(classes=("S", "P"), linear=sure, uses_embedding=False, familiar=familiar)
    for cents, heard in ((702.0, True), (498.0, False)):
        found = head.predict(np.zeros(0, np.float32), pitch_evidence(np.array([cents])))
        assert (found.swara, found.abstained, found.unfamiliar) == ("P", not heard, not heard)
        assert found.probability > 0.99
