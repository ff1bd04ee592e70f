"""A head as a folder: the same afterwards, and never a damaged one taken for whole."""

from __future__ import annotations

import json

import numpy as np
import pytest

from swara.classifier import HeadError
from swara.classifier.head_files import (
    ARRAYS,
    FORMAT,
    MANIFEST,
    NETWORK,
    head_arrays,
    head_network,
    read_head,
    write_head,
)


@pytest.fixture
def folder(tmp_path):
    arrays = {"weights": np.arange(6, dtype=np.float32).reshape(2, 3)}
    write_head(
        tmp_path / "head",
        "exercise",
        ("scale", "other"),
        {NETWORK: b"tflite", ARRAYS: arrays},
        trained_on={"recordings": 3, "players": ["é"]},
        metrics={"macro_f1": 0.1 + 0.2},
    )
    return tmp_path / "head"


def test_a_head_comes_back_as_it_was(folder):
    (folder / "beside.py").write_text("what else lies there is not looked at")
    head = read_head(folder, "exercise")
    assert (head.labels, head.format, len(head.digest)) == (("scale", "other"), FORMAT, 64)
    assert (head.trained_on["players"], head.metrics["macro_f1"]) == (["é"], 0.1 + 0.2)
    assert head_network(folder) == b"tflite"
    assert head_arrays(folder)["weights"].tolist() == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize("name", [MANIFEST, NETWORK, ARRAYS])
def test_every_changed_byte_is_found_and_the_file_is_named(folder, name):
    whole = (folder / name).read_bytes()
    for place in range(0, len(whole), max(1, len(whole) // 30)):
        (folder / name).write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(HeadError, match=name):
            read_head(folder)
    for cut in (whole[:-3], b""):
        (folder / name).write_bytes(cut)
        with pytest.raises(HeadError, match=name):
            read_head(folder)
    (folder / name).unlink()
    with pytest.raises(HeadError, match=f"{name}: the file is missing"):
        read_head(folder)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"format": FORMAT + 1, "unheard": "of"}, "by a newer swara"),
        ({"labels": ["other", "scale"]}, "was changed"),
        ({"extra": 1}, "this is no head: nothing is known of extra"),
        ({"files": 3}, "this is no head"),
    ],
)
def test_what_was_rewritten_is_refused(folder, changes, says):
    fields = json.loads((folder / MANIFEST).read_bytes()) | changes
    (folder / MANIFEST).write_text(json.dumps(fields))
    with pytest.raises(HeadError, match=says):
        read_head(folder)


def test_a_head_of_another_kind_is_none_of_this(folder):
    with pytest.raises(HeadError, match="tells exercise, not pitch"):
        read_head(folder, "pitch")


@pytest.mark.parametrize(
    ("labels", "files"), [(("a",), {NETWORK: b""}), (("a", "a"), {NETWORK: b""}), ("ab", {})]
)
def test_a_head_needs_labels_and_a_file(tmp_path, labels, files):
    with pytest.raises(ValueError, match="two or more"):
        write_head(tmp_path, "pitch", labels, files, trained_on={}, metrics={})
