"""A store that the release with flat import names left behind opens as it is.

``store_0_1_0.tar.gz`` was written by version 0.1.0, before its modules were moved under ``swara``: the
bundled samples were rebuilt, two synthesized takes added as "Asha", one verdict corrected, all rebuilt again,
and the demo take analyzed (``demo-report.json``). Its cached embeddings are left out.
"""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from swara.service.store import Layout, current_version, verify_version

ARCHIVE = Path(__file__).with_name("store_0_1_0.tar.gz")
LIVE, FIRST = "20261126T224133.209081Z-b09f0385", "20261126T224024.208353Z-ad6a52d7"


EARLIER = "by an earlier swara, 0.1.0, in another way"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))  # where is noted what was said today
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path / "store"


def test_the_demo_take_is_judged_as_it_was_and_not_compared(
    store: Path, demo: Path, swara: Callable[..., Any]
) -> None:
    """Its vectors are of other weights than the embedder has now: that is said, and how to learn anew."""
    before = json.loads((store / "demo-report.json").read_text("utf-8"))
    done = swara("analyze", demo, "--tonic", "C#3", "--json", "-", "--store", store)
    assert (done.code, done.err) == (0, "")
    now = json.loads(done.out)
    for name in ("swara", "verdict"):
        assert [note[name] for note in now["notes"]] == [note[name] for note in before["notes"]]
    assert not now["opinions"]
    (why,) = (each for each in now["warnings"] if "another embedder" in each)
    assert "builtin 4c2e4b5d6cbe6083" in why
    assert "Run: swara rebuild" in why


def test_looking_changes_nothing_and_the_version_before_is_the_rollback_target(
    store: Path, swara: Callable[..., Any]
) -> None:
    def snapshot() -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in store.rglob("*") if path.is_file()}

    before = snapshot()
    for version in (LIVE, FIRST):
        verify_version(Layout(store), version)
    listed = swara("versions", "list", "--store", store)
    assert (listed.code, listed.out.count("Z-")) == (0, 2)
    assert swara("versions", "show", LIVE, "--store", store).code == 0
    assert "Asha" in swara("samples", "list", "--store", store).out
    assert "a9d104a1" in swara("feedback", "list", "--store", store).out
    for command in (("versions", "list"), ("versions", "show"), ("doctor",)):
        assert EARLIER in " ".join(swara(*command, "--store", store).out.split()), command
    assert snapshot() == before
    assert swara("versions", "rollback", "--store", store).code == 0
    assert current_version(Layout(store)) == FIRST
