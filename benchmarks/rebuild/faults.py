"""Rebuilds that are killed, refused by the disk and raced: the live version answers every time.

Children are forked, so this wants a process in which no library has started threads.
"""

from __future__ import annotations

import errno
import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import swara.service.samples.known
from swara.classifier.note_head.evidence import pitch_evidence
from swara.data.sample_corpus.corpus import append_recordings, read_corpus
from swara.raga.errors import SwaraError
from swara.service.errors import StoreBusy
from swara.service.rebuild.rebuild import rebuild
from swara.service.store import Layout, all_versions, open_live, verify_version
from swara.service.versions.promote import prune_versions

from .choir import sing
from .stubs import ToneEmbedder, ToneTracker

ERRORS = (errno.ENOSPC, errno.EIO, errno.EACCES)
_CHANGES = frozenset({"os.mkdir", "os.rename"})
_MOST_STEPS = 60
DONE, REFUSED, BROKEN = 0, 1, 70


class Trial:
    """A store with a small corpus, and what is done to it; the seed says when and where things go wrong."""

    def __init__(self, folder: Path, seed: int) -> None:
        swara.service.samples.known.pack_recordings = lambda: ()
        self.store, self._sounds = Layout(folder / "store"), folder / "sounds"
        self._sounds.mkdir(parents=True)
        self._chance, self._takes = random.Random(seed), 0
        for _ in range(8):
            self._add()
        self._rebuild()
        # Timed the second time: the first one imports what learns.
        began_s = time.perf_counter()
        self._rebuild()
        self._usual_s = time.perf_counter() - began_s

    def kills(self, count: int) -> Iterator[str]:
        """Kill `count` rebuilds at random points; yield what happened to each."""
        for number in range(count):
            self._vary(number)
            before = self._treasures()
            child = _forked(self._rebuild)
            time.sleep(self._chance.uniform(0.0, self._usual_s))
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            code = _ended(child)
            _expect(code in (DONE, -signal.SIGKILL), f"a killed rebuild ended with {code}")
            self._check(before)
            yield "done before" if code == DONE else "killed"

    def write_errors(self, count: int) -> Iterator[str]:
        """Let one change to the disk fail in each of `count` rebuilds; yield what happened to each."""
        for number in range(count):
            self._vary(number)
            before = self._treasures()
            error, step = ERRORS[number % len(ERRORS)], self._chance.randrange(_MOST_STEPS)
            code = _ended(_forked(self._rebuild, partial(_fail_at, self.store.folder, step, error)))
            _expect(code in (DONE, REFUSED), f"a rebuild with {errno.errorcode[error]} ended with {code}")
            self._check(before)
            yield f"{errno.errorcode[error]}, {'done' if code == DONE else 'refused'}"

    def races(self, count: int, seconds: float) -> Iterator[str]:
        """Let two rebuilds race while four readers search, `count` times."""
        for _ in range(count):
            before, until = self._treasures(), time.monotonic() + seconds
            writers = [_forked(partial(self._until, until, self._write)) for _ in range(2)]
            readers = [_forked(partial(self._until, until, self._answer)) for _ in range(4)]
            codes = [_ended(child) for child in (*writers, *readers)]
            _expect(codes == [DONE] * 6, f"writers and readers ended with {codes}")
            self._check(before)
            yield "raced"

    def _until(self, until: float, act: Callable[[], object]) -> None:
        act()
        while time.monotonic() < until:
            act()

    def _write(self) -> None:
        with suppress(StoreBusy):
            self._rebuild()

    def _rebuild(self) -> None:
        rebuild(self.store.folder, embedder=ToneEmbedder(), tracker=ToneTracker(), force=True)

    def _answer(self) -> None:
        """Open the live version and search in it."""
        live = open_live(self.store, ToneEmbedder().spec)
        _expect(live is not None, "there is no live version")
        if live is not None:
            vector = live.index.engines["P"].vectors[0]
            head = live.head.predict(vector, pitch_evidence(np.full(9, 702.0)))
            _expect(head.swara == "P", f"the head hears {head.swara}")
            found = live.index.nearest(vector, "P", count=1)
            _expect(found[0].item.swara == "P", "the search finds another swara")

    def _check(self, before: dict[str, bytes]) -> None:
        self._answer()
        for version in all_versions(self.store):
            verify_version(self.store, version)
        now = self._treasures()
        lost = [path for path, content in before.items() if now.get(path) != content]
        _expect(not lost, f"lost or changed: {lost}")
        _expect(len(read_corpus(self.store.corpus)) == self._takes, "a recording was lost")

    def _treasures(self) -> dict[str, bytes]:
        """Return what no accident may take: what was embedded and tracked."""
        kept = self.store.cache.rglob("[0-9a-f]*.npz")
        return {str(path): path.read_bytes() for path in kept if path.is_file()}

    def _vary(self, number: int) -> None:
        """Let there be something new now and then, and not too many versions."""
        if number % 5 == 0:
            self._add()
            prune_versions(self.store, 3)

    def _add(self) -> None:
        take = sing(self._sounds, self._takes % 4, self._takes)
        append_recordings(self.store.corpus, [take])
        self._takes += 1


def _fail_at(folder: Path, step: int, error: int) -> None:
    """Let the change to the disk after `step` others fail, once; only in a child, as there is no way back."""
    left, fsync = step, os.fsync

    def change() -> None:
        nonlocal left
        left -= 1
        if left == -1:
            raise OSError(error, os.strerror(error))

    def hear(event: str, args: tuple[Any, ...]) -> None:
        if event in _CHANGES or (event == "open" and _grows(folder, *args)):
            change()

    def counted_fsync(handle: int) -> None:
        change()
        fsync(handle)

    os.fsync = counted_fsync
    sys.dont_write_bytecode = True
    sys.addaudithook(hear)


def _grows(folder: Path, path: Any, _mode: Any, flags: Any) -> bool:
    return str(path).startswith(str(folder)) and bool(int(flags or 0) & (os.O_WRONLY | os.O_RDWR))


def _forked(act: Callable[[], object], prepare: Callable[[], object] = lambda: None) -> int:
    """Start `act` in a child, and return its process id."""
    child = os.fork()
    if child == 0:
        os._exit(_outcome(act, prepare))
    return child


def _outcome(act: Callable[[], object], prepare: Callable[[], object]) -> int:
    try:
        if "faiss" in sys.modules:
            # The threads that it had are not in a child, which would wait for them for ever.
            sys.modules["faiss"].omp_set_num_threads(1)
        prepare()
        act()
    except SwaraError:
        return REFUSED
    except BaseException:
        traceback.print_exc()
        return BROKEN
    return DONE


def _ended(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise AssertionError(otherwise)
