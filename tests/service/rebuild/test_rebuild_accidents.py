"""A rebuild that is killed, short of disk or raced leaves a store that answers, and loses nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from swara.service.errors import StoreBusy

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="children are forked"),
    pytest.mark.usefixtures("learned_at_once"),
]

REFUSED = 3


@pytest.fixture
def due(studio):
    """A store with a live version and one more recording to learn from."""
    studio.rebuild()
    studio.add("take 4", singer="singer 1", detuned_cents=20.0)
    return studio


def kept(studio) -> dict[str, bytes]:
    """What no accident may take: the recordings known, and what was embedded and tracked."""
    return {
        path: content
        for path, content in studio.tree().items()
        if path.startswith(("corpus", "cache")) and "/.swara-" not in path
    }


def test_killed_at_every_step(due) -> None:
    old, treasures = due.open().id, kept(due)
    seen = []
    for outcome in due.every_step("killed", due.rebuild):
        assert outcome.code in (0, -signal.SIGKILL), outcome.said
        seen.append(due.open().id != old)
        now = kept(due)
        assert treasures.items() <= now.items()
        treasures = now
    assert len(seen) > 25
    assert seen == sorted(seen), "once the new version is live, it stays live"
    assert seen[-1]
    due.rebuild(force=True)
    due.open()
    assert due.half_made() == []


def test_killed_in_the_middle_of_a_write(due) -> None:
    old, treasures = due.open().id, kept(due)
    for size in (0, 10, 100, 300, 1000, 2000):
        outcome = due.small_files(size, due.rebuild, fatal=True)
        assert outcome.code == -signal.SIGXFSZ
        assert due.open().id == old
        assert treasures.items() <= kept(due).items()
    due.rebuild()
    assert due.open().id != old
    assert due.half_made() == []


def test_a_disk_that_fills_up_at_every_step(due) -> None:
    old, refusals = due.open().id, 0
    for outcome in due.every_step("disk full", due.rebuild):
        if outcome.code == 0:
            break
        refusals += 1
        assert outcome.code == REFUSED, outcome.said
        assert "no space left on device. Free some space" in outcome.said
        assert outcome.said.count("\n") == 1
        assert due.half_made() == []
        due.open()
        names = {path.name for path in due.store.versions.iterdir()}
        assert names == {old, due.open().id}
    assert refusals > 15
    due.rebuild(force=True)
    due.open()


@pytest.mark.parametrize("size", [0, 10, 100, 300, 1000, 2000])
def test_a_write_that_is_cut_short(due, size: int) -> None:
    old, before = due.open().id, due.tree()
    outcome = due.small_files(size, due.rebuild, fatal=False)
    assert outcome.code == REFUSED, outcome.said
    assert "cannot write to the store: file too large. Free some space" in outcome.said
    assert due.open().id == old
    assert due.half_made() == []
    now = due.tree()
    assert now["HELD_OUT"].startswith(before.pop("HELD_OUT"))
    assert before.items() <= now.items()


def test_a_read_only_store(due, as_nobody) -> None:
    before = due.tree()
    due.make_read_only()
    outcome = due.run(due.rebuild, prepare=as_nobody)
    assert outcome.code == REFUSED, outcome.said
    assert "cannot write to the store: permission denied. Give yourself permission" in outcome.said
    assert due.run(due.open, prepare=as_nobody).code == 0
    assert due.tree() == before


def test_two_rebuilds_race_and_readers_always_get_an_answer(due) -> None:
    until = time.monotonic() + 1.5

    def write() -> None:
        done = 0
        while time.monotonic() < until or done < 2:
            with suppress(StoreBusy):
                due.rebuild(force=True)
                done += 1

    def read() -> None:
        done = 0
        while time.monotonic() < until or done == 0:
            due.open()
            done += 1

    children = [due.start(act) for act in (write, write, read, read)]
    outcomes = [child.outcome() for child in children]
    assert [outcome.code for outcome in outcomes] == [0, 0, 0, 0], outcomes
    assert len(list(due.store.versions.iterdir())) > 3
    due.open()
    assert due.half_made() == []


def test_a_cache_that_may_only_be_read_costs_time_and_no_more(due, as_nobody) -> None:
    """The rest of the store may be written."""
    old = due.open().id
    for path in (due.store.folder, *due.store.folder.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)
    for path in (due.store.cache, *due.store.cache.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    damaged = next(due.store.embeddings.rglob("*.npz"))
    damaged.write_bytes(b"noise")
    cached = {path: content for path, content in due.tree().items() if path.startswith("cache")}

    def act() -> None:
        result = due.rebuild()
        assert (result.embedded, result.from_cache) == (2, 3)
        assert result.warnings[0] == "damaged entries of the cache, found and computed again: 1"
        # Two that are new and one that was damaged; and the notes of those that begin with its digit.
        assert "the cache may not be written; results to be computed again next time: 4" in result.warnings[1]

    due.embedder.embedded = due.tracker.tracked = 0
    outcome = due.run(act, prepare=as_nobody)
    assert outcome.code == 0, outcome.said
    assert due.open().id != old
    assert {path: content for path, content in due.tree().items() if path.startswith("cache")} == cached
    for path in (due.store.cache, *due.store.cache.rglob("*")):
        path.chmod(0o755)


def test_notes_alone_that_may_not_be_kept_are_told_of(due, as_nobody) -> None:
    due.store.notes.mkdir(parents=True, exist_ok=True)
    for path in (due.store.folder, *due.store.folder.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)
    for path in (due.store.notes, *due.store.notes.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)

    def act() -> None:
        assert "the cache may not be written; results to be computed" in due.rebuild().warnings[0]

    outcome = due.run(act, prepare=as_nobody)
    assert outcome.code == 0, outcome.said
    for path in (due.store.notes, *due.store.notes.rglob("*")):
        path.chmod(0o755)


def test_the_accidents_of_the_benchmark_in_short(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from benchmarks.rebuild.faults import Trial; "
        "trial = Trial(Path(sys.argv[1]), seed=1); "
        "print(*trial.kills(2), *trial.write_errors(3), *trial.races(1, seconds=1.0), sep='\\n')"
    )
    words = [sys.executable, "-c", code, str(tmp_path / "trial")]
    root = Path(__file__).parents[3]
    done = subprocess.run(words, cwd=root, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    *kills, _, _, _, raced = done.stdout.split("\n")[:-1]
    assert (len(kills), set(kills) <= {"killed", "done before"}, raced) == (2, True, "raced")
