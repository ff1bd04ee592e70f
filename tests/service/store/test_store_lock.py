"""One writer at a time, who is named to the others; what happens to it happens to no reader."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from swara.service.errors import StoreBusy
from swara.service.store.lock import writer_lock

forked = pytest.mark.skipif(not hasattr(os, "fork"), reason="children are forked")


def test_a_second_writer_is_told_who_writes_and_leaves_the_lock_signed_or_not(lab) -> None:
    ours = rf"is being written by process {os.getpid()} on .*Wait until it is done[^\n]*$"
    with writer_lock(lab.store):
        for told in (ours, ours, "another process"):
            if told == "another process":
                lab.store.lock_holder.unlink()
            began = time.monotonic()
            with pytest.raises(StoreBusy, match=told), writer_lock(lab.store, patience_s=0.1):
                pass
            assert time.monotonic() - began < 1.0


def test_a_short_wait_is_enough_for_a_short_writer(lab) -> None:
    held = threading.Event()

    def write() -> None:
        with writer_lock(lab.store):
            held.set()
            time.sleep(0.1)

    thread = threading.Thread(target=write)
    thread.start()
    held.wait()
    with writer_lock(lab.store):
        pass
    thread.join()


def test_the_lock_is_free_after_an_error(lab) -> None:
    with pytest.raises(ZeroDivisionError), writer_lock(lab.store):
        raise ZeroDivisionError
    with writer_lock(lab.store, patience_s=0):
        assert str(os.getpid()) in lab.store.lock_holder.read_text()
    assert not lab.store.lock_holder.exists()


@forked
def test_the_lock_of_a_killed_writer_is_free_and_its_leavings_are_cleared(lab) -> None:
    lab.publish(1)
    kept = lab.tree()

    def die() -> None:
        with writer_lock(lab.store):
            (lab.store.versions / ".new-half").mkdir()
            (lab.store.versions / ".new-half" / "note_head.npz").write_bytes(b"half")
            (lab.store.folder / ".swara-0123").write_bytes(b"half")
            (lab.store.embeddings / "abc").mkdir(parents=True)
            (lab.store.embeddings / "abc" / ".swara-0123.npz").write_bytes(b"half")
            (lab.store.embeddings / "abc" / "whole.npz").write_bytes(b"whole")
            os.kill(os.getpid(), 9)

    assert lab.run(die).code == -9
    assert len(lab.half_made()) == 3
    with writer_lock(lab.store, patience_s=0):
        assert lab.half_made() == []
    assert lab.tree() == kept | {"cache/embeddings/abc/whole.npz": b"whole"}


@forked
def test_a_store_that_is_a_file(lab) -> None:
    lab.store.folder.write_bytes(b"precious")
    outcome = lab.run(lambda: lab.publish(1))
    assert outcome.code == 3
    assert "store: file exists. Name a folder" in outcome.said
    assert lab.store.folder.read_bytes() == b"precious"


@forked
def test_killed_at_every_step_of_the_first_version(lab) -> None:
    for outcome in lab.every_step("killed", lambda: lab.publish(1)):
        assert outcome.code in (0, -signal.SIGKILL), outcome.said
        if lab.store.current.exists():
            assert lab.live_value() == 1
    lab.publish(2)
    assert lab.live_value() == 2
    assert lab.half_made() == []
