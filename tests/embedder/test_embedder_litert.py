"""What native code says at load time is hidden, and stderr is there again afterwards."""

from __future__ import annotations

import os
from threading import Event, Thread

from swara.embedder.litert import stderr_closed


def test_stderr_comes_back_when_two_threads_closed_it() -> None:
    before = os.fstat(2)
    inside, leave = Event(), Event()

    def close_too() -> None:
        with stderr_closed():
            inside.set()
            leave.wait(10)

    other = Thread(target=close_too)
    with stderr_closed():
        other.start()
        inside.wait(0.3)  # it may not get in
        assert os.fstat(2) != before
    leave.set()
    other.join(10)
    assert inside.is_set()
    assert os.path.samestat(os.fstat(2), before)
