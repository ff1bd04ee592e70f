"""A writer that is killed, or runs out of disk, at every step leaves the live version answering."""

from __future__ import annotations

import os
import signal
import sys

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="children are forked")

REFUSED = 3


def test_killed_at_every_step_the_old_version_or_the_new_one_answers(lab) -> None:
    lab.publish(1)
    values = []
    for outcome in lab.every_step("killed", lambda: lab.publish(2)):
        assert outcome.code in (0, -signal.SIGKILL), outcome.said
        values.append(lab.live_value())
    assert len(values) > 20
    assert values == sorted(values), "once the new version is live, it stays live"
    assert set(values) == {1, 2}

    lab.publish(3)
    assert lab.live_value() == 3
    assert lab.half_made() == []


def test_killed_at_every_step_of_the_first_version(lab) -> None:
    for outcome in lab.every_step("killed", lambda: lab.publish(1)):
        assert outcome.code in (0, -signal.SIGKILL), outcome.said
        if lab.store.current.exists():
            assert lab.live_value() == 1
    lab.publish(2)
    assert lab.live_value() == 2
    assert lab.half_made() == []


@pytest.mark.parametrize("size", [0, 1, 20, 300, 599, 690, 900])
def test_killed_in_the_middle_of_a_write(lab, size: int) -> None:
    lab.publish(1)
    outcome = lab.small_files(size, lambda: lab.publish(2), fatal=True)
    assert outcome.code == -signal.SIGXFSZ
    assert lab.live_value() == 1

    lab.publish(3)
    assert lab.live_value() == 3
    assert lab.half_made() == []


def test_a_disk_that_fills_up_at_every_step(lab) -> None:
    lab.publish(1)
    before = lab.tree()
    refusals = 0
    for outcome in lab.every_step("disk full", lambda: lab.publish(2)):
        if outcome.code == 0:
            break
        refusals += 1
        assert outcome.code == REFUSED, outcome.said
        assert "no space left on device. Free some space" in outcome.said
        assert outcome.said.count("\n") == 1
        assert lab.half_made() == []
        if lab.live_value() == 1:
            assert lab.tree() == before
    assert refusals > 10


@pytest.mark.parametrize("size", [0, 1, 20, 300, 599, 690, 900])
def test_a_write_that_is_cut_short(lab, size: int) -> None:
    lab.publish(1)
    before = lab.tree()
    outcome = lab.small_files(size, lambda: lab.publish(2), fatal=False)
    assert outcome.code == REFUSED, outcome.said
    assert "Free some space" in outcome.said
    assert lab.live_value() == 1
    assert lab.tree() == before


@pytest.mark.skipif(sys.platform == "win32", reason="permission bits are POSIX")
def test_a_read_only_store_is_read_and_not_written(lab, as_nobody) -> None:
    lab.publish(1)
    before = lab.tree()
    for path in (lab.store.folder, *lab.store.folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)

    outcome = lab.run(lambda: lab.publish(2), prepare=as_nobody)
    assert outcome.code == REFUSED, outcome.said
    assert "cannot write to the store: permission denied. Give yourself permission" in outcome.said
    assert lab.run(lab.live_value, prepare=as_nobody).code == 0
    assert lab.tree() == before


def test_a_store_that_is_a_file(lab) -> None:
    lab.store.folder.write_bytes(b"precious")
    outcome = lab.run(lambda: lab.publish(1))
    assert outcome.code == REFUSED
    assert "store: file exists. Name a folder" in outcome.said
    assert lab.store.folder.read_bytes() == b"precious"
